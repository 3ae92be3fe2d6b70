//! The bytes that cross the border.

use std::mem::{offset_of, size_of, size_of_val};

use spot::*;

#[test]
fn the_structs_have_the_layout_of_libspot_1() {
    let status = [
        offset_of!(SpotStatus, n),
        offset_of!(SpotStatus, ex_up),
        offset_of!(SpotStatus, ex_down),
        offset_of!(SpotStatus, Nt_up),
        offset_of!(SpotStatus, Nt_down),
        offset_of!(SpotStatus, al_up),
        offset_of!(SpotStatus, al_down),
        offset_of!(SpotStatus, t_up),
        offset_of!(SpotStatus, t_down),
        offset_of!(SpotStatus, z_up),
        offset_of!(SpotStatus, z_down),
        offset_of!(DSpotStatus, drift),
    ];
    assert_eq!(status, [0, 4, 8, 12, 16, 20, 24, 32, 40, 48, 56, 64]);
    let config = [
        offset_of!(SpotConfig, q),
        offset_of!(SpotConfig, bounded),
        offset_of!(SpotConfig, max_excess),
        offset_of!(SpotConfig, alert),
        offset_of!(SpotConfig, up),
        offset_of!(SpotConfig, down),
        offset_of!(SpotConfig, n_init),
        offset_of!(SpotConfig, level),
        offset_of!(DSpotConfig, depth),
    ];
    assert_eq!(config, [0, 8, 12, 16, 17, 18, 20, 24, 32]);
    assert_eq!([size_of::<SpotStatus>(), size_of::<DSpotStatus>()], [64, 72]);
    assert_eq!([size_of::<SpotConfig>(), size_of::<DSpotConfig>()], [32, 40]);
}

#[test]
fn a_dspot_status_by_value_is_the_64_bytes_that_pylibspot_has_room_for() {
    let dspot = DSpot_new_light(3, 0, 0.9, 1, 1, 1, 1, 200);
    assert_eq!(size_of_val(&DSpot_status(dspot.as_deref())), 64);
    DSpot_delete(dspot);
}

#[test]
fn the_accessors_read_the_fields() {
    let status = SpotStatus {
        n: 1,
        ex_up: 2,
        ex_down: 3,
        Nt_up: 4,
        Nt_down: 5,
        al_up: 6,
        al_down: 7,
        t_up: 8.0,
        t_down: 9.0,
        z_up: 10.0,
        z_down: 11.0,
    };
    let counters = [
        _status_get_n(Some(&status)),
        _status_get_ex_up(Some(&status)),
        _status_get_ex_down(Some(&status)),
        _status_get_Nt_up(Some(&status)),
        _status_get_Nt_down(Some(&status)),
        _status_get_al_up(Some(&status)),
        _status_get_al_down(Some(&status)),
    ];
    assert_eq!(counters, [1, 2, 3, 4, 5, 6, 7]);
    let thresholds = [
        _status_get_t_up(Some(&status)),
        _status_get_t_down(Some(&status)),
        _status_get_z_up(Some(&status)),
        _status_get_z_down(Some(&status)),
        _status_get_drift(Some(&DSpotStatus { spot: status, drift: 12.0 })),
    ];
    assert_eq!(thresholds, [8.0, 9.0, 10.0, 11.0, 12.0]);

    for flag in 0..4 {
        let [alert, up, down, bounded] = [0, 1, 2, 3].map(|i| u8::from(flag == i));
        let config =
            SpotConfig { q: 1e-4, bounded, max_excess: 5, alert, up, down, n_init: 6, level: 0.7 };
        let flags = [
            _config_get_alert(Some(&config)),
            _config_get_up(Some(&config)),
            _config_get_down(Some(&config)),
            _config_get_bounded(Some(&config)),
        ];
        assert_eq!(flags, [0, 1, 2, 3].map(|i| i32::from(flag == i)));
        assert_eq!(_config_get_q(Some(&config)), 1e-4);
        assert_eq!(_config_get_max_excess(Some(&config)), 5);
        assert_eq!(_config_get_n_init(Some(&config)), 6);
        assert_eq!(_config_get_level(Some(&config)), 0.7);
        assert_eq!(_config_get_depth(Some(&DSpotConfig { spot: config, depth: 8 })), 8.0);
    }
}

#[test]
fn what_is_handed_out_is_a_copy_that_either_function_deletes() {
    let dspot = DSpot_new_light(2, 0, 0.9, 1, 1, 1, 1, 200);
    let handle = dspot.as_deref();
    for x in [4.0, 6.0, 1.0] {
        DSpot_step(handle, x);
    }
    type Status = Option<Box<DSpotStatus>>;
    let hand_outs: [extern "C" fn(Option<&Handle>) -> Status; 2] =
        [Spot_status_ptr, DSpot_status_ptr];
    let deletes: [extern "C" fn(Status); 2] = [DSpot_status_delete, Spot_status_delete];
    for (hand_out, delete) in hand_outs.into_iter().zip(deletes) {
        let status = hand_out(handle);
        let before = status.clone().expect("a status");
        assert_eq!(before.spot, DSpot_status(handle));
        assert_eq!(_status_get_drift(status.as_deref()), DSpot_getDrift(handle));
        assert_eq!(_status_get_n(status.as_deref().map(|status| &status.spot)), before.spot.n);
        DSpot_step(handle, 9.0);
        assert_eq!(status.as_deref(), Some(&*before));
        assert_ne!(DSpot_status(handle), before.spot);
        delete(status);
    }
    for (config, delete) in [
        (Spot_config_ptr(handle), DSpot_config_delete as extern "C" fn(Option<Box<DSpotConfig>>)),
        (DSpot_config_ptr(handle), Spot_config_delete),
    ] {
        assert_eq!(config.as_deref(), Some(&DSpot_config(handle)));
        assert_eq!(_config_get_depth(config.as_deref()), 2.0);
        delete(config);
    }
    DSpot_delete(dspot);
}

#[test]
fn the_version_is_copied_only_where_it_fits() {
    let text = |size: usize| {
        let mut buffer = [7_u8; 64];
        // SAFETY: the buffer has room for 64 bytes.
        unsafe { version(buffer.as_mut_ptr().cast(), size) };
        buffer
    };
    let whole = text(64);
    let length = whole.iter().position(|byte| *byte == 0).expect("it ends");
    let version = std::str::from_utf8(&whole[..length]).expect("text");
    assert_eq!(version, format!("1.3.1+tailspot.{}", env!("CARGO_PKG_VERSION")));
    assert!(whole[length + 1..].iter().all(|byte| *byte == 7));
    assert_eq!(text(length + 1), whole);
    assert_eq!([text(length), text(0)], [[7; 64]; 2]);
}
