//! What the program writes beside the defaults: formats, exit codes, incidents, commands, columns of the input.

use crate::program;

use std::fs;

use program::{Folder, Outcome, column, stream, tailspot, tailspot_on};

const QUICK: [&str; 7] = ["detect", "--n-init", "400", "--level", "0.9", "--q", "0.01"];

/// 400 calm values, then what is given.
fn after_calm(more: &str) -> String {
    let calm: Vec<_> = (0..400).map(|row| f64::from(row * 149 % 400) / 400.0).collect();
    column("load", &calm) + more
}

fn quick(more: &str, arguments: &[&str]) -> Outcome {
    tailspot_on(after_calm(more).as_bytes(), &[&QUICK[..], arguments].concat())
}

#[test]
fn every_format_has_the_same_cells() {
    let more = "0.5\n7.50\n";
    let csv = quick(more, &[]);
    assert!(
        csv.lines()[1].starts_with("401,7.50,alert_up,"),
        "values are written as they were read"
    );
    let tsv = quick(more, &["--format", "tsv"]);
    assert_eq!(tsv.out.replace('\t', ","), csv.out);
    let markdown = quick(more, &["--format", "markdown"]);
    assert_eq!(markdown.lines()[0], "| index | value | event | threshold | probability |");
    assert_eq!(markdown.lines()[1], "|---:|---:|---|---:|---:|");
    assert!(markdown.lines()[2].starts_with("| 401 | 7.5 | alert_up | 0."));
    let json = quick("inf\n-1e400\n", &["--format", "json"]);
    assert!(
        json.out.contains("\"value\": \"inf\"") && json.out.contains("\"value\": \"-inf\""),
        "{}",
        json.out
    );
    let headless = quick(more, &["--no-header"]);
    assert_eq!(headless.lines(), csv.lines()[1..]);
    let quiet = quick(more, &["--quiet", "--summary"]);
    assert_eq!((quiet.out.as_str(), quiet.err.lines().count()), ("", 1));
}

#[test]
fn cells_of_a_table_keep_their_distance_and_data_has_no_power_over_a_terminal() {
    let long = "a_name_that_is_longer_than_its_column";
    let text = format!("k,{long}\n")
        + &(0..400).map(|i| format!("\u{1b}[31mx\u{9b}|,{i}\n")).collect::<String>();
    let text = text + "\u{1b}[31mx\u{9b}|,1e9\n";
    let options =
        ["-k", "k", "-c", long, "--keep-all", "--n-init", "400", "--level", "0.9", "--q", "0.01"];
    for format in ["table", "csv", "tsv", "json", "markdown"] {
        let outcome =
            tailspot_on(text.as_bytes(), &[&["detect", "--format", format], &options[..]].concat());
        assert!(outcome.lines().len() >= if format == "json" { 1 } else { 2 });
        assert!(!outcome.out.contains(['\u{1b}', '\u{9b}']), "{format}: {:?}", outcome.out);
        if format == "table" {
            let words = outcome.lines()[1].split_whitespace().count();
            assert_eq!(words, 7, "{:?}", outcome.lines()[1]);
        }
    }
}

#[test]
fn exit_codes_say_what_was_found() {
    let code =
        |more: &str, options: &[&str]| quick(more, &[&["--exit-code"], options].concat()).code;
    assert_eq!(code("0.5\n", &[]), Some(0));
    assert_eq!(code("0.5\n7\n", &[]), Some(1));
    assert_eq!(code("0.5\n7\n", &["--quiet"]), Some(1));
    assert_eq!(code("0.5\noops\n7\n", &["--on-error", "stop"]), Some(2));
    let nothing = quick("", &["--exit-code"]);
    assert!(nothing.code == Some(2) && nothing.err.contains("nothing was judged"), "{nothing:?}");
    assert_eq!(quick("7\n", &[]).code, Some(0), "without the option as ever");
}

#[test]
fn columns_of_the_input_are_repeated() {
    let mut text = "host,load,what\n".to_owned();
    (0..400).for_each(|i| text += &format!("h{i},{},calm\n", f64::from(i * 149 % 400) / 400.0));
    text += "h7,9,\"a, b\"\n";
    let run =
        |more: &[&str]| tailspot_on(text.as_bytes(), &[&QUICK[..], &["-c", "load"], more].concat());
    let kept = run(&["--keep", "what", "--keep", "host"]);
    assert!(kept.lines()[0].ends_with(",column,what,host"));
    assert!(kept.lines()[1].ends_with(",load,\"a, b\",h7"));
    let all = run(&["--keep-all", "--format", "json"]).json();
    assert_eq!((&all[0]["host"], &all[0]["what"]), (&"h7".into(), &"a, b".into()));
    let json = (0..400)
        .map(|i| format!("{{\"load\":{}}}\n", f64::from(i * 149 % 400) / 400.0))
        .collect::<String>();
    let json = json + "{\"load\":9,\"x\":{\"y\":[1]}}\n";
    let run = |more: &[&str]| {
        tailspot_on(
            json.as_bytes(),
            &[&QUICK[..], &["-c", "load", "--format", "json"], more].concat(),
        )
    };
    assert_eq!(run(&["--keep-all"]).json()[0]["row"]["x"]["y"][0], 1);
    assert_eq!(run(&["--keep", "x.y.0"]).json()[0]["x.y.0"], "1");
}

#[test]
fn an_incident_is_two_lines() {
    let calm = "0.5\n".repeat(30);
    let more = format!("9\n0.5\n0.5\n12\n8\n{calm}-5\n");
    let lines = quick(&more, &["--incidents", "--format", "json"]).json();
    let events: Vec<_> = lines.iter().map(|line| line["event"].as_str().expect("text")).collect();
    assert_eq!(events, ["start_up", "end_up", "start_down", "end_down"]);
    let end = &lines[1];
    let known =
        (&end["incident"], &end["index"], &end["last_index"], &end["alerts"], &end["value"]);
    assert_eq!(known, (&1.into(), &400.into(), &404.into(), &3.into(), &12.into()));
    assert_eq!(lines[2]["index"], 435);
    let short = quick(&more, &["--incidents", "--cool-down", "2", "--format", "json"]).json();
    assert_eq!(short.len(), 6, "two values without an alert end an incident");
    let csv = quick(&more, &["--incidents"]);
    assert_eq!(
        csv.lines()[0],
        "incident,index,value,event,threshold,probability,alerts,last_index"
    );
    assert!(csv.lines().iter().all(|line| line.split(',').count() == 8));
}

#[test]
fn an_incident_goes_on_in_the_next_run() {
    let folder = Folder::new();
    let state = folder.path("s.state");
    let run = |text: &str| {
        tailspot_on(text.as_bytes(), &[&QUICK[..], &["--incidents", "--state", &state]].concat())
    };
    let first = run(&after_calm("9\n0.5\n"));
    assert_eq!(first.lines().len(), 2, "it has started");
    let second = run(&format!("load\n9\n{}", "0.5\n".repeat(30)));
    assert_eq!(second.lines().len(), 2, "it has ended");
    let cells: Vec<_> = second.lines()[1].split(',').collect();
    assert_eq!((cells[0], cells[1], cells[6], cells[7]), ("1", "400", "2", "402"));
}

#[cfg(unix)]
#[test]
fn a_command_runs_for_each_alert_and_its_failure_is_a_note() {
    let folder = Folder::new();
    let log = folder.path("log");
    let command = format!(
        "echo \"$TAILSPOT_INDEX $TAILSPOT_VALUE $TAILSPOT_EVENT $TAILSPOT_COLUMN\" >> {log}; echo said"
    );
    let outcome = quick("9\n0.5\n-5\n", &["-c", "load", "--exec", &command]);
    assert_eq!(
        fs::read_to_string(&log).expect("a log"),
        "400 9 alert_up load\n402 -5 alert_down load\n"
    );
    assert!(
        outcome.lines().len() == 3 && outcome.err.contains("said"),
        "its output is no line of ours"
    );
    let once = folder.path("once");
    let command = format!("echo $TAILSPOT_INCIDENT >> {once}");
    quick("9\n9\n9\n", &["--incidents", "--exec", &command]).lines();
    assert_eq!(fs::read_to_string(&once).expect("a log"), "1\n");
    let failed = quick("9\n", &["--exec", "exit 3"]);
    assert!(failed.lines().len() == 2 && failed.err.contains("--exec failed"), "{failed:?}");
    let start = std::time::Instant::now();
    let slow = quick("9\n", &["--exec", "sleep 60 | sleep 60", "--exec-limit", "0.3"]);
    assert!(slow.lines().len() == 2 && slow.err.contains("stopped after 0.3 s"), "{slow:?}");
    assert!(start.elapsed().as_secs() < 30);
}

#[test]
fn a_level_shift_is_a_note_and_not_only_a_thousand_lines() {
    let values = stream(1, 3000);
    let shifted: Vec<_> = values.iter().map(|value| value + 40.0).collect();
    let outcome = tailspot_on(column("v", &[values, shifted].concat()).as_bytes(), &["detect"]);
    assert!(outcome.err.contains("are not what the detector was calibrated on"), "{outcome:?}");
    // A baseline follows.
    let noise = [vec![5.0; 2100], stream(1, 6000)].concat();
    for (options, is_noted) in [(&["detect"][..], true), (&["detect", "--depth", "10"], false)] {
        let outcome = tailspot_on(column("v", &noise).as_bytes(), options);
        assert_eq!(outcome.err.contains("was calibrated on"), is_noted, "{outcome:?}");
    }
    // Alerts that come and go refute nothing.
    let often = |(row, value): (usize, f64)| if row % 40 == 39 { value + 40.0 } else { value };
    let often: Vec<f64> = stream(1, 6000).into_iter().enumerate().map(often).collect();
    let folder = Folder::new();
    let calm = folder.file("calm.csv", column("v", &stream(2, 2000)));
    let often = tailspot_on(column("v", &often).as_bytes(), &["detect", "--fit", &calm]);
    assert!(often.err.contains("% of the values are alerts where q = 0.0001"), "{often:?}");
    let calm = tailspot_on(column("v", &stream(1, 20_000)).as_bytes(), &["detect"]);
    assert!(!calm.err.contains("alerts"), "{calm:?}");
}

#[test]
fn what_cannot_be_known_is_said_with_what_would_work() {
    let short = tailspot_on(column("v", &stream(1, 900)).as_bytes(), &["detect"]);
    assert!(short.err.contains("900 values are not enough"), "{short:?}");
    let words: Vec<&str> = short.err.split_whitespace().collect();
    let at = words.iter().position(|word| *word == "--n-init").expect("an option");
    let options: Vec<&str> =
        words[at..].iter().map(|word| word.trim_end_matches(',')).take(4).collect();
    let again = [&["detect", "--summary"], &options[..]].concat();
    let again = tailspot_on(column("v", &stream(1, 900)).as_bytes(), &again);
    assert_eq!(again.summary()["calibrated"], true, "{options:?} {again:?}");
    let missing = tailspot_on(b"v\nNA\nNA\n", &["detect"]);
    assert!(missing.err.contains("all 2 values are missing"), "{missing:?}");
    let warming =
        tailspot_on(column("v\nNA", &stream(1, 900)).as_bytes(), &["detect", "--period", "600"]);
    let needs = "900 values are not enough to calibrate (n_init = 2000, after 1200 that warm up the baselines); take a smaller";
    assert!(warming.err.contains(needs), "{warming:?}");
}

#[test]
fn completions_a_manual_and_the_version_are_answers() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(tailspot(&["completions", shell]).out.contains("follow"), "{shell}");
    }
    let manual = tailspot(&["man"]);
    assert!(manual.lines()[0].starts_with(".") && manual.out.contains("follow"));
    let version = tailspot(&["--version"]);
    for word in ["C ABI", "snapshot format", "commit"] {
        assert!(version.lines()[0].contains(word), "{version:?}");
    }
}

#[test]
fn frozen_detectors_judge_and_do_not_learn() {
    let folder = Folder::new();
    let state = folder.path("s.state");
    let values = stream(3, 9000);
    tailspot_on(column("v", &values[..5000]).as_bytes(), &["detect", "--state", &state]).lines();
    let saved = fs::read(&state).expect("saved");
    let rest = column("v", &values[5000..]);
    for option in [["--state", &state], ["--state-in", &state]] {
        let frozen = ["detect", "--freeze", "--all", "--format", "json"];
        let outcome = tailspot_on(rest.as_bytes(), &[&frozen[..], &option].concat());
        let rows = outcome.json();
        assert_eq!((rows.len(), &rows[0]["index"]), (4000, &5000.into()));
        let first = &rows[0]["upper_threshold"];
        assert!(rows.iter().all(|row| row["upper_threshold"] == *first), "thresholds stand still");
        assert!(rows.iter().any(|row| row["event"] == "alert_up"));
        assert_eq!(fs::read(&state).expect("saved"), saved);
    }
    // Without --freeze it learns, and still writes nothing.
    let outcome = tailspot_on(rest.as_bytes(), &["detect", "--summary", "--state-in", &state]);
    assert_eq!(outcome.summary()["rows"], 9000);
    assert_eq!(fs::read(&state).expect("saved"), saved);
    let absent = tailspot(&["detect", "--state-in", &folder.path("absent")]);
    assert!(absent.code == Some(2) && absent.err.contains("absent"), "{absent:?}");
}

/// A calm stream that jumps by 30 after 4,000 of 7,000 values.
fn shifted() -> Vec<f64> {
    let calm = |(row, value): (usize, f64)| if row < 4000 { value.min(4.0) } else { value + 30.0 };
    stream(11, 7000).into_iter().enumerate().map(calm).collect()
}

#[test]
fn the_program_says_what_it_cannot_know_and_when_a_stream_has_left() {
    let folder = Folder::new();
    let calm = folder.file("calm.csv", column("v", &shifted()[..4000]));
    let first = folder.file("first.csv", column("v", &shifted()[..310]));
    let moved = folder.file("moved.csv", column("v", &shifted()));
    let small = ["--n-init", "300", "--level", "0.9"];
    let known = [&small[..], &["--q", "0.01"]].concat();
    let vague = [&small[..], &["--q", "1e-12"]].concat();
    let fitted = ["--fit", &calm, "--level", "0.995", "--q", "1e-9"];
    let (left, hardly) = ("are not what the detector was calibrated on", "is hardly known from");
    let narrowed = [&small[..], &["--q", "1e-4"]].concat();
    let published = [&known[..], &["--as-published"]].concat();
    let cases: [(&str, &[&str], &[&str]); 13] = [
        // Hardly known after the calibration, and known at the end.
        (&first, &narrowed, &["q = 0.0001 is hardly known from 300 values: the "]),
        (&calm, &narrowed, &[]),
        (&calm, &known, &[]),
        (&calm, &vague, &["q = 1e-12 is hardly known from 2,"]),
        (&calm, &fitted, &["q = 1e-9 is hardly known from 7,"]),
        (
            &moved,
            &known,
            &[
                " of 6,700 values are alerts, and the last 3,002",
                left,
                ": --depth 10 --scale-depth 40 follows it, --limit 5",
            ],
        ),
        (
            &moved,
            &[&known[..], &["--baseline", "0"]].concat(),
            &[left, ": --baseline 10/40 follows it, --lim"],
        ),
        (
            &moved,
            &[&known[..], &["--limit", "2"]].concat(),
            &[left, "--scale-depth 40 follows it\n"],
        ),
        (
            &moved,
            &[&known[..], &["--period", "24"]].concat(),
            &[left, ": --depth 10 --scale-depth 40 follows it"],
        ),
        (
            &moved,
            &published,
            &[left, ": --accounting budgeted --depth 10 --scale-depth 40 follows it"],
        ),
        (&moved, &[&known[..], &["--summary"]].concat(), &[]),
        (&moved, &[&known[..], &["--depth", "10", "--scale-depth", "40"]].concat(), &[]),
        (&moved, &[&known[..], &["--quiet"]].concat(), &[]),
    ];
    for (data, options, expected) in cases {
        let outcome = tailspot(&[&["detect"], options, &[data]].concat());
        for word in [left, hardly] {
            let wanted = expected.iter().any(|text| text.contains(word));
            assert_eq!(
                outcome.err.matches(word).count(),
                usize::from(wanted),
                "{options:?} {outcome:?}"
            );
        }
        assert!(expected.iter().all(|text| outcome.err.contains(text)), "{options:?} {outcome:?}");
    }
}

#[test]
fn a_long_shift_is_one_mark_in_front_of_thin_alerts() {
    let folder = Folder::new();
    let (svg, page) = (folder.path("p.svg"), folder.path("p.html"));
    let text = column("v", &shifted());
    tailspot_on(text.as_bytes(), &["detect", "--plot", &svg]).lines();
    let picture = std::fs::read_to_string(&svg).expect("a picture");
    assert!(picture.lines().any(|line| line.starts_with("v: 3001 alerts in 2 incidents, q =")));
    // A rim and a dot of each incident, and a dot in the legend.
    assert_eq!(picture.matches("r=\"4\"").count(), 3, "dots");
    assert_eq!(picture.matches("r=\"5\"").count(), 2, "rims");
    assert!(picture.matches("r=\"1\"").count() > 100, "thin alerts");
    let bands = |picture: &str| picture.matches("<polygon opacity=\"0.15\"").count();
    assert!(bands(&picture) == 2 && picture.contains("95 % interval"), "the intervals");
    // With a baseline the page has what each baseline says of an alert.
    let options = ["detect", "--depth", "10", "--scale-depth", "40", "--plot"];
    tailspot_on(text.as_bytes(), &[&options[..], &[&page]].concat()).lines();
    let page = std::fs::read_to_string(&page).expect("a page");
    assert!(page.contains("\"baseline 10/40/0: level "), "the reasons");
    tailspot_on(text.as_bytes(), &[&options[..], &[&svg]].concat()).lines();
    assert_eq!(bands(&std::fs::read_to_string(&svg).expect("a picture")), 0);
}
