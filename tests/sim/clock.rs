//! Time of the simulation: whole microseconds, and an agenda of what comes.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use tidegate::time::{Duration, Instant};

/// A moment or a span, in microseconds.
pub type Micros = u64;

pub const MS: Micros = 1_000;
pub const SECOND: Micros = 1_000_000;
pub const NEVER: Micros = u64::MAX;

/// Pages' clocks do not begin where the simulation's does: nothing may depend on that.
const OFFSET: Micros = 1_000 * SECOND;

/// The same moment as the core counts it.
pub fn instant(at: Micros) -> Instant {
    Instant::ORIGIN + Duration::from_micros(at + OFFSET)
}

/// The same moment as the simulation counts it.
pub fn micros(at: Instant) -> Micros {
    match at {
        Instant::NEVER => NEVER,
        _ => at.since(Instant::ORIGIN).as_micros().saturating_sub(OFFSET),
    }
}

struct Entry<E> {
    at: Micros,
    serial: u64,
    event: E,
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    /// The earliest is the greatest, of equals the one planned first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.serial).cmp(&(self.at, self.serial))
    }
}

/// What comes, the earliest first.
pub struct Agenda<E> {
    pub now: Micros,
    heap: BinaryHeap<Entry<E>>,
    serial: u64,
}

impl<E> Agenda<E> {
    pub fn new() -> Self {
        Self { now: 0, heap: BinaryHeap::new(), serial: 0 }
    }

    /// Never before now.
    pub fn plan(&mut self, at: Micros, event: E) {
        if at == NEVER {
            return;
        }
        self.serial += 1;
        self.heap.push(Entry { at: at.max(self.now), serial: self.serial, event });
    }

    pub fn next(&mut self) -> Option<E> {
        let Entry { at, event, .. } = self.heap.pop()?;
        self.now = at;
        Some(event)
    }

    /// How many events were planned so far.
    pub fn planned(&self) -> u64 {
        self.serial
    }
}
