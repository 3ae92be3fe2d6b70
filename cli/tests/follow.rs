//! `--follow`: a log that grows, is rotated, cut and not there yet; a program that is killed and started again.
#![cfg(unix)]

use crate::program;

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use program::{Folder, command, stream, tailspot, tailspot_on};

/// A program that follows a file.
struct Follower {
    child: Child,
    lines: Receiver<String>,
    notes: Receiver<String>,
}

fn receive(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

impl Follower {
    fn start(log: &str, arguments: &[&str]) -> Self {
        let mut command = command();
        command.args(["detect", "--follow", log, "--n-init", "300", "--level", "0.9"]);
        if !arguments.contains(&"--q") {
            command.args(["--q", "0.01"]);
        }
        command.args(["--all", "--no-header"]).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let lines = receive(child.stdout.take().expect("a pipe"));
        let notes = receive(child.stderr.take().expect("a pipe"));
        Follower { child, lines, notes }
    }

    /// The next lines.
    fn take(&self, count: usize) -> Vec<String> {
        let line = |place| {
            let line = self.lines.recv_timeout(Duration::from_secs(30));
            let notes = || self.notes.try_iter().collect::<Vec<_>>();
            line.unwrap_or_else(|_| panic!("line {place} of {count}: {:?}", notes()))
        };
        (0..count).map(line).collect()
    }

    fn is_silent(&self) {
        thread::sleep(Duration::from_millis(400));
        assert!(self.lines.try_recv().is_err(), "no further line");
    }

    fn note(&self, word: &str) -> String {
        loop {
            let note = self.notes.recv_timeout(Duration::from_secs(30)).expect("a note");
            if note.contains(word) {
                return note;
            }
        }
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = std::process::Command::new("kill").args([name, &id]).status().expect("kill");
        assert!(sent.success());
    }

    fn stop(mut self, signal: &str) {
        self.signal(signal);
        self.child.wait().expect("it ends");
    }
}

fn rows(values: &[f64]) -> String {
    values.iter().map(|value| format!("{value:?}\n")).collect()
}

fn append(log: &str, text: &str) {
    let mut file = OpenOptions::new().append(true).create(true).open(log).expect("a log");
    file.write_all(text.as_bytes()).expect("written");
}

/// The lines of a run over all values at once.
fn expected(values: &[f64]) -> Vec<String> {
    let options =
        ["detect", "--n-init", "300", "--level", "0.9", "--q", "0.01", "--all", "--no-header"];
    let outcome = tailspot_on(rows(values).as_bytes(), &options);
    outcome.lines().iter().map(|line| line.to_string()).collect()
}

#[test]
fn a_log_is_followed_over_rotation_truncation_and_absence() {
    let folder = Folder::new();
    let log = folder.path("app.log");
    let values = stream(1, 1000);
    let follower = Follower::start(&log, &[]);
    follower.note("not there yet");
    append(&log, &format!("v\n{}", rows(&values[..200])));
    let mut found = follower.take(200);
    follower.note("calibrating, 200 of 300");
    // Half a line is no row until its rest has come.
    let text = rows(&values[200..400]);
    append(&log, &text[..text.len() - 4]);
    found.extend(follower.take(199));
    follower.is_silent();
    append(&log, &text[text.len() - 4..]);
    found.extend(follower.take(1));
    follower.note("calibrated on 300 values");
    // Rotation: what is written under the old name belongs to the old file.
    fs::rename(&log, folder.path("app.log.1")).expect("renamed");
    append(&folder.path("app.log.1"), &rows(&values[400..500]));
    found.extend(follower.take(100));
    append(&log, &format!("v\n{}", rows(&values[500..700])));
    found.extend(follower.take(200));
    // Truncation, and no header this time.
    let copy = File::create(&log).expect("truncated");
    drop(copy);
    follower.note("truncated");
    append(&log, &rows(&values[700..]));
    found.extend(follower.take(300));
    assert_eq!(found, expected(&values));
    follower.stop("-TERM");
}

#[test]
fn a_killed_program_goes_on_where_its_state_ends() {
    let values = stream(2, 1200);
    let all = expected(&values);
    for (signal, checkpoint) in
        [("-KILL", "7"), ("-TERM", "1000000"), ("-INT", "70"), ("-KILL", "70")]
    {
        let folder = Folder::new();
        let (log, state) = (folder.path("app.log"), folder.path("s.state"));
        let options = ["--state", &state, "--checkpoint", checkpoint];
        append(&log, &format!("v\n{}", rows(&values[..400])));
        let follower = Follower::start(&log, &options);
        let mut found = follower.take(400);
        follower.stop(signal);
        // While nobody looks: more rows, half a row, a rotation, more rows.
        append(&log, &rows(&values[400..600]));
        fs::rename(&log, folder.path("app.log.1")).expect("renamed");
        append(&log, &format!("v\n{}", rows(&values[600..900])));
        let follower = Follower::start(&log, &options);
        let first = follower.take(1).remove(0);
        let index: usize =
            first.split(',').next().and_then(|index| index.parse().ok()).expect("an index");
        assert!(index <= 400 && (signal == "-KILL" || index == 400), "{signal}: {first}");
        // Lines after the last checkpoint come once more; the rows of the state only once.
        found.truncate(index);
        found.push(first);
        found.extend(follower.take(899 - index));
        append(&log, &rows(&values[900..]));
        found.extend(follower.take(300));
        assert_eq!(found, all, "{signal} {checkpoint}");
        follower.is_silent();
        follower.stop("-TERM");
        let names = folder.names().len();
        assert_eq!(names, 3, "two logs and the state");
    }
}

#[test]
fn every_rotated_file_is_read_that_is_still_there() {
    let values = stream(3, 1200);
    let all = expected(&values);
    let part = |from: usize, to: usize| format!("v\n{}", rows(&values[from..to]));
    // What became of the file that was read, whose rows from 300 on are left.
    type Fate = fn(&Folder, &str, &str);
    let rename: Fate = |folder, log, _| fs::rename(log, folder.path("app.log.3")).expect("renamed");
    let compress: Fate = |folder, log, text| {
        fs::remove_file(log).expect("removed");
        let file = File::create(folder.path("app.log.3.gz")).expect("a file");
        let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).and_then(|()| gzip.finish().map(drop)).expect("written");
    };
    let copy_and_cut: Fate = |folder, log, _| {
        fs::copy(log, folder.path("app.log.3")).expect("copied");
        File::create(log).expect("cut");
    };
    let remove: Fate = |_, log, _| fs::remove_file(log).expect("removed");
    for (fate, left) in [(rename, 300), (compress, 300), (copy_and_cut, 300), (remove, 500)] {
        let folder = Folder::new();
        let (log, state) = (folder.path("app.log"), folder.path("s.state"));
        let options = ["--state", &state];
        // Older ones, and what only looks like one, are not of this stream.
        folder.file("app.log.4", format!("v\n{}", rows(&stream(4, 100))));
        append(&log, &part(0, 300));
        let follower = Follower::start(&log, &options);
        let mut found = follower.take(300);
        follower.stop("-TERM");
        append(&log, &rows(&values[300..500]));
        fate(&folder, &log, &part(0, 500));
        folder.file("app.log.2", part(500, 700));
        folder.file("app.log.1", part(700, 900));
        folder.file("app.log.bak", part(700, 900));
        append(&log, &part(900, 1100));
        let follower = Follower::start(&log, &options);
        found.extend(follower.take(1100 - left));
        append(&log, &rows(&values[1100..]));
        found.extend(follower.take(100));
        follower.is_silent();
        let values = |lines: &[String]| -> Vec<String> {
            let value = |line: &String| line.split(',').nth(1).unwrap_or_default().to_owned();
            lines.iter().map(value).collect()
        };
        match left {
            300 => assert_eq!(found, all),
            _ => assert_eq!(values(&found), values(&[&all[..300], &all[left..]].concat())),
        }
        follower.stop("-TERM");
    }
}

#[test]
fn the_header_is_remembered_and_a_missing_first_value_is_no_header() {
    let folder = Folder::new();
    let (log, state) = (folder.path("app.log"), folder.path("s.state"));
    let options = ["--state", &state, "--column", "b"];
    append(&log, "a,b\nx,1\nx,2\n");
    let follower = Follower::start(&log, &options);
    follower.take(2);
    follower.stop("-TERM");
    append(&log, "x,NA\nx,3\n");
    let follower = Follower::start(&log, &options);
    let lines = follower.take(2);
    assert!(lines[0].starts_with("2,,missing") && lines[1].starts_with("3,3,"), "{lines:?}");
    follower.stop("-TERM");
}

#[test]
fn an_alert_of_a_threshold_that_is_hardly_known_says_so_at_once() {
    let folder = Folder::new();
    let log = folder.path("app.log");
    append(&log, &rows(&stream(9, 400)));
    let follower = Follower::start(&log, &[]);
    follower.take(400);
    assert!(follower.notes.try_iter().all(|note| !note.contains("hardly")), "nobody needs it yet");
    follower.stop("-KILL");
    let follower = Follower::start(&log, &["--q", "1e-12"]);
    follower.take(400);
    append(&log, "1e300\n1e300\n");
    assert!(follower.note("hardly known").contains("q = 1e-12"));
    follower.take(2);
    follower.stop("-KILL");
}

#[test]
fn bad_rows_are_skipped_wherever_they_stand() {
    let folder = Folder::new();
    let (log, state) = (folder.path("app.log"), folder.path("s.state"));
    let options = ["--state", &state, "--checkpoint", "1"];
    let mut found = Vec::new();
    // Parts of a file, each behind a kill, and how many rows there are then.
    let parts = [("v\n1\n2\noo", 2), ("ps\n3\n\"4\n5\n", 3), (&"6\n".repeat(150), 154)];
    for (text, count) in parts {
        append(&log, text);
        let follower = Follower::start(&log, &options);
        while found.len() < count {
            let line = follower.take(1).remove(0);
            let index: usize =
                line.split(',').next().and_then(|i| i.parse().ok()).expect("an index");
            // A line whose checkpoint was not reached comes once more.
            assert!(index <= found.len());
            found.truncate(index);
            found.push(line);
        }
        follower.stop("-KILL");
    }
    let values: Vec<_> =
        found.iter().map(|line| line.split(',').nth(1).unwrap_or_default()).collect();
    assert_eq!(values[..4], ["1", "2", "3", "5"]);
    assert_eq!(values[4..], ["6"; 150]);
}

#[test]
fn a_kill_before_the_first_checkpoint_loses_no_row() {
    let folder = Folder::new();
    let (log, state) = (folder.path("app.log"), folder.path("s.state"));
    append(&log, "v\n1\n2\n");
    let follower = Follower::start(&log, &["--state", &state]);
    follower.take(2);
    thread::sleep(Duration::from_millis(500));
    follower.stop("-KILL");
    append(&log, "3\n");
    fs::rename(&log, folder.path("app.log.1")).expect("renamed");
    append(&log, "v\n4\n");
    let follower = Follower::start(&log, &["--state", &state]);
    let lines = follower.take(2);
    assert!(lines[0].starts_with("2,3,") && lines[1].starts_with("3,4,"), "{lines:?}");
    follower.stop("-TERM");
}

#[test]
fn hup_saves_the_state_and_goes_on() {
    let folder = Folder::new();
    let (log, state) = (folder.path("app.log"), folder.path("s.state"));
    append(&log, "v\n1\n2\n");
    let follower = Follower::start(&log, &["--state", &state]);
    follower.take(2);
    append(&log, "2.5\n");
    follower.take(1);
    thread::sleep(Duration::from_millis(200));
    let before = fs::read(&state).expect("saved with the first rows");
    follower.signal("-HUP");
    let start = Instant::now();
    while fs::read(&state).expect("there") == before {
        assert!(start.elapsed() < Duration::from_secs(20), "saved");
        thread::sleep(Duration::from_millis(20));
    }
    append(&log, "3\n");
    follower.take(1);
    follower.stop("-KILL");
    let next = tailspot_on(b"v\n9\n", &["detect", "--all", "--state", &state]);
    assert!(next.lines()[1].starts_with("3,9,"), "{next:?}");
}

#[test]
fn the_state_is_saved_every_so_often_although_nothing_comes() {
    let folder = Folder::new();
    let (log, state) = (folder.path("app.log"), folder.path("s.state"));
    append(&log, "v\n1\n2\n");
    let follower = Follower::start(&log, &["--state", &state, "--checkpoint-seconds", "0.1"]);
    follower.take(2);
    thread::sleep(Duration::from_millis(1500));
    follower.stop("-KILL");
    let next = tailspot_on(b"v\n9\n", &["detect", "--all", "--state", &state]);
    assert!(next.lines()[1].starts_with("2,9,"), "{next:?}");
}

#[test]
fn a_second_program_on_one_state_is_refused() {
    let folder = Folder::new();
    let (log, state) = (folder.path("app.log"), folder.path("s.state"));
    append(&log, "v\n1\n");
    let follower = Follower::start(&log, &["--state", &state, "--checkpoint", "1"]);
    follower.take(1);
    let refused = || {
        let second = tailspot_on(b"v\n1\n", &["detect", "--state", &state]);
        assert_eq!(second.code, Some(2), "{second:?}");
        assert!(second.err.contains("in use by another tailspot"), "{second:?}");
    };
    refused();
    // Also once the file was replaced.
    append(&log, "2\n");
    follower.take(1);
    thread::sleep(Duration::from_millis(300));
    refused();
    follower.stop("-KILL");
    tailspot_on(b"v\n1\n", &["detect", "--state", &state]).lines();
}

#[test]
fn a_file_that_is_another_one_is_read_from_its_start() {
    let folder = Folder::new();
    let (log, state) = (folder.path("app.log"), folder.path("s.state"));
    append(&log, "v\n1\n2\n");
    let follower = Follower::start(&log, &["--state", &state]);
    follower.take(2);
    follower.stop("-TERM");
    // The same name and, as it may happen, the same number, and longer than before.
    fs::write(&log, "v\n7\n8\n9\n").expect("written");
    let follower = Follower::start(&log, &["--state", &state]);
    follower.note("not the file");
    assert_eq!(follower.take(3).len(), 3);
    follower.stop("-TERM");
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let folder = Folder::new();
    let data = folder.file("d.csv", "v\n1\n");
    let gz = folder.file("d.gz", [0x1f, 0x8b, 8, 0, 0]);
    for arguments in [&["--follow"][..], &["--follow", "-"], &["--follow", &data, &data]] {
        let outcome = tailspot(&[&["detect"], arguments].concat());
        assert!(outcome.code == Some(2) && outcome.err.contains("one FILE"), "{outcome:?}");
    }
    for place in [gz, folder.path("")] {
        let outcome = tailspot(&["detect", "--follow", &place]);
        assert!(outcome.code == Some(2) && outcome.err.contains("cannot follow"), "{outcome:?}");
    }
}

#[test]
fn a_full_disk_under_the_output_saves_nothing_that_nobody_has_read() {
    let full = OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else {
        eprintln!("skipped: there is no /dev/full");
        return;
    };
    let folder = Folder::new();
    let (log, state) = (folder.path("app.log"), folder.path("s.state"));
    let values = stream(4, 500);
    append(&log, &format!("v\n{}", rows(&values[..100])));
    let options = ["--state", &state];
    let follower = Follower::start(&log, &options);
    let mut found = follower.take(100);
    follower.stop("-TERM");
    append(&log, &rows(&values[100..]));
    let mut command = command();
    command.args(["detect", "--follow", &log, "--all", "--state", &state]).stdout(full);
    let output = command.output().expect("the program runs");
    assert_eq!(output.status.code(), Some(2));
    let follower = Follower::start(&log, &options);
    found.extend(follower.take(400));
    assert_eq!(found, expected(&values));
    follower.stop("-TERM");
}
