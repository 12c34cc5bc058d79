//! The cache's store, written in the plainest way: lists that are searched from end to end, nothing reused, nothing linked.

use tidegate::cache::CopyId;
use tidegate::cache::store::Store;
use tidegate::policy::defaults;

/// A copy; its name is how many were there before it.
#[derive(Clone, Debug)]
struct Kept {
    name: usize,
    fingerprint: u32,
    weight: u32,
    uses: u32,
}

/// Every queue has its oldest first.
#[derive(Default)]
struct Naive {
    entries: usize,
    bytes: u32,
    awaited: Vec<Kept>,
    probation: Vec<Kept>,
    main: Vec<Kept>,
    /// Fingerprints; none: it came back.
    ghosts: Vec<Option<u32>>,
    gone: Vec<usize>,
}

fn weight(list: &[Kept]) -> u32 {
    list.iter().map(|one| one.weight).sum()
}

fn out(list: &mut Vec<Kept>, name: usize) -> Option<Kept> {
    let at = list.iter().position(|one| one.name == name)?;
    Some(list.remove(at))
}

impl Naive {
    fn reserve(&mut self, name: usize, fingerprint: u32) {
        if self.awaited.len() == defaults::COPIES_AWAITED as usize {
            self.gone.push(self.awaited.remove(0).name);
        }
        let places = self.entries + defaults::COPIES_AWAITED as usize + 1;
        if self.awaited.len() + self.probation.len() + self.main.len() + self.gone.len() == places {
            self.gone.remove(0);
        }
        self.awaited.push(Kept { name, fingerprint, weight: 0, uses: 0 });
    }

    fn fill(&mut self, name: usize, heavy: u32) -> bool {
        let was_main = self.main.iter().any(|one| one.name == name);
        let was_awaited = self.awaited.iter().any(|one| one.name == name);
        if !self.has(name) {
            return false;
        }
        if self.entries == 0 || heavy > self.bytes / defaults::LARGEST_PART {
            self.remove(name);
            return false;
        }
        let mut one = self.out(name).expect("it is there");
        while self.probation.len() + self.main.len() + 1 > self.entries
            || u64::from(self.weight()) + u64::from(heavy) > u64::from(self.bytes)
        {
            self.evict();
        }
        one.weight = heavy;
        // Of two with one fingerprint the younger.
        let ghost =
            self.ghosts.iter().rposition(|ghost| *ghost == Some(one.fingerprint)).filter(|_| was_awaited);
        if let Some(ghost) = ghost {
            self.ghosts[ghost] = None;
        }
        if was_main || ghost.is_some() {
            self.main.push(one);
        } else {
            self.probation.push(one);
        }
        true
    }

    fn evict(&mut self) {
        let part = defaults::PROBATION_PART;
        let crowded = self.probation.len() > self.entries / part as usize
            || weight(&self.probation) > self.bytes / part;
        if self.main.is_empty() || crowded {
            let mut one = self.probation.remove(0);
            if one.uses >= self.price(&one) {
                one.uses = 0;
                self.main.push(one);
            } else {
                self.haunt(one.fingerprint);
                self.gone.push(one.name);
            }
        } else {
            let mut one = self.main.remove(0);
            if one.uses >= self.price(&one) {
                one.uses -= self.price(&one);
                self.main.push(one);
            } else {
                self.gone.push(one.name);
            }
        }
    }

    fn haunt(&mut self, fingerprint: u32) {
        self.ghosts.push(Some(fingerprint));
        if self.ghosts.len() > self.entries {
            self.ghosts.remove(0);
        }
    }

    /// How many uses a longer stay costs.
    fn price(&self, one: &Kept) -> u32 {
        if one.weight > self.bytes / defaults::HEAVY_PART { 2 } else { 1 }
    }

    fn get(&mut self, name: usize) -> Option<usize> {
        let lists = [&mut self.awaited, &mut self.probation, &mut self.main];
        let one = lists.into_iter().flatten().find(|one| one.name == name)?;
        one.uses = (one.uses + 1).min(3);
        Some(name)
    }

    fn out(&mut self, name: usize) -> Option<Kept> {
        let lists = [&mut self.awaited, &mut self.probation, &mut self.main];
        lists.into_iter().find_map(|list| out(list, name))
    }

    fn remove(&mut self, name: usize) {
        let was_main = self.main.iter().any(|one| one.name == name);
        let was_awaited = self.awaited.iter().any(|one| one.name == name);
        if let Some(one) = self.out(name)
            && (was_main || one.uses > 0 && !was_awaited)
        {
            self.haunt(one.fingerprint);
        }
    }

    fn has(&self, name: usize) -> bool {
        [&self.awaited, &self.probation, &self.main].into_iter().flatten().any(|one| one.name == name)
    }

    fn weight(&self) -> u32 {
        weight(&self.probation) + weight(&self.main)
    }

    fn clear(&mut self) {
        *self = Self { entries: self.entries, bytes: self.bytes, ..Self::default() };
    }
}

/// Both, and the handles of all copies that ever were, by their names.
struct Pair {
    naive: Naive,
    store: Store<usize>,
    ids: Vec<CopyId>,
}

impl Pair {
    fn reserve(&mut self, fingerprint: u32) {
        let name = self.ids.len();
        self.naive.reserve(name, fingerprint);
        self.ids.push(self.store.reserve(fingerprint, name));
    }

    fn fill(&mut self, name: usize, heavy: u32) {
        if let Some(id) = self.ids.get(name) {
            assert_eq!(self.store.fill(*id, heavy), self.naive.fill(name, heavy), "fill {name}");
        }
    }

    fn gone(&mut self) -> bool {
        let told = (!self.naive.gone.is_empty()).then(|| self.naive.gone.remove(0));
        assert_eq!(self.store.gone(), told.map(|name| self.ids[name]), "gone {told:?}");
        told.is_some()
    }

    /// One step: what, and two numbers to do it with.
    fn step(&mut self, what: u8, first: u8, second: u8) {
        // Of those that were there lately; now and then one of long ago.
        let back = if second < 250 { 24 } else { 4_096 };
        let name = self.ids.len().wrapping_sub(1 + usize::from(first) * back / 256);
        let heavy = u32::from(second) * 4;
        match what % 9 {
            0 => self.reserve(u32::from(first % 32)),
            1 | 2 => {
                self.reserve(u32::from(first % 64) << 20);
                self.fill(self.ids.len() - 1, heavy);
            }
            3 => self.fill(name, heavy),
            4 | 5 => {
                if let Some(id) = self.ids.get(name) {
                    assert_eq!(self.store.get(*id).copied(), self.naive.get(name), "get {name}");
                }
            }
            6 => {
                if let Some(id) = self.ids.get(name) {
                    self.store.remove(*id);
                    self.naive.remove(name);
                }
            }
            7 => _ = self.gone(),
            _ if first < 8 => {
                self.store.clear();
                self.naive.clear();
            }
            _ if first > 250 => (0..300).for_each(|n| self.reserve(n)),
            _ => while self.gone() {},
        }
    }

    fn compare(&self) {
        let naive = &self.naive;
        assert_eq!(self.store.len(), naive.probation.len() + naive.main.len());
        assert_eq!(self.store.weight(), naive.weight());
        assert!(self.store.weight() <= naive.bytes && self.store.len() <= naive.entries);
        // Those of long ago once more when their slots may have been given away.
        let from = self.ids.len().saturating_sub(400);
        for (name, id) in self.ids.iter().enumerate().skip(from) {
            assert_eq!(self.store.peek(*id).copied(), naive.has(name).then_some(name), "{name}");
        }
    }
}

/// Lives one life on both: two bytes of size, then three a step. Panics where they differ.
pub fn check(data: &[u8]) {
    let [entries, bytes, steps @ ..] = data else {
        return;
    };
    let (entries, bytes) =
        (usize::from(*entries) % 48, u32::from(*bytes) * if *entries < 128 { 64 } else { 512 });
    let naive = Naive { entries, bytes, ..Naive::default() };
    let mut pair = Pair { naive, store: Store::new(entries, bytes), ids: Vec::new() };
    for step in steps.chunks_exact(3) {
        pair.step(step[0], step[1], step[2]);
        pair.compare();
    }
}
