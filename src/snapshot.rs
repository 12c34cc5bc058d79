//! What survives a reload and crosses tabs: which places are closed and for how long. No URL, no key in clear, no user
//! data.
//!
//! Without it F5 is the strongest "try again" there is: a fresh page knows nothing and asks at once. A record is
//! untrusted (it may be old, foreign, forged, or of another version): it carries a version and a checksum, everything
//! is clamped when it is read, and what does not validate is nothing. A clock that was moved can shorten a pause or
//! leave it as it was, never make it longer than the cap.
//!
//! | hexadecimal digits | what                                                                              |
//! |--------------------|-----------------------------------------------------------------------------------|
//! | 2                  | version                                                                           |
//! | 32                 | salt                                                                              |
//! | 16                 | when it was written, epoch milliseconds                                           |
//! | then 42 an entry   | whom it concerns (16), milliseconds left (8), kind (2), value (16)                |
//! | last 16            | FNV-1a of the text before                                                         |
//!
//! It is text, because storage and channels of a browser hold nothing else. Every entry ends by itself, so a kind that
//! this version does not know can be kept for whoever does; what changes the meaning of a digit raises the version.
//!
//! **The salt.** A plain hash of a path can be looked up in a table of common paths, and compared between people. Here
//! it is keyed with 16 random bytes, drawn once for each client. They stand in the record itself, for a fresh page must
//! find its routes again: who can read the record (any script of this origin) can still test a guess, one at a time.

use alloc::string::String;
use alloc::vec::Vec;

use crate::num::{FNV_BASIS, fnv};
use crate::rng::Rng;
use crate::time::{Duration, WallTime};

const VERSION: u64 = 2;
const HEAD: usize = 50;
const ENTRY: usize = 42;
const SUM: usize = 16;
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
    /// As text, written at `wall`.
    pub fn text(&self, wall: WallTime) -> String {
        let mut text = String::new();
        put(&mut text, VERSION, 2);
        for word in [self.salt.0[0], self.salt.0[1], wall.0 as u64] {
            put(&mut text, word, 16);
        }
        for entry in self.entries.iter().take(MOST) {
            put(&mut text, entry.id, 16);
            put(&mut text, entry.left.millis_up().min(u64::from(u32::MAX)), 8);
            put(&mut text, u64::from(entry.kind), 2);
            put(&mut text, entry.value, 16);
        }
        let sum = fnv(FNV_BASIS, text.as_bytes());
        put(&mut text, sum, 16);
        text
    }

    /// The same as bytes.
    pub fn encode(&self, wall: WallTime) -> Vec<u8> {
        self.text(wall).into_bytes()
    }

    /// What is still in force of it at `wall`: a guess for at most `guess`, all else for at most `cap`. None when it is
    /// not ours, or damaged. A wall clock behind the moment of writing leaves the times as they were.
    pub fn decode(text: &[u8], wall: WallTime, cap: Duration, guess: Duration) -> Option<Self> {
        if text.len() > HEAD + MOST * ENTRY + SUM {
            return None;
        }
        let (mut rest, mut sum) = text.split_at_checked(text.len().checked_sub(SUM)?)?;
        if take(&mut sum, 16)? != fnv(FNV_BASIS, rest) || take(&mut rest, 2)? != VERSION {
            return None;
        }
        let salt = Salt([take(&mut rest, 16)?, take(&mut rest, 16)?]);
        let written = take(&mut rest, 16)? as i64;
        let passed = wall.0.saturating_sub(written).max(0) as u64;
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let (id, left) = (take(&mut rest, 16)?, take(&mut rest, 8)?);
            let (kind, value) = (take(&mut rest, 2)? as u8, take(&mut rest, 16)?);
            let left = Duration::from_millis(left.saturating_sub(passed));
            let left = left.min(if kind == GUESS { guess } else { cap });
            if left > Duration::ZERO {
                entries.push(Entry { id, left, kind, value });
            }
        }
        Some(Self { salt, entries })
    }
}

/// Writes a number's last digits.
fn put(text: &mut String, number: u64, digits: u32) {
    for at in (0..digits).rev() {
        let digit = (number >> (4 * at)) as u8 & 15;
        text.push(char::from(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }));
    }
}

/// Reads a number of so many digits.
fn take(text: &mut &[u8], digits: usize) -> Option<u64> {
    let (number, rest) = text.split_at_checked(digits)?;
    *text = rest;
    let mut read = 0;
    for digit in number {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        read = read << 4 | u64::from(digit);
    }
    Some(read)
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
    fn what_is_written_is_read_and_any_storage_can_hold_it() {
        let text = snapshot().text(WallTime(1_000));
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()));
        assert_eq!(read(text.as_bytes(), 1_000), Some(snapshot()));
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
        let parse = |text: &str| Snapshot::decode(text.as_bytes(), WallTime(0), CAP, GUESSED);
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
    fn a_record_with_an_entry_too_many_is_nothing_though_its_sum_is_right() {
        let many = Snapshot { entries: vec![entry(WORD, 9); MOST], ..snapshot() };
        let text = many.text(WallTime(0));
        for more in [0, 1] {
            let mut longer = String::from(&text[..text.len() - SUM]);
            longer.push_str(&text[HEAD..HEAD + ENTRY].repeat(more));
            let sum = fnv(FNV_BASIS, longer.as_bytes());
            put(&mut longer, sum, SUM as u32);
            assert_eq!(read(longer.as_bytes(), 0).is_some(), more == 0);
        }
    }

    #[test]
    fn one_place_has_another_name_under_another_salt() {
        let [here, there] = [Salt([1, 2]), Salt([1, 3])];
        assert_ne!(here.id(5, 6), there.id(5, 6));
        assert_ne!(here.id(5, 6), Salt([2, 2]).id(5, 6));
        assert_ne!(here.id(5, 6), here.id(6, 5));
        assert_ne!(here.id(5, 0), here.id(5, 6));
    }

    #[test]
    fn another_version_is_nothing_though_its_sum_is_right() {
        let text = snapshot().text(WallTime(0));
        for (version, known) in [("01", false), ("02", true), ("03", false)] {
            let mut other = format!("{version}{}", &text[2..text.len() - SUM]);
            let sum = fnv(FNV_BASIS, other.as_bytes());
            put(&mut other, sum, SUM as u32);
            assert_eq!(read(other.as_bytes(), 0).is_some(), known, "{version}");
        }
    }
}
