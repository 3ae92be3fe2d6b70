//! One stream of a pool: what a quiet value touches, in one line of the cache, and the detector behind it.
//!
//! A detector at rest is packed. It is opened for the values that are not quiet.

use crate::event::Event;
use crate::spot::Spot;

use super::packed::Packed;

/// What a key that is seen for the first time starts from.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) spot: Spot,
    pub(super) thresholds: [f64; 2],
    quiet: Quiet,
    /// Whether a new stream starts with collecting values and nothing else.
    collects: bool,
}

impl Template {
    pub(super) fn new(spot: Spot) -> Self {
        let is_new = spot.is_new() && spot.config.depth == 0;
        let thresholds = spot.thresholds();
        Template { thresholds, quiet: Quiet::of(&spot), collects: is_new, spot }
    }
}

/// Which values only count: those from `low` to `high`, until `counted` is `room`.
#[derive(Clone, Copy, Debug)]
struct Quiet {
    low: f64,
    high: f64,
    room: u32,
    /// Quiet values since the detector was last asked.
    counted: u32,
}

impl Quiet {
    fn of(spot: &Spot) -> Quiet {
        match &spot.watch {
            Some(watch) if spot.window.is_none() => {
                let (low, high) = watch.normal_range();
                let room = u32::try_from(watch.ledger().room()).unwrap_or(u32::MAX);
                Quiet { low, high, room, counted: 0 }
            }
            _ => Quiet { low: f64::NAN, high: f64::NAN, room: 0, counted: 0 },
        }
    }
}

/// The detector behind a stream. The values that were counted since are not in it yet.
#[derive(Debug)]
pub(super) enum State {
    /// Still the template.
    Template,
    /// The template and these values, fewer than a calibration needs.
    Collecting(Vec<f64>),
    Packed(Packed),
    Open(Box<Spot>),
}

#[repr(align(64))]
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) key: u64,
    /// When the key was last seen, by the clock of the pool.
    pub(super) seen: u64,
    quiet: Quiet,
    state: State,
}

const _: () = assert!(size_of::<Stream>() == 64, "a stream is one line of the cache");

impl Stream {
    pub(super) fn new(key: u64, template: &Template) -> Self {
        let state = if template.collects { State::Collecting(Vec::new()) } else { State::Template };
        Stream { key, seen: 0, quiet: template.quiet, state }
    }

    pub(super) fn with_spot(key: u64, spot: Spot) -> Self {
        let quiet = Quiet::of(&spot);
        let mut stream = Stream { key, seen: 0, quiet, state: State::Open(spot.into()) };
        stream.pack(&mut Vec::new());
        stream
    }

    /// A stream as [`parts`](Stream::parts) gave it; `None` if they do not agree with each other and the template.
    pub(super) fn from_parts(
        key: u64,
        counted: u32,
        state: State,
        template: &Template,
    ) -> Option<Self> {
        let quiet = match &state {
            State::Template => (!template.collects).then_some(template.quiet),
            State::Collecting(values) => {
                let fits = template.collects && values.len() < template.spot.config.n_init;
                let fits = fits && values.iter().all(|x| x.is_finite());
                fits.then_some(template.quiet)
            }
            State::Packed(packed) => Some(Quiet::of(&packed.open())),
            State::Open(spot) => Some(Quiet::of(spot)),
        };
        let quiet = quiet.filter(|quiet| counted <= quiet.room)?;
        let quiet = Quiet { counted, ..quiet };
        Some(Stream { key, seen: 0, quiet, state })
    }

    pub(super) fn parts(&self) -> (u32, &State) {
        (self.quiet.counted, &self.state)
    }

    /// Whether the value only counts; it is counted then.
    #[inline]
    pub(super) fn count_quiet(&mut self, value: f64) -> bool {
        let Quiet { low, high, room, counted } = self.quiet;
        let is_quiet = (value >= low) & (value <= high) & (counted < room);
        self.quiet.counted += u32::from(is_quiet);
        is_quiet
    }

    /// Collects a finite value that does not complete the calibration.
    #[inline]
    pub(super) fn collect(&mut self, template: &Template, value: f64) -> bool {
        let State::Collecting(values) = &mut self.state else { return false };
        let collects = value.is_finite() && values.len() + 1 < template.spot.config.n_init;
        if collects {
            values.push(value);
        }
        collects
    }

    /// Judges any value.
    pub(super) fn judge(&mut self, template: &Template, value: f64) -> Event {
        let counted = self.quiet.counted;
        let spot = self.open(template);
        count(spot, counted);
        let event = spot.step(value);
        self.quiet = Quiet::of(spot);
        event
    }

    fn open(&mut self, template: &Template) -> &mut Spot {
        if !matches!(self.state, State::Open(_)) {
            self.state = State::Open(self.behind(template).into());
        }
        match &mut self.state {
            State::Open(spot) => spot,
            _ => unreachable!("it was just opened"),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether the detector may be packed: with drift every value asks it, and it stays open.
    pub(super) fn may_rest(&self) -> bool {
        matches!(&self.state, State::Open(spot) if spot.window.is_none())
    }

    /// Packs an open detector; `scratch` is room to do it in.
    pub(super) fn pack(&mut self, scratch: &mut Vec<u8>) {
        if let State::Open(spot) = &mut self.state
            && spot.window.is_none()
        {
            self.state = State::Packed(Packed::new(spot, scratch));
        }
    }

    /// The thresholds that the next value will be judged by.
    pub(super) fn thresholds(&self, template: &Template) -> [f64; 2] {
        match &self.state {
            State::Template | State::Collecting(_) => template.thresholds,
            State::Packed(packed) => packed.open().thresholds(),
            State::Open(spot) => spot.thresholds(),
        }
    }

    /// The detector without the values counted since.
    fn behind(&self, template: &Template) -> Spot {
        match &self.state {
            State::Open(spot) => (**spot).clone(),
            State::Packed(packed) => packed.open(),
            State::Template => template.spot.clone(),
            State::Collecting(values) => {
                let mut spot = template.spot.clone();
                for value in values {
                    spot.step(*value);
                }
                spot
            }
        }
    }

    /// The detector as it is now.
    pub(super) fn spot(&self, template: &Template) -> Spot {
        let mut spot = self.behind(template);
        count(&mut spot, self.quiet.counted);
        spot
    }
}

fn count(spot: &mut Spot, quiet: u32) {
    if let Some(watch) = &mut spot.watch {
        watch.count_quiet(u64::from(quiet));
    }
}
