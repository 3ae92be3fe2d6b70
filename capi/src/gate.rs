//! The gate that every export with a pointer goes through: NULL, dead handles, and bugs stop here.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{addr_of, addr_of_mut};
use std::sync::atomic::{AtomicBool, Ordering};

use super::codes::{tailspot_event, tailspot_status};
use engine::Error;
use engine::Spot;

/// A detector. Opaque: made by tailspot_new or tailspot_load, freed by tailspot_free, owned by the caller.
///
/// It belongs to no thread and shares nothing with other detectors: two threads may use two detectors at the same time
/// without a lock. On one detector, functions that take a const pointer may run at the same time; any other needs it
/// for itself.
pub struct Handle(Life<Spot>);

/// What is behind a pointer that the header does not look into, and whether a bug left it half changed.
pub(super) struct Life<T> {
    inside: T,
    is_dead: AtomicBool,
}

impl<T> Life<T> {
    pub(super) fn new(inside: T) -> Self {
        Life { inside, is_dead: AtomicBool::new(false) }
    }
}

/// A type of such pointers.
pub(super) trait Opaque: Sized {
    type Inside;

    fn new(inside: Self::Inside) -> Self;

    /// # Safety
    ///
    /// `this` was not freed.
    unsafe fn life(this: *const Self) -> *const Life<Self::Inside>;

    /// Makes a handle for the caller.
    fn leak(inside: Self::Inside) -> *mut Self {
        Box::into_raw(Box::new(Self::new(inside)))
    }
}

impl Opaque for Handle {
    type Inside = Spot;

    fn new(spot: Spot) -> Self {
        Handle(Life::new(spot))
    }

    unsafe fn life(this: *const Self) -> *const Life<Spot> {
        // SAFETY: promised by the caller; no reference is made.
        unsafe { addr_of!((*this).0) }
    }
}

/// Writes a new handle, if there is a place for it.
///
/// # Safety
///
/// `out` is NULL or may be written.
pub(super) unsafe fn hand_over<H: Opaque>(
    out: *mut *mut H,
    make: impl FnOnce() -> Result<H::Inside, Problem>,
) -> Result<tailspot_status, Problem> {
    if out.is_null() {
        return Err(Problem::NULL);
    }
    let handle = H::leak(make()?);
    // SAFETY: promised by the caller.
    unsafe { out.write(handle) };
    Ok(tailspot_status::TAILSPOT_OK)
}

/// Frees a handle, dead or alive, or NULL.
///
/// # Safety
///
/// What is not NULL came from [`Opaque::leak`] and is freed once.
pub(super) unsafe fn free<H: Opaque>(handle: *mut H) {
    // SAFETY: promised by the caller.
    let free = || unsafe { (!handle.is_null()).then(|| drop(Box::from_raw(handle))) };
    // SAFETY: no handle is entered, so a dead one can be freed.
    unsafe {
        gate((), |()| {
            free();
            Ok(())
        })
    }
}

/// Why a call was refused.
pub(super) enum Problem {
    Status(tailspot_status),
    Engine(Error),
}

impl Problem {
    pub(super) const NULL: Problem = Problem::Status(tailspot_status::TAILSPOT_ERROR_NULL);

    fn status(&self) -> tailspot_status {
        match self {
            Problem::Status(status) => *status,
            Problem::Engine(error) => error.into(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::Engine(error)
    }
}

impl From<tailspot_status> for Problem {
    fn from(status: tailspot_status) -> Self {
        Problem::Status(status)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Status(status) => f.write_str(&status.message().to_string_lossy()),
            Problem::Engine(error) => error.fmt(f),
        }
    }
}

/// What a function returns, and what it returns instead if the call was refused.
pub(super) trait Answer {
    fn refusal(status: tailspot_status) -> Self;
}

impl Answer for tailspot_status {
    fn refusal(status: tailspot_status) -> Self {
        status
    }
}

/// Event codes.
impl Answer for i32 {
    fn refusal(_: tailspot_status) -> Self {
        tailspot_event::TAILSPOT_INVALID as i32
    }
}

impl Answer for () {
    fn refusal(_: tailspot_status) -> Self {}
}

impl Answer for f64 {
    fn refusal(_: tailspot_status) -> Self {
        f64::NAN
    }
}

impl Answer for usize {
    fn refusal(_: tailspot_status) -> Self {
        0
    }
}

/// What a function is about: a handle to read, a handle to change, or none.
pub(super) trait Subject: Copy {
    type Inside;

    /// # Safety
    ///
    /// A pointer that is not NULL must be a handle that was not freed and that no other call is changing (or reading,
    /// if this one is to change it).
    unsafe fn enter(self) -> Result<Self::Inside, tailspot_status>;

    /// # Safety
    ///
    /// As for `enter`, and what it gave out is not used any more.
    unsafe fn kill(self);
}

impl Subject for () {
    type Inside = ();

    unsafe fn enter(self) -> Result<(), tailspot_status> {
        Ok(())
    }

    unsafe fn kill(self) {}
}

/// The flag of a handle, which may be used while another call reads what is inside.
///
/// # Safety
///
/// `handle` is a handle that was not freed.
#[inline]
unsafe fn is_dead<'a, H: Opaque>(handle: *const H) -> &'a AtomicBool {
    // SAFETY: promised by the caller; no reference to the whole handle is ever made.
    unsafe { &*addr_of!((*H::life(handle)).is_dead) }
}

#[inline]
unsafe fn check<H: Opaque>(handle: *const H) -> Result<(), tailspot_status> {
    if handle.is_null() {
        return Err(tailspot_status::TAILSPOT_ERROR_NULL);
    }
    // SAFETY: what is not NULL is a handle that was not freed.
    if unsafe { is_dead(handle) }.load(Ordering::Relaxed) {
        return Err(tailspot_status::TAILSPOT_ERROR_DEAD);
    }
    Ok(())
}

impl<'a, H: Opaque> Subject for &'a *const H {
    type Inside = &'a H::Inside;

    #[inline]
    unsafe fn enter(self) -> Result<&'a H::Inside, tailspot_status> {
        // SAFETY: a live handle that nobody changes.
        unsafe { check(*self).map(|()| &*addr_of!((*H::life(*self)).inside)) }
    }

    unsafe fn kill(self) {
        // SAFETY: a live handle.
        unsafe { is_dead(*self) }.store(true, Ordering::Relaxed);
    }
}

impl<'a, H: Opaque> Subject for &'a *mut H {
    type Inside = &'a mut H::Inside;

    #[inline]
    unsafe fn enter(self) -> Result<&'a mut H::Inside, tailspot_status> {
        // SAFETY: a live handle that no other call uses.
        unsafe { check(*self).map(|()| &mut *addr_of_mut!((*H::life(*self).cast_mut()).inside)) }
    }

    unsafe fn kill(self) {
        // SAFETY: a live handle.
        unsafe { is_dead(*self) }.store(true, Ordering::Relaxed);
    }
}

/// Runs the work of one export. A panic is a bug of ours: it ends here, and with it the life of the handle, whose
/// state may be half changed.
///
/// # Safety
///
/// As for [`Subject::enter`].
#[inline]
pub(super) unsafe fn gate<S: Subject, A: Answer>(
    subject: S,
    work: impl FnOnce(S::Inside) -> Result<A, Problem>,
) -> A {
    // SAFETY: promised by the caller.
    let inside = match unsafe { subject.enter() } {
        Ok(inside) => inside,
        Err(status) => return A::refusal(status),
    };
    match catch_unwind(AssertUnwindSafe(|| work(inside))) {
        Ok(Ok(answer)) => answer,
        Ok(Err(problem)) => A::refusal(problem.status()),
        Err(payload) => {
            bury(payload);
            // SAFETY: promised by the caller; the work is over.
            unsafe { subject.kill() };
            A::refusal(tailspot_status::TAILSPOT_ERROR_BUG)
        }
    }
}

/// Drops what a panic carried, which could panic again; then it is left where it is. Out of the hot path.
#[cold]
#[inline(never)]
fn bury(payload: Box<dyn Any + Send>) {
    catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_or_else(std::mem::forget);
}
