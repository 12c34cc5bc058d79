//! What survives a reload: which places are closed and for how long, nothing else. No URL, no key in clear, no user data.
//!
//! Without it F5 is the strongest "try again" there is: a fresh page knows nothing and asks at once. Stored state is
//! untrusted (it may be old, foreign, forged, or of another version): it carries a version and a checksum, everything
//! is clamped on load, and what does not validate is nothing. A clock that was moved can shorten a pause or leave it
//! as it was, never make it longer than the cap.
//!
//! | bytes  | what                                                             |
//! |--------|------------------------------------------------------------------|
//! | 0      | version                                                          |
//! | 1–8    | when it was written, epoch milliseconds                          |
//! | then 21 an entry | scope, route (0: the scope itself), milliseconds left (32 bits), reason |
//! | last 8 | FNV-1a of all before                                             |

use alloc::vec::Vec;

use crate::reason::Reason;
use crate::scope::{FNV_BASIS, fnv};
use crate::time::{Duration, WallTime};

const VERSION: u8 = 1;
const HEAD: usize = 9;
const ENTRY: usize = 21;
const SUM: usize = 8;
/// As many closed places are kept as there are scopes.
const MOST: usize = crate::policy::defaults::SCOPES;

/// One place that is closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Closed {
    /// Hash of the scope's name.
    pub scope: u64,
    /// Hash of the route class; 0: the scope itself.
    pub route: u64,
    /// For how much longer.
    pub left: Duration,
    /// By the server's word, or by our guess.
    pub by_server: bool,
}

/// All that survives.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Snapshot {
    /// The closed places, at most 64.
    pub closed: Vec<Closed>,
}

impl Snapshot {
    /// As bytes for storage, written at `wall`.
    pub fn encode(&self, wall: WallTime) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.push(VERSION);
        bytes.extend_from_slice(&wall.0.to_le_bytes());
        for closed in self.closed.iter().take(MOST) {
            bytes.extend_from_slice(&closed.scope.to_le_bytes());
            bytes.extend_from_slice(&closed.route.to_le_bytes());
            let left = closed.left.millis_up().min(u64::from(u32::MAX)) as u32;
            bytes.extend_from_slice(&left.to_le_bytes());
            bytes.push(if closed.by_server { Reason::RetryAfter } else { Reason::Overload } as u8);
        }
        let sum = fnv(FNV_BASIS, &bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// What is still in force of it at `wall`, no pause longer than `cap` for a server's word and `guess` for ours.
    /// None when it is not ours, or damaged. A wall clock behind the moment of writing leaves the pauses as they were.
    pub fn decode(bytes: &[u8], wall: WallTime, cap: Duration, guess: Duration) -> Option<Self> {
        let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
        let ours = fnv(FNV_BASIS, body) == u64::from_le_bytes(sum.try_into().ok()?);
        if !ours || body.first() != Some(&VERSION) {
            return None;
        }
        let written = i64::from_le_bytes(body.get(1..HEAD)?.try_into().ok()?);
        let passed = Duration::from_millis(wall.0.saturating_sub(written).max(0) as u64);
        let mut closed = Vec::new();
        for entry in body.get(HEAD..)?.chunks_exact(ENTRY).take(MOST) {
            let by_server = entry[20] == Reason::RetryAfter as u8;
            let left = u32::from_le_bytes(entry[16..20].try_into().ok()?);
            let left = Duration::from_millis(u64::from(left)) - passed;
            let left = left.min(if by_server { cap } else { guess });
            if left > Duration::ZERO {
                let scope = u64::from_le_bytes(entry[..8].try_into().ok()?);
                let route = u64::from_le_bytes(entry[8..16].try_into().ok()?);
                closed.push(Closed { scope, route, left, by_server });
            }
        }
        Some(Self { closed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const CAP: Duration = Duration::from_secs(600);
    const GUESS: Duration = Duration::from_secs(30);

    fn snapshot() -> Snapshot {
        let at =
            |route, left, by_server| Closed { scope: 7, route, left: Duration::from_secs(left), by_server };
        Snapshot { closed: vec![at(0, 20, true), at(9, 10, false)] }
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = snapshot().encode(WallTime(1_000));
        assert_eq!(Snapshot::decode(&bytes, WallTime(1_000), CAP, GUESS), Some(snapshot()));
    }

    #[test]
    fn time_that_passed_is_not_waited_twice() {
        let bytes = snapshot().encode(WallTime(0));
        let later = Snapshot::decode(&bytes, WallTime(12_000), CAP, GUESS).unwrap();
        assert_eq!(later.closed.len(), 1, "the guess is over");
        assert_eq!(later.closed[0].left, Duration::from_secs(8));
    }

    #[test]
    fn a_clock_that_was_moved_never_makes_a_pause_longer() {
        let bytes = snapshot().encode(WallTime(i64::MAX));
        let back = Snapshot::decode(&bytes, WallTime(i64::MIN), CAP, GUESS).unwrap();
        assert_eq!(back, snapshot());
    }

    #[test]
    fn every_pause_is_capped() {
        let forged = Snapshot {
            closed: vec![
                Closed { scope: 1, route: 0, left: Duration::MAX, by_server: true },
                Closed { scope: 1, route: 2, left: Duration::MAX, by_server: false },
            ],
        };
        let read = Snapshot::decode(&forged.encode(WallTime(0)), WallTime(0), CAP, GUESS).unwrap();
        assert_eq!((read.closed[0].left, read.closed[1].left), (CAP, GUESS));
    }

    #[test]
    fn any_damage_makes_it_nothing() {
        let bytes = snapshot().encode(WallTime(1_000));
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[place] ^= 1 << bit;
                assert_eq!(Snapshot::decode(&damaged, WallTime(1_000), CAP, GUESS), None, "{place}.{bit}");
            }
            assert_eq!(Snapshot::decode(&bytes[..place], WallTime(1_000), CAP, GUESS), None);
        }
    }

    #[test]
    fn it_is_bounded() {
        let closed = Closed { scope: 1, route: 1, left: CAP, by_server: true };
        let many = Snapshot { closed: vec![closed; 10_000] };
        assert!(many.encode(WallTime(0)).len() <= HEAD + SUM + MOST * ENTRY);
    }
}
