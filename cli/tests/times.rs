//! Times as they are written in the world: shown as dates, refused with a reason, never taken for another unit.

use crate::program;

use std::fmt::Write as _;
use std::fs;

use program::{Folder, Outcome, stream, tailspot, tailspot_on};

const ALL: [&str; 6] = ["detect", "--all", "--format", "json", "--time", "t"];

fn rows(times: &[&str]) -> String {
    times.iter().fold("t,v\n".to_owned(), |mut text, time| {
        writeln!(text, "\"{time}\",1").expect("text");
        text
    })
}

fn run(times: &[&str], more: &[&str]) -> Outcome {
    tailspot_on(rows(times).as_bytes(), &[&ALL, more].concat())
}

/// The times that the program shows, where none is refused.
fn shown(times: &[&str], more: &[&str]) -> Vec<String> {
    let outcome = run(times, &[&["--on-error", "stop"], more].concat());
    outcome.json().iter().map(|row| row["time"].as_str().unwrap_or("null").to_owned()).collect()
}

#[test]
fn unix_times_of_every_unit_are_the_dates_that_they_mean() {
    let cases = [
        ("1404172800", "2014-07-01T00:00:00Z"),
        ("1404172800.25", "2014-07-01T00:00:00.25Z"),
        // No number of 64 bits holds these.
        ("1404172801.1", "2014-07-01T00:00:01.1Z"),
        ("1404172800.123456", "2014-07-01T00:00:00.123456Z"),
        ("1404172800.123456789", "2014-07-01T00:00:00.123456789Z"),
        ("1404172800123.456", "2014-07-01T00:00:00.123456Z"),
        ("1404172800123456.7", "2014-07-01T00:00:00.1234567Z"),
        ("1404172800123", "2014-07-01T00:00:00.123Z"),
        ("1404172800123456", "2014-07-01T00:00:00.123456Z"),
        ("1404172800123456789", "2014-07-01T00:00:00.123456789Z"),
        ("1.4041728e9", "2014-07-01T00:00:00Z"),
    ];
    for (time, date) in cases {
        assert_eq!(shown(&[time], &[]), [date], "{time}");
        let note = run(&[time], &[]).err;
        assert!(note.contains("times are read as Unix") && note.contains("2014-07-01"), "{note}");
    }
}

#[test]
fn dates_are_shown_as_they_were_read() {
    let cases = [
        "2014-07-01 00:00:00",
        "2014-07-01",
        "2014-07-01T00:00",
        "2014-07-01T00:00:00Z",
        "2014-07-01T00:00:00.123456789Z",
        "2014-07-01T00:00:00,5+02:00",
        "2014-07-01 00:00:00 UTC",
        "2014-07-01 00:00:00 +0530",
        "2014/07/01 00:00:00",
        "20140701T000000Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "2016-12-31T23:59:60Z",
        "2024-02-29",
    ];
    for time in cases {
        assert_eq!(shown(&[time], &[]), [time]);
    }
}

#[test]
fn a_format_that_is_given_is_not_guessed() {
    let cases = [
        ("s", "1404172800", "2014-07-01T00:00:00Z"),
        ("ms", "1404172800", "1970-01-17T06:02:52.8Z"),
        ("us", "0", "1970-01-01T00:00:00Z"),
        ("ns", "-1", "1969-12-31T23:59:59.999999999Z"),
        ("s", "-0.1", "1969-12-31T23:59:59.9Z"),
        ("s", "0.0000000004999999999999999999", "1970-01-01T00:00:00Z"),
        ("s", "253402300799.999999999", "9999-12-31T23:59:59.999999999Z"),
        ("ms", ".5", "1970-01-01T00:00:00.0005Z"),
        ("s", "1.5e3", "1970-01-01T00:25:00Z"),
        ("s", "-62135596800", "0001-01-01T00:00:00Z"),
        ("%d/%m/%Y", "01/07/2014", "01/07/2014"),
        ("%d/%b/%Y:%H:%M:%S %z", "01/Jul/2014:10:00:00 +0200", "01/Jul/2014:10:00:00 +0200"),
        ("%Y%m%d", "20140701", "20140701"),
    ];
    for (format, time, date) in cases {
        assert_eq!(shown(&[time], &["--time-format", format]), [date], "{format} {time}");
    }
}

#[test]
fn what_could_be_another_time_is_refused_with_a_reason() {
    // The times of a column, and what the sentence about the last one must hold.
    let cases: [(&[&str], &[&str]); 26] = [
        (&["2014-07-01 00:00:00 CEST"], &["CEST", "not a date"]),
        (&["10000-01-01"], &["10000-01-01", "not a date"]),
        (&["2014-W27-1"], &["2014-W27-1", "--time-format"]),
        (&["2014-182"], &["2014-182", "--time-format"]),
        (&["12:30:00"], &["12:30:00", "--time-format"]),
        (&["1404172800", "1404172800.5", "1404172800123456"], &["line 4", "not in seconds"]),
        (&["1404172800123456789", "1404172800123"], &["line 3", "not in nanoseconds"]),
        (&["2014-07-01T00:00:00Z", "2014-07-01"], &["line 3", "no zone"]),
        (&["20140701"], &["line 2", "20140701", "--time-format"]),
        (&["20140701123045"], &["20140701123045", "--time-format"]),
        (&["201407011230"], &["201407011230", "--time-format"]),
        (&["41821.5"], &["41821.5", "--time-format"]),
        (&["0"], &["\"0\"", "--time-format"]),
        (&["1404172800", "1404172800000"], &["line 3", "not in seconds"]),
        (&["1404172800000", "1404172860"], &["line 3", "not in milliseconds"]),
        (&["1404172800", "2014-07-01"], &["line 3", "not a Unix time"]),
        (&["2014-07-01", "1404172800"], &["line 3", "not a date"]),
        (&["2014-07-01T00:00:00Z", "2014-07-01T01:00:00"], &["line 3", "no zone"]),
        (&["2014-07-01T00:00:00", "2014-07-01T01:00:00Z"], &["line 3", "a zone"]),
        (&["01/07/2014"], &["not a date", "%d/%m/%Y"]),
        (&["2014-02-30"], &["line 2", "2014-02-30"]),
        (&["2014-07-01T25:00:00"], &["line 2"]),
        (&["Jul 1 00:00:00"], &["line 2", "--time-format"]),
        (&["noon"], &["line 2", "noon"]),
        (&["1e300"], &["line 2", "1e300"]),
        (&["2014-07-01T00:00[Europe/Paris]"], &["line 2", "zone"]),
    ];
    for (times, words) in cases {
        let outcome = run(times, &["--on-error", "stop"]);
        assert_eq!(outcome.code, Some(2), "{times:?} {outcome:?}");
        for word in words {
            assert!(outcome.err.contains(word), "{word:?} is not in {outcome:?}");
        }
    }
}

#[test]
fn a_time_out_of_its_format_s_range_is_refused() {
    let cases = [
        ("s", "1e15"),
        ("s", "253402300800"),
        ("s", "nan"),
        ("s", "inf"),
        ("ms", "x"),
        ("ms", "1.5.5"),
        ("s", "--1"),
        ("%Y-%m-%d", "2014-13-01"),
        ("iso", "1404172800"),
    ];
    for (format, time) in cases {
        let outcome = run(&[time], &["--on-error", "stop", "--time-format", format]);
        // "nan" is a missing time, which is no fault of the row.
        let expected = if time == "nan" { 0 } else { 2 };
        assert_eq!(outcome.code, Some(expected), "{outcome:?}");
    }
    let format = tailspot(&["detect", "--time", "t", "--time-format", "minutes"]);
    assert!(format.code == Some(2) && format.err.contains("minutes"), "{format:?}");
}

#[test]
fn rows_without_a_time_are_judged_and_times_may_repeat_and_go_back() {
    let times = ["2014-07-01", "", "2014-07-01", "2014-06-30", "NA", "2020-01-01"];
    assert_eq!(shown(&times, &[]).len(), times.len());
    let folder = Folder::new();
    for name in ["p.svg", "p.png", "p.html"] {
        let plot = folder.path(name);
        let outcome = run(&times, &["--n-init", "300", "--plot", &plot]);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(fs::metadata(&plot).expect("a picture").len() > 500);
    }
    assert!(
        run(&times, &[]).err.contains("1 time is earlier than the one before"),
        "{:?}",
        run(&times, &[])
    );
}

#[test]
fn the_hour_that_clocks_are_set_back_is_one_hour_with_offsets() {
    let times =
        ["2024-10-27T02:30:00+02:00", "2024-10-27T02:00:00+01:00", "2024-10-27T02:30:00+01:00"];
    let outcome = run(&times, &[]);
    assert_eq!(outcome.json().len(), 3);
    assert!(!outcome.err.contains("earlier"), "{outcome:?}");
    let local = ["2024-10-27T02:30:00", "2024-10-27T02:00:00", "2024-10-27T02:30:00"];
    assert!(run(&local, &[]).err.contains("1 time is earlier"), "local times go back");
}

/// Half hours from the first of July, with an outlier now and then.
fn taxi() -> String {
    let mut text = "timestamp,value\n".to_owned();
    for (row, value) in stream(5, 6000).iter().enumerate() {
        let (day, minutes) = (row / 48, row % 48 * 30);
        let (month, day) =
            if day < 31 { (7, day + 1) } else { (8 + (day - 31) / 30, (day - 31) % 30 + 1) };
        writeln!(
            text,
            "2014-{month:02}-{day:02} {:02}:{:02}:00,{}",
            minutes / 60,
            minutes % 60,
            100.0 + value
        )
        .expect("text");
    }
    text
}

#[test]
fn a_new_user_gets_the_dates_of_anomalies_by_one_option() {
    let folder = Folder::new();
    let data = folder.file("taxi.csv", taxi());
    let plain = tailspot(&["detect", &data]);
    assert!(plain.lines().len() > 3, "a file of dates and numbers needs no --column");
    let dated = tailspot(&["detect", "--time", "timestamp", &data]);
    assert_eq!(dated.lines()[0], "index,time,value,event,threshold,probability");
    for (plain, dated) in plain.lines().iter().zip(dated.lines()).skip(1) {
        let cells: Vec<_> = dated.split(',').collect();
        let row: usize = cells[0].parse().expect("an index");
        let line = taxi().lines().nth(row + 1).expect("a line").to_owned();
        assert!(line.starts_with(&format!("{},", cells[1])), "{dated} of {line}");
        assert_eq!([&cells[..1], &cells[2..]].concat().join(","), **plain);
    }
}

#[test]
fn pictures_show_dates_and_incidents_last() {
    let folder = Folder::new();
    let (data, plot) = (folder.file("taxi.csv", taxi()), folder.path("p.svg"));
    let options = ["--time", "timestamp", "--incidents", "--format", "json", "--plot", &plot];
    let outcome = tailspot(&[&["detect"][..], &options, &[&data]].concat());
    let ends: Vec<_> =
        outcome.json().into_iter().filter(|line| line["event"] == "end_up").collect();
    assert!(!ends.is_empty());
    for end in ends {
        assert!(end["time"].as_str().expect("a time").starts_with("2014-"), "{end}");
        assert!(end["last_time"].as_str() >= end["time"].as_str(), "{end}");
        assert!(end["seconds"].as_f64().expect("seconds") >= 0.0, "{end}");
    }
    let svg = fs::read_to_string(&plot).expect("a picture");
    assert!(svg.lines().any(|line| line == "2014-07-28" || line == "2014-08"), "dates on the axis");
    assert!(svg.lines().any(|line| line == "time"), "the name of the axis");
}
