//! Which copies stay when there is no room for all: S3-FIFO (J. Yang, Y. Zhang, Z. Qiu, Y. Yue, R. Rashmi, "FIFO queues
//! are all you need for cache eviction", SOSP 2023), bounded by entries and by bytes.
//!
//! Without a second opinion one look through a long list flushes everything that a page uses all day. Here a new copy is
//! on probation, in a queue of a tenth of the room; most never come to be used and leave soon. What was used there goes
//! to the main queue, what is known from before (its fingerprint is among the ghosts) enters that at once.
//!
//! | a copy that                         | and                    | goes                         |
//! |-------------------------------------|------------------------|------------------------------|
//! | was reserved                        | its body came          | main if a ghost, else probation |
//! | was reserved                        | too many were after it | forgotten                    |
//! | is the oldest on probation, no room | was used               | main, unused again           |
//! | is the oldest on probation, no room | was not used           | evicted; a ghost             |
//! | is the oldest in main, no room      | was used               | to the end, that use less    |
//! | is the oldest in main, no room      | was not used           | evicted                      |
//! | is removed, as for a newer answer   | was used or is in main | a ghost                      |
//!
//! A use is a counter; an eviction costs as many steps as there were uses before it. A heavy copy takes the place of many:
//! what is above a hundredth of the room must have been used twice where others must have been used, and nothing is taken
//! that weighs more than an eighth. How this was chosen and what it keeps: docs/cache-store.md.

mod ghosts;
mod slab;

use ghosts::Ghosts;
use slab::{Place, Slab};

use crate::cache::CopyId;
use crate::policy::defaults;

/// Copies by handle, in the order in which they go.
#[derive(Clone, Debug)]
pub struct Store<T> {
    slab: Slab<T>,
    ghosts: Ghosts,
    entries: u32,
    bytes: u32,
}

impl<T> Store<T> {
    /// Room for so many (at most 2^19) and so heavy. Nothing is allocated before it is used.
    pub fn new(entries: usize, bytes: u32) -> Self {
        let entries = entries.min(slab::SLOTS / 2) as u32;
        // One more than can be there: who asks what is gone after each step is told of all.
        let most = entries + defaults::COPIES_AWAITED + 1;
        Self { slab: Slab::new(most), ghosts: Ghosts::new(entries), entries, bytes }
    }

    /// One whose body is still on its way. It takes no room and no other takes its place, but when too many are awaited the
    /// oldest of them is forgotten. `fingerprint`: what it is a copy of.
    pub fn reserve(&mut self, fingerprint: u32, value: T) -> CopyId {
        if self.slab.list(Place::Awaited).len >= defaults::COPIES_AWAITED
            && let Some(oldest) = self.slab.oldest(Place::Awaited)
        {
            self.slab.retire(oldest);
        }
        self.slab.take(fingerprint, value)
    }

    /// The body is there, or is another now, and weighs so much: others may go to make room. False: it is too heavy, which
    /// ends it, or it was forgotten meanwhile.
    pub fn fill(&mut self, id: CopyId, weight: u32) -> bool {
        let Some((place, fingerprint)) = self.slab.get(id).map(|slot| (slot.place, slot.fingerprint)) else {
            return false;
        };
        if self.entries == 0 || weight > self.largest() {
            self.remove(id);
            return false;
        }
        // Out of the order, so that it is not the one that makes room for itself.
        self.slab.put(id, Place::Awaited);
        while self.len() >= self.entries as usize || self.weight() > self.bytes - weight {
            self.evict();
        }
        let known = place == Place::Main || place == Place::Awaited && self.ghosts.take(fingerprint);
        self.slab.weigh(id, weight);
        self.slab.put(id, if known { Place::Main } else { Place::Probation });
        true
    }

    /// One of those in the order goes, or changes its place.
    fn evict(&mut self) {
        let (probation, main) = (self.slab.list(Place::Probation), self.slab.list(Place::Main));
        let part = defaults::PROBATION_PART;
        let first =
            main.len == 0 || probation.len > self.entries / part || probation.weight > self.bytes / part;
        let place = if first && probation.len > 0 { Place::Probation } else { Place::Main };
        let Some(oldest) = self.slab.oldest(place) else {
            return;
        };
        let Some(slot) = self.slab.get(oldest) else {
            return;
        };
        let fingerprint = slot.fingerprint;
        let price = 1 + u8::from(slot.weight > self.bytes / defaults::HEAVY_PART);
        if let Some(hot) = self.slab.hot(oldest)
            && hot.uses >= price
        {
            hot.uses = if place == Place::Main { hot.uses - price } else { 0 };
            self.slab.put(oldest, Place::Main);
            return;
        }
        if place == Place::Probation {
            self.ghosts.push(fingerprint);
        }
        self.slab.retire(oldest);
    }

    /// What is kept under a handle; counts as a use.
    pub fn get(&mut self, id: CopyId) -> Option<&mut T> {
        self.slab.hot(id)?.used();
        self.slab.get_mut(id)?.value.as_mut()
    }

    /// Notes a moment up to which [`timely`](Self::timely) says the second number; zeros: never. Forgotten when the copy goes.
    pub fn note(&mut self, id: CopyId, note: [u32; 2]) {
        if self.slab.get(id).is_some()
            && let Some(hot) = self.slab.hot(id)
        {
            hot.note = note;
        }
    }

    /// What was noted, if `now` is before the moment that was; then it counts as a use. It looks at nothing else, so that
    /// a hit among very many costs one step out of the processor's cache.
    pub fn timely(&mut self, id: CopyId, now: u32) -> Option<u32> {
        let hot = self.slab.hot(id)?;
        let [until, noted] = hot.note;
        (now < until).then(|| {
            hot.used();
            noted
        })
    }

    /// The same, without counting.
    pub fn peek(&self, id: CopyId) -> Option<&T> {
        self.slab.get(id)?.value.as_ref()
    }

    /// Gives one back, which [`gone`](Self::gone) does not tell. Where it was used, what comes in its place enters main.
    pub fn remove(&mut self, id: CopyId) {
        let Some(slot) = self.slab.get(id) else {
            return;
        };
        let ghost = slot.place == Place::Main || slot.place == Place::Probation && self.slab.uses(id) > 0;
        let fingerprint = slot.fingerprint;
        self.slab.free(id);
        if ghost {
            self.ghosts.push(fingerprint);
        }
    }

    /// One that went without being removed, each told once, the oldest first: its value can be dropped. Who does not ask
    /// for so long that their slots are needed is not told of the oldest; their handles find nothing.
    pub fn gone(&mut self) -> Option<CopyId> {
        let id = self.slab.oldest(Place::Gone)?;
        self.slab.vacate(id);
        Some(id)
    }

    /// Forgets all, also what was seen before; nothing of it is told.
    pub fn clear(&mut self) {
        self.slab.clear();
        self.ghosts = Ghosts::new(self.entries);
    }

    /// The heaviest that is taken.
    pub fn largest(&self) -> u32 {
        self.bytes / defaults::LARGEST_PART
    }

    /// How many are kept, without those awaited.
    pub fn len(&self) -> usize {
        (self.slab.list(Place::Probation).len + self.slab.list(Place::Main).len) as usize
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What those that are kept weigh.
    pub fn weight(&self) -> u32 {
        self.slab.list(Place::Probation).weight + self.slab.list(Place::Main).weight
    }
}
