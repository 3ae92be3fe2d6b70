//! What to take from each row.

/// The columns that the user named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// The values: names, indices, ranges of indices, patterns or dotted paths; empty for the only column. Once the first
    /// row was seen, the name of each column.
    pub(crate) columns: Vec<String>,
    /// The columns that name the detector.
    pub(crate) keys: Vec<String>,
    pub(crate) time: Option<String>,
    /// Columns that are repeated in the output.
    pub(crate) keep: Vec<String>,
    pub(crate) keep_all: bool,
}

/// The name of the stream of rows without a key.
pub(crate) const NO_KEY: &str = "(none)";

impl Selection {
    /// Numbers in a row.
    pub(crate) fn width(&self) -> usize {
        self.columns.len().max(1)
    }

    pub(crate) fn is_keyed(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether a column that nobody asked for by name may be the values: not if it has another purpose.
    pub(crate) fn leaves_free(&self, name: &str) -> bool {
        let taken = self.keys.iter().chain(&self.time).chain(&self.keep);
        taken.into_iter().all(|taken| taken != name)
    }
}

/// Whether `pattern` stands for several names.
pub(crate) fn is_pattern(pattern: &str) -> bool {
    pattern.contains(['*', '?'])
}

/// Whether `name` matches `pattern`: `*` is any text, `?` any character.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // Where the last star was, and the name up to which it reaches.
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&c) if c == '?' || c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, reach)) => {
                    star = Some((at, reach + 1));
                    (p, n) = (at + 1, reach + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// "2-5" as the indices 2 to 5.
pub(crate) fn range(text: &str) -> Option<std::ops::RangeInclusive<usize>> {
    let (first, last) = text.split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first <= last).then_some(first..=last)
}

/// The key of a row with several key columns: its parts as a row of CSV.
pub(crate) fn join_keys<'a>(parts: impl IntoIterator<Item = &'a str>, key: &mut String) {
    for (nth, part) in parts.into_iter().enumerate() {
        if nth > 0 {
            key.push(',');
        }
        match part.contains([',', '"']) {
            true => key.push_str(&format!("\"{}\"", part.replace('"', "\"\""))),
            false => key.push_str(part),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_like_those_of_a_shell() {
        let cases = [
            ("cpu*", "cpu0", true),
            ("cpu*", "cpu", true),
            ("*.p99", "a.b.p99", true),
            ("*a*b*", "xxaxxbxx", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("cpu*", "mcpu", false),
            ("*", "", true),
            ("", "a", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
