//! Fingerprints of the copies that left last, and are worth knowing again: as many as there is room for copies.
//!
//! A ring, oldest overwritten; within it, those whose fingerprints fall into one bucket are a chain from the newest to the
//! oldest. A chain ends where a link is older than the ring is long, so nothing is ever unlinked.

use alloc::vec;
use alloc::vec::Vec;

#[derive(Clone, Copy, Debug, Default)]
struct Ghost {
    fingerprint: u32,
    /// The number of the one before it in its bucket.
    older: u32,
    /// It came back.
    back: bool,
}

/// The last `most` fingerprints.
#[derive(Clone, Debug)]
pub struct Ghosts {
    /// Both tables are as long as the least power of two not below `most`, or not there yet.
    ring: Vec<Ghost>,
    buckets: Vec<u32>,
    most: u32,
    /// The number of the next; it wraps.
    next: u32,
}

impl Ghosts {
    /// Nothing is allocated yet.
    pub fn new(most: u32) -> Self {
        // Number 0 is too old from the start: that is what empty tables hold.
        Self { ring: Vec::new(), buckets: Vec::new(), most, next: most + 1 }
    }

    /// One more, in place of the oldest.
    pub fn push(&mut self, fingerprint: u32) {
        if self.most == 0 {
            return;
        }
        if self.ring.is_empty() {
            let size = self.most.next_power_of_two() as usize;
            (self.ring, self.buckets) = (vec![Ghost::default(); size], vec![0; size]);
        }
        let at = self.next as usize & (self.ring.len() - 1);
        let bucket = self.bucket(fingerprint);
        if let (Some(ghost), Some(first)) = (self.ring.get_mut(at), self.buckets.get_mut(bucket)) {
            *ghost = Ghost { fingerprint, older: *first, back: false };
            *first = self.next;
            self.next = self.next.wrapping_add(1);
        }
    }

    /// Whether it is one of them; then it is none any more.
    pub fn take(&mut self, fingerprint: u32) -> bool {
        let mut age = 0;
        let mut number = self.buckets.get(self.bucket(fingerprint)).copied().unwrap_or_default();
        loop {
            let older = self.next.wrapping_sub(number);
            let at = number as usize & self.ring.len().wrapping_sub(1);
            // Older and older, even where numbers have wrapped.
            let young = older <= self.most && older > age;
            let Some(ghost) = self.ring.get_mut(at).filter(|_| young) else {
                return false;
            };
            if ghost.fingerprint == fingerprint && !ghost.back {
                ghost.back = true;
                return true;
            }
            (age, number) = (older, ghost.older);
        }
    }

    /// Spread by multiplication (D. Knuth, The Art of Computer Programming 6.4): fingerprints may be anything.
    fn bucket(&self, fingerprint: u32) -> usize {
        (fingerprint.wrapping_mul(0x9E37_79B1) >> 7) as usize & self.buckets.len().wrapping_sub(1)
    }
}
