//! One stream of a pool: what an idle value (one that only counts) touches, in one line of the cache, and the detector behind it.
//!
//! A detector at rest is packed. It is opened for the values that are not idle.

use crate::detector::Spot;
use crate::detector::member::Phase;

use super::packed::Packed;

/// Values that a stream has space for when it begins to collect.
const FIRST_CAPACITY: usize = 32;

/// What a new key starts from.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) spot: Spot,
    /// The same without a baseline: each stream starts from a copy of it.
    packed: Option<Packed>,
    pub(super) thresholds: [f64; 2],
    idle: IdleRange,
    /// Whether a new stream starts with collecting values and nothing else.
    collects: bool,
}

impl Template {
    pub(super) fn new(spot: Spot) -> Self {
        let is_plain = spot.is_plain();
        let collects = spot.is_new() && is_plain;
        let pack = || Packed::new(spot.clone(), &spot.config, &mut Vec::new());
        let packed = is_plain.then(pack);
        Template {
            packed,
            thresholds: spot.thresholds(),
            idle: IdleRange::of(&spot),
            collects,
            spot,
        }
    }

    fn copy(&self, scratch: &mut Scratch) -> Spot {
        match &self.packed {
            Some(packed) => packed.clone().open(&self.spot.config, &mut scratch.bytes),
            None => self.spot.clone(),
        }
    }
}

/// Memory to open and to pack detectors in.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    bytes: Vec<u8>,
}

/// Which values only count: those from `low` to `high`, until `counted` is `most`.
#[derive(Clone, Copy, Debug)]
struct IdleRange {
    low: f64,
    high: f64,
    most: u32,
    /// Idle values since the detector was last updated.
    counted: u32,
}

impl IdleRange {
    fn of(spot: &Spot) -> IdleRange {
        match spot.model() {
            Some(model) if spot.is_plain() => {
                let (low, high) = model.normal_range();
                let most = u32::try_from(model.idle()).unwrap_or(u32::MAX);
                IdleRange { low, high, most, counted: 0 }
            }
            _ => IdleRange { low: f64::NAN, high: f64::NAN, most: 0, counted: 0 },
        }
    }
}

/// The detector behind a stream. The values that were counted since are not in it yet.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Still the template.
    Template,
    /// The template and these values, fewer than a calibration needs.
    Collecting(Vec<f64>),
    Packed(Packed),
    Open(Box<Spot>),
}

#[repr(align(64))]
#[derive(Clone, Debug)]
pub(super) struct Stream {
    pub(super) key: u64,
    /// When the key was last seen, by the clock of the pool.
    pub(super) seen: u64,
    idle: IdleRange,
    state: State,
}

const _: () = assert!(size_of::<Stream>() == 64, "a stream is one line of the cache");

impl Stream {
    pub(super) fn new(key: u64, template: &Template) -> Self {
        let state = if template.collects { State::Collecting(Vec::new()) } else { State::Template };
        Stream { key, seen: 0, idle: template.idle, state }
    }

    pub(super) fn with_spot(key: u64, spot: Spot, template: &Template) -> Self {
        let idle = IdleRange::of(&spot);
        let mut stream = Stream { key, seen: 0, idle, state: State::Open(spot.into()) };
        stream.pack(template, &mut Scratch::default());
        stream
    }

    /// A stream as [`parts`](Stream::parts) gave it; `None` if they do not agree with each other and the template.
    pub(super) fn from_parts(
        key: u64,
        counted: u32,
        state: State,
        template: &Template,
    ) -> Option<Self> {
        let idle = match &state {
            State::Template => (!template.collects).then_some(template.idle),
            State::Collecting(values) => {
                let fits = template.collects && values.len() < template.spot.config.n_init;
                let fits = fits && values.iter().all(|x| x.is_finite());
                fits.then_some(template.idle)
            }
            State::Open(spot) => Some(IdleRange::of(spot)),
            State::Packed(_) => None,
        };
        let idle = idle.filter(|idle| counted <= idle.most)?;
        let idle = IdleRange { counted, ..idle };
        Some(Stream { key, seen: 0, idle, state })
    }

    pub(super) fn parts(&self) -> (u32, &State) {
        (self.idle.counted, &self.state)
    }

    /// How many values come before the first one that does more than count; they are counted.
    #[inline]
    pub(super) fn count_idle(&mut self, values: impl Iterator<Item = f64>) -> usize {
        let IdleRange { low, high, most, counted } = self.idle;
        let is_idle = |value: &f64| (*value >= low) & (*value <= high);
        let idle = values.take((most - counted) as usize).take_while(is_idle).count();
        self.idle.counted += idle as u32;
        idle
    }

    /// Collects a finite value that does not complete the calibration.
    #[inline]
    pub(super) fn collect(&mut self, template: &Template, value: f64) -> bool {
        let State::Collecting(values) = &mut self.state else { return false };
        let n_init = template.spot.config.n_init;
        let collects = value.is_finite() && values.len() + 1 < n_init;
        if collects {
            if values.len() == values.capacity() {
                values.reserve_exact((n_init - values.len()).min(values.len().max(FIRST_CAPACITY)));
            }
            values.push(value);
        }
        collects
    }

    /// Gives the detector a value that does more than count.
    #[inline]
    pub(super) fn judge<T>(
        &mut self,
        template: &Template,
        scratch: &mut Scratch,
        step: impl FnOnce(&mut Spot) -> T,
    ) -> T {
        let counted = self.idle.counted;
        let spot = self.open(template, scratch);
        count(spot, counted);
        let answer = step(spot);
        self.idle = IdleRange::of(spot);
        answer
    }

    fn open(&mut self, template: &Template, scratch: &mut Scratch) -> &mut Spot {
        if !self.is_open() {
            let shared = &template.spot.config;
            let spot = match std::mem::replace(&mut self.state, State::Template) {
                State::Packed(packed) => packed.open(shared, &mut scratch.bytes),
                State::Collecting(values) => Spot::collecting(shared, values),
                _ => template.copy(scratch),
            };
            self.state = State::Open(Box::new(spot));
        }
        match &mut self.state {
            State::Open(spot) => spot,
            _ => unreachable!("it was just opened"),
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, State::Open(_))
    }

    /// Whether the detector may be packed: with a baseline every value needs it, and it stays open.
    pub(super) fn may_rest(&self) -> bool {
        matches!(&self.state, State::Open(spot) if spot.is_plain())
    }

    /// Packs an open detector, if it may rest.
    pub(super) fn pack(&mut self, template: &Template, scratch: &mut Scratch) {
        if !self.may_rest() {
            return;
        }
        if let State::Open(spot) = std::mem::replace(&mut self.state, State::Template) {
            let packed = Packed::new(*spot, &template.spot.config, &mut scratch.bytes);
            self.state = State::Packed(packed);
        }
    }

    /// The thresholds that the next value will be judged by.
    pub(super) fn thresholds(&self, template: &Template, scratch: &mut Scratch) -> [f64; 2] {
        match &self.state {
            State::Template | State::Collecting(_) => template.thresholds,
            State::Packed(packed) => packed.thresholds(&template.spot.config, &mut scratch.bytes),
            State::Open(spot) => spot.thresholds(),
        }
    }

    /// The detector without the values counted since.
    pub(super) fn behind(&self, template: &Template) -> Spot {
        let shared = &template.spot.config;
        match &self.state {
            State::Open(spot) => (**spot).clone(),
            State::Packed(packed) => packed.clone().open(shared, &mut Vec::new()),
            State::Template => template.spot.clone(),
            State::Collecting(values) => Spot::collecting(shared, values.clone()),
        }
    }

    /// The detector as it is now.
    pub(super) fn spot(&self, template: &Template) -> Spot {
        let mut spot = self.behind(template);
        count(&mut spot, self.idle.counted);
        spot
    }
}

fn count(spot: &mut Spot, idle: u32) {
    if let Phase::Running(model) = &mut spot.first.phase {
        model.count_idle(u64::from(idle));
    }
}
