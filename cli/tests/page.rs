//! The page of `--plot x.html` in a real browser: it opens, loads nothing, shows the incidents of the program, and obeys
//! mouse and keyboard, on small and large screens, in light and dark.

use crate::program;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use program::{Folder, column, stream, tailspot, tailspot_on};
use serde_json::Value;

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

fn browser() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(find)
}

/// A browser; with CI set it is installed where it is missing, otherwise the test says what it skips.
fn browser_or_note() -> Option<PathBuf> {
    // Tests run side by side, and only one of them may install.
    static BROWSER: std::sync::OnceLock<Option<PathBuf>> = std::sync::OnceLock::new();
    BROWSER
        .get_or_init(|| {
            if let Some(found) = browser() {
                return Some(found);
            }
            if std::env::var_os("CI").is_none() {
                // Written past the test harness, which shows what a test prints only when it fails.
                let note = "\nskipped: there is no Chromium for the pages of --plot x.html\n";
                std::io::stderr().write_all(note.as_bytes()).expect("standard error is open");
                return None;
            }
            let install =
                "apt-get update && apt-get install --yes --no-install-recommends chromium";
            let command = if find("sudo").is_some() { "sudo" } else { "sh" };
            let mut command = Command::new(command);
            if command.get_program() == "sudo" {
                command.arg("sh");
            }
            let done = command.args(["-c", install]).status().expect("a shell");
            assert!(done.success(), "Chromium can be installed");
            Some(browser().expect("Chromium was installed"))
        })
        .clone()
}

/// What the test does in the page, and leaves in an attribute of it.
const VISIT: &str = include_str!("page/visit.js");

/// Opens a page and returns what the visit found.
fn visit(browser: &Path, page: &str, width: u32, dark: bool) -> Value {
    let folder = Folder::new();
    let text = fs::read_to_string(page).expect("a page");
    let copy = folder
        .file("visit.html", text.replace("</html>", &format!("<script>{VISIT}</script></html>")));
    let mut command = Command::new(browser);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
    ]);
    command.args(["--disable-background-networking", "--virtual-time-budget=6000", "--dump-dom"]);
    command.arg(format!("--user-data-dir={}", folder.path("profile")));
    command.arg(format!("--window-size={width},900"));
    command.args(dark.then_some("--force-dark-mode"));
    let output = command.arg(format!("file://{copy}")).output().expect("the browser runs");
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let found = dom.split("data-found=\"").nth(1).and_then(|rest| rest.split('"').next());
    let found = found.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    serde_json::from_str(&decoded(found)).expect("JSON")
}

/// Without the escapes of encodeURIComponent.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

/// How many incidents the program itself counts.
fn incidents(data: &str, options: &[&str]) -> usize {
    let outcome =
        tailspot(&[&["detect", "--incidents", "--format", "json"], options, &[data]].concat());
    let starts =
        |line: &Value| line["event"].as_str().is_some_and(|event| event.starts_with("start"));
    outcome.json().iter().filter(|line| starts(line)).count()
}

fn dated(values: &[f64]) -> String {
    let row = |(row, value): (usize, &f64)| format!("{},{value:?}\n", 1_404_172_800 + 60 * row);
    "t,v\n".to_owned() + &values.iter().enumerate().map(row).collect::<String>()
}

#[test]
fn a_page_opens_anywhere_and_is_alive() {
    let Some(browser) = browser_or_note() else { return };
    let folder = Folder::new();
    let (page, data) = (folder.path("p.html"), folder.file("d.csv", dated(&stream(1, 30_000))));
    tailspot(&["detect", "--time", "t", "--plot", &page, &data]).lines();
    let count = incidents(&data, &["--time", "t"]);
    assert!(count > 10);
    let mut backgrounds = Vec::new();
    for (width, dark) in [(1600, false), (400, false), (1600, true), (400, true)] {
        let found = visit(&browser, &page, width, dark);
        let shown = format!("{width} {dark} {found}");
        assert_eq!(found["ready"], "true", "{shown}");
        assert_eq!(found["heading"], format!("{count} incidents"), "{shown}");
        assert_eq!(found["rows"], count, "{shown}");
        assert_eq!((&found["charts"], &found["violation"]), (&1.into(), &Value::Null), "{shown}");
        assert_eq!(found["requests"], Value::Array(Vec::new()), "{shown}");
        assert!(found["overflow"].as_i64().expect("a number") <= 0, "{shown}");
        assert_eq!(found["unzoomed"], false, "{shown}");
        for action in ["plus", "right", "zero", "next", "click"] {
            assert_eq!(found[action], true, "{action} {shown}");
        }
        assert_eq!(
            (&found["here"], &found["second"]),
            (&"incident-1".into(), &"incident-2".into()),
            "{shown}"
        );
        let tip = found["tip"].as_str().expect("text");
        for word in ["2014-07-", "v: ", "upper threshold", "lower threshold"] {
            assert!(tip.contains(word), "{word} {shown}");
        }
        backgrounds.push(found["background"].clone());
    }
    assert_eq!(backgrounds[0], backgrounds[1]);
    assert_ne!(backgrounds[0], backgrounds[2], "dark is dark");
}

#[test]
fn pages_of_odd_data_open_too() {
    let Some(browser) = browser_or_note() else { return };
    let folder = Folder::new();
    let page = folder.path("p.html");
    let empty = column("v", &[]);
    let one = column("v", &[5.0]);
    let huge = column("v", &[1e308, -1e308, f64::NAN, 0.0, 5e-324]);
    let constant = column("v", &[7.0; 3000]) + "8\ninf\n";
    let names =
        "k,</script><b>v\n".to_owned() + &"</script><img src=http://localhost:9/x>,1\n".repeat(30);
    let keyed = ["--key", "k", "--column", "</script><b>v"];
    let cases: [(&str, &[&str]); 6] = [
        (&empty, &[]),
        (&one, &[]),
        (&huge, &[]),
        (&constant, &[]),
        (&names, &keyed),
        (&constant, &["--log"]),
    ];
    for (text, options) in cases {
        let arguments =
            [&["detect", "--plot", &page, "--plot-title", "<i>&\"</i>"], options].concat();
        tailspot_on(text.as_bytes(), &arguments).lines();
        let found = visit(&browser, &page, 800, false);
        assert_eq!(found["ready"], "true", "{text:.40} {found}");
        assert_eq!(found["requests"], Value::Array(Vec::new()), "{found}");
        assert_eq!(found["violation"], Value::Null, "{found}");
        if !text.starts_with("v\n7") {
            assert!(
                found["about"].as_str().expect("text").starts_with("Nothing was judged"),
                "{found}"
            );
        }
    }
}

#[test]
fn ten_thousand_rows_or_a_million_are_a_page_of_some_size() {
    let folder = Folder::new();
    let page = folder.path("p.html");
    let values = stream(2, 50_000).repeat(20);
    let text = column("v", &values);
    tailspot_on(text.as_bytes(), &["detect", "--plot", &page]).lines();
    assert!(fs::metadata(&page).expect("a page").len() < 2_000_000);
    let page = fs::read_to_string(&page).expect("a page");
    assert!(!page.contains("<link rel=\"stylesheet\"") && !page.contains("<script src"));
}
