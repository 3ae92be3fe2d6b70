//! Rows as Markdown tables, padded to be read as they are, or as JSON.

use crate::row::{Line, Row};

/// Races of the same contenders, one a line: their times, then the times of
/// each peer as multiples of ours.
pub fn print_matrix(title: &str, rows: &[Row]) {
    let Some(first) = rows.first() else { return };
    let peers: Vec<&str> =
        first.lines.iter().filter(|line| line.contender.peer).map(|l| l.contender.name).collect();
    let pairs: Vec<(&str, &str)> =
        peers.iter().flat_map(|peer| first.ours.map(|ours| (*peer, ours))).collect();
    let mut table = vec![vec![title.to_string()]];
    table[0].extend(first.lines.iter().map(|line| line.contender.name.to_string()));
    table[0].extend(pairs.iter().map(|(peer, ours)| format!("{peer} / {ours}")));
    for row in rows {
        let mut cells = vec![row.name.clone()];
        cells.extend(row.lines.iter().map(|line| time(line.outcome.ns)));
        cells.extend(pairs.iter().map(|(peer, ours)| factor(row.ns(peer) / row.ns(ours))));
        table.push(cells);
    }
    print(&table);
}

/// One race, a line for each contender, its time also as a multiple of ours.
pub fn print_lines(title: &str, row: &Row) {
    let mut table = vec![vec![title.to_string(), "ns a value".into()]];
    table[0].extend(row.ours.map(|ours| format!("/ {ours}")));
    table[0].extend(["values", "in the tail", "z at the end"].map(String::from));
    for Line { contender, values, outcome } in &row.lines {
        let mut cells = vec![contender.name.to_string(), time(outcome.ns)];
        cells.extend(row.ours.map(|ours| factor(outcome.ns / row.ns(ours))));
        let z = if outcome.threshold.is_nan() {
            "".into()
        } else {
            format!("{:.4}", outcome.threshold)
        };
        cells.extend([values.to_string(), outcome.tail_events.to_string(), z]);
        table.push(cells);
    }
    print(&table);
}

/// Prints lines of cells, the first of which is the head.
pub fn print(table: &[Vec<String>]) {
    let columns = table[0].len();
    let widths: Vec<usize> =
        (0..columns).map(|j| table.iter().map(|cells| cells[j].len()).max().unwrap_or(0)).collect();
    for (i, cells) in table.iter().enumerate() {
        let padded = cells.iter().zip(&widths).enumerate().map(|(j, (cell, width))| match j {
            0 => format!(" {cell:<width$} "),
            _ => format!(" {cell:>width$} "),
        });
        println!("|{}|", padded.collect::<Vec<_>>().join("|"));
        if i == 0 {
            let rules = widths.iter().enumerate().map(|(j, width)| match j {
                0 => "-".repeat(width + 2),
                _ => "-".repeat(width + 1) + ":",
            });
            println!("|{}|", rules.collect::<Vec<_>>().join("|"));
        }
    }
    println!();
}

/// Nanoseconds, to about three digits.
pub fn time(ns: f64) -> String {
    match ns {
        ns if ns < 100.0 => format!("{ns:.2}"),
        ns if ns < 10_000.0 => format!("{ns:.0}"),
        ns => thousands(ns),
    }
}

/// A ratio, to about three digits.
pub fn factor(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 10.0 => format!("{ratio:.2}"),
        ratio if ratio < 10_000.0 => format!("{ratio:.0}"),
        ratio => thousands(ratio),
    }
}

/// A large number with a comma at every third digit, rounded to three digits.
fn thousands(x: f64) -> String {
    let unit = 10f64.powi(x.log10() as i32 - 2);
    let digits = format!("{:.0}", (x / unit).round() * unit);
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One race as one object in one line.
pub fn print_json(title: &str, row: &Row) {
    let fields = row.lines.iter().map(|line| {
        let Line { contender, values, outcome } = line;
        let ratios = row.ours.map(|ours| outcome.ns / row.ns(ours));
        format!(
            "\"{}\":{{\"ns\":{:.3},\"per_tailspot\":{:.4},\"per_plug_in\":{:.4},\"values\":{values},\"tail_events\":{}}}",
            contender.name, outcome.ns, ratios[0], ratios[1], outcome.tail_events
        )
    });
    let fields: Vec<String> = fields.collect();
    println!("{{\"race\":\"{title}\",\"row\":\"{}\",{}}}", row.name, fields.join(","));
}
