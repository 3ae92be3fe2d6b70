//! What `tailspot --version` says of the build: the commit, and the number of the C ABI from its header.

use std::path::Path;
use std::process::Command;

fn main() {
    let header = Path::new("../include/tailspot.h");
    let text = std::fs::read_to_string(header).unwrap_or_default();
    let abi = text.lines().find_map(|line| line.strip_prefix("#define TAILSPOT_ABI_VERSION "));
    println!("cargo::rustc-env=TAILSPOT_ABI={}", abi.unwrap_or("unknown").trim());
    println!("cargo::rerun-if-changed={}", header.display());
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short", "HEAD"]);
    println!("cargo::rustc-env=TAILSPOT_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
}
