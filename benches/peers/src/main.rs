//! Races tailspot against the published SPOT crates on the same streams in the
//! same process, and prints nanoseconds per value and their ratios.
//!
//! ```text
//! cargo run --release -- [--quick] [--json]
//! ```
//!
//! `--quick` takes seconds, checks the results and claims nothing about speed;
//! `--json` prints one JSON object per race and no table.
//!
//! What is raced is what `cargo add` gives. The crate `libspot` compiles its C
//! by `cc` at `-O3 -std=c99` without `-march` and without link-time
//! optimisation across the language border, and takes log, exp and pow from
//! its own continued fractions behind function pointers, not from the
//! platform's libm. `libspot-rs` is a transcription with the same fractions.
//! A user of `libspot` may install other functions; they are global and cannot
//! be taken back, so the races where they matter are run again at the end with
//! those of the Rust standard library.
//!
//! Every figure is the minimum over repetitions that are interleaved between
//! the contenders, each from a freshly fitted detector.

mod abi;
mod contenders;
mod draws;
mod ours;
mod races;
mod row;
mod table;

use contenders::{Contender, LIBSPOT, LIBSPOT_C, LIBSPOT_RS, LIBSPOT_STD_MATH};
use draws::Law;
use races::{QUICK_SIZES, SIZES};
use row::Row;
use table::{factor, print_json, print_lines, print_matrix};

struct Options {
    quick: bool,
    json: bool,
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let known = ["--quick", "--json"];
    if let Some(arg) = args.iter().find(|a| !known.contains(&a.as_str())) {
        eprintln!("unknown argument {arg}; known: {}", known.join(" "));
        std::process::exit(2);
    }
    let has = |name: &str| args.iter().any(|a| a == name);
    let options = Options { quick: has("--quick"), json: has("--json") };
    if options.quick {
        eprintln!("--quick: the results are checked, the times mean nothing");
    }
    let peers = [LIBSPOT, LIBSPOT_RS];
    excess_races(&options, &peers);
    let peers_and_c = [LIBSPOT_C, LIBSPOT, LIBSPOT_RS];
    show(&options, "a value not in the tail", &races::normal(options.quick, &peers_and_c));
    show(&options, "a stream of N(0,1)", &races::stream(options.quick, &peers));
    show(&options, "nothing in the tail", &races::quiet(options.quick));
    show_threads(&options);
    install_std_math();
    excess_races(&options, &[LIBSPOT_STD_MATH]);
    show(&options, "a stream of N(0,1)", &races::stream(options.quick, &[LIBSPOT_STD_MATH]));
}

fn excess_races(options: &Options, peers: &[Contender]) {
    let sizes = if options.quick { QUICK_SIZES } else { SIZES };
    let mut rows = Vec::new();
    for size in sizes {
        for law in Law::ALL {
            eprintln!("an excess, buffer of {}, {}", size.max_excess, law.name());
            rows.push(races::excess(size, law, peers));
        }
    }
    if options.json {
        rows.iter().for_each(|row| print_json("an excess", row));
        return;
    }
    print_matrix("an excess", &rows);
    print_growth(&rows);
}

/// Our time on the largest buffers as a multiple of that on the smallest.
fn print_growth(rows: &[Row]) {
    let laws = Law::ALL.len();
    let ours = rows[0].ours;
    let mut table = vec![vec!["growth with the buffer".to_string()]];
    table[0].extend(ours.map(String::from));
    for (small, large) in rows.iter().take(laws).zip(&rows[rows.len() - laws..]) {
        let mut cells = vec![format!("({}) / ({})", large.name, small.name)];
        cells.extend(ours.map(|name| factor(large.ns(name) / small.ns(name))));
        table.push(cells);
    }
    table::print(&table);
}

fn show(options: &Options, title: &str, row: &Row) {
    if options.json { print_json(title, row) } else { print_lines(title, row) }
}

/// What a second detector on a second thread costs the first, and what a second thread costs anything here.
fn show_threads(options: &Options) {
    let [one, two] = races::threads(options.quick, abi::threads);
    let [bare_one, bare_two] =
        races::threads(options.quick, |job, count| abi::bare_threads(job.stream.len(), count));
    if options.json {
        println!(
            r#"{{"race": "two threads", "ratio": {}, "bare ratio": {}}}"#,
            two / one,
            bare_two / bare_one
        );
        return;
    }
    table::print(&[
        ["two threads", "ns, one", "ns, two", "ratio"].map(String::from).to_vec(),
        vec!["tailspot C ABI".into(), table::time(one), table::time(two), factor(two / one)],
        vec![
            "registers only".into(),
            table::time(bare_one),
            table::time(bare_two),
            factor(bare_two / bare_one),
        ],
    ]);
}

unsafe extern "C" fn std_ln(x: f64) -> f64 {
    x.ln()
}

unsafe extern "C" fn std_exp(x: f64) -> f64 {
    x.exp()
}

unsafe extern "C" fn std_pow(x: f64, y: f64) -> f64 {
    x.powf(y)
}

fn install_std_math() {
    // SAFETY: the functions are pure and valid for the life of the process, and
    // no detector is at work while they are installed.
    unsafe { libspot::set_math_functions(Some(std_ln), Some(std_exp), Some(std_pow)) };
    println!("libspot with log, exp and pow of the standard library:\n");
}
