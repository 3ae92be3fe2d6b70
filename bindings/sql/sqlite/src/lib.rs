//! tailspot in SQLite: window functions over the rows in their order, and states as BLOBs. `docs/sql.md` is the manual.

mod window;

use std::cell::RefCell;
use std::ffi::{c_char, c_int};

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::{Connection, Error, Result, ffi};
use tailspot_sql::{Judge, Refusal};

use window::{Answers, Fit, Part, Snapshot};

const FLAGS: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

/// Where SQLite enters.
///
/// # Safety
///
/// Called by SQLite with the arguments of its extension interface.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sqlite3_extension_init(
    db: *mut ffi::sqlite3,
    message: *mut *mut c_char,
    api: *mut ffi::sqlite3_api_routines,
) -> c_int {
    // SAFETY: promised by the caller; `register` only registers functions.
    unsafe { Connection::extension_init2(db, message, api, register) }
}

fn register(db: Connection) -> Result<bool> {
    // With the value alone, with a configuration, and with a snapshot.
    for count in 1..=3 {
        for (name, part) in Part::ALL {
            db.create_window_function(name, count, FLAGS, Answers(part))?;
        }
        db.create_window_function("tailspot_snapshot", count, FLAGS, Snapshot)?;
    }
    for count in 1..=2 {
        db.create_window_function("tailspot_fit", count, FLAGS, Fit)?;
    }
    db.create_scalar_function("tailspot_status", 1, FLAGS, status)?;
    let judge = RefCell::new(Judge::default());
    db.create_scalar_function("tailspot_judge", 2, FLAGS, move |context| {
        judged(&mut judge.borrow_mut(), context)
    })?;
    Ok(false)
}

fn status(context: &Context<'_>) -> Result<Option<String>> {
    match window::snapshot(context, 0)? {
        None => Ok(None),
        Some(bytes) => tailspot_sql::status(bytes).map(Some).map_err(refused),
    }
}

/// The answer to a value as JSON; what is not available is null.
fn judged(judge: &mut Judge, context: &Context<'_>) -> Result<Option<String>> {
    let Some(bytes) = window::snapshot(context, 1)? else { return Ok(None) };
    let verdict = judge.judge(bytes, window::number(context)?).map_err(refused)?;
    Ok(Some(tailspot_sql::json(&verdict)))
}

/// The error of a query, in our words.
fn refused(message: Refusal) -> Error {
    Error::UserFunctionError(format!("tailspot: {message}").into())
}
