//! Incidents: a list of the alerts that belong together.

use std::collections::VecDeque;

use engine::{Error, Event, Incident, Incidents};
use libc::{c_void, ptrdiff_t, size_t};

use super::codes::tailspot_result;
use super::columns::{Values, items};
use super::gate::{self, Handle, Problem, write_new_handle};
use super::parameters::{self, tailspot_config};
use super::structs::{self, Growing};

/// Alerts that came close together.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct tailspot_incident {
    /// The size that was asked for.
    pub struct_size: u32,
    /// The side of the peak, a tailspot_side.
    pub side: i32,
    /// Index of the first alert, counted from the first value that tailspot_incidents_take was given.
    pub first: u64,
    /// Index of the last alert.
    pub last: u64,
    /// Number of alerts.
    pub count: u64,
    /// The value of the least probable alert; of equally probable ones the most extreme.
    pub peak: f64,
    /// The tail probability of the peak; 0 for an infinity.
    pub probability: f64,
}

const _: () = assert!(size_of::<tailspot_incident>() == 48, "the ABI says 48 bytes");

// SAFETY: the sizes of the fields add up to 48, and all of them are integers or floats.
unsafe impl Growing for tailspot_incident {
    const NAME: &'static str = "tailspot_incident";
    const FIRST: usize = 48;

    fn set_size(&mut self, size: u32) {
        self.struct_size = size;
    }
}

impl From<&Incident> for tailspot_incident {
    fn from(incident: &Incident) -> Self {
        tailspot_incident {
            struct_size: 0,
            side: (incident.side as i8).into(),
            first: incident.first,
            last: incident.last,
            count: incident.count,
            peak: incident.peak,
            probability: incident.probability,
        }
    }
}

/// A list of incidents.
pub type tailspot_incidents = Handle<IncidentList>;

/// The incidents of a stream: the one that further alerts may join, and those that have ended.
pub struct IncidentList {
    incidents: Incidents,
    /// Index of the next value.
    next: u64,
    /// Those that nobody asked for yet.
    ended: VecDeque<Incident>,
}

impl IncidentList {
    fn take(&mut self, value: f64, event: Event, probability: f64) {
        self.ended.extend(self.incidents.take(self.next, value, event, probability));
        self.next += 1;
    }

    fn take_all(&mut self, answers: &Answers<'_>) -> Result<tailspot_result, Problem> {
        answers.check()?;
        for i in 0..answers.values.len() {
            let event = Event::try_from(answers.events[i])?;
            // Only the values of alerts are looked at, which may be few in a large array.
            let value = if event.is_alert() { answers.values.at(i) } else { f64::NAN };
            self.take(value, event, answers.probability[i]);
        }
        gate::OK
    }
}

/// Values, and the answers to them.
pub(super) struct Answers<'a> {
    values: Values<'a>,
    events: &'a [i8],
    probability: &'a [f64],
}

impl<'a> Answers<'a> {
    /// # Safety
    ///
    /// As for [`items`], of `events` and `probability`.
    pub(super) unsafe fn new(
        values: Result<Values<'a>, Problem>,
        events: *const i8,
        probability: *const f64,
    ) -> Result<Self, Problem> {
        let values = values?;
        let count = values.len();
        // SAFETY: promised by the caller.
        let (events, probability) = unsafe { (items(events, count)?, items(probability, count)?) };
        Ok(Answers { values, events, probability })
    }

    /// Whether a detector can have given them.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.events.iter().enumerate().try_for_each(|(i, code)| {
            let event = Event::try_from(*code)?;
            if event.is_alert() {
                check_alert(self.values.at(i), self.probability[i])?;
            }
            Ok(())
        })
    }
}

fn check_alert(value: f64, probability: f64) -> Result<(), Error> {
    let refused = |name, value: f64, allowed: &str| {
        Err(Error::Parameter { name, value: value.to_string(), allowed: allowed.into() })
    };
    if value.is_nan() {
        return refused("value", value, "a number for an alert");
    }
    if value.is_finite() && !(0.0..=1.0).contains(&probability) {
        return refused("probability", probability, "0 to 1 for an alert");
    }
    Ok(())
}

/// ## Incidents: alerts that belong together
///
/// Makes an empty list for the incidents of one stream: of a detector with this configuration, or of one key of a pool.
/// An alert starts an incident if none came within `quarantine` values (at least 20) before it, on either side; else it
/// joins the one before. Missing values are not counted. Give the list every value with its answer, in order; after that
/// take the incidents that ended.
///
///     event = tailspot_verdict(detector, x, NULL, NULL, &p);
///     tailspot_incidents_take(incidents, x, event, p);
///     while (tailspot_incidents_next(incidents, &incident, sizeof incident) == TAILSPOT_OK) { ... }
///
/// The caller owns `*incidents_out` and frees it by tailspot_incidents_free.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_config),
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_incidents_new(
    config: *const tailspot_config,
    incidents_out: *mut *mut tailspot_incidents,
) -> tailspot_result {
    let make = || {
        // SAFETY: the conventions of the header.
        let incidents = Incidents::of(&unsafe { parameters::read(config) }?);
        Ok(IncidentList { incidents, next: 0, ended: VecDeque::new() })
    };
    // SAFETY: the conventions of the header.
    gate::call(|| unsafe { write_new_handle(incidents_out, make) })
}

/// Frees a list, poisoned or not. NULL is fine. The handle must not be used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_incidents_free(incidents: *mut tailspot_incidents) {
    // SAFETY: the conventions of the header: it is freed once.
    unsafe { gate::free(incidents) };
}

/// Takes a value with its answer: the event and the probability that tailspot_verdict gave. Those of a value that is not
/// an alert only count.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_incidents), TAILSPOT_ERROR_POISONED,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_incidents_take(
    incidents: *mut tailspot_incidents,
    value: f64,
    event: i32,
    probability: f64,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(incidents, |list: &mut IncidentList| {
            // A code that is too large for a byte is as wrong as -128.
            let event = Event::try_from(i8::try_from(event).unwrap_or(i8::MIN))?;
            if event.is_alert() {
                check_alert(value, probability)?;
            }
            list.take(value, event, probability);
            gate::OK
        })
    }
}

/// Takes `count` values with the events and the probabilities that tailspot_step_many or tailspot_judge gave; none of the
/// arrays may be NULL unless `count` is 0. A stream may be given in any parts.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_ALIGNMENT, TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_PARAMETER (see
/// tailspot_explain_incidents), TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_incidents_take_many(
    incidents: *mut tailspot_incidents,
    values: *const f64,
    count: size_t,
    events: *const i8,
    probability: *const f64,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(incidents, |list: &mut IncidentList| {
            list.take_all(&Answers::new(Values::doubles(values, count), events, probability)?)
        })
    }
}

/// Like tailspot_incidents_take_many, for values of any element type and layout; `first`, `stride` and `type` are those of
/// tailspot_step_strided.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_TYPE, TAILSPOT_ERROR_ALIGNMENT (of the probabilities),
/// TAILSPOT_ERROR_COUNT, TAILSPOT_ERROR_PARAMETER (see tailspot_explain_incidents), TAILSPOT_ERROR_POISONED,
/// TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_incidents_take_strided(
    incidents: *mut tailspot_incidents,
    first: *const c_void,
    count: size_t,
    stride: ptrdiff_t,
    r#type: i32,
    events: *const i8,
    probability: *const f64,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(incidents, |list: &mut IncidentList| {
            let values = Values::strided(first, count, stride, r#type);
            list.take_all(&Answers::new(values, events, probability)?)
        })
    }
}

/// Ends the open incident, as at the end of a stream. The next alert starts another one.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_incidents_finish(
    incidents: *mut tailspot_incidents,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(incidents, |list: &mut IncidentList| {
            list.ended.extend(list.incidents.finish());
            gate::OK
        })
    }
}

/// Writes the first incident that has ended, and takes it from the list. `struct_size` is sizeof(tailspot_incident) of
/// the program.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (none has ended),
/// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_incidents_next(
    incidents: *mut tailspot_incidents,
    incident_out: *mut tailspot_incident,
    struct_size: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::change(incidents, |list: &mut IncidentList| {
            let written = write(list.ended.front(), incident_out, struct_size)?;
            list.ended.pop_front();
            Ok(written)
        })
    }
}

/// Writes the open incident, which further alerts may join. One has just started if its count is 1 and the last value was
/// an alert. `struct_size` is sizeof(tailspot_incident) of the program.
///
/// Errors: TAILSPOT_ERROR_NULL, TAILSPOT_ERROR_STRUCT_SIZE, TAILSPOT_ERROR_PARAMETER (none is open),
/// TAILSPOT_ERROR_POISONED, TAILSPOT_ERROR_BUG.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tailspot_incidents_get_open(
    incidents: *const tailspot_incidents,
    incident_out: *mut tailspot_incident,
    struct_size: size_t,
) -> tailspot_result {
    // SAFETY: the conventions of the header.
    unsafe {
        gate::read(incidents, |list: &IncidentList| {
            write(list.incidents.open(), incident_out, struct_size)
        })
    }
}

/// # Safety
///
/// As for [`structs::write`].
unsafe fn write(
    incident: Option<&Incident>,
    out: *mut tailspot_incident,
    size: size_t,
) -> Result<tailspot_result, Problem> {
    match incident {
        // SAFETY: promised by the caller.
        Some(incident) => unsafe { structs::write(out, size, incident.into()) },
        None if out.is_null() => Err(Problem::NULL),
        None => Err(tailspot_result::TAILSPOT_ERROR_PARAMETER.into()),
    }
}
