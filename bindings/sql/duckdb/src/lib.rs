//! tailspot in DuckDB: functions over a list of values in their order, and states as BLOBs. `docs/sql.md` is the manual.

mod answers;
mod arguments;

use libduckdb_sys::{duckdb_connection, duckdb_data_chunk, duckdb_function_info, duckdb_vector};
use quack_rs::data_chunk::DataChunk;
use quack_rs::error::ExtensionError;
use quack_rs::scalar::{
    ScalarFn, ScalarFunctionInfo, ScalarFunctionSetBuilder, ScalarOverloadBuilder,
};
use quack_rs::types::{LogicalType, NullHandling, TypeId};
use quack_rs::vector::VectorWriter;
use tailspot::Event;
use tailspot_sql::{Judge, Refusal, Stream};

use answers::{Answers, Verdicts};
use arguments::Arguments;

quack_rs::entry_point!(tailspot_init_c_api, |connection| register(connection));

quack_rs::scalar_callback!(events, |info, input, output| {
    // SAFETY: what DuckDB passes to a scalar function with these types.
    answer(info, unsafe { events_of(input, output) });
});

quack_rs::scalar_callback!(snapshot, |info, input, output| {
    let state = |arguments: &Arguments, row: usize| {
        let Some(values) = arguments.values(row) else { return Ok(None) };
        let mut stream = Stream::new(arguments.config(row), arguments.snapshot(row))?;
        stream.learn_many(&values)?;
        Ok(Some(stream.save()))
    };
    // SAFETY: as above.
    answer(info, unsafe { blobs_of(input, output, state) });
});

quack_rs::scalar_callback!(fit, |info, input, output| {
    let state = |arguments: &Arguments, row: usize| {
        let Some(values) = arguments.values(row) else { return Ok(None) };
        tailspot_sql::fit(arguments.config(row), &values).map(Some)
    };
    // SAFETY: as above.
    answer(info, unsafe { blobs_of(input, output, state) });
});

quack_rs::scalar_callback!(status, |info, input, output| {
    // SAFETY: as above.
    answer(info, unsafe { status_of(input, output) });
});

quack_rs::scalar_callback!(judge, |info, input, output| {
    // SAFETY: as above.
    answer(info, unsafe { verdicts_of(input, output) });
});

/// Ends the query with what was refused.
fn answer(info: duckdb_function_info, result: Result<(), Refusal>) {
    if let Err(message) = result {
        // SAFETY: `info` is that of the running function.
        let info = unsafe { ScalarFunctionInfo::new(info) };
        info.set_error(&format!("tailspot: {message}"));
    }
}

/// # Safety
///
/// The arguments are those of a call of `tailspot_events`.
unsafe fn events_of(input: duckdb_data_chunk, output: duckdb_vector) -> Result<(), Refusal> {
    // SAFETY: promised by the caller.
    let (arguments, mut answers) = unsafe { (Arguments::new(input), Answers::new(output)) };
    for row in 0..arguments.rows() {
        match arguments.values(row) {
            None => answers.put_null(row),
            Some(values) => {
                let stream = Stream::new(arguments.config(row), arguments.snapshot(row))?;
                answers.put(row, stream, &values)?;
            }
        }
    }
    answers.finish();
    Ok(())
}

/// # Safety
///
/// The arguments are those of a call of a function that returns a BLOB.
unsafe fn blobs_of(
    input: duckdb_data_chunk,
    output: duckdb_vector,
    blob: impl Fn(&Arguments, usize) -> Result<Option<Vec<u8>>, Refusal>,
) -> Result<(), Refusal> {
    // SAFETY: promised by the caller.
    let (arguments, mut writer) =
        unsafe { (Arguments::new(input), VectorWriter::from_vector(output)) };
    for row in 0..arguments.rows() {
        match blob(&arguments, row)? {
            // SAFETY: the output has a row for each of the input.
            Some(bytes) => unsafe { writer.write_blob(row, &bytes) },
            // SAFETY: the same.
            None => unsafe { writer.set_null(row) },
        }
    }
    Ok(())
}

/// # Safety
///
/// The arguments are those of a call of `tailspot_status`.
unsafe fn status_of(input: duckdb_data_chunk, output: duckdb_vector) -> Result<(), Refusal> {
    // SAFETY: promised by the caller: one BLOB in each row, one VARCHAR out.
    unsafe {
        let chunk = DataChunk::from_raw(input);
        let (reader, mut writer) = (chunk.reader(0), VectorWriter::from_vector(output));
        for row in 0..chunk.size() {
            if reader.is_valid(row) {
                writer.write_varchar(row, &tailspot_sql::status(reader.read_blob(row))?);
            } else {
                writer.set_null(row);
            }
        }
    }
    Ok(())
}

/// # Safety
///
/// The arguments are those of a call of `tailspot_judge`.
unsafe fn verdicts_of(input: duckdb_data_chunk, output: duckdb_vector) -> Result<(), Refusal> {
    let mut judge = Judge::default();
    // SAFETY: promised by the caller: a DOUBLE and a BLOB in each row, a struct out.
    unsafe {
        let (chunk, mut verdicts) = (DataChunk::from_raw(input), Verdicts::new(output));
        let (values, snapshots) = (chunk.reader(0), chunk.reader(1));
        for row in 0..chunk.size() {
            let value = if values.is_valid(row) { values.read_f64(row) } else { f64::NAN };
            let verdict = if snapshots.is_valid(row) {
                Some(judge.judge(snapshots.read_blob(row), value)?)
            } else {
                None
            };
            verdicts.put(row, verdict);
        }
    }
    Ok(())
}

/// What a value is answered, with the number of an incident or without.
fn verdict_type(with_incident: bool) -> Result<LogicalType, ExtensionError> {
    let event = LogicalType::try_enum_type(&Event::ALL.map(Event::name)).map_err(refused)?;
    let mut fields = vec![("event", event)];
    for name in ["threshold", "probability", "upper", "lower"] {
        fields.push((name, LogicalType::new(TypeId::Double)));
    }
    if with_incident {
        fields.insert(3, ("incident", LogicalType::new(TypeId::BigInt)));
    }
    LogicalType::try_struct_type_from_logical(&fields).map_err(refused)
}

/// What `tailspot_events` answers.
fn answer_type() -> Result<LogicalType, ExtensionError> {
    LogicalType::try_list_from_logical(&verdict_type(true)?).map_err(refused)
}

fn refused(error: impl std::fmt::Debug) -> ExtensionError {
    ExtensionError::new(format!("tailspot: {error:?}"))
}

/// One function with its values alone, with a configuration, and so on.
fn overloads(
    name: &str,
    function: ScalarFn,
    most: usize,
    result: impl Fn() -> Result<LogicalType, ExtensionError>,
) -> Result<ScalarFunctionSetBuilder, ExtensionError> {
    let mut set = ScalarFunctionSetBuilder::new(name);
    for count in 1..=most {
        let mut overload =
            ScalarOverloadBuilder::new().param_logical(LogicalType::list(TypeId::Double));
        for more in [TypeId::Varchar, TypeId::Blob].into_iter().take(count - 1) {
            overload = overload.param(more);
        }
        let overload = overload.returns_logical(result()?).function(function);
        set = set.overload(overload.null_handling(NullHandling::SpecialNullHandling));
    }
    Ok(set)
}

fn register(connection: duckdb_connection) -> Result<(), ExtensionError> {
    let blob = || Ok(LogicalType::new(TypeId::Blob));
    let sets = [
        overloads("tailspot_events", events, 3, answer_type)?,
        overloads("tailspot_snapshot", snapshot, 3, blob)?,
        overloads("tailspot_fit", fit, 2, blob)?,
        ScalarFunctionSetBuilder::new("tailspot_status").overload(
            ScalarOverloadBuilder::new()
                .param(TypeId::Blob)
                .returns(TypeId::Varchar)
                .function(status),
        ),
        ScalarFunctionSetBuilder::new("tailspot_judge").overload(
            ScalarOverloadBuilder::new()
                .param(TypeId::Double)
                .param(TypeId::Blob)
                .returns_logical(verdict_type(false)?)
                .function(judge)
                .null_handling(NullHandling::SpecialNullHandling),
        ),
    ];
    for set in sets {
        // SAFETY: the connection is the one that loads the extension.
        unsafe { set.register(connection)? };
    }
    Ok(())
}
