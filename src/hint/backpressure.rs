//! Backpressure (docs/backpressure-field.md), the field for servers that want to say more: how they are, when to come
//! again and whether, how much to send, what to do without, and for how long. A Dictionary (RFC 9651 section 3.2);
//! what is unknown is ignored, a member of a wrong type or range too, and counted. Nothing is read from a cache.

use alloc::string::String;

use super::Dialect;
use super::answer::Answer;
use super::field::{bounded, known, number};
use super::scan;
use super::settle::{Findings, From};
use super::structured::{self, Form, Part, walk};

pub(super) const DIALECT: Dialect =
    Dialect { name: FIELD, spec: "docs/backpressure-field.md", fields: &[FIELD], read, ..Dialect::PLAIN };

const FIELD: &str = "backpressure";

/// What a server asks for beyond a wait: members that were not told are none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Advice {
    /// How the server is, by its own word: the place of one of [`STATES`].
    pub state: Option<u8>,
    /// Which share of its usual rate a client should send; above 1: there is room for more. Not negative, not capped.
    pub share: Option<f64>,
    /// How many items in one request are welcome, at least 1.
    pub batch: Option<u32>,
    /// The features to do without, in place of those told before: at most 32 names of 1 to 64 characters, each ended by
    /// a line feed, which no name holds.
    pub off: Option<String>,
    /// How long all of it holds, in milliseconds, at most 600 000.
    pub for_ms: u32,
}

/// The states of the W3C Compute Pressure API, the best first.
pub const STATES: [&[u8]; 4] = [b"nominal", b"fair", b"serious", b"critical"];
const SERIOUS: f64 = 2.0;

/// The members in the order in which [`take`] takes them.
const MEMBERS: &[u8] = b"load wait share batch for state retry off";
const COUNT: usize = 8;
const BATCH: usize = 3;
const STATE: usize = 5;
const OFF: usize = 7;

/// The words that a member may be: it is a number without.
const fn words(member: usize) -> &'static [u8] {
    match member {
        STATE => b"nominal fair serious critical",
        6 => b"?0 ?1",
        OFF => b"(",
        _ => b"",
    }
}

/// More features than these are not named off.
const MOST_NAMES: usize = 32;
/// No name of a feature is longer, in characters.
const LONGEST_NAME: usize = 64;
/// How long advice holds when the server does not say, in seconds: about as long as a human waits for a page.
const HOLDS: f64 = 10.0;
/// It holds no longer than this, in seconds: the cap of every other hint.
const HOLDS_LONGEST: f64 = 600.0;

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    if answer.cached {
        return;
    }
    let mut told = [f64::NAN; COUNT];
    let (mut names, mut count, mut bad) = (String::new(), 0, 0);
    let mut naming = false;
    let parses = walk(&answer.value(FIELD), Form::Dictionary, &mut |part, key, text| {
        if part == Part::Member {
            let place = scan::place(MEMBERS, key);
            naming = place == OFF;
            // The last of each key counts.
            if let Some(member) = told.get_mut(place) {
                *member = amount(text, words(place));
                bad += u32::from(member.is_nan());
            }
            if naming {
                (names, count) = (String::new(), 0);
            }
        } else if part == Part::Inner && naming {
            let name = structured::string(text);
            let word = matches!(text, [b'"' | b'*' | b'a'..=b'z' | b'A'..=b'Z', ..]);
            if word && (1..=LONGEST_NAME).contains(&name.len()) && count < MOST_NAMES {
                count += 1;
                names.push_str(&name);
                names.push('\n');
            } else {
                bad += 1;
            }
        }
        true
    });
    if told[BATCH] < 1.0 {
        (told[BATCH], bad) = (f64::NAN, bad + 1);
    }
    // Nothing is taken before all of it is known to parse.
    if parses {
        take(&told, names, answer.status, findings);
    } else {
        bad = 1;
    }
    findings.reading.malformed += bad;
}

/// What the raw text of a bare item says: the place of its word, or a number where there are none; else NaN.
fn amount(text: &[u8], words: &[u8]) -> f64 {
    match scan::place(words, text) {
        _ if words.is_empty() => number(text),
        scan::NOWHERE => f64::NAN,
        place => place as f64,
    }
}

fn take(told: &[f64; COUNT], names: String, status: u16, findings: &mut Findings) {
    let &[load, wait, share, batch, holds, state, retry, off] = told;
    findings.load(load);
    findings.wait(From::Field, wait * 1000.0, FIELD);
    findings.retry(known(retry).map(|retry| retry > 0.0));
    // A server that fails while it suffers fails for its load. A refusal by 4xx names its reason, and a success is none.
    if status >= 500 && state >= SERIOUS {
        findings.overloaded(FIELD);
    }
    if [state, share, batch, off].iter().any(|told| !told.is_nan()) {
        let holds = known(holds).unwrap_or(HOLDS).min(HOLDS_LONGEST);
        findings.reading.hint.advice = Some(Advice {
            state: known(state).map(|place| place as u8),
            share: known(share),
            batch: known(batch).map(|most| most as u32),
            off: known(off).map(|_| names),
            for_ms: bounded(holds * 1000.0),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_members_and_states_are_those_of_their_names() {
        assert_eq!(MEMBERS.split(|byte| *byte == b' ').count(), COUNT);
        for (name, place) in [(&b"batch"[..], BATCH), (b"state", STATE), (b"off", OFF)] {
            assert_eq!(scan::place(MEMBERS, name), place);
        }
        assert_eq!(STATES.map(|state| scan::place(words(STATE), state)), [0, 1, 2, 3]);
    }
}
