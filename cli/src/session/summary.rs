//! What `--summary` says about each stream.

use serde::Serialize;
use tailspot::{Side, SideStatus, Spot};

use super::streams::Streams;

/// The confidence of the intervals.
const CONFIDENCE: f64 = 0.95;

/// Every count and estimate of one stream; what does not exist is null.
#[derive(Serialize)]
pub(crate) struct Summary<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    calibrated: bool,
    /// Values learned from.
    n: u64,
    /// Values judged after the calibration.
    seen: u64,
    missing: u64,
    /// Alerts that came close together count once.
    incidents: u64,
    /// For how many values the stream has not been what the detector was calibrated on.
    refuted: u64,
    alerts_up: u64,
    alerts_down: u64,
    /// Alerts beyond the limit, which were learned.
    surplus_up: u64,
    surplus_down: u64,
    /// Excesses that the model holds now.
    excesses_up: u64,
    excesses_down: u64,
    /// Excesses that it has ever learned from.
    n_t_up: u64,
    n_t_down: u64,
    upper_threshold: f64,
    lower_threshold: f64,
    upper_excess_threshold: f64,
    lower_excess_threshold: f64,
    shape_up: f64,
    shape_down: f64,
    scale_up: f64,
    scale_down: f64,
    drift: f64,
    q: f64,
    /// Alerts of a side by `seen`: what q promises.
    alarm_rate_up: f64,
    alarm_rate_down: f64,
    /// They take a millisecond, too much for a million keys.
    #[serde(flatten)]
    intervals: Option<Intervals>,
}

/// What the tails know, with 95 % confidence.
#[derive(Serialize)]
struct Intervals {
    threshold_interval_up: (f64, f64),
    threshold_interval_down: (f64, f64),
    shape_interval_up: (f64, f64),
    shape_interval_down: (f64, f64),
    scale_interval_up: (f64, f64),
    scale_interval_down: (f64, f64),
    /// How badly the thresholds are known: above 10 the calibration cannot know this q.
    threshold_spread_up: f64,
    threshold_spread_down: f64,
}

impl Intervals {
    fn of(spot: &Spot) -> Self {
        let [threshold, shape, scale] =
            [Spot::threshold_interval, Spot::shape_interval, Spot::scale_interval].map(|of| {
                // The confidence is in range.
                move |side| of(spot, side, CONFIDENCE).unwrap_or((f64::NAN, f64::NAN))
            });
        Intervals {
            threshold_interval_up: threshold(Side::Up),
            threshold_interval_down: threshold(Side::Down),
            shape_interval_up: shape(Side::Up),
            shape_interval_down: shape(Side::Down),
            scale_interval_up: scale(Side::Up),
            scale_interval_down: scale(Side::Down),
            threshold_spread_up: spot.threshold_spread(Side::Up),
            threshold_spread_down: spot.threshold_spread(Side::Down),
        }
    }
}

/// The only stream.
#[derive(Serialize)]
struct One<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    rows: u64,
    bad_rows: u64,
}

#[derive(Serialize)]
struct Several<'a> {
    rows: u64,
    bad_rows: u64,
    streams: Vec<Summary<'a>>,
}

impl<'a> Summary<'a> {
    fn new(spot: &Spot, column: Option<&'a str>, key: Option<&'a str>) -> Self {
        let status = spot.status();
        let (up, down) = (&status.up, &status.down);
        let config = spot.config();
        // 0/0, before anything was judged, is NaN: null. So is the rate of a side that nobody watches.
        let rate = |side: &SideStatus, watched: bool| match watched {
            true => side.alerts as f64 / status.seen as f64,
            false => f64::NAN,
        };
        Summary {
            column,
            key,
            calibrated: status.calibrated,
            n: status.n,
            seen: status.seen,
            missing: status.missing,
            incidents: status.incidents,
            refuted: status.refuted,
            alerts_up: up.alerts,
            alerts_down: down.alerts,
            surplus_up: up.surplus,
            surplus_down: down.surplus,
            excesses_up: up.excesses,
            excesses_down: down.excesses,
            n_t_up: up.n_t,
            n_t_down: down.n_t,
            upper_threshold: up.anomaly_threshold,
            lower_threshold: down.anomaly_threshold,
            upper_excess_threshold: up.excess_threshold,
            lower_excess_threshold: down.excess_threshold,
            shape_up: up.shape,
            shape_down: down.shape,
            scale_up: up.scale,
            scale_down: down.scale,
            drift: status.drift,
            q: config.q,
            alarm_rate_up: rate(up, config.up),
            alarm_rate_down: rate(down, config.down),
            intervals: key.is_none().then(|| Intervals::of(spot)),
        }
    }
}

/// The interval of a threshold, where there is one.
pub(crate) fn interval(spot: &Spot, side: Side) -> Option<(f64, f64)> {
    let interval = spot.threshold_interval(side, CONFIDENCE).ok();
    interval.filter(|(low, high)| !low.is_nan() && !high.is_nan())
}

/// One object: of the only stream, or with the list `streams` where several columns or a key were asked for.
pub(crate) fn text(streams: &Streams, bad_rows: u64) -> String {
    let one = |place: usize| {
        Summary::new(&streams.spot(place), streams.column(place), streams.key(place))
    };
    let rows = streams.rows;
    let json = if !streams.selection.is_keyed() && streams.selection.width() == 1 {
        serde_json::to_string(&One { summary: one(0), rows, bad_rows })
    } else {
        let all = (0..streams.len()).map(one).collect();
        serde_json::to_string(&Several { rows, bad_rows, streams: all })
    };
    // Numbers and text always have a JSON form.
    json.unwrap_or_default()
}
