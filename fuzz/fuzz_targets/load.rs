//! `tailspot_load` and `tailspot_pool_load` on any bytes: as they are, and behind an envelope whose length and checksum fit, so that the bytes
//! reach what is behind the checks. What loads must be a detector or a pool: it steps, tells, and saves what loads again.
#![no_main]

use std::ptr::null_mut;

use libfuzzer_sys::fuzz_target;

use capi::*;

#[allow(dead_code, unused_imports)]
#[path = "../../capi/src/lib.rs"]
mod capi;

fuzz_target!(|bytes: &[u8]| {
    load(bytes);
    load(&sealed(bytes, 1));
    load_pool(bytes);
    load_pool(&sealed(bytes, 2));
});

/// The bytes as the body of a snapshot (the layout is in src/snapshot.rs).
fn sealed(body: &[u8], kind: u8) -> Vec<u8> {
    let mut bytes = b"tailspot\x01\x00".to_vec();
    bytes.extend([kind, 0]);
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
        assert_eq!(status == tailspot_result::TAILSPOT_OK, objection == 0);
        if status != tailspot_result::TAILSPOT_OK {
            assert_eq!(status, tailspot_result::TAILSPOT_ERROR_SNAPSHOT);
            assert!(spot.is_null());
            return;
        }
        for value in [0.0, 1.0, -1.0, 1e300, f64::NAN, f64::INFINITY, 5e-324, -1e300, 1.5] {
            assert_ne!(tailspot_step(spot, value), tailspot_event::TAILSPOT_INVALID as i32);
        }
        let mut saved = vec![0_u8; tailspot_snapshot_size(spot)];
        let status = tailspot_save(spot, saved.as_mut_ptr().cast(), saved.len());
        assert_eq!(status, tailspot_result::TAILSPOT_OK);
        let mut again = null_mut();
        let status = tailspot_load(saved.as_ptr().cast(), saved.len(), &mut again);
        assert_eq!(status, tailspot_result::TAILSPOT_OK, "what was saved loads");
        tailspot_free(again);
        tailspot_free(spot);
    }
}

fn load_pool(bytes: &[u8]) {
    let mut pool = null_mut();
    // SAFETY: the conventions of tailspot.h.
    unsafe {
        let (first, size) = (bytes.as_ptr().cast(), bytes.len());
        let status = tailspot_pool_load(first, size, 1, &mut pool);
        let objection = tailspot_pool_explain_snapshot(first, size, null_mut(), 0);
        assert_eq!(status == tailspot_result::TAILSPOT_OK, objection == 0);
        if status != tailspot_result::TAILSPOT_OK {
            assert_eq!(status, tailspot_result::TAILSPOT_ERROR_SNAPSHOT);
            assert!(pool.is_null());
            return;
        }
        let mut keys = vec![0; tailspot_pool_size(pool) + 1];
        let status = tailspot_pool_keys(pool, keys.as_mut_ptr(), keys.len());
        assert_eq!(status, tailspot_result::TAILSPOT_OK);
        for key in keys.into_iter().take(8) {
            for value in [0.0, 1.0, 1e300, f64::NAN, f64::INFINITY, -1e300, 1.5] {
                let event = tailspot_pool_step(pool, key, value);
                assert_ne!(event, tailspot_event::TAILSPOT_INVALID as i32);
            }
        }
        let mut saved = vec![0_u8; tailspot_pool_snapshot_size(pool)];
        let status = tailspot_pool_save(pool, saved.as_mut_ptr().cast(), saved.len());
        assert_eq!(status, tailspot_result::TAILSPOT_OK);
        let mut again = null_mut();
        let status = tailspot_pool_load(saved.as_ptr().cast(), saved.len(), 1, &mut again);
        assert_eq!(status, tailspot_result::TAILSPOT_OK, "what was saved loads");
        tailspot_pool_free(again);
        tailspot_pool_free(pool);
    }
}
