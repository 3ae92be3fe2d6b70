//! The one gate: what every exported function does with pointers and panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use crate::detector::Detector;
use crate::layout::{DSpotConfig, DSpotStatus};

/// A detector, opaque to C: what a `Spot *` and a `DSpot *` point at. A panic poisons the lock, and with it the handle.
#[derive(Debug)]
pub struct Handle(Mutex<Detector>);

/// Answers with the body, or with `absent` for NULL and after a panic.
pub(crate) fn gate<P, A>(pointer: Option<P>, absent: A, body: impl FnOnce(P) -> A) -> A {
    let Some(pointer) = pointer else { return absent };
    catch_unwind(AssertUnwindSafe(|| body(pointer))).unwrap_or(absent)
}

/// The gate of what lies behind a handle: a poisoned one is like NULL.
pub(crate) fn enter<A: Copy>(
    handle: Option<&Handle>,
    absent: A,
    body: impl FnOnce(&mut Detector) -> A,
) -> A {
    gate(handle, absent, |handle| match handle.0.lock() {
        Ok(mut detector) => body(&mut detector),
        Err(_) => absent,
    })
}

/// A new handle.
pub(crate) fn open(asked: DSpotConfig) -> Option<Box<Handle>> {
    gate(Some(asked), None, |asked| Some(Box::new(Handle(Mutex::new(Detector::new(asked))))))
}

/// Drops what was handed out.
pub(crate) fn close<T>(pointer: Option<Box<T>>) {
    gate(pointer, (), drop);
}

/// The status; zeros without a detector.
pub(crate) fn status(handle: Option<&Handle>) -> DSpotStatus {
    enter(handle, DSpotStatus::default(), |detector| detector.status())
}

/// The parameters; zeros without a detector.
pub(crate) fn config(handle: Option<&Handle>) -> DSpotConfig {
    enter(handle, DSpotConfig::default(), |detector| detector.config())
}

/// A struct that C will delete. It always is the larger one, so that either function may delete it.
pub(crate) fn hand_out<T>(value: T) -> Option<Box<T>> {
    gate(Some(value), None, |value| Some(Box::new(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::*;

    /// Every function that takes a handle answers this one as if there were none.
    fn is_nobody(handle: Option<&Handle>) {
        for (getter, name) in [
            (Spot_getUpperThreshold as extern "C" fn(Option<&Handle>) -> f64, "Spot z_up"),
            (Spot_getLowerThreshold, "Spot z_down"),
            (Spot_getUpper_t, "Spot t_up"),
            (Spot_getLower_t, "Spot t_down"),
            (DSpot_getUpperThreshold, "DSpot z_up"),
            (DSpot_getLowerThreshold, "DSpot z_down"),
            (DSpot_getUpper_t, "DSpot t_up"),
            (DSpot_getLower_t, "DSpot t_down"),
            (DSpot_getDrift, "drift"),
        ] {
            assert_eq!(getter(handle), 0.0, "{name}");
        }
        for x in [0.0, f64::NAN, f64::INFINITY, -1e308] {
            assert_eq!([Spot_step(handle, x), DSpot_step(handle, x)], [5, 5]);
            assert_eq!(
                [Spot_up_probability(handle, x), Spot_down_probability(handle, x)],
                [0.0; 2]
            );
            assert_eq!(
                [DSpot_up_probability(handle, x), DSpot_down_probability(handle, x)],
                [0.0; 2]
            );
            Spot_set_q(handle, x);
            DSpot_set_q(handle, x);
        }
        assert_eq!([Spot_status(handle), DSpot_status(handle)], [SpotStatus::default(); 2]);
        assert_eq!(Spot_config(handle), SpotConfig::default());
        assert_eq!(DSpot_config(handle), DSpotConfig::default());
        for status in [Spot_status_ptr(handle), DSpot_status_ptr(handle)] {
            assert_eq!(status.as_deref(), Some(&DSpotStatus::default()));
            Spot_status_delete(status);
        }
        for config in [Spot_config_ptr(handle), DSpot_config_ptr(handle)] {
            assert_eq!(config.as_deref(), Some(&DSpotConfig::default()));
            DSpot_config_delete(config);
        }
    }

    #[test]
    fn a_panic_poisons_the_handle_and_nothing_else() {
        let handle = Spot_new(1e-3, 0, 0.9, 1, 1, 1, 1, 200);
        assert_eq!(Spot_step(handle.as_deref(), 1.0), 3);
        enter(handle.as_deref(), (), |_| panic!("a bug, for this test"));
        is_nobody(handle.as_deref());
        Spot_delete(handle);
    }

    #[test]
    fn nobody_is_behind_null() {
        is_nobody(None);
        Spot_delete(None);
        DSpot_delete(None);
        Spot_status_delete(None);
        DSpot_status_delete(None);
        Spot_config_delete(None);
        DSpot_config_delete(None);
        // SAFETY: NULL is what it must bear.
        unsafe { version(std::ptr::null_mut(), usize::MAX) };
        for getter in [
            _status_get_n as extern "C" fn(Option<&SpotStatus>) -> std::ffi::c_int,
            _status_get_ex_up,
            _status_get_ex_down,
            _status_get_Nt_up,
            _status_get_Nt_down,
            _status_get_al_up,
            _status_get_al_down,
        ] {
            assert_eq!(getter(None), 0);
        }
        for getter in [
            _status_get_t_up as extern "C" fn(Option<&SpotStatus>) -> f64,
            _status_get_t_down,
            _status_get_z_up,
            _status_get_z_down,
        ] {
            assert_eq!(getter(None), 0.0);
        }
        for getter in [
            _config_get_bounded as extern "C" fn(Option<&SpotConfig>) -> std::ffi::c_int,
            _config_get_max_excess,
            _config_get_alert,
            _config_get_up,
            _config_get_down,
            _config_get_n_init,
        ] {
            assert_eq!(getter(None), 0);
        }
        assert_eq!([_config_get_q(None), _config_get_level(None)], [0.0; 2]);
        assert_eq!([_config_get_depth(None), _status_get_drift(None)], [0.0; 2]);
    }
}
