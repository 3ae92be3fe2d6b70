//! Reads one row of JSON and keeps what stands at the wanted paths.

use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::input::{Rules, Selection};

/// The places among the paths: columns from 0, then the keys, then the time.
const KEYS: usize = usize::MAX / 2;
const TIME: usize = usize::MAX;

/// What one row holds at the wanted paths.
pub(super) struct Found<'a> {
    values: &'a mut [f64],
    absent: &'a mut [bool],
    selection: &'a Selection,
    rules: &'a Rules,
    pub(super) keys: Vec<String>,
    pub(super) time: Option<String>,
    /// The column whose value is not a number, and that value.
    pub(super) fault: Option<(usize, String)>,
}

impl<'a> Found<'a> {
    pub(super) fn new(
        values: &'a mut [f64],
        absent: &'a mut [bool],
        selection: &'a Selection,
        rules: &'a Rules,
    ) -> Self {
        let keys = vec![String::new(); selection.keys.len()];
        Found { values, absent, selection, rules, keys, time: None, fault: None }
    }

    pub(super) fn read(&mut self, row: &[u8]) -> Result<(), serde_json::Error> {
        let selection = self.selection;
        let columns = selection.columns.iter().map(String::as_str).enumerate();
        let keys = selection.keys.iter().enumerate().map(|(nth, path)| (KEYS + nth, path.as_str()));
        let time = selection.time.as_deref().map(|path| (TIME, path));
        let paths: Vec<_> = columns.chain(keys).chain(time).collect();
        let mut json = serde_json::Deserializer::from_slice(row);
        Level { paths: &paths, found: self }.deserialize(&mut json)?;
        json.end()
    }

    fn number(&mut self, place: usize, value: f64) {
        self.values[place] = value;
        self.absent[place] = false;
    }

    /// Text at a place: a key or a time as it is; a number if it is one.
    fn text(&mut self, place: usize, text: &str) {
        match place {
            TIME => self.time = Some(text.to_owned()),
            KEYS.. => text.clone_into(&mut self.keys[place - KEYS]),
            _ => match self.rules.number(text.as_bytes()) {
                Some(value) => self.number(place, value),
                None => self.fault = Some((place, text.to_owned())),
            },
        }
    }
}

/// The row with null for NaN and text for Infinity, which JSON lacks and many programs write; `None` if it has neither.
pub(super) fn without_nan(row: &[u8]) -> Option<Vec<u8>> {
    let mut mended = Vec::with_capacity(row.len() + 16);
    let (mut at, mut in_text, mut changed) = (0, false, false);
    while at < row.len() {
        let rest = &row[at..];
        let mut used = 1;
        match rest[0] {
            b'\\' if in_text => used = rest.len().min(2),
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'N' if rest.starts_with(b"NaN") => {
                mended.extend_from_slice(b"null");
                (at, changed) = (at + 3, true);
                continue;
            }
            b'-' | b'I' => {
                let word: &[u8] = if rest[0] == b'-' { b"-Infinity" } else { b"Infinity" };
                if rest.starts_with(word) {
                    mended.push(b'"');
                    mended.extend_from_slice(word);
                    mended.push(b'"');
                    (at, changed) = (at + word.len(), true);
                    continue;
                }
            }
            _ => {}
        }
        mended.extend_from_slice(&rest[..used]);
        at += used;
    }
    changed.then_some(mended)
}

/// One object or array: the paths that go on below it.
struct Level<'p, 'f, 'v> {
    paths: &'p [(usize, &'p str)],
    found: &'f mut Found<'v>,
}

/// Where one key of an object leads: the wanted places it is, and the paths that go on below it.
struct Leads<'p> {
    leaf: Vec<usize>,
    below: Vec<(usize, &'p str)>,
}

impl<'p> Leads<'p> {
    /// A key matches a whole path (it may hold dots itself) or the first part of one.
    fn find(paths: &[(usize, &'p str)], key: &str) -> Self {
        let rest = |path: &'p str| path.strip_prefix(key)?.strip_prefix('.');
        let below = |&(place, path): &(usize, &'p str)| Some((place, rest(path)?));
        Leads {
            leaf: paths.iter().filter(|(_, path)| *path == key).map(|&(place, _)| place).collect(),
            below: paths.iter().filter_map(below).collect(),
        }
    }

    fn nowhere(&self) -> bool {
        self.leaf.is_empty() && self.below.is_empty()
    }
}

/// Reads a key without copying it.
struct Key<'a, 'p>(&'a [(usize, &'p str)]);

impl<'de, 'p> DeserializeSeed<'de> for Key<'_, 'p> {
    type Value = Leads<'p>;

    fn deserialize<D: serde::Deserializer<'de>>(self, keys: D) -> Result<Leads<'p>, D::Error> {
        keys.deserialize_str(self)
    }
}

impl<'p> Visitor<'_> for Key<'_, 'p> {
    type Value = Leads<'p>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<Leads<'p>, E> {
        Ok(Leads::find(self.0, key))
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(leads) = map.next_key_seed(Key(self.paths))? {
            if leads.nowhere() {
                map.next_value::<IgnoredAny>()?;
            } else {
                map.next_value_seed(Value { leads, found: self.found })?;
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let leads = Leads::find(self.paths, &index.to_string());
            if items.next_element_seed(Value { leads, found: self.found })?.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// What stands at a key that is wanted, or that wanted paths lead through.
struct Value<'p, 'f, 'v> {
    leads: Leads<'p>,
    found: &'f mut Found<'v>,
}

impl Value<'_, '_, '_> {
    /// A number, and how it is written.
    fn set<E: Error>(self, value: f64, text: impl fmt::Display) -> Result<(), E> {
        for place in self.leads.leaf {
            match place {
                KEYS.. => self.found.text(place, &text.to_string()),
                _ => self.found.number(place, value),
            }
        }
        Ok(())
    }

    /// Nothing, true or false, an object or an array where a number is wanted.
    fn refuse(&mut self, shown: &str) {
        for &place in self.leads.leaf.iter().filter(|place| **place < KEYS) {
            self.found.fault = Some((place, shown.to_owned()));
        }
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.set(f64::NAN, "")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.set(value, value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.set(value as f64, value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.set(value as f64, value)
    }

    fn visit_bool<E: Error>(mut self, value: bool) -> Result<(), E> {
        let text = value.to_string();
        self.refuse(&text);
        let keys = self.leads.leaf.iter().filter(|place| **place >= KEYS);
        keys.for_each(|&place| self.found.text(place, &text));
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.leads.leaf.iter().for_each(|&place| self.found.text(place, value));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<(), A::Error> {
        self.refuse("{...}");
        Level { paths: &self.leads.below, found: self.found }.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, items: A) -> Result<(), A::Error> {
        self.refuse("[...]");
        Level { paths: &self.leads.below, found: self.found }.visit_seq(items)
    }
}
