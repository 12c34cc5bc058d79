//! `cargo xtask test`: every suite with its headline, its own output, and one line of counts over all.

mod counts;
mod run;

use std::process;

use anyhow::Result;
use clap::ValueEnum;
pub use counts::Counts;

use crate::house::House;

/// A part of the tests, as named on the command line.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum Name {
    /// Formatting, lints (native and wasm32), types of the face
    Checks,
    /// Rust tests of all packages, documentation examples included
    Native,
    /// wasm-bindgen-test of src/web, in Chromium and in Firefox
    Web,
    /// The JavaScript face in Node
    Face,
    /// The snippets of docs/servers.md, started and overloaded
    Servers,
    /// The package in Chromium, against real servers
    Chromium,
    /// The package in Firefox, against real servers
    Firefox,
    /// The npm tarball, installed and used
    Packaging,
}

/// One line of the final table.
struct Row {
    title: &'static str,
    counts: Counts,
}

/// Runs the named suites, or all. A suite that cannot run, fails without a failed test, or runs no test at all
/// counts as one failure. Ends the process with 1 when anything failed.
pub fn test(house: &House, names: &[Name]) -> Result<()> {
    let mut run = run::Run::new(house);
    let mut rows = Vec::new();
    for name in Name::value_variants() {
        if names.is_empty() || names.contains(name) {
            for (title, suite) in suites(*name) {
                eprintln!("\n==== {title}");
                let counts = suite(&mut run).unwrap_or_else(|error| {
                    eprintln!("{title}: {error:#}");
                    Counts { failed: 1, ..Counts::default() }
                });
                rows.push(Row { title, counts });
            }
        }
    }
    let total = report(&rows);
    if total.failed > 0 {
        process::exit(1);
    }
    Ok(())
}

type Suite = fn(&mut run::Run<'_>) -> Result<Counts>;

fn suites(name: Name) -> Vec<(&'static str, Suite)> {
    match name {
        Name::Checks => vec![("checks: format, lints, types", |r| r.checks())],
        Name::Native => vec![("native", |r| r.native())],
        Name::Web => vec![
            ("wasm in Chromium", |r| r.wasm("CHROMEDRIVER")),
            ("wasm in Firefox", |r| r.wasm("GECKODRIVER")),
        ],
        Name::Face => vec![("face in Node", |r| r.node("tests/face", None))],
        Name::Servers => vec![("servers: the snippets", |r| r.servers())],
        Name::Chromium => vec![("browser: Chromium", |r| r.node("tests/browser", Some("chromium")))],
        Name::Firefox => vec![("browser: Firefox", |r| r.node("tests/browser", Some("firefox")))],
        Name::Packaging => vec![("packaging", |r| r.packaging())],
    }
}

/// Prints the table and the one line that counts.
fn report(rows: &[Row]) -> Counts {
    let mut total = Counts::default();
    println!("\n{:<32}{:>8}{:>8}{:>9}", "suite", "passed", "failed", "skipped");
    for Row { title, counts } in rows {
        println!("{title:<32}{:>8}{:>8}{:>9}", counts.passed, counts.failed, counts.skipped);
        total.add(counts);
    }
    println!();
    println!("{total}");
    total
}
