//! The gate that every export goes through: NULL, poisoned handles, and bugs stop here.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{addr_of, addr_of_mut};
use std::sync::atomic::{AtomicBool, Ordering};

use engine::{Error, Spot};

use super::codes::{tailspot_event, tailspot_result};

/// What a pointer leads to that the header declares and does not define.
pub struct Handle<T> {
    inside: T,
    /// A bug left `inside` half changed.
    is_poisoned: AtomicBool,
}

/// A detector.
pub type tailspot_detector = Handle<Spot>;

/// Why a call fails.
pub(super) enum Problem {
    Result(tailspot_result),
    Sentence(tailspot_result, String),
    Engine(Error),
}

impl Problem {
    pub(super) const NULL: Problem = Problem::Result(tailspot_result::TAILSPOT_ERROR_NULL);

    fn result(&self) -> tailspot_result {
        match self {
            Problem::Result(result) | Problem::Sentence(result, _) => *result,
            Problem::Engine(error) => error.into(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Problem::Engine(error)
    }
}

impl From<tailspot_result> for Problem {
    fn from(result: tailspot_result) -> Self {
        Problem::Result(result)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Result(result) => f.write_str(&result.message().to_string_lossy()),
            Problem::Sentence(_, sentence) => f.write_str(sentence),
            Problem::Engine(error) => error.fmt(f),
        }
    }
}

/// What a call returns that has nothing else to return.
pub(super) const OK: Result<tailspot_result, Problem> = Ok(tailspot_result::TAILSPOT_OK);

/// What a function returns, and what it returns instead if the call fails.
pub(super) trait Answer {
    fn failure(result: tailspot_result) -> Self;
}

impl Answer for tailspot_result {
    fn failure(result: tailspot_result) -> Self {
        result
    }
}

/// Event codes.
impl Answer for i32 {
    fn failure(_: tailspot_result) -> Self {
        tailspot_event::TAILSPOT_INVALID as i32
    }
}

impl Answer for () {
    fn failure(_: tailspot_result) -> Self {}
}

impl Answer for f64 {
    fn failure(_: tailspot_result) -> Self {
        f64::NAN
    }
}

impl Answer for usize {
    fn failure(_: tailspot_result) -> Self {
        0
    }
}

/// Runs an export that uses no handle.
pub(super) fn call<A: Answer>(work: impl FnOnce() -> Result<A, Problem>) -> A {
    run(None, work)
}

/// Runs an export that reads what is behind a handle.
///
/// # Safety
///
/// What is not NULL is a handle that was not freed and that no other call changes.
#[inline]
pub(super) unsafe fn read<T, A: Answer>(
    handle: *const Handle<T>,
    work: impl FnOnce(&T) -> Result<A, Problem>,
) -> A {
    // SAFETY: promised by the caller; a handle that passed the check is not NULL.
    unsafe {
        match check(handle) {
            Ok(flag) => run(Some(flag), || work(&*addr_of!((*handle).inside))),
            Err(result) => A::failure(result),
        }
    }
}

/// Runs an export that changes what is behind a handle.
///
/// # Safety
///
/// What is not NULL is a handle that was not freed and that no other call uses.
#[inline]
pub(super) unsafe fn change<T, A: Answer>(
    handle: *mut Handle<T>,
    work: impl FnOnce(&mut T) -> Result<A, Problem>,
) -> A {
    // SAFETY: promised by the caller; a handle that passed the check is not NULL.
    unsafe {
        match check(handle) {
            Ok(flag) => run(Some(flag), || work(&mut *addr_of_mut!((*handle).inside))),
            Err(result) => A::failure(result),
        }
    }
}

/// A copy of what is behind a handle.
///
/// # Safety
///
/// As for [`read`].
pub(super) unsafe fn copy<T: Clone>(handle: *const Handle<T>) -> Result<T, Problem> {
    // SAFETY: promised by the caller; a handle that passed the check is not NULL.
    unsafe {
        check(handle)?;
        Ok((*addr_of!((*handle).inside)).clone())
    }
}

/// The flag of a usable handle, which may be read while another call uses what is inside: no reference to the whole
/// handle is ever made.
#[inline]
unsafe fn check<'a, T>(handle: *const Handle<T>) -> Result<&'a AtomicBool, tailspot_result> {
    if handle.is_null() {
        return Err(tailspot_result::TAILSPOT_ERROR_NULL);
    }
    // SAFETY: what is not NULL is a handle that was not freed.
    let flag = unsafe { &*addr_of!((*handle).is_poisoned) };
    if flag.load(Ordering::Relaxed) {
        return Err(tailspot_result::TAILSPOT_ERROR_POISONED);
    }
    Ok(flag)
}

/// Runs the work of one export. A panic is a bug of ours: it ends here, and poisons the handle.
#[inline]
fn run<A: Answer>(flag: Option<&AtomicBool>, work: impl FnOnce() -> Result<A, Problem>) -> A {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(answer)) => answer,
        Ok(Err(problem)) => A::failure(problem.result()),
        Err(payload) => {
            drop_payload(payload);
            if let Some(flag) = flag {
                flag.store(true, Ordering::Relaxed);
            }
            A::failure(tailspot_result::TAILSPOT_ERROR_BUG)
        }
    }
}

/// Drops what a panic carried. That could panic again; then it is leaked. Out of the hot path.
#[cold]
#[inline(never)]
fn drop_payload(payload: Box<dyn Any + Send>) {
    catch_unwind(AssertUnwindSafe(|| drop(payload))).unwrap_or_else(std::mem::forget);
}

/// Writes a new handle, if there is a place for it.
///
/// # Safety
///
/// `out` is NULL or may be written.
pub(super) unsafe fn write_new_handle<T>(
    out: *mut *mut Handle<T>,
    make: impl FnOnce() -> Result<T, Problem>,
) -> Result<tailspot_result, Problem> {
    if out.is_null() {
        return Err(Problem::NULL);
    }
    let handle = Handle { inside: make()?, is_poisoned: AtomicBool::new(false) };
    // SAFETY: promised by the caller.
    unsafe { out.write(Box::into_raw(Box::new(handle))) };
    OK
}

/// Frees a handle, poisoned or not, or NULL.
///
/// # Safety
///
/// What is not NULL came from [`write_new_handle`] and is freed once.
pub(super) unsafe fn free<T>(handle: *mut Handle<T>) {
    call(|| {
        if !handle.is_null() {
            // SAFETY: promised by the caller.
            drop(unsafe { Box::from_raw(handle) });
        }
        Ok(())
    });
}
