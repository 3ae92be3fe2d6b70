//! Input as people have it: read for what it is, or named with what would help; state and summary are kept either way.

use crate::program;

use std::fs;
use std::io::Write;

use program::{Folder, Outcome, tailspot, tailspot_on};

/// The values that the program reads, one for each row.
fn values(outcome: &Outcome) -> Vec<String> {
    let row = |row: serde_json::Value| match &row["value"] {
        serde_json::Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    outcome.json().into_iter().map(row).collect()
}

fn run(content: &[u8], arguments: &[&str]) -> Outcome {
    tailspot_on(content, &[&["detect", "--all", "--format", "json"], arguments].concat())
}

/// Content, options, and the values that it holds.
type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str]);

#[test]
fn what_people_have_is_read() {
    let cases: &[Case<'_>] = &[
        // Names of missing values.
        (
            "v\n1\n-\nN/A\n#N/A\nNone\nnull\n\\N\nnan\nNULL\n2\n",
            &[],
            &["1", "null", "null", "null", "null", "null", "null", "null", "null", "2"],
        ),
        ("v\n1\n-999\n2\n", &["--na", "-999"], &["1", "null", "2"]),
        ("v\n1\n?\n\n2\n", &["--na", "?,x"], &["1", "null", "null", "2"]),
        // Delimiters that are found by looking.
        ("t\tv\nx\t1\ny\t2\n", &["-c", "v"], &["1", "2"]),
        ("t;v\nx;1\ny;2\n", &["-c", "v"], &["1", "2"]),
        ("t|v\nx|1\n", &[], &["1"]),
        ("t v\nx 1\ny    2\n", &["-c", "v"], &["1", "2"]),
        ("1 2 3\n4 5 6\n", &["-c", "1"], &["2", "5"]),
        ("response time\n1\n2\n", &[], &["1", "2"]),
        ("load|avg,cpu\n1,2\n3,4\n", &["-c", "cpu"], &["2", "4"]),
        ("a,b\n1,2\n", &["-d", ",", "-c", "b"], &["2"]),
        ("a:b\n1:2\n", &["-d", ":", "-c", "b"], &["2"]),
        ("a\tb\n\"x\ty\"\t2\n", &["-d", "tab", "-c", "b"], &["2"]),
        // A decimal comma.
        ("t;v\nx;1,5\ny;1.234,25\n", &["-c", "v", "--decimal-comma"], &["1.5", "1234.25"]),
        ("v\n1,5\n2,5\n", &["--decimal-comma"], &["1.5", "2.5"]),
        // Comments, above the table and in it.
        ("# made by hand\nv\n1\n# a pause\n2\n", &["--comment", "#"], &["1", "2"]),
        ("//x\nv\n1\n", &["--comment", "//"], &["1"]),
        // A log of Zeek.
        (
            "#separator \\x09\n#set_separator\t,\n#unset_field\t-\n#path\tconn\n#fields\tts\tduration\n#types\ttime\tinterval\n1.5\t0.25\n2.5\t-\n#close\t2024\n",
            &["-c", "duration"],
            &["0.25", "null"],
        ),
        // Units.
        ("v\n12ms\n 3 ms\n4\n", &["--strip", "ms"], &["12.0", "3.0", "4"]),
        ("v\n$5\n6%\n", &["--strip", "$", "--strip", "%"], &["5.0", "6.0"]),
        // Headers.
        ("2019,2020\n1,2\n", &["--header", "yes", "-c", "2020"], &["2"]),
        ("2019\n1\n", &["--header", "yes"], &["1"]),
        ("x\n1\n", &["--header", "no", "--on-error", "missing"], &["null", "1"]),
        ("v\n1\nv\n2\n", &[], &["1", "2"]),
        ("t,v\na,1\nv,t\n2,b\n", &["-c", "v"], &["1", "2"]),
        // Columns by pattern and range.
        ("t,cpu0,cpu1,mem\nx,1,2,3\n", &["-c", "cpu*"], &["1", "2"]),
        ("t,a,b,c\nx,1,2,3\n", &["-c", "1-2"], &["1", "2"]),
        ("t,v\n2024-01-01,5\n", &[], &["5"]),
        // Bad rows of a pipe are skipped.
        ("v\n1\noops\n2\n", &[], &["1", "2"]),
        ("v\n1\noops\n2\n", &["--on-error", "missing"], &["1", "null", "2"]),
        ("a,b\n1,2\n3\n4,5\n", &["-c", "b"], &["2", "5"]),
        ("v\n\"1\n2\n3\n", &[], &["2", "3"]),
        ("a,v\n\"x,1\ny,2\n\"z\",3\n", &["-c", "v"], &["2", "3"]),
        // JSON.
        (
            r#"[{"v":1},{"v":"2"},
             {"v":null}]"#,
            &["-c", "v"],
            &["1", "2", "null"],
        ),
        ("[[1,\"1.5\"],[2,\"2.5\"]]", &["-c", "1"], &["1.5", "2.5"]),
        ("[\n 1.5,\n 2\n]\n", &[], &["1.5", "2"]),
        (
            "{\"v\":NaN}\n{\"v\":Infinity}\n{\"v\":-Infinity}\n",
            &["-c", "v"],
            &["null", "inf", "-inf"],
        ),
        ("{\"m\":\"a\",\"v\":1e3}\n{\"m\":\"NaN\",\"v\":2}\n", &[], &["1000.0", "2"]),
        ("{\"v\":1}\n{\"v\":\n{\"v\":2}\n", &["-c", "v"], &["1", "2"]),
        ("{\"v\":{\"p50\":1,\"p99\":2}}\n", &["-c", "v.p*"], &["1", "2"]),
        // Metrics.
        (
            "cpu,host=a load=1.5,free=2i 1404172800000000000\ncpu,host=b load=2.5 1404172800000000000\n",
            &["--input", "influx", "-c", "load"],
            &["1.5", "2.5"],
        ),
        (
            "# HELP up x\n# TYPE up gauge\nup{job=\"a b\",q=\"\\\"\"} 1 1404172800000\nup 0\ndown 5\nup{} NaN\n",
            &["--input", "prometheus", "-c", "up"],
            &["1", "0", "null"],
        ),
        ("\u{feff}v\n1\n", &[], &["1"]),
    ];
    for (content, arguments, expected) in cases {
        let outcome = run(content.as_bytes(), arguments);
        assert_eq!(values(&outcome), *expected, "{content:?} {arguments:?} {}", outcome.err);
    }
}

#[test]
fn every_bad_row_leaves_state_and_summary() {
    let bad = [
        "oops",
        "1;2",
        "\"1",
        "12ms",
        "\u{0}",
        "1 2",
        "0x10",
        "--",
        "\"a\"\"",
        "1e",
        "½",
        "\u{1b}[31m",
    ];
    for bad in bad {
        let content = format!("v\n1\n2\n{bad}\n3\n");
        for (policy, rows) in [("stop", 2), ("skip", 3), ("missing", 4)] {
            let folder = Folder::new();
            let (state, data) = (folder.path("s.state"), folder.file("d.csv", &content));
            let options = ["detect", "--on-error", policy, "--summary", "--state", &state, &data];
            let outcome = tailspot(&options);
            assert_eq!(
                outcome.code,
                Some(if policy == "stop" { 2 } else { 0 }),
                "{bad:?} {outcome:?}"
            );
            let summary = outcome.summary();
            assert_eq!(summary["rows"], rows, "{bad:?} {policy} {outcome:?}");
            assert_eq!(summary["bad_rows"], 1, "{bad:?} {policy}");
            assert!(outcome.err.contains("line 4"), "{outcome:?}");
            assert!(!outcome.err.contains('\u{1b}'), "no escapes for the terminal: {outcome:?}");
            let next = tailspot_on(b"v\n9\n", &["detect", "--all", "--state", &state]);
            assert!(next.lines()[1].starts_with(&format!("{rows},9,")), "{next:?}");
        }
    }
}

#[test]
fn rows_without_a_key_are_one_named_stream() {
    let json = "{\"v\":1}\n{\"v\":2,\"k\":null}\n{\"v\":3,\"k\":\"\"}\n";
    let keys = |outcome: Outcome| {
        outcome
            .json()
            .iter()
            .map(|row| row["key"].as_str().expect("text").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(run(json.as_bytes(), &["-c", "v", "-k", "k"])), ["(none)"; 3]);
    let csv = "k,v\n,1\n\\N,2\n";
    assert_eq!(keys(run(csv.as_bytes(), &["-c", "v", "-k", "k"])), ["(none)"; 2]);
}

#[test]
fn several_keys_name_a_stream_together() {
    let csv = "h,m,v\na,cpu,1\nb,cpu,2\n\"x,y\",cpu,3\n,cpu,4\n";
    let rows = run(csv.as_bytes(), &["-c", "v", "-k", "h", "-k", "m"]).json();
    let keys: Vec<_> = rows.iter().map(|row| row["key"].as_str().expect("text")).collect();
    assert_eq!(keys, ["a,cpu", "b,cpu", "\"x,y\",cpu", "(none),cpu"]);
    let json = "{\"h\":\"a\",\"m\":{\"n\":7},\"v\":1}\n";
    let rows = run(json.as_bytes(), &["-c", "v", "-k", "h", "-k", "m.n"]).json();
    assert_eq!(rows[0]["key"], "a,7");
    let influx = "cpu,host=a load=1\ncpu,host=b load=2\n";
    let rows = run(influx.as_bytes(), &["--input", "influx"]).json();
    assert_eq!(rows[0]["key"], "cpu{host=a}");
    let rows = run(influx.as_bytes(), &["--input", "influx", "-k", "host"]).json();
    assert_eq!(rows[1]["key"], "b");
}

#[test]
fn compressed_files_and_utf_16_are_read() {
    let text = format!("v\n{}", (0..5000).map(|i| format!("{i}\n")).collect::<String>());
    let expected = run(text.as_bytes(), &[]).out;
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gz.write_all(text.as_bytes()).expect("compressed");
    let gz = gz.finish().expect("compressed");
    let zst = ruzstd::encoding::compress_to_vec(
        text.as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    let utf16 = |bytes: fn(u16) -> [u8; 2]| {
        let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
        units.flat_map(bytes).collect::<Vec<u8>>()
    };
    let folder = Folder::new();
    let forms = [gz.clone(), zst, utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)];
    for (number, form) in forms.iter().enumerate() {
        assert_eq!(run(form, &[]).out, expected, "form {number} in a pipe");
        let file = folder.file("data", form);
        let outcome = tailspot(&["detect", "--all", "--format", "json", &file]);
        assert_eq!(outcome.out, expected, "form {number} as a file");
    }
    // Two members, as `cat a.gz b.gz` makes them.
    let twice = run(&[gz.clone(), gz.clone()].concat(), &[]);
    assert_eq!(twice.lines().len(), 10_000, "the header of the second is skipped");
    let cut = run(&gz[..gz.len() / 2], &[]);
    assert_eq!(cut.code, Some(2), "{}", cut.err);
    assert!(cut.out.lines().count() > 100, "what came before the cut is judged");
}

#[test]
fn a_stray_quote_costs_neither_time_nor_rows() {
    let mut text = String::from("v\n1\n\"2\n");
    text.push_str(&"1.5\n".repeat(100_000));
    let outcome = run(text.as_bytes(), &[]);
    assert_eq!(outcome.lines().len(), 100_001);
    assert!(outcome.err.contains("line 3") && outcome.err.contains("quote"), "{}", outcome.err);
    // A quote in every line, none of which is closed, in less than the time for a coffee.
    let start = std::time::Instant::now();
    let many = format!("a,v\n{}", "\"x,1\n".repeat(200_000));
    run(many.as_bytes(), &["-c", "v"]);
    assert!(start.elapsed().as_secs() < 20);
}

#[cfg(not(feature = "columnar"))]
#[test]
fn columnar_files_are_named_with_the_build_that_reads_them() {
    for (file, format) in [("pyarrow.parquet", "Parquet"), ("pyarrow.feather", "Arrow IPC")] {
        let path = format!("{}/tests/files/{file}", env!("CARGO_MANIFEST_DIR"));
        for outcome in [
            tailspot(&["detect", &path]),
            tailspot_on(&fs::read(&path).expect("a file"), &["detect"]),
        ] {
            assert_eq!(outcome.code, Some(2), "{outcome:?}");
            for words in [&format!("it is {format}"), "--features columnar"] {
                assert!(outcome.err.contains(words), "{words} is not in {outcome:?}");
            }
        }
    }
    // A column may have the name of a format.
    assert_eq!(values(&run(b"PAR1,x\n1,2\n", &["-c", "PAR1"])), ["1"]);
    assert_eq!(values(&run(b"ARROW1\n1\n", &[])), ["1"]);
}

#[test]
fn a_path_that_no_line_has_is_named_early_and_is_trouble_at_the_end() {
    let lines = "{\"a\":1}\n".repeat(1500);
    let outcome = run(lines.as_bytes(), &["-c", "b"]);
    assert!(
        outcome.err.contains("none of the first 1000 lines has a value at \"b\""),
        "{}",
        outcome.err
    );
    assert_eq!(outcome.code, Some(2));
    let late = "{\"a\":1}\n".repeat(1500) + "{\"b\":1}\n";
    assert_eq!(run(late.as_bytes(), &["-c", "b"]).code, Some(0));
}

#[test]
fn options_come_from_the_environment_and_a_file_too() {
    let folder = Folder::new();
    let data = folder.file("d.csv", "t,v\nx,1\n");
    let config =
        folder.file("c.toml", "column = [\"v\"]\nall = true\nn_init = 300\nformat = \"json\"\n");
    let outcome = tailspot(&["detect", "--config", &config, &data]);
    assert_eq!(outcome.json()[0]["value"], 1);
    let outcome = tailspot(&["detect", "--config", &config, "--format", "csv", &data]);
    assert!(outcome.out.starts_with("index,"), "the command line wins");
    let mut command = program::command();
    command.args(["detect", "--config", &config, &data]).env("TAILSPOT_FORMAT", "tsv");
    let output = command.output().expect("the program runs");
    assert!(
        String::from_utf8_lossy(&output.stdout).starts_with("index\t"),
        "so does the environment over the file"
    );
    let bad = [
        ("colour = 1\n", "colour"),
        ("q = [[\n", "line 1"),
        ("all = 3\n", "all"),
        ("q = \"x\"\n", "--q"),
    ];
    for (text, word) in bad {
        let config = folder.file("bad.toml", text);
        let outcome = tailspot(&["detect", "--config", &config, &data]);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.err.contains(word), "{word} is not in {outcome:?}");
    }
    let absent = tailspot(&["detect", "--config", &folder.path("absent.toml"), &data]);
    assert!(absent.code == Some(2) && absent.err.contains("absent.toml"));
    drop(fs::remove_file(&config));
}
