//! tailspot as a program in C meets it: `libtailspot.so`, loaded while the program runs, one call a value.

use std::ffi::c_int;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Instant;

use libloading::Library;

use crate::contenders::{Contender, Job, LEVEL, Outcome, Q, offset, per_value, time_steps};

/// One value at a time through the shared library.
pub const ABI: Contender = Contender { name: "tailspot C ABI", peer: false, run: steps };

/// `tailspot_config` of include/tailspot.h.
#[repr(C)]
struct Config {
    struct_size: u32,
    accounting: i32,
    q: f64,
    level: f64,
    n_init: u64,
    max_excess: u64,
    depth: u64,
    quarantine: u64,
    up: u8,
    down: u8,
    alert: u8,
    bounded: u8,
    threshold: i32,
    /// What stays as `tailspot_config_init` leaves it: scale_depth, period, limit, baselines.
    rest: [u64; 16],
}

enum Handle {}

/// The functions of the library that are raced.
struct Abi {
    config_init: unsafe extern "C" fn(*mut Config, usize) -> c_int,
    new: unsafe extern "C" fn(*const Config, *mut *mut Handle) -> c_int,
    free: unsafe extern "C" fn(*mut Handle),
    fit: unsafe extern "C" fn(*mut Handle, *const f64, usize) -> c_int,
    step: unsafe extern "C" fn(*mut Handle, f64) -> i32,
    excess_threshold: unsafe extern "C" fn(*const Handle, i32) -> f64,
    anomaly_threshold: unsafe extern "C" fn(*const Handle, i32) -> f64,
}

const UP: i32 = 1;

/// Builds the library that users get, once, and loads it.
fn abi() -> &'static Abi {
    static ABI: OnceLock<Abi> = OnceLock::new();
    ABI.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut make = Command::new("make");
        make.arg("lib").current_dir(&root).env_remove("MAKEFLAGS").stdout(Stdio::null());
        assert!(make.status().expect("make runs").success(), "the library cannot be built");
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let name = libloading::library_filename("tailspot");
        let path = root.join(target).join("libraries/capi/release").join(name);
        load(&path).expect("the functions of tailspot.h")
    })
}

fn load(path: &Path) -> Result<Abi, libloading::Error> {
    // SAFETY: the library was built from this repository; the types are those of its header.
    unsafe {
        // Never unloaded: the functions are used until the program ends.
        let library: &'static Library = Box::leak(Box::new(Library::new(path)?));
        Ok(Abi {
            config_init: *library.get(b"tailspot_config_init")?,
            new: *library.get(b"tailspot_new")?,
            free: *library.get(b"tailspot_free")?,
            fit: *library.get(b"tailspot_fit")?,
            step: *library.get(b"tailspot_step")?,
            excess_threshold: *library.get(b"tailspot_excess_threshold")?,
            anomaly_threshold: *library.get(b"tailspot_anomaly_threshold")?,
        })
    }
}

/// A detector behind the ABI.
struct Spot {
    abi: &'static Abi,
    handle: *mut Handle,
}

// SAFETY: a detector belongs to no thread, says the header.
unsafe impl Send for Spot {}

impl Spot {
    fn fitted(job: &Job) -> Self {
        let abi = abi();
        let mut handle = std::ptr::null_mut();
        // SAFETY: the conventions of tailspot.h.
        unsafe {
            let mut config: Config = std::mem::zeroed();
            assert_eq!((abi.config_init)(&mut config, size_of::<Config>()), 0);
            (config.q, config.level, config.down) = (Q, LEVEL, 0);
            (config.max_excess, config.n_init) = (job.max_excess as u64, job.train.len() as u64);
            config.alert = job.discard.into();
            assert_eq!((abi.new)(&config, &mut handle), 0);
            assert_eq!((abi.fit)(handle, job.train.as_ptr(), job.train.len()), 0);
        }
        Spot { abi, handle }
    }

    fn step(&mut self, value: f64) -> i32 {
        // SAFETY: the handle is alive and only used here.
        unsafe { (self.abi.step)(self.handle, value) }
    }

    fn threshold(
        &self,
        of: impl Fn(&Abi) -> unsafe extern "C" fn(*const Handle, i32) -> f64,
    ) -> f64 {
        // SAFETY: the handle is alive.
        unsafe { of(self.abi)(self.handle, UP) }
    }
}

impl Drop for Spot {
    fn drop(&mut self) {
        // SAFETY: the handle is alive, and not used again.
        unsafe { (self.abi.free)(self.handle) };
    }
}

fn steps(job: &Job) -> Outcome {
    let mut spot = Spot::fitted(job);
    let offset = offset(job, spot.threshold(|abi| abi.excess_threshold));
    let (ns, tail_events) = time_steps(job, offset, |x| spot.step(x) != 0);
    Outcome { ns, tail_events, threshold: spot.threshold(|abi| abi.anomaly_threshold) }
}

/// Detectors on threads of their own, all over the same stream, each value a call: nanoseconds a value of one of them.
pub fn threads(job: &Job, count: usize) -> f64 {
    let spots: Vec<Spot> = (0..count).map(|_| Spot::fitted(job)).collect();
    let walk = |mut spot: Spot| {
        let events: i32 = black_box(job.stream).iter().map(|x| spot.step(*x)).sum();
        black_box(events);
    };
    on_threads(spots, walk, job.stream.len())
}

/// The same of a loop that shares nothing and touches no memory: what the machine's own cores lose to each other.
pub fn bare_threads(values: usize, count: usize) -> f64 {
    let walk = |seed: u64| {
        let mut state = seed;
        for _ in 0..4 * values {
            state = black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1));
        }
        black_box(state);
    };
    on_threads((0..count as u64).collect(), walk, values)
}

fn on_threads<T: Send>(owned: Vec<T>, walk: impl Fn(T) + Sync, values: usize) -> f64 {
    let start = Instant::now();
    let walk = &walk;
    std::thread::scope(|scope| {
        for item in owned {
            scope.spawn(move || walk(item));
        }
    });
    per_value(start, values)
}
