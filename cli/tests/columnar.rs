//! Parquet and Arrow IPC: the same answers as the same table in CSV, and clear words about what cannot be read.
//! `files/pyarrow.*` were written by pyarrow 26: three rows of every type, the second one null.

use crate::program;

use std::fs::{self, File};
use std::sync::Arc;

use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
};
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use program::{Folder, Outcome, stream, tailspot, tailspot_on};

const FILES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/");

/// A table of a time, a value and a host, and the same as CSV.
fn table(rows: usize) -> (RecordBatch, String) {
    let times: Vec<i64> =
        (0..rows as i64).map(|row| 1_404_172_800_000_000_001 + row * 60_000_000_000).collect();
    let values = stream(5, rows);
    let hosts: Vec<&str> = (0..rows).map(|row| ["a", "b,\"c"][row % 2]).collect();
    let quoted = |host: &str| host.replace("b,\"c", "\"b,\"\"c\"");
    let mut text = "t,v,host\n".to_owned();
    for ((time, value), host) in times.iter().zip(&values).zip(&hosts) {
        let seconds = time / 1_000_000_000 - 1_404_172_800;
        let (day, minute) = (1 + seconds / 86_400, seconds % 86_400 / 60);
        let clock = format!("{:02}:{:02}:00.000000001Z", minute / 60, minute % 60);
        text += &format!("2014-07-{day:02}T{clock},{value:?},{}\n", quoted(host));
    }
    let columns: [(&str, ArrayRef); 3] = [
        ("t", Arc::new(TimestampNanosecondArray::from(times).with_timezone("Europe/Paris"))),
        ("v", Arc::new(Float64Array::from(values))),
        ("host", Arc::new(StringArray::from(hosts))),
    ];
    (RecordBatch::try_from_iter(columns).expect("a table"), text)
}

fn parquet(path: &str, batch: &RecordBatch, compression: Compression) {
    let properties = WriterProperties::builder()
        .set_compression(compression)
        .set_max_row_group_row_count(Some(2500))
        .build();
    let file = File::create(path).expect("a file");
    let mut writer =
        ArrowWriter::try_new(file, batch.schema(), Some(properties)).expect("a writer");
    writer.write(batch).expect("rows");
    writer.close().expect("a footer");
}

#[test]
fn every_format_gives_the_answers_of_csv() {
    let folder = Folder::new();
    let (batch, text) = table(7000);
    let csv = folder.file("d.csv", text);
    let mut files = Vec::new();
    let compressions = [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(Default::default()),
        Compression::ZSTD(Default::default()),
        Compression::LZ4_RAW,
    ];
    for (nth, compression) in compressions.into_iter().enumerate() {
        files.push(folder.path(&format!("{nth}.parquet")));
        parquet(&files[nth], &batch, compression);
    }
    for (nth, compression) in [None, Some(CompressionType::LZ4_FRAME), Some(CompressionType::ZSTD)]
        .into_iter()
        .enumerate()
    {
        let options =
            || IpcWriteOptions::default().try_with_compression(compression).expect("options");
        files.push(folder.path(&format!("{nth}.arrow")));
        let file = File::create(files.last().expect("a path")).expect("a file");
        let mut writer =
            FileWriter::try_new_with_options(file, &batch.schema(), options()).expect("a writer");
        writer.write(&batch).expect("rows");
        writer.finish().expect("a footer");
        files.push(folder.path(&format!("{nth}.arrows")));
        let file = File::create(files.last().expect("a path")).expect("a file");
        let mut writer =
            StreamWriter::try_new_with_options(file, &batch.schema(), options()).expect("a writer");
        for start in (0..7000).step_by(3500) {
            writer.write(&batch.slice(start, 3500)).expect("rows");
        }
        writer.finish().expect("an end");
    }
    let questions: [&[&str]; 4] = [
        &["detect"],
        &["detect", "--time", "t", "--keep", "host"],
        &["detect", "--column", "1", "--key", "host", "--n-init", "1000"],
        &["detect", "--column", "v", "--keep-all", "--incidents"],
    ];
    for question in questions {
        let expected = tailspot(&[question, &[&csv]].concat());
        assert!(expected.lines().len() > 4, "{expected:?}");
        for file in &files {
            let outcome = tailspot(&[question, &[file.as_str()]].concat());
            assert_eq!(outcome.lines(), expected.lines(), "{file} {question:?}");
        }
    }
    // A pipe cannot seek.
    let expected = tailspot(&["detect", &csv]);
    for file in &files {
        let piped = tailspot_on(&fs::read(file).expect("a file"), &["detect"]);
        assert_eq!(piped.lines(), expected.lines(), "{file}");
    }
}

/// The cells of the rows of a file of pyarrow: of one column.
fn cells(file: &str, column: &str) -> Vec<String> {
    let outcome = tailspot(&[
        "detect",
        "--all",
        "-f",
        "json",
        "-c",
        "i8",
        "--keep",
        column,
        &format!("{FILES}{file}"),
    ]);
    let cell = |row: &serde_json::Value| match &row[column] {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    outcome.json().iter().map(cell).collect()
}

#[test]
fn every_type_is_read_in_full() {
    let cases = [
        ("i8", ["1", "", "-3"]),
        ("u64", ["18446744073709551615", "", "3"]),
        ("f32", ["0.1", "", "inf"]),
        ("dec", ["1.25", "", "-0.05"]),
        ("s", ["a", "b,\"\\n", ""]),
        ("d", ["x", "", "y"]),
        ("b", ["true", "", "false"]),
        ("ns", ["2014-07-01T00:00:00.123456789", "", "1969-12-31T23:59:59.999999999"]),
        ("usz", ["2014-07-01T00:00:00.123456Z", "", "1970-01-01T00:00:00.000001Z"]),
        (
            "far",
            [
                "1000000000000000 since 1970 (outside the years -9999 to 9999)",
                "",
                "1970-01-01T00:00:00.001",
            ],
        ),
        ("d32", ["2014-07-01", "", "0001-01-01"]),
        ("t", ["01:02:03", "", "04:05:00"]),
        ("dur", ["1", "", "3"]),
        ("bin", ["k", "", "z"]),
        ("nul", ["", "", ""]),
    ];
    for file in ["pyarrow.parquet", "pyarrow.feather"] {
        for (column, expected) in &cases {
            assert_eq!(cells(file, column), *expected, "{file} {column}");
        }
        let path = format!("{FILES}{file}");
        let outcome =
            tailspot(&["detect", "--all", "-c", "dec", "-t", "ns", "--on-error", "stop", &path]);
        assert_eq!(outcome.lines()[1], "0,2014-07-01T00:00:00.123456789,1.25,init_batch,,,,dec");
        assert!(outcome.lines()[2].starts_with("1,,,missing,"), "{outcome:?}");
    }
}

/// Exit status 2 and one sentence.
fn refuses(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert!(!outcome.err.contains("panicked"), "{outcome:?}");
    for word in words {
        assert!(outcome.err.contains(word), "{word:?} is not in {outcome:?}");
    }
}

#[test]
fn what_cannot_be_read_is_refused_with_its_name() {
    let cases: [(&[&str], &[&str]); 9] = [
        (&["-c", "l"], &["\"l\" is List", "only columns"]),
        (&["-c", "i8", "--key", "l*"], &["\"l\" is List"]),
        (&["-c", "s"], &["row 1", "column s holds \"a\"", "not a number"]),
        (&["-c", "b"], &["row 1", "\"true\""]),
        (&["-c", "usz"], &["row 1", "2014-07-01"]),
        (&["-c", "i8", "-t", "far"], &["row 1", "since 1970"]),
        (&["-c", "i8", "-t", "t"], &["row 1", "01:02:03"]),
        (&["-c", "load"], &["no column \"load\"", "i8, u64"]),
        (&[], &["--column", "i8, u64, f32, dec"]),
    ];
    for (arguments, words) in cases {
        for file in ["pyarrow.parquet", "pyarrow.feather"] {
            let path = format!("{FILES}{file}");
            refuses(&tailspot(&[&["detect"], arguments, &[&path]].concat()), words);
        }
    }
    let path = format!("{FILES}pyarrow.parquet");
    refuses(&tailspot(&["detect", "-c", "i8", "--input", "influx", &path]), &["--input"]);
    refuses(&tailspot(&["detect", "--follow", &path]), &["cannot follow", "columnar"]);
}

#[test]
fn a_damaged_file_is_an_error_and_what_came_before_it_counts() {
    let folder = Folder::new();
    for (file, from) in [("pyarrow.parquet", 5), ("pyarrow.feather", 8)] {
        let whole = fs::read(format!("{FILES}{file}")).expect("a file");
        for at in (from..whole.len()).step_by(whole.len() / 40) {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x55;
            let outcome = tailspot(&["detect", "-c", "i8", &folder.file("flip", &bytes)]);
            assert!(matches!(outcome.code, Some(0 | 2)), "{file} {at}: {outcome:?}");
            assert!(!outcome.err.contains("panicked"), "{file} {at}: {outcome:?}");
            refuses(&tailspot(&["detect", &folder.file("cut", &whole[..at])]), &["cannot read"]);
        }
    }
    let (batch, _) = table(6000);
    let path = folder.path("d.arrows");
    let mut writer = StreamWriter::try_new(File::create(&path).expect("a file"), &batch.schema())
        .expect("a writer");
    writer.write(&batch).expect("rows");
    writer.write(&batch).expect("rows");
    drop(writer);
    let bytes = fs::read(&path).expect("a file");
    let cut = folder.file("cut.arrows", &bytes[..bytes.len() - 1000]);
    let (state, plot) = (folder.path("s.state"), folder.path("p.svg"));
    let outcome =
        tailspot(&["detect", "-c", "v", "--summary", "--state", &state, "--plot", &plot, &cut]);
    refuses(&outcome, &["cut.arrows", "Arrow IPC"]);
    assert_eq!(outcome.summary()["rows"], 6000, "the batch before the cut was judged");
    assert!(fs::metadata(&state).is_ok() && fs::metadata(&plot).is_ok());
}

#[test]
fn a_column_of_nulls_at_the_end_and_a_name_that_is_empty_keep_their_rows() {
    let folder = Folder::new();
    let column: ArrayRef = Arc::new(Int64Array::from(vec![Some(1), None, None]));
    let batch = RecordBatch::try_from_iter([("", column)]).expect("a table");
    let path = folder.path("d.parquet");
    parquet(&path, &batch, Compression::SNAPPY);
    let outcome = tailspot(&["detect", "--all", &path]);
    assert_eq!(outcome.lines().len(), 4, "{outcome:?}");
}
