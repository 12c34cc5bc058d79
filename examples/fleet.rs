//! The fleet: many simulated humans before one overloaded backend, with tidegate and with what else one could use.
//!
//! `cargo run --release --example fleet -- [--clients N] [--seeds N] [--scenario WORD] [--only KIND,…] [--write]`

#![allow(clippy::disallowed_methods, reason = "says how long it took")]

#[path = "../tests/sim/mod.rs"]
#[allow(dead_code, reason = "the tests use other parts of it")]
mod sim;

use std::io::{IsTerminal, Write};
use std::time::Instant;

use clap::Parser;

use sim::clients::{KINDS, Kind};
use sim::{fleet, scenario, table};

#[derive(Parser)]
struct Args {
    /// Regular humans
    #[arg(long, default_value_t = 1_000)]
    clients: u32,
    /// Runs of each scenario, with other humans each
    #[arg(long, default_value_t = 20)]
    seeds: u64,
    /// Scenarios whose names contain this word; a full name means that one alone
    #[arg(long, default_value = "")]
    scenario: String,
    /// Clients: tidegate, bare, retry, breaker
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Refresh docs/fleet.md and its curves
    #[arg(long)]
    write: bool,
    /// Tell the story of this human (one client, one scenario, the first seed)
    #[arg(long)]
    trace: Option<u32>,
    /// Print each second of one run (one client, one scenario, the first seed)
    #[arg(long)]
    timeline: bool,
}

/// A client's name, or `told:` and the milliseconds by which it learns too late.
fn kind(name: &str) -> Kind {
    let late = name.strip_prefix("told:").and_then(|ms| ms.parse().ok()).map(Kind::Told);
    late.or(KINDS.into_iter().find(|k| k.name() == name))
        .unwrap_or_else(|| panic!("no client is called {name}"))
}

fn main() {
    let args = Args::parse();
    let mut scenarios = scenario::all();
    // A full name means that one alone.
    let exact = scenarios.iter().any(|s| s.name == args.scenario);
    scenarios.retain(|s| if exact { s.name == args.scenario } else { s.name.contains(&args.scenario) });
    let kinds: Vec<Kind> =
        if args.only.is_empty() { KINDS.to_vec() } else { args.only.iter().map(|name| kind(name)).collect() };
    if args.trace.is_some() || args.timeline {
        let figures = fleet::run(&scenarios[0], kinds[0], args.clients, 1, args.trace);
        if args.timeline {
            println!("{}", table::timeline(&figures));
            println!("Some who were not served, human and intent: {:?}", figures.lost);
        }
        return;
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let plan =
        fleet::Plan { scenarios, kinds, clients: args.clients, seeds: args.seeds, threads, bounds: true };
    let (began, terminal) = (Instant::now(), std::io::stderr().is_terminal());
    let outcomes = fleet::all(&plan, &|done, of| {
        if terminal {
            eprint!("\r{done} of {of} runs, {:.0} s ", began.elapsed().as_secs_f64());
            let _ = std::io::stderr().flush();
        }
    });
    eprintln!();
    println!("{}", table::markdown(&outcomes));
    println!("{:.1} s on {threads} cores", began.elapsed().as_secs_f64());
}
