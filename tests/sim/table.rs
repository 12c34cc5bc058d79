//! The table: means over the seeds, and where the worst seed counts, that one.

use std::fmt::Write;

use super::clock::{Micros, SECOND};
use super::fleet::Outcome;
use super::measure::Figures;

/// The mean over seeds.
pub fn mean(all: &[Figures], of: impl Fn(&Figures) -> f64) -> f64 {
    all.iter().map(of).sum::<f64>() / all.len().max(1) as f64
}

/// The slowest recovery beyond the drain; none: one seed never recovers.
pub fn slowest(all: &[Figures]) -> Option<Micros> {
    let beyond = |f: &Figures| Some(f.recovery?.saturating_sub(f.drain));
    all.iter().map(beyond).collect::<Option<Vec<_>>>()?.into_iter().max()
}

fn seconds(at: Micros) -> String {
    format!("{:.1}", at as f64 / SECOND as f64)
}

const HEAD: &str = "\
| scenario | client | before | during | of clairvoyant | of coordinated | after | recovery, s | drain, s | collapsed | requests/intent | wasted | optional | doubled ‰ | with key ‰ | peak | fair |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
";

/// In Markdown.
pub fn markdown(outcomes: &[Outcome]) -> String {
    let mut text = HEAD.to_owned();
    for outcome in outcomes {
        let name = outcome.scenario.name;
        let possible = |of: &dyn Fn(&super::fleet::Possible) -> f64| {
            outcome.possible.iter().map(of).sum::<f64>() / outcome.possible.len().max(1) as f64
        };
        let [before, during, after] = [0, 1, 2].map(|n| possible(&|p| p.clairvoyant[n]));
        let coordinated = possible(&|p| p.coordinated);
        let _ = writeln!(
            text,
            "| **{name}** | *clairvoyant* | {before:.3} | {during:.3} | | | {after:.3} | | | | | | | | | | |"
        );
        let _ = writeln!(
            text,
            "| | *coordinated* | | {coordinated:.3} | {:.3} | | | | | | | | | | | | |",
            coordinated / during
        );
        for (kind, all) in &outcome.figures {
            let goodput = mean(all, |f| f.during);
            let of = goodput / during;
            // Who refuses all while nothing can be served now is no measure.
            let to = if coordinated < 0.05 { String::new() } else { format!("{:.3}", goodput / coordinated) };
            let drain = seconds(mean(all, |f| f.drain as f64) as Micros);
            let recovery = slowest(all).map_or("never".into(), seconds);
            let collapsed = all.iter().filter(|f| f.collapsed).count();
            let _ = writeln!(
                text,
                "| | {} | {:.3} | {goodput:.3} | {of:.3} | {to} | {:.3} | {recovery} | {drain} | {collapsed}/{} | {:.2} | {:.2} | {:.2} | {:.1} | {:.1} | {:.1} | {:.2} |",
                kind.name(),
                mean(all, |f| f.before),
                mean(all, |f| f.after),
                all.len(),
                mean(all, |f| f.per_intent),
                mean(all, |f| f.wasted),
                mean(all, |f| f.optional),
                mean(all, |f| f.doubled),
                mean(all, |f| f.doubled_keyed),
                mean(all, |f| f.peak),
                mean(all, |f| f.fairness),
            );
        }
    }
    text
}

/// One run, second by second.
pub fn timeline(figures: &Figures) -> String {
    let mut text = "second  goodput  wait s  essential (again)  optional  prefix  shell  poll\n".to_owned();
    for (second, goodput) in figures.curve.iter().enumerate() {
        let wait = figures.queue.get(second).map_or(0.0, |w| *w as f64 / SECOND as f64);
        let [essential, again, optional, prefix, shell, poll] = figures.classes[second];
        let _ = writeln!(
            text,
            "{second:6}  {goodput:7.3}  {wait:6.2}  {essential:9} {again:7}  {optional:8}  {prefix:6}  {shell:5}  {poll:4}"
        );
    }
    text
}
