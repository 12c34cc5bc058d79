//! What the store is compared with, each in the plainest way that is fast enough.

use std::collections::BTreeMap;

use tidegate::cache::CopyId;
use tidegate::cache::store::Store;
use tidegate::policy::defaults;

use crate::trace::Trace;

/// How much may be kept.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    pub entries: usize,
    pub bytes: u32,
}

impl Room {
    /// None takes what is heavier than the store would.
    fn takes(self, weight: u32) -> bool {
        weight <= self.bytes / defaults::LARGEST_PART
    }
}

/// Told of each request in turn, answers whether it had it.
pub type Rival = Box<dyn FnMut(usize, u32) -> bool>;

/// Keys in a row, the first to go at the front, and what they weigh.
#[derive(Default)]
struct Row(Vec<(usize, u32)>);

impl Row {
    fn weight(&self) -> u64 {
        self.0.iter().map(|one| u64::from(one.1)).sum()
    }

    fn out(&mut self, key: usize) -> Option<(usize, u32)> {
        let at = self.0.iter().position(|one| one.0 == key)?;
        Some(self.0.remove(at))
    }

    fn above(&self, room: Room) -> bool {
        self.0.len() > room.entries || self.weight() > u64::from(room.bytes)
    }
}

/// The one that came first goes (FIFO), or the one whose last use is longest ago (LRU).
fn row(room: Room, renew: bool) -> Rival {
    let mut row = Row::default();
    Box::new(move |key, weight| {
        let had = row.0.iter().any(|one| one.0 == key);
        if had && renew {
            row.out(key);
        }
        if had && renew || !had && room.takes(weight) {
            row.0.push((key, weight));
        }
        while row.above(room) {
            row.0.remove(0);
        }
        had
    })
}

pub fn fifo(room: Room, _: &Trace) -> Rival {
    row(room, false)
}

pub fn lru(room: Room, _: &Trace) -> Rival {
    row(room, true)
}

/// W-TinyLFU (G. Einziger, R. Friedman, B. Manes, "TinyLFU: a highly efficient cache admission policy", ACM TOS 2017): a
/// window of a hundredth, then what was counted more often than those whose place it takes; main: two segments, LRU.
/// Counts are exact, up to 15, halved after ten times as many requests as there are entries.
pub fn tiny_lfu(room: Room, _: &Trace) -> Rival {
    let (mut window, mut new, mut proven) = (Row::default(), Row::default(), Row::default());
    let mut counts: BTreeMap<usize, u32> = BTreeMap::new();
    let mut asked = 0;
    let part = |n: usize, of: usize| Room {
        entries: (room.entries * n / of).max(1),
        bytes: (u64::from(room.bytes) * n as u64 / of as u64) as u32,
    };
    let (edge, main, safe) = (part(1, 100), part(99, 100), part(79, 100));
    Box::new(move |key, weight| {
        let count = counts.entry(key).or_default();
        *count = (*count + 1).min(15);
        asked += 1;
        if asked >= 10 * (window.0.len() + new.0.len() + proven.0.len()).max(64) {
            asked = 0;
            counts.values_mut().for_each(|count| *count /= 2);
        }
        if let Some(one) = window.out(key) {
            window.0.push(one);
            return true;
        }
        if let Some(one) = new.out(key).or_else(|| proven.out(key)) {
            proven.0.push(one);
            while proven.above(safe) && proven.0.len() > 1 {
                new.0.push(proven.0.remove(0));
            }
            return true;
        }
        if !room.takes(weight) {
            return false;
        }
        window.0.push((key, weight));
        while window.above(edge) && window.0.len() > 1 {
            let candidate = window.0.remove(0);
            let fits = |out: &[(usize, u32)]| {
                let left = new.0.len() + proven.0.len() + 1 - out.len();
                let heavy = new.weight() + proven.weight() + u64::from(candidate.1);
                left <= main.entries
                    && heavy - out.iter().map(|one| u64::from(one.1)).sum::<u64>() <= u64::from(main.bytes)
            };
            let mut out = Vec::new();
            let mut order = new.0.iter().chain(&proven.0);
            while !fits(&out) {
                out.push(*order.next().expect("one that may go"));
            }
            let theirs: u32 = out.iter().map(|one| counts[&one.0]).sum();
            if out.is_empty() || counts[&candidate.0] > theirs {
                for (key, _) in out {
                    _ = new.out(key).or_else(|| proven.out(key));
                }
                new.0.push(candidate);
            }
        }
        false
    })
}

/// L. Belady's (1966), who knows what comes: the one that is used last goes, what never comes again does not enter. No
/// policy hits more where all weigh the same; where they do not, none is known that does, and it is no bound.
pub fn clairvoyant(room: Room, trace: &Trace) -> Rival {
    let mut next = vec![usize::MAX; trace.requests.len()];
    let mut last = vec![usize::MAX; trace.weights.len()];
    for (at, key) in trace.requests.iter().enumerate().rev() {
        next[at] = std::mem::replace(&mut last[*key], at);
    }
    let mut kept: BTreeMap<usize, (usize, u32)> = BTreeMap::new();
    let (mut at, mut heavy) = (0, 0);
    Box::new(move |key, weight| {
        let again = next[at];
        let had = kept.remove(&at).is_some();
        at += 1;
        if !had && (again == usize::MAX || !room.takes(weight)) {
            return false;
        }
        if !had {
            heavy += u64::from(weight);
        } else if again == usize::MAX {
            heavy -= u64::from(weight);
            return true;
        }
        kept.insert(again, (key, weight));
        while kept.len() > room.entries || heavy > u64::from(room.bytes) {
            heavy -= kept.pop_last().map_or(0, |(_, one)| u64::from(one.1));
        }
        had
    })
}

/// The store that ships.
pub fn store(room: Room, trace: &Trace) -> Rival {
    let mut store = Store::new(room.entries, room.bytes);
    let mut ids: Vec<Option<CopyId>> = vec![None; trace.weights.len()];
    Box::new(move |key, weight| {
        if ids[key].is_some_and(|id| store.get(id).is_some()) {
            return true;
        }
        let id = store.reserve(key as u32, key);
        ids[key] = store.fill(id, weight).then_some(id);
        while store.gone().is_some() {}
        false
    })
}
