//! JSON lines: one object (or array) a line, of which only the wanted paths are read.

use std::fmt;

use memchr::memchr;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Place, Sink, Wanted, not_a_number};
use crate::failure::{Failure, note};

pub(crate) struct Json {
    place: Place,
    wanted: Wanted,
    line: u64,
    /// Columns that no line had so far.
    absent: Vec<bool>,
}

impl Json {
    pub(crate) fn new(place: &Place, wanted: &Wanted) -> Self {
        let absent = vec![true; wanted.columns.len()];
        Json { place: place.clone(), wanted: wanted.clone(), line: 0, absent }
    }

    /// Complete lines so far.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// A key that is missing everywhere is more likely a slip of the user than a stream without values.
    pub(crate) fn warn_of_absent_columns(&self) {
        for (name, _) in self.wanted.columns.iter().zip(&self.absent).filter(|(_, absent)| **absent)
        {
            note(format!("no line of {} has a value at {name:?}", self.place));
        }
    }

    /// Takes the rows that are complete, and the rest too if nothing follows; answers how many bytes that were.
    pub(crate) fn parse(
        &mut self,
        bytes: &[u8],
        last: bool,
        sink: &mut Sink<'_>,
    ) -> Result<usize, Failure> {
        let mut at = 0;
        while at < bytes.len() {
            let end = match memchr(b'\n', &bytes[at..]) {
                Some(length) => at + length,
                None if last => bytes.len(),
                None => break,
            };
            self.line += 1;
            let line = bytes[at..end].trim_ascii();
            if !line.is_empty() {
                self.row(line, sink)?;
            }
            at = (end + 1).min(bytes.len());
        }
        Ok(at)
    }

    fn row(&mut self, line: &[u8], sink: &mut Sink<'_>) -> Result<(), Failure> {
        if self.wanted.columns.is_empty() {
            let place = &self.place;
            return Err(Failure::new(format!(
                "{place}: choose with --column which value to watch"
            )));
        }
        let paths = self.wanted.columns.iter().map(String::as_str).enumerate();
        let key = self.wanted.key.as_deref().map(|path| (KEY, path));
        let paths: Vec<_> = paths.chain(key).collect();
        let mut found = Found {
            values: sink.row(self.wanted.width()),
            absent: &mut self.absent,
            key: String::new(),
            fault: None,
        };
        let mut json = serde_json::Deserializer::from_slice(line);
        let outcome = Level { paths: &paths, found: &mut found }.deserialize(&mut json);
        let outcome = outcome.and_then(|()| json.end());
        let Found { key, fault, .. } = found;
        if let Some((place, shown)) = fault {
            let path = &self.wanted.columns[place];
            return Err(not_a_number(&self.place, self.line, path, &shown));
        }
        outcome.map_err(|error| self.malformed(&error))?;
        sink.finish_row(self.wanted.key.as_ref().map(|_| key.as_str()));
        Ok(())
    }

    fn malformed(&self, error: &serde_json::Error) -> Failure {
        let (place, line, column) = (&self.place, self.line, error.column());
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or(&why);
        Failure::new(format!("{place}, line {line}: not a JSON object: {why} at column {column}"))
    }
}

/// The place of the key among the paths.
const KEY: usize = usize::MAX;

/// What one line holds at the wanted paths.
struct Found<'a> {
    values: &'a mut [f64],
    absent: &'a mut [bool],
    key: String,
    /// The column whose value is no number, and that value.
    fault: Option<(usize, String)>,
}

impl Found<'_> {
    fn number(&mut self, place: usize, value: f64) {
        self.values[place] = value;
        self.absent[place] = false;
    }
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
    fn set<E: Error>(self, value: f64, text: &str) -> Result<(), E> {
        for place in self.leads.leaf {
            match place {
                KEY => text.clone_into(&mut self.found.key),
                _ => self.found.number(place, value),
            }
        }
        Ok(())
    }

    /// Text is a key, and no number.
    fn refuse<E: Error>(self, text: &str, shown: String) -> Result<(), E> {
        for place in self.leads.leaf {
            match place {
                KEY => text.clone_into(&mut self.found.key),
                _ => self.found.fault = Some((place, shown.clone())),
            }
        }
        Ok(())
    }

    /// An object or array where a number is wanted.
    fn refuse_container(&mut self, shown: &str) {
        for &place in self.leads.leaf.iter().filter(|place| **place != KEY) {
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
        self.set(value, &value.to_string())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.set(value as f64, &value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.set(value as f64, &value.to_string())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.refuse(&value.to_string(), value.to_string())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.refuse(value, value.to_owned())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, map: A) -> Result<(), A::Error> {
        self.refuse_container("{...}");
        Level { paths: &self.leads.below, found: self.found }.visit_map(map)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, items: A) -> Result<(), A::Error> {
        self.refuse_container("[...]");
        Level { paths: &self.leads.below, found: self.found }.visit_seq(items)
    }
}
