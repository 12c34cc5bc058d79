//! The fleet: many simulated humans before one overloaded backend, with tidegate and with what else one could use.
//!
//! `cargo run --release --example fleet -- [--clients N] [--seeds N] [--scenario WORD] [--only KIND,…] [--write]`

#![allow(clippy::disallowed_methods, reason = "says how long it took")]

mod curves;
#[path = "../../tests/sim/mod.rs"]
#[allow(dead_code, reason = "the tests use other parts of it")]
mod sim;

use std::error::Error;
use std::fs;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Instant;

use clap::Parser;

use sim::clients::{KINDS, Kind};
use sim::fleet::{Outcome, Plan};
use sim::scenario::Scenario;
use sim::{fleet, params, scenario, table};

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
    /// Clients: tidegate, bare, retry, breaker; told:MS knows of the overload, so many milliseconds late
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Refresh docs/fleet.md and its curves
    #[arg(long)]
    write: bool,
    /// Tell the story of this human (the first client, scenario and seed)
    #[arg(long)]
    trace: Option<u32>,
    /// Print each second of one run (the first client, scenario and seed)
    #[arg(long)]
    timeline: bool,
    /// Measure how cost grows to a hundred thousand humans (the first client and scenario)
    #[arg(long)]
    growth: bool,
}

impl Args {
    fn scenarios(&self) -> Vec<Scenario> {
        let mut all = scenario::all();
        let exact = all.iter().any(|s| s.name == self.scenario);
        all.retain(|s| if exact { s.name == self.scenario } else { s.name.contains(&self.scenario) });
        all
    }

    fn kinds(&self) -> Vec<Kind> {
        if self.only.is_empty() { KINDS.to_vec() } else { self.only.iter().map(|name| kind(name)).collect() }
    }
}

/// A client's name, or `told:` and the milliseconds by which it learns too late.
fn kind(name: &str) -> Kind {
    let late = name.strip_prefix("told:").and_then(|ms| ms.parse().ok()).map(Kind::Told);
    late.or(KINDS.into_iter().find(|k| k.name() == name))
        .unwrap_or_else(|| panic!("no client is called {name}"))
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let (scenarios, kinds) = (args.scenarios(), args.kinds());
    let first = scenarios.first().ok_or("no scenario has that word in its name")?;
    if args.growth {
        return grow(&args, first, kinds[0]);
    }
    if args.trace.is_some() || args.timeline {
        let figures = fleet::run(first, kinds[0], args.clients, 1, args.trace);
        if args.timeline {
            println!("{}", table::timeline(&figures));
        }
        return Ok(());
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let plan = Plan { scenarios, kinds, clients: args.clients, seeds: args.seeds, threads, bounds: true };
    let (began, terminal) = (Instant::now(), std::io::stderr().is_terminal());
    let outcomes = fleet::all(&plan, &|done, of| {
        if terminal || done % 100 == 0 {
            let end = if terminal { "\r" } else { "\n" };
            eprint!("{done} of {of} runs, {:.0} s{end}", began.elapsed().as_secs_f64());
            let _ = std::io::stderr().flush();
        }
    });
    println!("{}", table::markdown(&outcomes));
    println!("{:.1} s on {threads} cores", began.elapsed().as_secs_f64());
    if args.write { written(&args, &outcomes) } else { Ok(()) }
}

/// Seconds that this thread has worked, where the system tells (Linux); else those that have passed since.
fn worked(since: Instant) -> f64 {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split(' ').next().and_then(|n| n.parse::<f64>().ok());
    nanos.map_or_else(|| since.elapsed().as_secs_f64(), |n| n / 1e9)
}

/// What five minutes of one scenario cost with ever more humans, on one core.
fn grow(args: &Args, scenario: &Scenario, kind: Kind) -> Result<(), Box<dyn Error>> {
    let mut text =
        "| humans | seconds | requests | events | microseconds an event |\n|--:|--:|--:|--:|--:|\n"
            .to_owned();
    print!("{text}");
    for clients in [1_000, 3_000, 10_000, 30_000, 100_000] {
        let (began, before) = (Instant::now(), worked(Instant::now()));
        let figures = fleet::run(scenario, kind, clients, 1, None);
        let took = worked(began) - before;
        let each = took * 1e6 / figures.events as f64;
        let row =
            format!("| {clients} | {took:.1} | {} | {} | {each:.2} |\n", figures.requests, figures.events);
        print!("{row}");
        text.push_str(&row);
    }
    if args.write { replace("growth", &text) } else { Ok(()) }
}

fn docs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")
}

/// Puts `text` between the marks of that name in docs/fleet.md.
fn replace(name: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let file = docs().join("fleet.md");
    let page = fs::read_to_string(&file)?;
    let (begin, end) =
        (format!("<!-- {name}: written by the fleet -->\n"), format!("<!-- end of {name} -->"));
    let (head, rest) = page.split_once(&begin).ok_or("docs/fleet.md has lost a mark")?;
    let (_, tail) = rest.split_once(&end).ok_or("docs/fleet.md has lost an end mark")?;
    Ok(fs::write(&file, format!("{head}{begin}{text}{end}{tail}"))?)
}

fn written(args: &Args, outcomes: &[Outcome]) -> Result<(), Box<dyn Error>> {
    let folder = docs().join("fleet");
    fs::create_dir_all(&folder)?;
    for outcome in outcomes {
        curves::draw(&folder, outcome)?;
    }
    let mut parameters = "| parameter | value | source |\n|---|---|---|\n".to_owned();
    for params::Row(what, value, source) in params::TABLE {
        parameters += &format!("| {what} | {value} | {source} |\n");
    }
    replace("parameters", &parameters)?;
    let head = format!("{} humans, {} seeds a scenario.\n\n", args.clients, args.seeds);
    replace("table", &format!("{head}{}", table::markdown(outcomes)))?;
    let pictures = outcomes.iter().map(|o| format!("![{0}](fleet/{0}.svg)\n", o.scenario.name));
    replace("curves", &pictures.collect::<String>())
}
