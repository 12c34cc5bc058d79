//! What survives a reload and crosses tabs: which places are closed and for how long. No URL, no key in clear, no user
//! data.
//!
//! Without it F5 is the strongest "try again" there is: a fresh page knows nothing and asks at once. A record is
//! untrusted (it may be old, foreign, forged, or of another version): it carries a version and a checksum, everything
//! is clamped when it is read, and what does not validate is nothing. A clock that was moved can shorten a pause or
//! leave it as it was, never make it longer than the cap.
//!
//! | bytes  | what                                                                                |
//! |--------|-------------------------------------------------------------------------------------|
//! | 0      | version                                                                             |
//! | 1–16   | salt                                                                                |
//! | 17–24  | when it was written, epoch milliseconds                                             |
//! | then 21 an entry | whom it concerns (64 bits), milliseconds left (32), kind (8), value (64)  |
//! | last 8 | FNV-1a of all before                                                                |
//!
//! As text (storage and channels of a browser hold nothing else) it is hexadecimal. Every entry ends by itself, so a
//! kind that this version does not know can be kept for whoever does; what changes the meaning of a byte raises the
//! version.
//!
//! **The salt.** A plain hash of a path can be looked up in a table of common paths, and compared between people. Here
//! it is keyed with 16 random bytes, drawn once for each client. They stand in the record itself, for a fresh page must
//! find its routes again: who can read the record (any script of this origin) can still test a guess, one at a time.

use alloc::string::String;
use alloc::vec::Vec;

use crate::rng::Rng;
use crate::scope::{FNV_BASIS, fnv};
use crate::time::{Duration, WallTime};

const VERSION: u8 = 2;
const HEAD: usize = 25;
const ENTRY: usize = 21;
const SUM: usize = 8;
/// Entries in a record: as many closed places as there are scopes, and as much again for what else is kept.
pub const MOST: usize = 2 * crate::policy::defaults::SCOPES;

/// Until when a server said not to come.
pub const WORD: u8 = 1;
/// Until when this client guesses that it is better not to.
pub const GUESS: u8 = 2;
/// What is left of the retry budget, in ten-thousandths of a retry.
pub const BUDGET: u8 = 3;
/// The tab that speaks, in messages only.
pub const TAB: u8 = 4;
/// What is usual for a route class, while its scope is late.
pub const USUAL: u8 = 5;
/// How late a scope or a route class is.
pub const LATE: u8 = 6;

/// What keys the names of places in a record.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Salt(pub [u64; 2]);

impl Salt {
    /// A new one.
    pub fn draw(rng: &mut Rng) -> Self {
        Self([rng.bits(), rng.bits()])
    }

    /// What stands for a place in a record: of the hashes of its scope's name and its route class (0: the scope itself).
    pub fn id(&self, scope: u64, route: u64) -> u64 {
        let hash = fnv(fnv(self.0[0], &scope.to_le_bytes()), &route.to_le_bytes());
        Rng::from_seed(hash ^ self.0[1]).bits()
    }
}

/// One thing that is known for a while.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Entry {
    /// Whom it concerns: [`Salt::id`] of a place, or what its kind says.
    pub id: u64,
    /// For how much longer.
    pub left: Duration,
    /// What it is; one that is not known is kept and means nothing.
    pub kind: u8,
    /// A figure, where its kind has one.
    pub value: u64,
}

/// All that survives.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Snapshot {
    /// What the names are keyed with.
    pub salt: Salt,
    /// At most [`MOST`] are written and read.
    pub entries: Vec<Entry>,
}

impl Snapshot {
    /// As bytes, written at `wall`.
    pub fn encode(&self, wall: WallTime) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.push(VERSION);
        for word in [self.salt.0[0], self.salt.0[1], wall.0 as u64] {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        for entry in self.entries.iter().take(MOST) {
            let left = entry.left.millis_up().min(u64::from(u32::MAX)) as u32;
            bytes.extend_from_slice(&entry.id.to_le_bytes());
            bytes.extend_from_slice(&left.to_le_bytes());
            bytes.push(entry.kind);
            bytes.extend_from_slice(&entry.value.to_le_bytes());
        }
        let sum = fnv(FNV_BASIS, &bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// The same as text.
    pub fn text(&self, wall: WallTime) -> String {
        let mut text = String::new();
        for byte in self.encode(wall) {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }));
            }
        }
        text
    }

    /// What is still in force of it at `wall`: a guess for at most `guess`, all else for at most `cap`. None when it is
    /// not ours, or damaged. A wall clock behind the moment of writing leaves the times as they were.
    pub fn decode(bytes: &[u8], wall: WallTime, cap: Duration, guess: Duration) -> Option<Self> {
        let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
        let (head, rest) = body.split_at_checked(HEAD)?;
        if fnv(FNV_BASIS, body) != number(sum) || head.first() != Some(&VERSION) {
            return None;
        }
        let [one, other, written] = [1, 9, 17].map(|at| number(head.get(at..at + 8).unwrap_or_default()));
        let passed = wall.0.saturating_sub(written as i64).max(0) as u64;
        let mut entries = Vec::new();
        for entry in rest.chunks_exact(ENTRY).take(MOST) {
            let [id, left, kind, value] = [(0, 8), (8, 12), (12, 13), (13, 21)]
                .map(|(from, to)| number(entry.get(from..to).unwrap_or_default()));
            let kind = kind as u8;
            let left = Duration::from_millis(left.saturating_sub(passed));
            let left = left.min(if kind == GUESS { guess } else { cap });
            if left > Duration::ZERO {
                entries.push(Entry { id, left, kind, value });
            }
        }
        Some(Self { salt: Salt([one, other]), entries })
    }

    /// The same from text.
    pub fn parse(text: &[u8], wall: WallTime, cap: Duration, guess: Duration) -> Option<Self> {
        if text.len() > 2 * (HEAD + MOST * ENTRY + SUM) {
            return None;
        }
        let mut bytes = Vec::new();
        let mut high = None;
        for digit in text {
            let digit = match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'f' => digit - b'a' + 10,
                _ => return None,
            };
            match high.take() {
                None => high = Some(digit),
                Some(high) => bytes.push(high << 4 | digit),
            }
        }
        if high.is_some() { None } else { Self::decode(&bytes, wall, cap, guess) }
    }
}

/// A number of up to eight bytes, the least significant first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, vec};

    const CAP: Duration = Duration::from_secs(600);
    const GUESSED: Duration = Duration::from_secs(30);

    fn entry(kind: u8, left: u64) -> Entry {
        Entry { id: 7, left: Duration::from_secs(left), kind, value: u64::MAX - 3 }
    }

    fn snapshot() -> Snapshot {
        Snapshot { salt: Salt([1, u64::MAX]), entries: vec![entry(WORD, 20), entry(GUESS, 10), entry(99, 5)] }
    }

    fn read(bytes: &[u8], wall: i64) -> Option<Snapshot> {
        Snapshot::decode(bytes, WallTime(wall), CAP, GUESSED)
    }

    #[test]
    fn what_is_written_is_read_as_bytes_and_as_text() {
        assert_eq!(read(&snapshot().encode(WallTime(1_000)), 1_000), Some(snapshot()));
        let text = snapshot().text(WallTime(1_000));
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(Snapshot::parse(text.as_bytes(), WallTime(1_000), CAP, GUESSED), Some(snapshot()));
    }

    #[test]
    fn time_that_passed_is_not_waited_twice() {
        let later = read(&snapshot().encode(WallTime(0)), 12_000).unwrap();
        assert_eq!(later.entries, [entry(WORD, 8)], "what is over is left out");
    }

    #[test]
    fn a_clock_that_was_moved_never_makes_a_pause_longer() {
        assert_eq!(read(&snapshot().encode(WallTime(i64::MAX)), i64::MIN), Some(snapshot()));
        assert!(read(&snapshot().encode(WallTime(i64::MIN)), i64::MAX).unwrap().entries.is_empty());
    }

    #[test]
    fn every_time_is_capped() {
        let forged = [WORD, GUESS, 99].map(|kind| Entry { left: Duration::MAX, ..entry(kind, 0) });
        let forged = Snapshot { entries: forged.to_vec(), ..snapshot() };
        let left =
            read(&forged.encode(WallTime(0)), 0).unwrap().entries.iter().map(|e| e.left).collect::<Vec<_>>();
        assert_eq!(left, [CAP, GUESSED, CAP]);
    }

    #[test]
    fn any_damage_makes_it_nothing() {
        let bytes = snapshot().encode(WallTime(1_000));
        for place in 0..bytes.len() {
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[place] ^= 1 << bit;
                assert_eq!(read(&damaged, 1_000), None, "{place}.{bit}");
            }
            assert_eq!(read(&bytes[..place], 1_000), None);
        }
    }

    #[test]
    fn text_that_is_no_record_is_nothing() {
        let text = snapshot().text(WallTime(0));
        let parse = |text: &str| Snapshot::parse(text.as_bytes(), WallTime(0), CAP, GUESSED);
        assert!(parse(&text).is_some());
        for wrong in [
            "",
            "0",
            "null",
            "{}",
            &text.to_uppercase(),
            &format!(" {text}"),
            &text[..text.len() - 1],
            &format!("{text}0"),
        ] {
            assert_eq!(parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(parse(&"0".repeat(10_000_000)), None);
    }

    #[test]
    fn it_is_bounded() {
        let many = Snapshot { entries: vec![entry(WORD, 9); 10_000], ..snapshot() };
        let bytes = many.encode(WallTime(0));
        assert_eq!(bytes.len(), HEAD + SUM + MOST * ENTRY);
        assert_eq!(read(&bytes, 0).unwrap().entries.len(), MOST);
    }

    #[test]
    fn one_place_has_another_name_under_another_salt() {
        let [here, there] = [Salt([1, 2]), Salt([1, 3])];
        assert_ne!(here.id(5, 6), there.id(5, 6));
        assert_ne!(here.id(5, 6), Salt([2, 2]).id(5, 6));
        assert_ne!(here.id(5, 6), here.id(6, 5));
        assert_ne!(here.id(5, 0), here.id(5, 6));
    }
}
