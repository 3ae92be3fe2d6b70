//! Dotted paths into one row of JSON: which there are, and what stands there as it is written.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

/// The paths of the first row that hold a number, or text that is one.
pub(super) fn numbers(text: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_slice::<Value>(text) {
        collect(&value, String::new(), &mut found);
    }
    found
}

/// Whether the first row is a number and nothing else.
pub(super) fn is_bare(text: &[u8]) -> bool {
    crate::number::is_number(text.trim_ascii())
}

fn collect(value: &Value, path: String, found: &mut Vec<String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Number(_) => found.push(path),
        Value::String(text) if crate::number::is_number(text.as_bytes()) => found.push(path),
        Value::Object(map) => map.iter().for_each(|(key, value)| collect(value, below(key), found)),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, value)| collect(value, below(&index.to_string()), found));
        }
        _ => {}
    }
}

/// What stands at a path, text without its quotes.
pub(super) fn lookup(text: &str, path: &str) -> Option<String> {
    if path.is_empty() {
        return match serde_json::from_str(text) {
            Ok(Value::String(text)) => Some(text),
            Ok(Value::Null) => None,
            _ => Some(text.to_owned()),
        };
    }
    let below = |key: &str, value: &RawValue| {
        let rest = path.strip_prefix(key)?;
        match rest.strip_prefix('.') {
            Some(rest) => lookup(value.get(), rest),
            None if rest.is_empty() => lookup(value.get(), ""),
            None => None,
        }
    };
    if text.starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
        return items
            .iter()
            .enumerate()
            .find_map(|(index, value)| below(&index.to_string(), value));
    }
    let map: BTreeMap<std::borrow::Cow<'_, str>, &RawValue> = serde_json::from_str(text).ok()?;
    map.iter().find_map(|(key, value)| below(key, value))
}
