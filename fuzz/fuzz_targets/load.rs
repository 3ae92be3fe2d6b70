//! `tailspot_load` on any bytes: as they are, and behind an envelope whose length and checksum fit, so that the bytes
//! reach what is behind the checks. What loads must be a detector: it steps, tells, and saves what loads again.
#![no_main]

use std::ptr::null_mut;

use libfuzzer_sys::fuzz_target;
use tailspot::capi::*;

fuzz_target!(|bytes: &[u8]| {
    load(bytes);
    load(&sealed(bytes));
});

/// The bytes as the body of a snapshot (the layout is in src/snapshot.rs).
fn sealed(body: &[u8]) -> Vec<u8> {
    let mut bytes = b"tailspot\x01\x00\x01\x00".to_vec();
    bytes.extend((body.len() as u64).to_le_bytes());
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes);
    hasher.update(body);
    bytes.extend(hasher.finalize().to_le_bytes());
    bytes.extend(body);
    bytes
}

fn load(bytes: &[u8]) {
    let mut spot = null_mut();
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let status = tailspot_load(bytes.as_ptr().cast(), bytes.len(), &mut spot);
        let objection =
            tailspot_explain_snapshot(bytes.as_ptr().cast(), bytes.len(), null_mut(), 0);
        assert_eq!(status == tailspot_status::TAILSPOT_OK, objection == 0);
        if status != tailspot_status::TAILSPOT_OK {
            assert_eq!(status, tailspot_status::TAILSPOT_ERROR_SNAPSHOT);
            assert!(spot.is_null());
            return;
        }
        for value in [0.0, 1.0, -1.0, 1e300, f64::NAN, f64::INFINITY, 5e-324, -1e300, 1.5] {
            assert_ne!(tailspot_step(spot, value), tailspot_event::TAILSPOT_INVALID as i32);
        }
        let mut saved = vec![0_u8; tailspot_snapshot_size(spot)];
        let status = tailspot_save(spot, saved.as_mut_ptr().cast(), saved.len());
        assert_eq!(status, tailspot_status::TAILSPOT_OK);
        let mut again = null_mut();
        let status = tailspot_load(saved.as_ptr().cast(), saved.len(), &mut again);
        assert_eq!(status, tailspot_status::TAILSPOT_OK, "what was saved loads");
        tailspot_free(again);
        tailspot_free(spot);
    }
}
