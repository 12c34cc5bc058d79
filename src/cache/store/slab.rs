//! Slots, each of which stands in one of five queues: a handle is a slot and its generation, so a stale one finds nothing.

use alloc::vec::Vec;

use crate::cache::CopyId;
use crate::policy::defaults::USES_KEPT;

/// How many slots a handle can tell apart.
pub const SLOTS: usize = 1 << 20;
const LOW: u32 = SLOTS as u32 - 1;
/// No slot.
const NONE: u32 = u32::MAX;

/// The queue in which a slot stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// Nobody's.
    Free,
    /// Its body is on its way.
    Awaited,
    /// New: a tenth of the room.
    Probation,
    /// Was used, or is known from before.
    Main,
    /// Evicted, and not told yet.
    Gone,
}

/// A queue: the ends, and what stands in it.
#[derive(Clone, Copy, Debug)]
pub struct List {
    head: u32,
    tail: u32,
    /// How many.
    pub len: u32,
    /// What they weigh together.
    pub weight: u32,
}

/// What a hit looks at: of many copies these stand so close together that few steps leave the processor's cache.
#[derive(Clone, Copy, Debug)]
pub struct Hot {
    id: CopyId,
    /// How often it was used, as far as that is counted.
    pub uses: u8,
    /// Whoever keeps it noted this; zeros once it is free or gone.
    pub note: [u32; 2],
}

impl Hot {
    /// One use more.
    pub fn used(&mut self) {
        if self.uses < USES_KEPT {
            self.uses += 1;
        }
    }
}

/// One copy's place and weight.
#[derive(Clone, Debug)]
pub struct Slot<T> {
    before: u32,
    after: u32,
    /// Changed by [`Slab::weigh`] alone.
    pub weight: u32,
    /// What it is a copy of.
    pub fingerprint: u32,
    /// Where it stands.
    pub place: Place,
    /// None: it is free or gone.
    pub value: Option<T>,
}

/// All slots; at most so many as it was told.
#[derive(Clone, Debug)]
pub struct Slab<T> {
    hot: Vec<Hot>,
    slots: Vec<Slot<T>>,
    lists: [List; 5],
    most: u32,
}

impl<T> Slab<T> {
    /// `most`: below 2^20.
    pub fn new(most: u32) -> Self {
        let list = List { head: NONE, tail: NONE, len: 0, weight: 0 };
        Self { hot: Vec::new(), slots: Vec::new(), lists: [list; 5], most }
    }

    /// A queue.
    pub fn list(&self, place: Place) -> List {
        self.lists[place as usize]
    }

    /// Who stands longest in a queue.
    pub fn oldest(&self, place: Place) -> Option<CopyId> {
        Some(self.hot.get(self.list(place).head as usize)?.id)
    }

    /// What a hit looks at, unless the handle is stale; of one gone its note is zeros.
    pub fn hot(&mut self, id: CopyId) -> Option<&mut Hot> {
        self.hot.get_mut((id.0 & LOW) as usize).filter(|hot| hot.id == id)
    }

    /// How often it was used.
    pub fn uses(&self, id: CopyId) -> u8 {
        self.hot.get((id.0 & LOW) as usize).map_or(0, |hot| hot.uses)
    }

    /// The slot of a handle, unless that is stale.
    pub fn get(&self, id: CopyId) -> Option<&Slot<T>> {
        let at = (id.0 & LOW) as usize;
        self.hot.get(at).filter(|hot| hot.id == id)?;
        self.slots.get(at).filter(|slot| slot.value.is_some())
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, id: CopyId) -> Option<&mut Slot<T>> {
        let at = (id.0 & LOW) as usize;
        self.hot.get(at).filter(|hot| hot.id == id)?;
        self.slots.get_mut(at).filter(|slot| slot.value.is_some())
    }

    /// A slot for a new one, awaited: one that is free, a new one, or that of one gone.
    pub fn take(&mut self, fingerprint: u32, value: T) -> CopyId {
        let next = self.slots.len() as u32;
        let old = self
            .oldest(Place::Free)
            .or_else(|| if next < self.most { None } else { self.oldest(Place::Gone) });
        let id = match old {
            // The generation above wraps, but never to zero, which would make the handle of slot 0 no handle.
            Some(CopyId(old)) => CopyId(old.checked_add(LOW + 1).unwrap_or((old & LOW) + LOW + 1)),
            None => {
                let id = CopyId(next + LOW + 1);
                self.hot.push(Hot { id, uses: 0, note: [0; 2] });
                self.slots.push(Slot {
                    before: NONE,
                    after: NONE,
                    weight: 0,
                    fingerprint,
                    place: Place::Free,
                    value: None,
                });
                self.link(next, Place::Free);
                id
            }
        };
        let at = (id.0 & LOW) as usize;
        if let (Some(hot), Some(slot)) = (self.hot.get_mut(at), self.slots.get_mut(at)) {
            (hot.id, hot.uses) = (id, 0);
            (slot.fingerprint, slot.value) = (fingerprint, Some(value));
        }
        self.put(id, Place::Awaited);
        id
    }

    /// Moves it to the end of a queue.
    pub fn put(&mut self, id: CopyId, place: Place) {
        self.unlink(id.0 & LOW);
        self.link(id.0 & LOW, place);
    }

    /// Says what it weighs.
    pub fn weigh(&mut self, id: CopyId, weight: u32) {
        let Some(slot) = self.slots.get_mut((id.0 & LOW) as usize) else {
            return;
        };
        let list = &mut self.lists[slot.place as usize];
        list.weight = list.weight - slot.weight + weight;
        slot.weight = weight;
    }

    /// Its value goes, its handle is to be told.
    pub fn retire(&mut self, id: CopyId) {
        self.empty(id, Place::Gone);
    }

    /// Its value goes, its slot is anyone's.
    pub fn free(&mut self, id: CopyId) {
        self.empty(id, Place::Free);
    }

    /// One gone was told.
    pub fn vacate(&mut self, id: CopyId) {
        self.put(id, Place::Free);
    }

    /// Frees all.
    pub fn clear(&mut self) {
        for at in 0..self.slots.len() {
            if let Some(id) = self.hot.get(at).map(|hot| hot.id) {
                self.empty(id, Place::Free);
            }
        }
    }

    fn empty(&mut self, id: CopyId, place: Place) {
        self.weigh(id, 0);
        let at = (id.0 & LOW) as usize;
        if let (Some(hot), Some(slot)) = (self.hot.get_mut(at), self.slots.get_mut(at)) {
            (hot.note, slot.value) = ([0; 2], None);
        }
        self.put(id, place);
    }

    fn unlink(&mut self, at: u32) {
        let Some(slot) = self.slots.get(at as usize) else {
            return;
        };
        let (before, after, weight, place) = (slot.before, slot.after, slot.weight, slot.place);
        let list = &mut self.lists[place as usize];
        list.len -= 1;
        list.weight -= weight;
        match self.slots.get_mut(before as usize) {
            Some(slot) => slot.after = after,
            None => list.head = after,
        }
        match self.slots.get_mut(after as usize) {
            Some(slot) => slot.before = before,
            None => list.tail = before,
        }
    }

    fn link(&mut self, at: u32, place: Place) {
        let list = &mut self.lists[place as usize];
        let last = core::mem::replace(&mut list.tail, at);
        match self.slots.get_mut(last as usize) {
            Some(slot) => slot.after = at,
            None => list.head = at,
        }
        if let Some(slot) = self.slots.get_mut(at as usize) {
            (slot.before, slot.after, slot.place) = (last, NONE, place);
            list.len += 1;
            list.weight += slot.weight;
        }
    }
}
