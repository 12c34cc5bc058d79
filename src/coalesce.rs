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

const SLOT_BITS: u32 = 10;
const SLOTS: usize = 1 << SLOT_BITS;

/// One key: whom it concerns, who flies for it, and when it was last refused in spite of a hold.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Index of its scope.
    pub scope: u8,
    /// Generation of that scope, to recognise a scope that was forgotten.
    pub scope_generation: u32,
    /// Index of its route class; `scope::NO_CLASS` when the table was full.
    pub class: u16,
    /// The route that this class stood for, to recognise a class that was forgotten.
    pub route: u64,
    /// The flight that may be joined, with the scope's count of writes when it left.
    pub flight: Option<(Ticket, u32)>,
    /// Until when this intent is answered at once, because its last hold ended in a refusal.
    pub refused_until: Instant,
    generation: u32,
    used: u32,
}

/// All keys, bounded; the least recently used goes.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    slots: Vec<Key>,
    clock: u32,
}

const _: () = assert!(defaults::KEYS == SLOTS, "a key's slot has ten bits in its handle");

impl Keys {
    /// Makes a new key. The page keeps the string, so equal strings come here once.
    pub fn intern(&mut self, scope: u8, scope_generation: u32, class: u16, route: u64) -> KeyId {
        self.clock = self.clock.wrapping_add(1);
        let key = Key {
            scope,
            scope_generation,
            class,
            route,
            flight: None,
            refused_until: Instant::ORIGIN,
            generation: 1,
            used: self.clock,
        };
        if self.slots.len() < SLOTS {
            self.slots.push(key);
            return KeyId((self.slots.len() - 1) as u32 | 1 << SLOT_BITS);
        }
        let clock = self.clock;
        let age = |k: &Key| (k.flight.is_none(), clock.wrapping_sub(k.used));
        let Some((slot, old)) = self.slots.iter_mut().enumerate().max_by_key(|(_, k)| age(k)) else {
            return KeyId(0);
        };
        let generation = (old.generation + 1) & (u32::MAX >> SLOT_BITS);
        *old = Key {
            generation: generation.max(1),
            ..key
        };
        KeyId(slot as u32 | old.generation << SLOT_BITS)
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
        (key.generation == id.0 >> SLOT_BITS).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_keys_take_a_thousand_places() {
        let mut keys = Keys::default();
        let first = keys.intern(0, 1, 0, 1);
        let kept = keys.intern(0, 1, 0, 1);
        for n in 0..5_000 {
            assert_ne!(keys.intern(0, 1, 0, 1).0, 0, "{n}");
            assert!(keys.get(kept).is_some(), "one that is used stays");
        }
        assert_eq!(keys.slots.len(), SLOTS);
        assert!(keys.get(first).is_none(), "an old handle is recognised");
        assert!(keys.get(KeyId(0)).is_none());
    }

    #[test]
    fn a_key_in_flight_goes_last() {
        let mut keys = Keys::default();
        let flying = keys.intern(0, 1, 0, 1);
        keys.get(flying).unwrap().flight = Some((Ticket(1), 0));
        for _ in 0..3_000 {
            keys.intern(0, 1, 0, 1);
        }
        assert!(keys.get(flying).is_some());
    }
}
