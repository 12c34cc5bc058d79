//! Which requests are the same: keys, and the flight that an equal safe request may join.
//!
//! Ten clicks on one button are one question. Without coalescing they are ten requests, and in Chromium's cache they
//! even stand in line behind each other. A key is what the page says makes requests equal (method, URL, headers,
//! credentials, user); it is interned to a handle, so that comparing costs nothing.
//!
//! An unsafe request closes its scope's flights to joining, when it is sent and again when it is answered: one must
//! read one's own writes. Joining ends when the response's headers arrive.

use alloc::vec::Vec;

use crate::policy::defaults;
use crate::time::Instant;
use crate::verdict::Ticket;

/// A key's handle: slot in the low ten bits, generation above. Zero: none.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KeyId(pub u32);

const SLOTS: usize = 1 << 10;

/// One key: whom it concerns, who flies for it, and when it was last refused in spite of a hold.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    id: KeyId,
    used: u32,
    /// Handle of its scope, opaque here.
    pub scope: u32,
    /// Handle of its route class, opaque here.
    pub route: u32,
    /// The flight that may be joined; [`Ticket::NONE`]: none.
    pub flight: Ticket,
    /// The scope's count of writes when that flight left.
    pub writes: u32,
    /// Until when this intent is answered at once, because its last hold ended in a refusal.
    pub refused_until: Instant,
}

/// All keys, bounded; the least recently used goes, one that flies last.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    slots: Vec<Key>,
    clock: u32,
}

const _: () = assert!(defaults::KEYS == SLOTS, "a key's slot has ten bits in its handle");

impl Keys {
    /// Makes a new key. The page keeps the string, so equal strings come here once.
    pub fn intern(&mut self, scope: u32, route: u32) -> KeyId {
        self.clock = self.clock.wrapping_add(1);
        let mut id = KeyId(self.slots.len() as u32);
        if self.slots.len() == SLOTS {
            let mut most = 0;
            for key in &self.slots {
                // The age, and above it whether nobody flies.
                let rank = u64::from(self.clock.wrapping_sub(key.used))
                    | u64::from(key.flight == Ticket::NONE) << 32;
                if rank > most {
                    (id, most) = (key.id, rank);
                }
            }
        }
        id.0 = id.0.wrapping_add(SLOTS as u32);
        if id.0 < SLOTS as u32 {
            id.0 += SLOTS as u32;
        }
        let key = Key {
            id,
            used: self.clock,
            scope,
            route,
            flight: Ticket::NONE,
            writes: 0,
            refused_until: Instant::ORIGIN,
        };
        match self.slots.get_mut(id.0 as usize & (SLOTS - 1)) {
            Some(slot) => *slot = key,
            None => self.slots.push(key),
        }
        id
    }

    /// The key of a handle, or none when it was forgotten.
    pub fn get(&mut self, id: KeyId) -> Option<&mut Key> {
        self.clock = self.clock.wrapping_add(1);
        let clock = self.clock;
        let key = self.peek(id)?;
        key.used = clock;
        Some(key)
    }

    /// The same, without counting as a use.
    pub fn peek(&mut self, id: KeyId) -> Option<&mut Key> {
        let key = self.slots.get_mut(id.0 as usize & (SLOTS - 1))?;
        (key.id == id).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_keys_take_a_thousand_places() {
        let mut keys = Keys::default();
        let first = keys.intern(1, 2);
        let kept = keys.intern(1, 2);
        for n in 0..5_000 {
            assert_ne!(keys.intern(1, 2).0, 0, "{n}");
            assert!(keys.get(kept).is_some(), "one that is used stays");
        }
        assert_eq!(keys.slots.len(), SLOTS);
        assert!(keys.get(first).is_none(), "an old handle is recognised");
        assert!(keys.get(KeyId(0)).is_none());
    }

    #[test]
    fn a_key_in_flight_goes_last() {
        let mut keys = Keys::default();
        let flying = keys.intern(1, 2);
        keys.get(flying).unwrap().flight = Ticket(1);
        for _ in 0..3_000 {
            keys.intern(1, 2);
        }
        assert!(keys.get(flying).is_some());
    }
}
