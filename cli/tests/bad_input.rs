//! Bad usage and bad data: one clear sentence and exit status 2, or a defined answer; never a panic.

use crate::program;

use program::{Folder, Outcome, column, stream, tailspot, tailspot_on};

/// Exit status 2, nothing but notes and one sentence that holds all of `words`.
fn refuses(outcome: &Outcome, words: &[&str]) {
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    let is_note = |line: &&str| line.starts_with("tailspot: note: ");
    assert_eq!(outcome.err.lines().filter(|line| !is_note(line)).count(), 1, "{outcome:?}");
    assert!(outcome.err.starts_with("tailspot: "), "{outcome:?}");
    for word in words {
        assert!(outcome.err.contains(word), "{word:?} is not in {outcome:?}");
    }
}

/// Exit status 0; what standard error says, if anything, is a note.
fn accepts(outcome: &Outcome) {
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.err.lines().all(|line| line.starts_with("tailspot: note: ")), "{outcome:?}");
}

#[test]
fn bad_usage_is_one_sentence() {
    let cases: &[(&[&str], &[&str])] = &[
        (&[], &["detect or demo"]),
        (&["detct"], &["detct"]),
        (&["detect", "--qq", "1"], &["--qq"]),
        (&["detect", "--q", "many"], &["many", "--q"]),
        (&["detect", "--format", "xml"], &["xml", "json"]),
        (&["detect", "--side", "left"], &["left", "both"]),
        (&["detect", "--accounting", "none"], &["none", "budgeted"]),
        (&["detect", "--threshold", "bare"], &["bare", "plug_in"]),
        (&["detect", "--plot", "picture.gif"], &["picture.gif", ".svg"]),
        (&["detect", "--checkpoint", "10"], &["--state"]),
        (&["detect", "--checkpoint", "0", "--state", "x"], &["--checkpoint"]),
        (&["detect", "--fit-last", "10"], &["--fit"]),
        (&["detect", "--n-init", "-5"], &["-5"]),
        (&["detect", "--depth", "-1"], &["'-1'", "--depth", "a whole number, at least 0"]),
        (&["detect", "--period", "2.5"], &["'2.5'", "--period", "a whole number, at least 0"]),
        (
            &["detect", "--baseline", "10/40/288/2"],
            &["10/40/288/2", "--baseline", "such as 10/40/288"],
        ),
        (&["detect", "--baseline", "10/"], &["\"\" is not a whole number", "such as 10/40/288"]),
        (&["detect", "--baseline", "-10/40"], &["\"-10\" is not a whole number"]),
        (&["detect", "--limit", "x"], &["--limit", "x"]),
        (&["demo", "--seconds", "0"], &["--seconds"]),
        (&["demo", "--plot", "picture.txt"], &["picture.txt"]),
    ];
    for (arguments, words) in cases {
        refuses(&tailspot(arguments), words);
    }
}

#[test]
fn parameters_out_of_range_are_named_with_their_value() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["--q", "0.02", "--level", "0.99"], &["q = 0.02", "1 - level"]),
        (&["--q", "0"], &["q = 0"]),
        (&["--q", "-1"], &["q = -1"]),
        (&["--q", "nan"], &["q = NaN"]),
        (&["--level", "1"], &["level = 1"]),
        (&["--level", "inf"], &["level = inf"]),
        (&["--max-excess", "0"], &["max_excess = 0"]),
        (&["--n-init", "99"], &["n_init = 99", "0.99"]),
        (&["--period", "1"], &["period = 1", "0 (off) or at least 2"]),
        (&["--scale-depth", "1"], &["scale_depth = 1", "0 (off) or at least 2"]),
        (&["--limit", "-1"], &["limit = -1", "0 (no limit)"]),
        (&["--limit", "nan"], &["limit = NaN"]),
        (&["--baseline", "10", "--baseline", "10/1"], &["baselines[1].scale_depth = 1"]),
        (&["--baseline", "10", "--depth", "3"], &["depth, scale_depth, period = 3, 0, 0"]),
        (&["--as-published", "--period", "24"], &["accounting = discarded", "another accounting"]),
        (&["--baseline=1"; 5], &["baselines = 5", "at most 4"]),
    ];
    for (arguments, words) in cases {
        refuses(&tailspot(&[&["detect"], *arguments].concat()), words);
    }
}

#[test]
fn files_that_cannot_be_read_or_written_are_named() {
    let folder = Folder::new();
    let data = folder.file("data.csv", "1\n2\n");
    let (absent, place) = (folder.path("absent.csv"), folder.path(""));
    let below = folder.path("no/such/folder.state");
    let picture = folder.path("no/such/picture.svg");
    let cases: &[(&[&str], &[&str])] = &[
        (&[&absent], &["absent.csv", "No such file"]),
        (&[&data, &absent], &["absent.csv"]),
        (&[&place], &["folder"]),
        (&["--fit", &absent, &data], &["absent.csv"]),
        (&["--fit", &place, &data], &["folder"]),
        (&["--state", &below, &data], &["folder.state", "no such folder"]),
        (&["--state", &place, &data], &["not a regular file"]),
        (&["--plot", &picture, &data], &["picture.svg", "no such folder"]),
    ];
    for (arguments, words) in cases {
        refuses(&tailspot(&[&["detect"], *arguments].concat()), words);
    }
    assert_eq!(folder.names().len(), 1, "nothing else was left behind");
}

/// The name and content of a file, options, and what the sentence must hold.
type Case<'a> = (&'a str, &'a [u8], &'a [&'a str], &'a [&'a str]);

const ZEEK: &[u8] = b"#separator \\x09\n#fields\tts\tduration\n#types\ttime\tinterval\n1.5\tlong\n";
const LABELS: &[u8] = b"up{job=\"a\" 1\n";

/// Bad input of every format.
static BAD: &[Case<'_>] = &[
    // Cells.
    ("text.csv", b"load\n1\n2\nthree\n4\n", &[], &["text.csv", "line 4", "load", "\"three\""]),
    ("part.csv", b"load\n1\n2.5x\n", &[], &["part.csv", "line 3", "\"2.5x\""]),
    ("hex.csv", b"load\n0x10\n", &[], &["line 2", "\"0x10\""]),
    ("bytes.csv", b"load\n1\n\xff\xfe\n", &[], &["bytes.csv", "line 3"]),
    ("binary.csv", b"\0\x01\x02\n\0\x03\n", &[], &["binary.csv", "line 2"]),
    ("unit.csv", b"v\n1\n12ms\n", &[], &["line 3", "12ms", "--strip ms"]),
    ("sign.csv", b"v\n1\n$5\n", &[], &["line 3", "--strip '$'"]),
    ("percent.csv", b"v\n1\n5%\n", &[], &["line 3", "--strip %"]),
    ("other-unit.csv", b"v\n1ms\n2s\n", &["--strip", "ms"], &["line 3", "\"2s\"", "--strip s"]),
    ("true.csv", b"v\n1\nTRUE\n", &[], &["line 3", "TRUE"]),
    ("date.csv", b"v\n1\n2024-01-01\n", &[], &["line 3", "2024-01-01"]),
    ("apart.csv", b"v\n1\n1_000\n", &[], &["line 3", "1_000"]),
    ("two.csv", b"v\n1\n1 2\n", &[], &["line 3", "\"1 2\""]),
    ("na.csv", b"v\n1\nNA\n", &["--na", "?"], &["line 3", "\"NA\""]),
    ("comma.csv", b"t;v\nx;1\nx;1,5\n", &["-c", "v"], &["line 3", "--decimal-comma", "1.5"]),
    ("comma1.csv", b"v\n1\n1,5\n", &[], &["line 3", "--decimal-comma"]),
    ("commas.csv", b"v\n1\n1,2,3\n", &["--decimal-comma"], &["line 3", "1,2,3"]),
    ("thousand.csv", b"v\n1\n1,234.5\n", &[], &["line 3", "2 cells"]),
    ("quoted-thousand.csv", b"v\n1\n\"1,234.5\"\n", &[], &["line 3", "1,234.5"]),
    ("comment.csv", b"v\n1\n# two\n", &[], &["line 3", "--comment"]),
    // Rows.
    ("quoted.csv", b"a,load\n\"x\ny\",1\nz,\"two\"\n", &["--column", "load"], &["line 4", "two"]),
    ("stray.csv", b"a,v\nx,1\n\"y,2\nz,3\n", &["-c", "v"], &["line 3", "a stray quote"]),
    ("short.csv", b"a,b\n1,2\n3\n", &["--column", "b"], &["short.csv", "line 3", "only 1 cell"]),
    ("short.tsv", b"t\tv\nx\t1\ny\n", &["-c", "v"], &["line 3", "only 1 cell"]),
    ("long.csv", &LONG, &[], &["line 2"]),
    ("all.csv", b"v\nx\ny\n", &[], &["line 2", "\"x\""]),
    ("utf8.csv", b"k,v\n\xff,1\n", &["--column", "v", "--key", "k"], &["line 2", "UTF-8"]),
    // Columns.
    ("name.csv", b"a,b\n1,2\n", &["--column", "c"], &["name.csv", "\"c\"", "a, b"]),
    ("case.csv", b"load,b\n1,2\n", &["--column", "Load"], &["\"Load\"", "load, b"]),
    ("index.csv", b"1,2\n3,4\n", &["--column", "5"], &["index.csv", "\"5\"", "1, 2"]),
    ("range.csv", b"a,b\n1,2\n", &["--column", "1-4"], &["\"1-4\"", "a, b"]),
    ("pattern.csv", b"t,v\n1,2\n", &["-c", "x*"], &["x*", "t, v"]),
    ("which.csv", b"a,b\n1,2\n", &[], &["which.csv", "--column", "a, b"]),
    ("delimiter.csv", b"a,b\n1,2\n", &["-d", ";", "-c", "b"], &["\"b\"", "a,b"]),
    ("no-header.csv", b"load\n1\n", &["--header", "no"], &["line 1", "\"load\""]),
    ("key.csv", b"a\n1\n", &["--key", "host"], &["key.csv", "\"host\""]),
    ("only.csv", b"host\nx\n", &["--key", "host"], &["only.csv", "but the key"]),
    ("conn.log", ZEEK, &["-c", "duration"], &["conn.log", "line 4", "\"long\""]),
    // JSON.
    ("text.json", b"{\"a\":1}\n{\"a\":\"x\"}\n", &["--column", "a"], &["line 2", "\"x\""]),
    ("unit.json", b"{\"a\":\"5 ms\"}\n", &["--column", "a"], &["line 1", "--strip ms"]),
    ("bool.json", b"{\"a\":true}\n", &["--column", "a"], &["line 1", "true"]),
    ("list.json", b"{\"a\":[1]}\n", &["--column", "a"], &["line 1", "[...]"]),
    ("cut.json", b"{\"a\":1}\n{\"a\":", &["--column", "a"], &["cut.json", "line 2", "EOF"]),
    ("array.json", b"[{\"a\":1},\n{\"a\":oops}]\n", &["--column", "a"], &["line 2"]),
    ("sample.json", b"[[1,\"2\"],\n[2,\"x\"]]\n", &["-c", "1"], &["line 2", "\"x\""]),
    ("two.json", b"{\"a\":1} {\"a\":2}\n", &["--column", "a"], &["two.json", "line 1"]),
    ("bare.json", b"{\"a\":1}\n7\n", &["--column", "a"], &["bare.json", "line 2"]),
    ("which.json", b"{\"a\":1,\"b\":2}\n", &[], &["--column", "a, b"]),
    ("none.json", b"{\"a\":\"x\"}\n", &[], &["--column", "no number"]),
    ("path.json", b"{\"v\":1}\n", &["-c", "w"], &["no line", "\"w\""]),
    ("utf8.json", b"{\"a\":1}\n{\"\xff\":1}\n", &["--column", "a"], &["utf8.json", "line 2"]),
    // Metrics.
    ("cut.influx", b"cpu\n", &["--input", "influx"], &["line 1", "Influx"]),
    ("which.influx", b"cpu a=1,b=2\n", &["--input", "influx"], &["--column", "a, b"]),
    ("text.influx", b"cpu a=\"x\"\n", &["--input", "influx"], &["line 1", "\"x\""]),
    ("open.prom", b"{\n", &["--input", "prometheus"], &["line 1", "Prometheus"]),
    ("labels.prom", LABELS, &["--input", "prometheus"], &["line 1", "Prometheus"]),
    ("text.prom", b"up one\n", &["--input", "prometheus"], &["line 1", "\"one\""]),
    ("unnamed.influx", b"cpu,host=a load=1,n=2i 1\n", &["-c", "load"], &["--input influx"]),
    ("unnamed.prom", b"# HELP up x\n# TYPE up gauge\nup 1\n", &[], &["--input prometheus"]),
    // Compressed files.
    ("cut.gz", b"\x1f\x8b\x08\0\0\0", &[], &["cannot read"]),
    ("damaged.zst", b"\x28\xb5\x2f\xfd\xff\xff\xff\xff", &[], &["cannot read", "Zstandard"]),
    ("utf16.csv", b"\xff\xfev\0\n\0x\0\n\0", &[], &["line 2", "\"x\""]),
];

static LONG: [u8; 300_007] = {
    let mut line = [b'x'; 300_007];
    let (mut at, head) = (0, b"load\n");
    while at < head.len() {
        line[at] = head[at];
        at += 1;
    }
    line[line.len() - 1] = b'\n';
    line
};

#[test]
fn bad_data_is_named_with_file_line_and_value_and_leaves_state_and_summary() {
    for (name, content, arguments, words) in BAD {
        let folder = Folder::new();
        let (file, state) = (folder.file(name, content), folder.path("s.state"));
        let more = ["--summary", "--state", &state, &file];
        let mut outcome = tailspot(&[&["detect"], *arguments, &more].concat());
        assert!(outcome.summary()["rows"].is_u64(), "{name}: {outcome:?}");
        assert!(std::path::Path::new(&state).exists(), "{name}");
        outcome.err = outcome
            .err
            .lines()
            .filter(|line| !line.starts_with('{'))
            .fold(String::new(), |text, line| text + line + "\n");
        refuses(&outcome, words);
        let stopped =
            tailspot_on(content, &[&["detect", "--on-error", "stop"], *arguments].concat());
        refuses(&stopped, &[]);
        // A pipe goes on after a bad row, and says so.
        let piped = tailspot_on(content, &[&["detect"], *arguments].concat());
        assert!(piped.code == Some(2) || piped.err.contains("skipped"), "{piped:?}");
        assert!(
            piped.err.contains("standard input") || piped.err.contains("--column"),
            "{piped:?}"
        );
    }
}

#[test]
fn odd_but_sound_data_has_a_defined_answer() {
    let constant = column("v", &[7.0; 3000]);
    let huge = column("v", &[1e308; 1500]) + &"-1e308\n".repeat(1500) + "5e-324\n-5e-324\n";
    let two = column("v", &(0..3000).map(|row| f64::from(row % 2)).collect::<Vec<_>>());
    let missing = "v\n".to_owned() + &"NaN\nnan\nNA\nnull\n\"\"\n\n".repeat(100);
    let cases = [
        ("empty", ""),
        ("header only", "v\n"),
        ("header without a newline", "v"),
        ("only newlines", "\n\n\n"),
        ("only a mark", "\u{feff}"),
        ("one row", "v\n1\n"),
        ("one number", "1"),
        ("missing everywhere", &missing),
        ("constant", &constant),
        ("two values", &two),
        ("huge", &huge),
    ];
    let folder = Folder::new();
    for (name, content) in cases {
        let picture = folder.path("picture.svg");
        for arguments in [&["detect"][..], &["detect", "--all"], &["detect", "--plot", &picture]] {
            let outcome = tailspot_on(content.as_bytes(), arguments);
            accepts(&outcome);
            assert!(outcome.out.starts_with("index,") || outcome.out.is_empty(), "{name}");
            assert!(!outcome.out.contains("NaN"), "{name}");
        }
    }
    let outcome = tailspot_on(constant.as_bytes(), &["detect", "--summary"]);
    assert_eq!(outcome.summary()["alerts_up"], 0);
    assert_eq!(outcome.summary()["upper_threshold"], 7.0);
}

#[test]
fn a_stream_that_is_too_short_to_judge_is_not_silent() {
    let outcome = tailspot_on(b"1\n2\n3\n", &["detect"]);
    accepts(&outcome);
    assert!(outcome.err.contains("3 values") && outcome.err.contains("n_init = 2000"));
}

#[test]
fn every_spelling_of_a_table_reads_the_same() {
    let values = stream(5, 3000);
    let plain = column("v", &values);
    let expected = tailspot_on(plain.as_bytes(), &["detect"]);
    assert!(expected.lines().len() > 1);
    let spaced = plain.lines().map(|line| format!(" {line}\t\n")).collect::<String>();
    let quoted = plain.lines().map(|line| format!("\"{line}\"\n")).collect::<String>();
    let cases = [
        plain.replace('\n', "\r\n"),
        plain.trim_end().to_owned(),
        plain.replace('\n', "\r\n").trim_end().to_owned(),
        format!("\u{feff}{plain}"),
        plain.strip_prefix("v\n").expect("a header").to_owned(),
        quoted.replace('\n', "\r\n"),
        quoted.trim_end().to_owned(),
        quoted,
        spaced,
        plain.clone() + "\n\n",
    ];
    for (number, text) in cases.iter().enumerate() {
        let outcome = tailspot_on(text.as_bytes(), &["detect"]);
        assert_eq!(outcome.lines(), expected.lines(), "case {number}");
    }
}

#[test]
fn a_very_long_line_is_read_and_an_endless_one_refused() {
    let long = format!("a,v\n{},1.5\ny,2.5\n", "x".repeat(3 << 20));
    let outcome = tailspot_on(long.as_bytes(), &["detect", "--column", "v", "--all"]);
    assert_eq!(outcome.lines().len(), 3);
    let endless = vec![b'1'; 70 << 20];
    refuses(&tailspot_on(&endless, &["detect"]), &["line 1", "64 MiB"]);
}

#[test]
fn calibration_files_must_hold_enough() {
    let folder = Folder::new();
    let data = folder.file("data.csv", column("v", &stream(1, 100)));
    let cases = [
        ("empty.csv", ""),
        ("header.csv", "v\n"),
        ("nan.csv", "v\nNaN\n"),
        ("few.csv", "v\n1\n2\n"),
    ];
    for (name, content) in cases {
        let fit = folder.file(name, content);
        refuses(&tailspot(&["detect", "--fit", &fit, &data]), &[name, "at least 100"]);
    }
    let fit = folder.file("fit.csv", column("v", &stream(2, 3000)));
    refuses(
        &tailspot(&["detect", "--fit", &fit, "--fit-last", "50", &data]),
        &["50 finite values"],
    );
    let outcome = tailspot(&["detect", "--fit", &fit, "--summary", &data]);
    assert_eq!(outcome.summary()["seen"], 100);
}

#[test]
fn rows_before_a_bad_one_are_judged_and_reported() {
    let folder = Folder::new();
    let good = column("v", &stream(5, 3000));
    let bad = folder.file("bad.csv", good.clone() + "oops\n");
    let outcome = tailspot(&["detect", "--level", "0.95", &bad]);
    refuses(&outcome, &["line 3002", "oops"]);
    let expected = tailspot_on(good.as_bytes(), &["detect", "--level", "0.95"]);
    assert_eq!(outcome.out, expected.out);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_an_error() {
    use std::fs::OpenOptions;
    let full = OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    let folder = Folder::new();
    let data = folder.file("data.csv", column("v", &stream(1, 3000)));
    let state = folder.path("s.state");
    let mut command = program::command();
    command.args(["detect", "--all", "--state", &state, &data]).stdout(full);
    let output = command.output().expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("No space left"));
    assert_eq!(folder.names().len(), 1, "no state of rows whose lines nobody has");
}
