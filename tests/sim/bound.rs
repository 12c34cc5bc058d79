//! What was possible.
//!
//! **Clairvoyant**: knows all humans, all their intents and the capacity to come, and hurts nobody by asking. An upper
//! bound: each intent is mean work that may be done in any portions, by any number of workers at once, between the
//! moment its request can arrive and the last at which its answer still comes in time; part of the work counts as
//! part of the intent. The work that can be done in time for a set of intents is what the earliest deadline first
//! does (a maximum flow from moments to intents), it is a polymatroid's rank, and therefore the greedy order by value for work,
//! small intents first, is the best there is. Other work does not exist for it. It does not know the drawn service
//! times: with them it could do a little better, by chance, than the mean.
//!
//! **Coordinated**: one queue that sees all, but not the future. Essential work only; who comes is admitted when, at the
//! present capacity and mean service, it and all those admitted before can be served in time, earliest deadline
//! first, and refused at once otherwise, at no cost; refused humans do not come again. Real workers, drawn service times.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tidegate::rng::Rng;

use super::chance::exponential;
use super::clock::{Micros, SECOND};
use super::human::Crowd;
use super::measure::Share;
use super::params as p;
use super::scenario::Scenario;

/// One intent as a scheduler sees it.
#[derive(Clone, Copy)]
struct Job {
    from: Micros,
    until: Micros,
    requests: u8,
    asked: Micros,
}

fn jobs(crowd: &Crowd, span: (Micros, Micros)) -> Vec<Job> {
    let mut all: Vec<Job> = crowd
        .intents
        .iter()
        .filter(|i| (span.0..span.1).contains(&i.asked))
        .map(|i| {
            let way = crowd.humans[i.human as usize].one_way;
            Job {
                from: i.asked + way,
                until: i.end.saturating_sub(way),
                requests: i.what.essential(),
                asked: i.asked,
            }
        })
        .collect();
    all.sort_by_key(|job| job.from);
    all
}

/// Work that can be done in time, in worker-microseconds.
fn work(jobs: &[&Job], workers: u32, capacity: &[(Micros, f64)]) -> f64 {
    let mut heap: BinaryHeap<Reverse<(Micros, usize)>> = BinaryHeap::new();
    let mut left: Vec<f64> = jobs.iter().map(|j| f64::from(j.requests) * p::SERVICE_MEAN as f64).collect();
    let (mut next, mut now, mut done) = (0, 0.0, 0.0);
    let mut stage = 0;
    loop {
        while next < jobs.len() && jobs[next].from as f64 <= now {
            heap.push(Reverse((jobs[next].until, next)));
            next += 1;
        }
        while stage + 1 < capacity.len() && capacity[stage + 1].0 as f64 <= now {
            stage += 1;
        }
        let rate = capacity[stage].1 * f64::from(workers);
        let mut pause = jobs.get(next).map_or(f64::INFINITY, |j| j.from as f64);
        pause = pause.min(capacity.get(stage + 1).map_or(f64::INFINITY, |c| c.0 as f64));
        let Some(Reverse((until, n))) = heap.peek().copied() else {
            if next == jobs.len() {
                return done;
            }
            now = pause;
            continue;
        };
        if until as f64 <= now {
            heap.pop();
            continue;
        }
        let finish = if rate > 0.0 { now + left[n] / rate } else { f64::INFINITY };
        let to = finish.min(until as f64).min(pause);
        let did = (to - now) * rate;
        (left[n], done) = (left[n] - did, done + did);
        if to == finish {
            heap.pop();
        }
        now = to;
    }
}

/// Which share of the intents that begin in a span could be served.
pub fn clairvoyant(crowd: &Crowd, scenario: &Scenario, workers: u32, span: (Micros, Micros)) -> f64 {
    let all = jobs(crowd, span);
    if all.is_empty() {
        return 1.0;
    }
    let capacity = scenario.capacity();
    let small: Vec<&Job> = all.iter().filter(|j| j.requests == 1).collect();
    let every: Vec<&Job> = all.iter().collect();
    let (first, both) = (work(&small, workers, &capacity), work(&every, workers, &capacity));
    let mean = p::SERVICE_MEAN as f64;
    (first / mean + (both - first) / (f64::from(p::ESSENTIAL) * mean)) / all.len() as f64
}

/// The coordinated scheduler at work.
struct Desk {
    /// By deadline: intent, requests not begun.
    admitted: Vec<(Micros, usize, u8)>,
    busy: u32,
    left: Vec<u8>,
}

impl Desk {
    /// Whether all could be served in time with this one more.
    fn fits(&self, now: Micros, job: &Job, rate: f64) -> bool {
        let mut ahead = 0.0;
        let mean = p::SERVICE_MEAN as f64;
        let mut seen = false;
        for (until, _, requests) in &self.admitted {
            if !seen && *until > job.until {
                seen = true;
                ahead += f64::from(job.requests);
                if now as f64 + ahead * mean / rate + mean > job.until as f64 {
                    return false;
                }
            }
            ahead += f64::from(*requests);
            if seen && now as f64 + ahead * mean / rate + mean > *until as f64 {
                return false;
            }
        }
        seen || now as f64 + (ahead + f64::from(job.requests)) * mean / rate + mean <= job.until as f64
    }
}

/// The same for the coordinated scheduler.
pub fn coordinated(
    crowd: &Crowd,
    scenario: &Scenario,
    workers: u32,
    span: (Micros, Micros),
    seed: u64,
) -> f64 {
    let jobs = jobs(crowd, (0, p::COUNTED));
    let capacity = scenario.capacity();
    let share = |at: Micros| capacity.iter().rev().find(|c| c.0 <= at).map_or(1.0, |c| c.1);
    let mut rng = Rng::from_seed(seed);
    let mut done: BinaryHeap<Reverse<(Micros, usize)>> = BinaryHeap::new();
    let mut desk = Desk { admitted: Vec::new(), busy: 0, left: jobs.iter().map(|j| j.requests).collect() };
    let (mut next, mut served) = (0, Share::default());
    let mut changes = capacity.iter().map(|c| c.0).peekable();
    while next < jobs.len() || !done.is_empty() {
        let arrival = jobs.get(next).map_or(Micros::MAX, |j| j.from);
        let finish = done.peek().map_or(Micros::MAX, |d| d.0.0);
        let change = changes.peek().copied().unwrap_or(Micros::MAX);
        let now = arrival.min(finish).min(change);
        let rate = share(now) * f64::from(workers);
        if now == change {
            changes.next();
        } else if finish == now {
            let Some(Reverse((_, n))) = done.pop() else { break };
            desk.busy -= 1;
            desk.left[n] -= 1;
            if desk.left[n] == 0 && now <= jobs[n].until && (span.0..span.1).contains(&jobs[n].asked) {
                served.got += 1.0;
            }
        } else {
            let job = jobs[next];
            if (span.0..span.1).contains(&job.asked) {
                served.of += 1.0;
            }
            if rate > 0.0 && desk.fits(now, &job, rate) {
                let place = desk.admitted.partition_point(|a| a.0 <= job.until);
                desk.admitted.insert(place, (job.until, next, job.requests));
            }
            next += 1;
        }
        let takes = |rng: &mut Rng| {
            (exponential(rng, p::SERVICE_MEAN) as f64 * slowness(scenario, share(now))) as Micros
        };
        while desk.busy < active(scenario, workers, share(now)) && !desk.admitted.is_empty() {
            if now + p::SERVICE_MEAN > desk.admitted[0].0 {
                desk.admitted.remove(0);
                continue;
            }
            desk.admitted[0].2 -= 1;
            let n = desk.admitted[0].1;
            if desk.admitted[0].2 == 0 {
                desk.admitted.remove(0);
            }
            desk.busy += 1;
            done.push(Reverse((now + takes(&mut rng), n)));
        }
    }
    served.value()
}

/// Whether capacity is lost by speed and not by workers.
fn slows(scenario: &Scenario) -> bool {
    scenario.changes.iter().any(|c| matches!(c.1, super::backend::Change::Slower(_)))
}

fn slowness(scenario: &Scenario, share: f64) -> f64 {
    if slows(scenario) { 1.0 / share } else { 1.0 }
}

fn active(scenario: &Scenario, workers: u32, share: f64) -> u32 {
    if slows(scenario) { workers } else { (f64::from(workers) * share).round() as u32 }
}

/// Workers that make the backend as busy as the parameters say.
pub fn workers(crowd: &Crowd) -> u32 {
    let load = crowd.load() * p::SERVICE_MEAN as f64 / SECOND as f64;
    ((load / p::UTILISATION).round() as u32).max(1)
}
