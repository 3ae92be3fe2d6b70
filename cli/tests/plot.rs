//! Pictures: names on the axes, every kind of mark, small files, any numbers.

use crate::program;

use std::fs;

use program::{Folder, column, stream, tailspot, tailspot_on};

#[test]
fn an_svg_has_named_axes_a_legend_and_dots() {
    let folder = Folder::new();
    let plot = folder.path("p.svg");
    let text = column("load", &stream(1, 5000));
    let outcome = tailspot_on(text.as_bytes(), &["detect", "--plot", &plot]);
    let alerts = outcome.lines().len() - 1;
    let svg = fs::read_to_string(&plot).expect("a picture");
    let title = format!("load: {alerts} alerts, q = 0.0001");
    for text in ["index", "load", "alert", title.as_str()] {
        assert!(svg.lines().any(|line| line == text), "{text}");
    }
    // Where they lie beyond the axis they say so.
    for text in ["upper threshold", "lower threshold"] {
        assert!(svg.lines().any(|line| line.starts_with(text)), "{text}");
    }
    assert!(svg.starts_with("<svg width=\"800\""));
    // A rim and a dot for each alert, and one dot in the legend.
    assert_eq!(svg.matches("<circle").count(), 2 * alerts + 1);
}

#[test]
fn a_million_rows_make_a_small_picture() {
    let folder = Folder::new();
    let plot = folder.path("p.svg");
    let values = stream(2, 50_000).repeat(20);
    tailspot_on(column("v", &values).as_bytes(), &["detect", "--plot", &plot]).lines();
    assert!(fs::metadata(&plot).expect("a picture").len() < 400_000);
}

#[test]
fn thresholds_that_swing_too_often_to_be_seen_do_not_cover_the_stream() {
    let folder = Folder::new();
    let plot = folder.path("p.svg");
    let season = |(row, value): (usize, f64)| 10.0 * (row as f64 / 4.0).sin() + value / 2.0;
    let values: Vec<f64> = stream(6, 9000).into_iter().enumerate().map(season).collect();
    // The lowest and the highest dot of all dashes of the upper threshold, for so many rows.
    let draw = |rows: usize| {
        let options = ["--n-init", "300", "--level", "0.9", "--q", "1e-3", "--depth", "3"];
        let text = column("v", &values[..rows]);
        tailspot_on(text.as_bytes(), &[&["detect"][..], &options, &["--plot", &plot]].concat())
            .lines();
        let svg = fs::read_to_string(&plot).expect("a picture");
        let dashes = svg.lines().filter(|line| line.contains("#7A3EB1") && line.contains("points"));
        let points = dashes.flat_map(|line| {
            let points = line.split("points=\"").nth(1).and_then(|text| text.split('"').next());
            points.unwrap_or_default().split_whitespace().collect::<Vec<_>>()
        });
        let heights: Vec<i32> =
            points.filter_map(|point| point.split(',').nth(1)?.parse().ok()).collect();
        let span = heights.iter().max().zip(heights.iter().min()).map(|(most, least)| most - least);
        (span.expect("dashes"), svg.contains("upper threshold (at its widest)"), svg.len())
    };
    let (few, many) = (draw(600), draw(9000));
    assert!(few.0 > 100 && !few.1, "a threshold that can be followed: {few:?}");
    assert!(2 * many.0 < few.0 && many.1, "its outermost places: {many:?}, {few:?}");
    assert!(many.2 < 200_000, "{many:?}");
}

#[test]
fn a_png_has_text_without_any_font_of_the_system() {
    let folder = Folder::new();
    let plot = folder.path("p.png");
    let data = folder.file("d.csv", column("v", &stream(3, 3000)));
    let mut command = program::command();
    // No home, no configuration of fonts.
    command.args(["detect", "--plot", &plot, &data]).env_clear();
    assert!(command.output().expect("the program runs").status.success());
    let decoder = png::Decoder::new(std::io::BufReader::new(fs::File::open(&plot).expect("there")));
    let mut reader = decoder.read_info().expect("a PNG");
    let mut dots = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut dots).expect("a frame");
    assert_eq!((info.width, info.height), (1600, 840));
    // The title and the names of the axes leave dark dots where nothing else is drawn.
    let dark = |left: usize, right: usize, top: usize, bottom: usize| {
        let is_dark = |&(x, y): &(usize, usize)| dots[3 * (y * 1600 + x)] < 100;
        (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y))).filter(is_dark).count()
    };
    assert!(dark(150, 800, 10, 60) > 200, "title");
    assert!(dark(700, 1000, 790, 838) > 50, "index");
    assert!(dark(0, 60, 200, 600) > 10, "name of the value axis");
}

#[test]
fn several_streams_are_drawn_one_below_the_other() {
    let folder = Folder::new();
    let plot = folder.path("p.svg");
    let values = stream(4, 9000);
    let row = |(place, value): (usize, &f64)| format!("key{},{value:?}\n", place % 9);
    let text = "k,v\n".to_owned() + &values.iter().enumerate().map(row).collect::<String>();
    let arguments = ["detect", "--column", "v", "--key", "k", "--n-init", "500", "--plot", &plot];
    let outcome = tailspot_on(text.as_bytes(), &arguments);
    assert!(outcome.err.contains("shows 6 of 9 streams"), "{outcome:?}");
    let svg = fs::read_to_string(&plot).expect("a picture");
    assert_eq!(svg.matches("v of key").count(), 6);
}

#[test]
fn streams_with_most_alerts_are_drawn_first() {
    let folder = Folder::new();
    let plot = folder.path("p.svg");
    let mut text = "k,v\n".to_owned();
    for row in 0..40_000_u32 {
        let (key, calm) = (row % 40, f64::from(row.wrapping_mul(7919) % 2003));
        let value = if key == 33 && row > 30_000 && row % 400 == 33 { 9e4 } else { calm };
        text += &format!("key{key},{value}\n");
    }
    let arguments = ["detect", "--column", "v", "--key", "k", "--n-init", "500", "--plot", &plot];
    tailspot_on(text.as_bytes(), &arguments).lines();
    let svg = fs::read_to_string(&plot).expect("a picture");
    let title = svg.lines().find(|line| line.starts_with("v of key")).expect("a title");
    assert!(title.starts_with("v of key33: "), "{title}");
}

#[test]
fn any_numbers_can_be_drawn() {
    let folder = Folder::new();
    let cases: [&[f64]; 8] = [
        &[],
        &[5.0],
        &[f64::NAN, f64::NAN],
        &[f64::INFINITY, f64::NEG_INFINITY],
        &[1e308, -1e308],
        &[5e-324, 0.0],
        &[1e15, 1e15 + 1.0],
        &[f64::MAX, f64::MIN, f64::MIN_POSITIVE],
    ];
    for values in cases {
        for name in ["p.svg", "p.png"] {
            let (plot, data) = (folder.path(name), folder.file("d.csv", column("v", values)));
            let outcome = tailspot(&["detect", "--plot", &plot, &data]);
            assert_eq!(outcome.code, Some(0), "{values:?} {outcome:?}");
            assert!(fs::metadata(&plot).expect("a picture").len() > 500);
            fs::remove_file(&plot).expect("there");
        }
    }
}

#[test]
fn the_demo_runs_on_live_data_and_leaves_a_picture() {
    let folder = Folder::new();
    let plot = folder.path("demo.svg");
    let outcome = tailspot(&["demo", "--seconds", "3", "--plot", &plot]);
    let lines = outcome.lines();
    assert!(lines[0].contains("Watching for 3 s"));
    assert!(outcome.out.contains("an alert rate of") && outcome.out.contains("q = 0.001"));
    let svg = fs::read_to_string(&plot).expect("a picture");
    assert!(svg.contains("time (s)") && svg.contains("woken late by (µs)"));
}
