//! Many runs on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::bound;
use super::clients::Kind;
use super::clock::SECOND;
use super::human::Crowd;
use super::measure::Figures;
use super::params as p;
use super::scenario::Scenario;
use super::world::World;

/// What to run.
pub struct Plan {
    pub scenarios: Vec<Scenario>,
    pub kinds: Vec<Kind>,
    pub clients: u32,
    pub seeds: u64,
    pub threads: usize,
    /// Whether to compute what was possible.
    pub bounds: bool,
}

/// What was possible in one scenario with one seed.
#[derive(Clone, Copy, Debug)]
pub struct Possible {
    pub clairvoyant: [f64; 3],
    pub coordinated: f64,
}

/// Every seed's figures of one scenario: the bounds, and for each kind.
pub struct Outcome {
    pub scenario: Scenario,
    pub possible: Vec<Possible>,
    pub figures: Vec<(Kind, Vec<Figures>)>,
}

/// The humans of one seed in one scenario.
pub fn crowd(scenario: &Scenario, clients: u32, seed: u64) -> (Crowd, u32) {
    let guests = (f64::from(clients) * scenario.guests) as u32;
    let crowd = Crowd::draw(seed, clients, guests, (p::TRIGGER, scenario.end), scenario.mix);
    let workers = bound::workers(&crowd);
    (crowd, workers)
}

/// One run.
pub fn run(scenario: &Scenario, kind: Kind, clients: u32, seed: u64, trace: Option<u32>) -> Figures {
    let (crowd, workers) = crowd(scenario, clients, seed);
    let mut world = World::new(&crowd, scenario, workers, kind, seed);
    world.trace = trace;
    let tally = world.run();
    Figures::of(&crowd, &tally, scenario.end)
}

fn possible(scenario: &Scenario, clients: u32, seed: u64) -> Possible {
    let (crowd, workers) = crowd(scenario, clients, seed);
    let end = scenario.end;
    let spans = [(p::WARM, p::TRIGGER), (p::TRIGGER, end), (end, (end + 60 * SECOND).min(p::COUNTED))];
    Possible {
        clairvoyant: spans.map(|span| bound::clairvoyant(&crowd, scenario, workers, span)),
        coordinated: bound::coordinated(&crowd, scenario, workers, spans[1], seed),
    }
}

enum Task {
    Run(usize, usize, u64),
    Bound(usize, u64),
}

/// All of it. `told` is called after each run with how many are done, and of how many.
pub fn all(plan: &Plan, told: &(dyn Fn(usize, usize) + Sync)) -> Vec<Outcome> {
    let mut tasks = Vec::new();
    for (s, _) in plan.scenarios.iter().enumerate() {
        for seed in 0..plan.seeds {
            tasks.extend((0..plan.kinds.len()).map(|k| Task::Run(s, k, seed)));
            if plan.bounds {
                tasks.push(Task::Bound(s, seed));
            }
        }
    }
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found: Mutex<Vec<(usize, usize, u64, Figures)>> = Mutex::default();
    let bounds: Mutex<Vec<(usize, u64, Possible)>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..plan.threads.max(1) {
            scope.spawn(|| {
                while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match *task {
                        Task::Run(s, k, seed) => {
                            let figures =
                                run(&plan.scenarios[s], plan.kinds[k], plan.clients, seed + 1, None);
                            found.lock().expect("no run panics").push((s, k, seed, figures));
                        }
                        Task::Bound(s, seed) => {
                            let it = possible(&plan.scenarios[s], plan.clients, seed + 1);
                            bounds.lock().expect("no run panics").push((s, seed, it));
                        }
                    }
                    told(done.fetch_add(1, Ordering::Relaxed) + 1, tasks.len());
                }
            });
        }
    });
    // In the order of seeds, whichever thread was first.
    let mut found = found.into_inner().expect("no run panics");
    found.sort_by_key(|f| (f.0, f.1, f.2));
    let mut bounds = bounds.into_inner().expect("no run panics");
    bounds.sort_by_key(|b| (b.0, b.1));
    let mut outcomes: Vec<Outcome> = plan
        .scenarios
        .iter()
        .map(|scenario| Outcome {
            scenario: scenario.clone(),
            possible: Vec::new(),
            figures: plan.kinds.iter().map(|kind| (*kind, Vec::new())).collect(),
        })
        .collect();
    found.into_iter().for_each(|(s, k, _, figures)| outcomes[s].figures[k].1.push(figures));
    bounds.into_iter().for_each(|(s, _, it)| outcomes[s].possible.push(it));
    outcomes
}
