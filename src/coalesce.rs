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

const SLOTS: usize = defaults::KEYS;

/// One key: whom it concerns, who flies for it, and when it was last refused in spite of a hold.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    id: KeyId,
    /// Since the hand last passed.
    used: bool,
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
    /// When it was last answered well.
    pub answered: Instant,
}

/// All keys, bounded. A hand goes round for the next one to forget (the clock algorithm, F. Corbató, 1968): one that was
/// used since the hand last passed is spared once, one that flies twice. A page that never asks for the same URL again
/// pays two steps a request for it, not a walk over all.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    slots: Vec<Key>,
    hand: usize,
}

const _: () = assert!(SLOTS.is_power_of_two(), "a key's slot is the low bits of its handle");

impl Keys {
    /// Makes a new key. The page keeps the string, so equal strings come here once.
    pub fn intern(&mut self, scope: u32, route: u32) -> KeyId {
        let mut id = KeyId(self.slots.len() as u32);
        if self.slots.len() == SLOTS {
            id = self.victim();
        }
        id.0 = id.0.wrapping_add(SLOTS as u32);
        if id.0 < SLOTS as u32 {
            id.0 += SLOTS as u32;
        }
        let (flight, refused_until) = (Ticket::NONE, Instant::ORIGIN);
        let key = Key {
            id,
            used: false,
            scope,
            route,
            flight,
            writes: 0,
            refused_until,
            answered: Instant::ORIGIN,
        };
        match self.slots.get_mut(id.0 as usize & (SLOTS - 1)) {
            Some(slot) => *slot = key,
            None => self.slots.push(key),
        }
        id
    }

    /// Whose slot is taken next. When all fly, after two rounds whoever the hand has come to.
    fn victim(&mut self) -> KeyId {
        let mut id = KeyId(0);
        for _ in 0..=2 * SLOTS {
            let Some(key) = self.slots.get_mut(self.hand) else {
                break;
            };
            self.hand = (self.hand + 1) % SLOTS;
            id = key.id;
            if !key.used && key.flight == Ticket::NONE {
                break;
            }
            key.used = false;
        }
        id
    }

    /// The key of a handle, or none when it was forgotten.
    pub fn get(&mut self, id: KeyId) -> Option<&mut Key> {
        let key = self.peek(id)?;
        key.used = true;
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
    use alloc::vec;

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

    #[test]
    fn of_keys_used_alike_the_oldest_goes() {
        let mut keys = Keys::default();
        let mut all: Vec<KeyId> = vec![];
        for n in 0..SLOTS + 5 {
            all.push(keys.intern(1, 2));
            keys.get(all[n]).unwrap();
        }
        let gone = all.iter().take_while(|id| keys.peek(**id).is_none()).count();
        assert_eq!((gone, all.iter().filter(|id| keys.peek(**id).is_some()).count()), (5, SLOTS));
    }

    #[test]
    fn several_in_flight_go_last_though_all_others_are_used() {
        let mut keys = Keys::default();
        let all: Vec<KeyId> = (0..SLOTS).map(|_| keys.intern(1, 2)).collect();
        for id in &all {
            keys.get(*id).unwrap();
        }
        for id in &all[..9] {
            keys.peek(*id).unwrap().flight = Ticket(1);
        }
        keys.intern(1, 2);
        assert!(all[..9].iter().all(|id| keys.peek(*id).is_some()) && keys.peek(all[9]).is_none());
    }

    #[test]
    fn where_all_fly_one_still_makes_room() {
        let mut keys = Keys::default();
        for n in 0..3 * SLOTS {
            let id = keys.intern(1, 2);
            keys.get(id).unwrap().flight = Ticket(1);
            assert_eq!(keys.slots.len(), SLOTS.min(n + 1));
        }
    }

    #[test]
    fn a_handle_whose_generations_have_gone_round_is_not_zero() {
        let mut keys = Keys::default();
        for _ in 0..SLOTS {
            keys.intern(1, 2);
        }
        keys.slots[0].id = KeyId(u32::MAX - (SLOTS as u32 - 1));
        let id = keys.intern(3, 4);
        assert_eq!((id, keys.get(id).map(|key| key.scope)), (KeyId(SLOTS as u32), Some(3)));
    }
}
