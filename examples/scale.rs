//! How what one operation costs grows with how many wait, are known, or fly: medians of batches, taken in turns, as
//! ratios to the smallest. `cargo run --release --example scale`; with
//! `--features raised` beyond the caps, to 10^5.
#![allow(missing_docs)]
#![allow(clippy::disallowed_methods, reason = "it measures time")]

use std::hint::black_box;
use std::time::Instant as Watch;

use tidegate::coalesce::KeyId;
use tidegate::gate::Gate;
use tidegate::policy::{Config, Setting, defaults};
use tidegate::queue::{Drop, Queue, Waiter};
use tidegate::time::{Duration, Instant};
use tidegate::verdict::{How, Outcome, Ticket, Verdict};

const GET: u32 = 1 | How::SAFE | How::REPEAT;
const ROUNDS: usize = 60;

/// One contestant: does its operation so many times.
type Batch = Box<dyn FnMut(u32)>;
type Make = fn(usize) -> Batch;

fn main() {
    let sizes: &[usize] = if cfg!(feature = "raised") { &[10, 1_000, 100_000] } else { &[10, 256, 4_000] };
    println!("| what                                       | n      | ratio |     ns |");
    println!("| ------------------------------------------ | -----: | ----: | -----: |");
    let rows: [(&str, Make); 6] = [
        ("queue: one in, one out", queue_push),
        ("queue: the first of those ready", queue_ready),
        ("queue: the next moment", queue_next),
        ("gate: an answer, and who goes next, queued", gate_turn),
        ("gate: ask and settle, keys", gate_keys),
        ("gate: ask and settle, in flight", gate_flying),
    ];
    for (what, make) in rows {
        compare(what, sizes, make);
    }
}

fn compare(what: &str, sizes: &[usize], make: Make) {
    let mut all: Vec<_> = sizes.iter().map(|n| (make(*n), Vec::new())).collect();
    for _ in 0..ROUNDS {
        for (batch, took) in &mut all {
            let watch = Watch::now();
            batch(64);
            took.push(watch.elapsed().as_secs_f64() * 1e9 / 64.0);
        }
    }
    let medians = all.iter_mut().map(|(_, took)| {
        took.sort_by(f64::total_cmp);
        took[took.len() / 2]
    });
    let medians: Vec<_> = medians.collect();
    for (n, median) in sizes.iter().zip(&medians) {
        println!("| {what:42} | {n:6} | {:5.2} | {median:6.0} |", median / medians[0]);
    }
}

fn at(ms: u64) -> Instant {
    Instant::ORIGIN + Duration::from_millis(ms)
}

fn waiter(ticket: u32) -> Waiter {
    let deadline = at(1_000_000 + u64::from(ticket.wrapping_mul(7_919) % 100_000));
    Waiter { ticket, lane: 1, priority: (ticket % 3) as u8, ordered: false, not_before: at(0), deadline }
}

fn queue(n: usize) -> Queue {
    let mut queue = Queue::new(n + 1, Drop::Oldest);
    (0..n as u32).for_each(|ticket| {
        queue.push(waiter(ticket));
    });
    queue
}

fn queue_push(n: usize) -> Batch {
    let (mut queue, mut ticket) = (queue(n), 0);
    Box::new(move |times| {
        for _ in 0..times {
            ticket = (ticket + 7_919) % n as u32;
            let gone = queue.remove(ticket).expect("it waits");
            assert_eq!(queue.push(gone), None);
        }
    })
}

fn queue_ready(n: usize) -> Batch {
    let queue = queue(n);
    Box::new(move |times| {
        for turn in 0..times {
            queue.each_ready(at(1), turn % 2 == 0, &mut |w| {
                black_box(w);
                true
            });
        }
    })
}

fn queue_next(n: usize) -> Batch {
    let queue = queue(n);
    Box::new(move |times| (0..times).for_each(|_| assert!(black_box(queue.next_after(at(1))) > at(1))))
}

struct World {
    gate: Gate,
    now: u64,
    keys: Vec<KeyId>,
    flying: Vec<Ticket>,
}

fn world(settings: &[(Setting, f64)], keys: usize) -> World {
    let mut config = Config::default();
    config.set(Setting::Deadline as usize, 86_400_000.0);
    settings.iter().for_each(|(setting, value)| config.set(*setting as usize, *value));
    let mut gate = Gate::new(config.mend(), 1);
    let scope = gate.scope(at(1), b"https://a").expect("room for one");
    let key = |n: usize| gate.key(at(1), scope, b"GET", format!("https://a/items/{n}").as_bytes());
    let keys = (0..keys).map(key).collect();
    World { gate, now: 1_000_000, keys, flying: Vec::new() }
}

impl World {
    fn ask(&mut self, key: usize) -> Ticket {
        self.now += 10;
        let key = self.keys[key % self.keys.len()];
        let now = Instant::ORIGIN + Duration::from_micros(self.now);
        match self.gate.ask(now, key, How(GET), None) {
            Verdict::Go(ticket) => {
                self.flying.push(ticket);
                ticket
            }
            Verdict::Wait { ticket, .. } => ticket,
            other => panic!("{other:?}"),
        }
    }

    /// As a page does: settles, polls while something is due, and asks when the next poll is.
    fn settle(&mut self, ticket: Ticket) {
        self.now += 10;
        let now = Instant::ORIGIN + Duration::from_micros(self.now);
        let _ = self.gate.settle(now, ticket, Outcome::Status(200), None);
        while self.gate.has_due(now)
            && let Some(verdict) = self.gate.poll(now)
        {
            if let Verdict::Go(ticket) = verdict {
                self.flying.push(ticket);
            }
        }
        black_box(self.gate.next_timeout(now));
    }
}

/// Four fly and the others wait: each answer lets the first one go, and another one asks.
fn gate_turn(n: usize) -> Batch {
    let size = [(Setting::QueueSize, n as f64), (Setting::ConcurrencyMax, 4.0)];
    let mut w = world(&size, 100);
    (0..n + 4).for_each(|key| {
        w.ask(key);
    });
    assert_eq!((w.gate.queued(), w.flying.len()), (n, 4));
    let mut first = 0;
    Box::new(move |times| {
        for turn in 0..times {
            let ticket = w.flying[first];
            first += 1;
            w.settle(ticket);
            w.ask(turn as usize);
        }
        assert_eq!(w.gate.queued(), n);
    })
}

fn gate_keys(n: usize) -> Batch {
    let mut w = world(&[], n.min(defaults::KEYS));
    let mut key = 0;
    Box::new(move |times| {
        for _ in 0..times {
            key += 7_919;
            let ticket = w.ask(key);
            w.settle(ticket);
            w.flying.clear();
        }
    })
}

fn gate_flying(n: usize) -> Batch {
    let mut w = world(&[], 10);
    (0..n).for_each(|key| {
        w.ask(key);
    });
    Box::new(move |times| {
        for turn in 0..times {
            let ticket = w.ask(turn as usize);
            w.settle(ticket);
        }
        w.flying.truncate(n);
    })
}
