//! What damaged, foreign and forged bytes of saved detectors do.
#![cfg(feature = "snapshot")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tailspot::{Accounting, Config, Error, Outputs, Side, SnapshotProblem, Spot};

use crate::draws::Draws;
use crate::snapshots::{files, spot, stream};

/// Bytes before the body; the checksum is the last four of them.
const HEADER: usize = 24;
const CHECKSUM: usize = 20;

// Damage ------------------------------------------------------------------------------------------------------------------

fn refusal(bytes: &[u8]) -> (SnapshotProblem, String) {
    match Spot::load(bytes) {
        Err(Error::Snapshot { problem, message }) => (problem, message),
        other => panic!("{other:?}"),
    }
}

/// CRC-32 (IEEE 802.3), bit by bit.
fn crc32<'a>(bytes: impl Iterator<Item = &'a u8>) -> u32 {
    !bytes.fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    })
}

/// Bytes with the length and the checksum that belong to their body.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let length = (bytes.len() - HEADER) as u64;
    bytes[12..CHECKSUM].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32(bytes[..CHECKSUM].iter().chain(&bytes[HEADER..]));
    bytes[CHECKSUM..HEADER].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    for (name, bytes) in files() {
        for length in 0..bytes.len() {
            assert!(Spot::load(&bytes[..length]).is_err(), "{name}, {length} bytes");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(refusal(&longer).1.contains("the header says"), "{name}");
    }
}

#[test]
fn a_file_with_one_damaged_byte_is_refused() {
    for (name, bytes) in files() {
        let mut damaged = bytes.clone();
        for place in 0..bytes.len() {
            for change in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
                damaged[place] ^= change;
                assert!(Spot::load(&damaged).is_err(), "{name}, byte {place} ^ {change}");
                damaged[place] ^= change;
            }
        }
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let (_, bytes) = files().swap_remove(0);
    let with = |place: usize, new: &[u8]| {
        let mut changed = bytes.clone();
        changed[place..place + new.len()].copy_from_slice(new);
        changed
    };
    let length = (bytes.len() - HEADER) as u64;
    use SnapshotProblem::{Damaged, Foreign, Kind, Version};
    let longer = with(12, &(length + 1).to_le_bytes());
    let cases: [(Vec<u8>, SnapshotProblem, &[&str]); 13] = [
        (vec![], Foreign, &["0 bytes", "24"]),
        (bytes[..23].to_vec(), Foreign, &["23 bytes", "24"]),
        (bytes[..24].to_vec(), Damaged, &["the body has 0 bytes", &format!("says {length}")]),
        (with(0, b"TAILSPOT"), Foreign, &["magic", "tailspot"]),
        (b"\x89PNG\r\n\x1a\n and more of a picture".to_vec(), Foreign, &["magic"]),
        (sealed(with(8, &[0, 0])), Version, &["version 0", "reads 1"]),
        (sealed(with(8, &[2, 0])), Version, &["version 2", "reads 1"]),
        (sealed(with(8, &[255, 255])), Version, &["version 65535", "reads 1"]),
        (sealed(with(10, &[2, 0])), Kind, &["kind 2", "detector"]),
        (longer, Damaged, &["the body has", &format!("says {}", length + 1)]),
        (with(12, &u64::MAX.to_le_bytes()), Damaged, &[&format!("says {}", u64::MAX)]),
        (with(CHECKSUM, &[0; 4]), Damaged, &["checksum", "damaged"]),
        (sealed([&bytes[..], &[0]].concat()), Damaged, &["inconsistent"]),
    ];
    for (bytes, problem, words) in cases {
        let (given, why) = refusal(&bytes);
        assert_eq!(given, problem, "{why}");
        for word in words {
            assert!(why.contains(word), "{word:?} is not in {why:?}");
        }
    }
}

#[test]
fn a_body_cut_anywhere_is_refused_even_with_a_fitting_checksum() {
    for (name, bytes) in files() {
        assert_eq!(sealed(bytes.clone()), bytes, "{name}");
        for length in HEADER..bytes.len() {
            let cut = sealed(bytes[..length].to_vec());
            assert!(refusal(&cut).1.contains("cannot be read"), "{name}, {length} bytes");
        }
    }
}

// Forgeries ---------------------------------------------------------------------------------------------------------------

/// Small detectors of every kind, in the phases that follow after so many values: most of their bytes are structure, and
/// few are excesses.
fn small(phases: &[usize]) -> Vec<Spot> {
    let base = Config {
        level: 0.75,
        q: 5e-2,
        n_init: 80,
        max_excess: 21,
        quarantine: 3,
        ..Config::default()
    };
    let published = Config { up: false, ..base.clone() }.as_published();
    let configs = [
        base.clone(),
        Config { depth: 4, down: false, ..base.clone() },
        Config { bounded: false, accounting: Accounting::Censored, up: false, ..base.clone() },
        Config { max_excess: 5, accounting: Accounting::Learned, ..published },
        Config { depth: 3, alert: false, ..base },
    ];
    let mut all = Vec::new();
    for config in configs {
        let mut spot = spot(config);
        for (count, x) in stream(6, 130).into_iter().enumerate() {
            if phases.contains(&count) {
                all.push(spot.clone());
            }
            spot.step(x);
        }
    }
    all
}

/// Numbers that hurt, as the postcard encoding writes whole ones.
const VARINTS: [&[u8]; 3] = [
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f],
    &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
];

const DOUBLES: [f64; 10] =
    [f64::NAN, f64::INFINITY, -1.0, 0.0, 5e-324, -5e-324, f64::MAX, f64::MIN, 0.5, 1e300];

/// The length of the whole number in the postcard encoding that may begin here.
fn varint(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1
}

/// Every place of a body taken by numbers that hurt.
fn forgeries<'a>(body: &'a [u8], draws: &'a mut Draws) -> impl Iterator<Item = Vec<u8>> + 'a {
    (0..body.len()).flat_map(move |place| {
        let (before, from) = body.split_at(place);
        let put = move |new: &[u8], old: usize| {
            [before, new, from.get(old..).unwrap_or_default()].concat()
        };
        let byte = from[0] ^ 1 << (draws.bits() % 8);
        let double = DOUBLES[draws.bits() as usize % DOUBLES.len()];
        let varints = VARINTS.map(|number| put(number, varint(from)));
        varints.into_iter().chain([put(&[byte], 1), put(&double.to_le_bytes(), 8)])
    })
}

/// Several random changes at once.
fn scrambled(body: &[u8], draws: &mut Draws) -> Vec<u8> {
    let mut body = body.to_vec();
    for _ in 0..=draws.bits() % 4 {
        let place = draws.bits() as usize % body.len();
        match draws.bits() % 4 {
            0 => body[place] = draws.bits() as u8,
            1 => body[place] ^= 1 << (draws.bits() % 8),
            2 => {
                let old = varint(&body[place..]).min(body.len() - place);
                let new = VARINTS[draws.bits() as usize % VARINTS.len()];
                body.splice(place..place + old, new.iter().copied());
            }
            _ => {
                let other = draws.bits() as usize % body.len();
                let length = (draws.bits() as usize % 16).min(body.len() - place.max(other));
                body.copy_within(other..other + length, place);
            }
        }
    }
    body
}

/// A detector from forged bytes works: whatever it holds, it answers, saves and loads again.
fn work(mut spot: Spot, values: &[f64]) {
    saves_and_loads(&spot);
    let (first, rest) = values.split_at(values.len() / 2);
    first.iter().for_each(|x| _ = spot.step(*x));
    let q = 0.5 * (1.0 - spot.config().level);
    spot.set_q(q).expect("a valid q");
    spot.step_many(rest, Outputs::default()).expect("no outputs");
    for side in [Side::Up, Side::Down] {
        let z = spot.anomaly_threshold(side);
        spot.tail_probability(side, z);
        spot.quantile(side, q);
    }
    assert!(format!("{:?}", spot.status()).starts_with("Status"));
    spot.clone().fit(&values[..values.len() / 2]).ok();
    saves_and_loads(&spot);
    spot.reset();
}

/// Saved bytes load, and to the same detector. Without `==`: a detector may hold a NaN.
fn saves_and_loads(spot: &Spot) {
    let bytes = spot.save();
    let again = Spot::load(&bytes).unwrap_or_else(|error| panic!("{error}: {spot:?}"));
    assert!(again.save() == bytes, "saved otherwise after it was loaded: {spot:?}");
}

/// Loads forged bodies one after the other, and lets those that load work. Whoever waits for an answer gets one, or the
/// forgery that there is none for. How many were loaded.
fn survive(bodies: impl Iterator<Item = Vec<u8>>, header: &[u8]) -> usize {
    let values = [stream(7, 970), vec![1e9, -1e9, f64::MAX, f64::MIN, f64::INFINITY, 0.0]].concat();
    let values = [&values[..], &stream(8, 1000 - values.len())].concat();
    let (to_worker, forged) = mpsc::channel::<Vec<u8>>();
    let (answer, answers) = mpsc::channel::<Option<bool>>();
    thread::spawn(move || {
        for bytes in forged {
            let outcome = catch_unwind(AssertUnwindSafe(|| match Spot::load(&bytes) {
                Ok(spot) => {
                    work(spot, &values);
                    true
                }
                Err(_) => false,
            }));
            if answer.send(outcome.ok()).is_err() {
                return;
            }
        }
    });
    let mut loaded = 0;
    for body in bodies {
        let bytes = sealed([header, &body].concat());
        to_worker.send(bytes.clone()).expect("the worker waits");
        match answers.recv_timeout(Duration::from_secs(60)) {
            Ok(Some(works)) => loaded += usize::from(works),
            Ok(None) => panic!("a panic from {:?}", Spot::load(&bytes)),
            Err(_) => panic!("no end with {:?}", Spot::load(&bytes)),
        }
    }
    loaded
}

#[test]
fn a_forged_body_is_refused_or_works() {
    let mut draws = Draws::new(10);
    let mut loaded = 0;
    for spot in small(&[129]) {
        let bytes = spot.save();
        let (header, body) = bytes.split_at(HEADER);
        loaded += survive(forgeries(body, &mut draws), header);
    }
    assert!(loaded > 3_000, "only {loaded} were loaded: this test tests nothing");
}

#[test]
fn a_scrambled_body_is_refused_or_works() {
    let mut draws = Draws::new(11);
    let mut loaded = 0;
    // Filling a window, calibrating, just calibrated, and later.
    for spot in small(&[2, 40, 90, 110, 120]) {
        let bytes = spot.save();
        let (header, body) = bytes.split_at(HEADER);
        let bodies: Vec<_> = (0..300).map(|_| scrambled(body, &mut draws)).collect();
        loaded += survive(bodies.into_iter(), header);
    }
    assert!(loaded > 1_000, "only {loaded} were loaded: this test tests nothing");
}

/// One to three bytes changed at random, with a checksum that fits: what a careful forger or an unlucky disk makes. The
/// detectors have 20 to 80 excesses a side, so that both the posterior of few and that of many are saved.
#[test]
fn a_hundred_thousand_changed_bodies_are_refused_or_work() {
    let mut draws = Draws::new(12);
    let many = Config { level: 0.8, q: 1e-2, n_init: 300, max_excess: 80, ..Config::default() };
    let mut spots = small(&[2, 40, 90, 110, 129]);
    let mut large = spot(many.clone());
    large.fit(&stream(13, 400)).expect("enough values");
    spots.push(large.clone());
    stream(14, 300).iter().for_each(|x| _ = large.step(*x));
    spots.push(large);
    let each = 100_000 / spots.len() + 1;
    let (mut loaded, mut refused) = (0, 0);
    let values = stream(15, 60);
    for spot in spots {
        let bytes = spot.save();
        for _ in 0..each {
            let mut forged = bytes.clone();
            for _ in 0..=draws.bits() % 3 {
                let place = HEADER + draws.bits() as usize % (bytes.len() - HEADER);
                forged[place] = draws.bits() as u8;
            }
            let forged = sealed(forged);
            let Ok(mut spot) = Spot::load(&forged) else {
                refused += 1;
                continue;
            };
            saves_and_loads(&spot);
            values.iter().for_each(|x| _ = spot.step(*x));
            saves_and_loads(&spot);
            loaded += 1;
        }
    }
    assert!(loaded > 10_000 && refused > 10_000, "{loaded} loaded, {refused} refused");
}
