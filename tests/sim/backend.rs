//! One server: so many workers, a queue in order of arrival, and what happens to them.

use std::collections::VecDeque;

use tidegate::rng::Rng;

use super::chance::{exponential, lognormal};
use super::clock::{Micros, SECOND};
use super::params as p;

/// What refusals, and answers, say about load.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Style {
    /// 503 and nothing else.
    Silent,
    /// 503 with this many seconds of `Retry-After`.
    RetryAfter(u32),
    /// 503 with the seconds until the closure ends, the same moment for all.
    CommonMoment,
    /// 429 with the RateLimit draft's field, the quota used up for this many seconds.
    RateLimit(u32),
    /// Refusals as `Silent`; every answer reports the utilisation (ORCA).
    LoadReport,
}

/// How a backend is built.
#[derive(Clone, Copy, Debug)]
pub struct Design {
    /// Refuses what would wait longer than this.
    pub bound: Option<Micros>,
    /// Does not begin work whose client has gone.
    pub drops_departed: bool,
    pub style: Style,
    pub lognormal: bool,
}

/// What happens to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// So many of its workers are left, as a share.
    Workers(f64),
    /// Each service takes so many times as long.
    Slower(f64),
    /// All is refused until then, by something in front of it that costs nothing.
    Refusing(Micros),
    /// All connections break.
    Dropping,
    /// As built.
    Well,
}

/// What becomes of a request that arrives.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arrival {
    /// Begins now and is done after so long.
    Starts(Micros),
    Queued,
    Refused,
    Dropped,
}

pub struct Backend {
    pub design: Design,
    workers: u32,
    left: u32,
    slower: f64,
    busy: u32,
    queue: VecDeque<u32>,
    /// Work that refusing has cost and that nobody has done yet.
    debt: Micros,
    closed_until: Micros,
    broken: bool,
    rng: Rng,
}

impl Backend {
    pub fn new(design: Design, workers: u32, seed: u64) -> Self {
        Self {
            design,
            workers,
            left: workers,
            slower: 1.0,
            busy: 0,
            queue: VecDeque::new(),
            debt: 0,
            closed_until: 0,
            broken: false,
            rng: Rng::from_seed(seed),
        }
    }

    /// Answers those who waited and will not be served: they get what arrivals get now.
    pub fn change(&mut self, now: Micros, change: Change) -> Vec<u32> {
        match change {
            Change::Workers(share) => self.left = ((f64::from(self.workers) * share).round() as u32).max(1),
            Change::Slower(times) => self.slower = times,
            Change::Refusing(until) => self.closed_until = until,
            Change::Dropping => self.broken = true,
            Change::Well => {
                (self.left, self.slower, self.broken, self.closed_until) = (self.workers, 1.0, false, 0);
            }
        }
        if self.broken || self.closed_until > now { self.queue.drain(..).collect() } else { Vec::new() }
    }

    /// How long one who comes now would wait, by the mean.
    pub fn wait(&self) -> Micros {
        let service = p::SERVICE_MEAN as f64 * self.slower;
        (self.queue.len() as f64 * service / f64::from(self.left)) as Micros
    }

    pub fn is_broken(&self) -> bool {
        self.broken
    }

    pub fn arrive(&mut self, now: Micros, request: u32) -> Arrival {
        if self.broken {
            return Arrival::Dropped;
        }
        if self.closed_until > now {
            return Arrival::Refused;
        }
        if self.design.bound.is_some_and(|bound| self.wait() > bound) {
            self.debt += (p::SERVICE_MEAN as f64 * p::REFUSAL_COST) as Micros;
            return Arrival::Refused;
        }
        if self.busy < self.left {
            return Arrival::Starts(self.start());
        }
        self.queue.push_back(request);
        Arrival::Queued
    }

    fn start(&mut self) -> Micros {
        self.busy += 1;
        let work = if self.design.lognormal {
            // Of sigma 1 and the same mean: the median is the mean by the root of e.
            lognormal(&mut self.rng, (p::SERVICE_MEAN as f64 / 0.5f64.exp()) as Micros, 1.0)
        } else {
            exponential(&mut self.rng, p::SERVICE_MEAN)
        };
        let owed = self.debt.min(SECOND);
        self.debt -= owed;
        (work as f64 * self.slower) as Micros + owed
    }

    /// A worker is done.
    pub fn finish(&mut self) {
        self.busy -= 1;
    }

    /// The next one that begins, and how long it takes. `gone`: whose client has left.
    pub fn next(&mut self, gone: &mut dyn FnMut(u32) -> bool) -> Option<(u32, Option<Micros>)> {
        if self.busy >= self.left {
            return None;
        }
        let Some(request) = self.queue.pop_front() else {
            self.debt = 0;
            return None;
        };
        if self.design.drops_departed && gone(request) {
            return Some((request, None));
        }
        Some((request, Some(self.start())))
    }

    /// Status (0: the connection broke) and header lines of a refusal.
    pub fn refusal(&self, now: Micros, dropped: bool) -> (u16, String) {
        let seconds = self.closed_until.saturating_sub(now).div_ceil(SECOND);
        match self.design.style {
            _ if dropped => (0, String::new()),
            Style::Silent | Style::LoadReport => (503, String::new()),
            Style::RetryAfter(seconds) => (503, format!("retry-after: {seconds}\n")),
            Style::CommonMoment => (503, format!("retry-after: {seconds}\n")),
            Style::RateLimit(seconds) => (429, format!("ratelimit: \"load\";r=0;t={seconds}\n")),
        }
    }

    /// Header lines of an answer.
    pub fn told(&self) -> Option<String> {
        (self.design.style == Style::LoadReport).then(|| {
            let busy = f64::from(self.busy) / f64::from(self.left.max(1));
            let load = if self.queue.is_empty() { busy.min(1.0) } else { 1.0 };
            format!("endpoint-load-metrics: TEXT application_utilization={load:.2}\n")
        })
    }
}
