//! One race, its result, and what must hold of it.

use crate::contenders::{Contender, Job, Outcome};

/// A line of the table.
pub struct Line {
    pub contender: Contender,
    /// Values that it was timed on.
    pub values: usize,
    pub outcome: Outcome,
}

/// A race, its lines, and the two contenders that the others are held against.
pub struct Row {
    pub name: String,
    pub ours: [&'static str; 2],
    pub lines: Vec<Line>,
}

/// Runs the contenders in turn, `reps` times, and keeps the minimum of each.
pub fn race(
    name: String,
    job: &Job,
    field: &[Contender],
    ours: [&'static str; 2],
    peer_n: usize,
    reps: usize,
) -> Row {
    let mut lines: Vec<Line> = Vec::new();
    for rep in 0..reps {
        for (lane, contender) in field.iter().enumerate() {
            let whole = job.stream.len();
            let values = if contender.peer { peer_n.min(whole) } else { whole };
            let outcome = (contender.run)(&Job { stream: &job.stream[..values], ..*job });
            if rep == 0 {
                lines.push(Line { contender: *contender, values, outcome });
            } else {
                keep_minimum(&name, &mut lines[lane].outcome, outcome);
            }
        }
    }
    Row { name, ours, lines }
}

/// Every repetition does the same work, so it must come to the same result.
fn keep_minimum(name: &str, best: &mut Outcome, outcome: Outcome) {
    assert_eq!(best.tail_events, outcome.tail_events, "{name}: events");
    assert_eq!(best.threshold.to_bits(), outcome.threshold.to_bits(), "{name}: thresholds");
    best.ns = best.ns.min(outcome.ns);
}

impl Row {
    /// The times averaged over rows of the same contenders.
    pub fn mean(rows: impl ExactSizeIterator<Item = Row>) -> Row {
        let count = rows.len() as f64;
        let add = |mut sum: Row, row: Row| {
            for (total, line) in sum.lines.iter_mut().zip(&row.lines) {
                total.outcome.ns += line.outcome.ns;
            }
            sum
        };
        let mut mean = rows.reduce(add).expect("at least one row");
        for line in &mut mean.lines {
            line.outcome.ns /= count;
        }
        mean
    }

    fn line(&self, name: &str) -> &Line {
        let mut lines = self.lines.iter();
        lines.find(|line| line.contender.name == name).expect("a contender of this race")
    }

    /// Nanoseconds a value of a contender.
    pub fn ns(&self, name: &str) -> f64 {
        self.line(name).outcome.ns
    }

    /// Asserts the number of tail events, given that of values.
    pub fn check_events(&self, expected: impl Fn(usize) -> usize) {
        for line in &self.lines {
            let who = self.who(line);
            assert_eq!(line.outcome.tail_events, expected(line.values), "{who}");
        }
    }

    /// Asserts that the share of tail events is about one less the level: the
    /// quantile estimates on the training values scatter around it.
    pub fn check_tail_share(&self, least: f64, most: f64) {
        for line in &self.lines {
            let share = line.outcome.tail_events as f64 / line.values as f64;
            assert!(share > least && share < most, "{}: tail share {share}", self.who(line));
        }
    }

    /// Asserts that two contenders gave the same answers and thresholds, bit
    /// for bit.
    pub fn check_same(&self, one: &str, other: &str) {
        let facts = |name: &str| {
            let line = self.line(name);
            (line.outcome.tail_events, line.outcome.threshold.to_bits())
        };
        assert_eq!(facts(one), facts(other), "{}: {one} and {other}", self.name);
    }

    /// Asserts that the two peers agree: they are the same algorithm.
    pub fn check_peers(&self, tolerance: f64) {
        let peers: Vec<&Line> = self.lines.iter().filter(|line| line.contender.peer).collect();
        for line in &peers {
            let (z, first) = (line.outcome.threshold, peers[0].outcome.threshold);
            assert!(z.is_finite(), "{}: threshold {z}", self.who(line));
            assert!(
                (z - first).abs() < tolerance * z.abs(),
                "{}: {z} against {first}",
                self.who(line)
            );
        }
    }

    /// Asserts that a contender of ours came to this threshold.
    pub fn check_threshold(&self, name: &str, expected: f64, tolerance: f64) {
        let line = self.line(name);
        let z = line.outcome.threshold;
        let gap = (z - expected).abs() / expected.abs();
        assert!(gap < tolerance, "{}: {z} and not {expected}", self.who(line));
    }

    fn who(&self, line: &Line) -> String {
        format!("{}: {}", self.name, line.contender.name)
    }
}
