//! The project's chores: `cargo xtask demo | test | pack | build | bench | weigh`.
//!
//! Each command installs what it needs (cargo, npm, rustup's target, and for tests Debian's packages), skips what is
//! done already, and says what it does.

mod bundle;
mod demo;
mod house;
mod inline;
mod names;
mod pack;
mod prune;
mod shorten;
mod snip;
mod suite;
mod tools;
mod wasm;
mod weigh;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use house::House;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, serves and tests tidegate")]
struct Args {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Build both cores and the npm package's files into pkg/dist
    Build,
    /// Build the npm tarball; its path is the last line printed
    Pack,
    /// Build and serve the demo
    Demo {
        /// Port on 127.0.0.1; 0 takes any free one
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// Fetch the page once as a browser would, then end
        #[arg(long)]
        once: bool,
    },
    /// Run every test, or the named suites only
    Test {
        /// Any of: checks native web face servers chromium firefox packaging
        suites: Vec<suite::Name>,
    },
    /// Build, then run benches/*.mjs, or those whose names contain one of the words
    Bench {
        /// Parts of script names
        words: Vec<String>,
    },
    /// Print what each dialect adds to the production module; a minute for each
    Weigh {
        /// Put the table into docs/bench.md
        #[arg(long)]
        write: bool,
        /// Dialects; `whole`: the module itself; `all`: every dialect at once
        #[arg(conflicts_with = "write")]
        names: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Args::parse().chore) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Its causes are enough: a backtrace would bury what the failed tool said.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(chore: Chore) -> Result<()> {
    let house = House::find()?;
    match chore {
        Chore::Build => bundle::build(&house),
        Chore::Pack => pack::pack(&house),
        Chore::Demo { port, once } => demo::demo(&house, port, once),
        Chore::Test { suites } => suite::test(&house, &suites),
        Chore::Weigh { write, names } => weigh::weigh(&house, write, &names),
        Chore::Bench { words } => bundle::bench(&house, &words),
    }
}
