//! Saved state: resumed as if nothing had been between, never half written, never taken for another's.

use crate::program;

use std::fs;

use program::{Folder, Outcome, column, stream, tailspot, tailspot_on};

/// The alerts without the header.
fn alerts(outcome: &Outcome) -> Vec<String> {
    outcome
        .lines()
        .iter()
        .filter(|line| !line.starts_with("index,"))
        .map(|l| l.to_string())
        .collect()
}

#[test]
fn a_resumed_stream_is_the_uninterrupted_one() {
    let values = stream(1, 8000);
    for model in [&[][..], &["--depth", "30", "--side", "up"], &["--as-published", "--q", "1e-3"]] {
        let folder = Folder::new();
        let (whole_state, state) = (folder.path("whole.state"), folder.path("part.state"));
        let whole = folder.file("whole.csv", column("v", &values));
        let run = |state: &str, file: &str| {
            tailspot(&[&["detect", "--state", state], model, &[file]].concat())
        };
        let expected = run(&whole_state, &whole);
        let mut found = Vec::new();
        // Within the calibration, at its end, and after it.
        for part in [0..1, 1..700, 700..2000, 2000..2001, 2001..5555, 5555..8000] {
            let file = folder.file("part.csv", column("v", &values[part]));
            found.extend(alerts(&run(&state, &file)));
        }
        assert!(found.len() > 3);
        assert_eq!(found, alerts(&expected));
        assert_eq!(fs::read(&state).expect("saved"), fs::read(&whole_state).expect("saved"));
    }
}

#[test]
fn keys_and_columns_are_resumed_without_saying_them_again() {
    let (a, b) = (stream(2, 6000), stream(3, 6000));
    let row = |place: usize| format!("h{},{:?},{:?}\n", place % 3, a[place], b[place]);
    let text =
        |rows: std::ops::Range<usize>| "host,a,b\n".to_owned() + &rows.map(row).collect::<String>();
    let folder = Folder::new();
    let (state, whole_state) = (folder.path("s"), folder.path("w"));
    let model = ["--n-init", "500", "--column", "a", "--column", "b", "--key", "host"];
    let first = [&["detect", "--state", &state][..], &model].concat();
    let mut found = alerts(&tailspot_on(text(0..2500).as_bytes(), &first));
    found.extend(alerts(&tailspot_on(text(2500..6000).as_bytes(), &["detect", "--state", &state])));
    let whole = [&["detect", "--state", &whole_state][..], &model].concat();
    assert!(found.len() > 3);
    assert_eq!(found, alerts(&tailspot_on(text(0..6000).as_bytes(), &whole)));
    assert_eq!(fs::read(&state).expect("saved"), fs::read(&whole_state).expect("saved"));
}

#[test]
fn options_that_do_not_agree_with_the_state_are_named_with_both_values() {
    let folder = Folder::new();
    let state = folder.path("s.state");
    let text = column("v", &stream(4, 3000));
    let made = ["detect", "--state", &state, "--q", "1e-3", "--column", "v"];
    tailspot_on(text.as_bytes(), &made).lines();
    let before = fs::read(&state).expect("saved");
    let cases: [(&[&str], &[&str]); 9] = [
        (&["--baseline", "10/40"], &["--baseline 10/40/0", "has no baseline:"]),
        (&["--limit", "2"], &["--limit 2", "limit = 0"]),
        (&["--q", "1e-4"], &["--q 0.0001", "q = 0.001"]),
        (&["--level", "0.9"], &["--level 0.9", "level = 0.99"]),
        (&["--side", "up"], &["--side up", "side = both"]),
        (&["--as-published"], &["--accounting discarded", "accounting = budgeted"]),
        (&["--max-excess", "100"], &["--max-excess 100", "max_excess = 200"]),
        (&["--column", "w"], &["--column w", "column v"]),
        (&["--key", "host"], &["--key host", "no key"]),
    ];
    for (options, words) in cases {
        let outcome =
            tailspot_on(text.as_bytes(), &[&["detect", "--state", &state], options].concat());
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        for word in [words, &["s.state"]].concat() {
            assert!(outcome.err.contains(word), "{word:?} is not in {outcome:?}");
        }
    }
    assert_eq!(fs::read(&state).expect("still there"), before);
    // Saying the same again is no disagreement.
    tailspot_on(text.as_bytes(), &made).lines();
}

#[test]
fn a_state_wins_over_fit_and_says_so() {
    let folder = Folder::new();
    let state = folder.path("s.state");
    let fit = folder.file("fit.csv", column("v", &stream(6, 3000)));
    let data = folder.file("data.csv", column("v", &stream(7, 1000)));
    let arguments = ["detect", "--state", &state, "--fit", &fit, "--summary", &data];
    let first = tailspot(&arguments);
    assert!(!first.err.contains("--fit is not used"));
    let second = tailspot(&arguments);
    assert!(second.err.contains("--fit is not used") && second.err.contains("s.state"));
    assert_eq!(second.summary()["seen"], 2000);
}

#[test]
fn damaged_and_foreign_files_are_refused_and_left_alone() {
    let folder = Folder::new();
    let state = folder.path("s.state");
    let data = folder.file("data.csv", column("v", &stream(8, 3000)));
    tailspot(&["detect", "--state", &state, &data]).lines();
    let good = fs::read(&state).expect("saved");
    let mut bad: Vec<Vec<u8>> = vec![Vec::new(), b"hello".to_vec(), vec![0; 5000]];
    bad.extend(
        [10, 16, 20, 27, 28, 29, good.len() / 2, good.len() - 1].map(|end| good[..end].to_vec()),
    );
    bad.push([&good[..], b"x"].concat());
    bad.push([b"tailspot state 9", &good[16..]].concat());
    for place in (0..good.len()).step_by(37) {
        let mut flipped = good.clone();
        flipped[place] ^= 0x10;
        bad.push(flipped);
    }
    for bytes in bad {
        fs::write(&state, &bytes).expect("a file");
        let outcome = tailspot(&["detect", "--state", &state, &data]);
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.err.contains("s.state"), "{outcome:?}");
        assert_eq!(outcome.err.lines().count(), 1, "{outcome:?}");
        assert_eq!(fs::read(&state).expect("still there"), bytes);
    }
}

#[test]
fn a_run_that_ends_at_a_bad_row_saves_what_came_before_it() {
    let folder = Folder::new();
    let (state, expected) = (folder.path("s.state"), folder.path("e.state"));
    let good = column("v", &stream(9, 3000));
    let bad = folder.file("bad.csv", good.clone() + "text\n1\n");
    tailspot_on(good.as_bytes(), &["detect", "--state", &expected]).lines();
    let outcome = tailspot(&["detect", "--summary", "--state", &state, &bad]);
    assert_eq!(outcome.code, Some(2));
    assert_eq!(outcome.summary()["rows"], 3000);
    assert_eq!(fs::read(&state).expect("saved"), fs::read(&expected).expect("saved"));
    assert_eq!(folder.names().len(), 3, "no temporary file is left");
}

#[cfg(unix)]
#[test]
fn a_link_to_a_state_stays_a_link() {
    let folder = Folder::new();
    let (real, link) = (folder.path("real"), folder.path("link"));
    let text = column("v", &stream(9, 100));
    tailspot_on(text.as_bytes(), &["detect", "--state", &real]).lines();
    std::os::unix::fs::symlink(&real, &link).expect("a link");
    let before = fs::read(&real).expect("saved");
    tailspot_on(text.as_bytes(), &["detect", "--state", &link]).lines();
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    assert_ne!(fs::read(&real).expect("saved"), before);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_is_an_error_and_the_old_state_stays() {
    let folder = Folder::new();
    let (state, plot) = (folder.path("s.state"), folder.path("p.svg"));
    let data = folder.file("d.csv", column("v", &stream(7, 3000)));
    assert_eq!(tailspot(&["detect", "--state", &state, &data]).code, Some(0));
    let saved = std::fs::read(&state).expect("a state");
    for (option, path) in [("--state", &state), ("--plot", &plot)] {
        let limited = "ulimit -f 1; exec \"$0\" \"$@\"";
        let mut command = std::process::Command::new("sh");
        command.args(["-c", limited, env!("CARGO_BIN_EXE_tailspot")]);
        let output = command.args(["detect", option, path, &data]).output().expect("a shell");
        assert_eq!(output.status.code(), Some(2), "{option} {output:?}");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(words.contains(path.as_str()) && words.contains("too large"), "{words}");
    }
    assert_eq!(std::fs::read(&state).expect("a state"), saved);
    assert!(!std::path::Path::new(&plot).exists());
}
