//! Backpressure (docs/backpressure-field.md), the field for servers that want to say more: how they are, when to come
//! again and whether, how much to send, what to do without, and for how long. A Dictionary (RFC 9651 section 3.2);
//! what is unknown is ignored, a member of a wrong type or range too, and counted. Nothing is read from a cache.

use alloc::string::String;
use alloc::vec::Vec;

use super::Dialect;
use super::answer::Answer;
use super::field::{bounded, integer, known, number};
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
    /// The features to do without, in place of those told before: at most 32 names of 1 to 64 characters.
    pub off: Option<Vec<String>>,
    /// How long all of it holds, in milliseconds, at most 600 000.
    pub for_ms: u32,
}

/// The states of the W3C Compute Pressure API, the best first.
pub const STATES: [&[u8]; 4] = [b"nominal", b"fair", b"serious", b"critical"];
const SERIOUS: u8 = 2;

/// The members in the order in which [`read`] takes them.
const KEYS: [&[u8]; 8] = [b"load", b"state", b"wait", b"retry", b"share", b"batch", b"off", b"for"];
const OFF: &[u8] = KEYS[6];

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
    let value = answer.value(FIELD);
    // The last of each key counts. Nothing is taken before all of it is known to parse.
    let mut told: [&[u8]; 8] = [&[]; 8];
    let mut names = Vec::new();
    let mut naming = false;
    let parses = walk(&value, Form::Dictionary, &mut |part, key, text| {
        if part == Part::Member {
            for (member, known) in told.iter_mut().zip(&KEYS) {
                if key == *known {
                    *member = text;
                }
            }
            naming = key == OFF;
            if naming {
                names.clear();
            }
        } else if part == Part::Inner && naming {
            names.push(text);
        }
        true
    });
    if parses {
        take(&told, &names, answer.status, findings);
    } else {
        findings.reading.malformed += 1;
    }
}

/// Takes the members, each the raw text of a bare item, by type and range.
fn take(told: &[&[u8]; 8], names: &[&[u8]], status: u16, findings: &mut Findings) {
    let &[load, state, wait, retry, share, batch, off, hold] = told;
    let mut bad = 0;
    // What was told and cannot be used counts as malformed.
    let mut checked = |text: &[u8], number: f64| {
        bad += u32::from(number.is_nan() && !text.is_empty());
        number
    };
    let place = |text: &[u8], words: &[&[u8]]| {
        words.iter().position(|word| *word == text).map_or(f64::NAN, |place| place as f64)
    };
    findings.load(checked(load, number(load)));
    findings.wait(From::Field, checked(wait, number(wait)) * 1000.0, FIELD);
    let retry = checked(retry, place(retry, &[b"?0", b"?1"]));
    findings.retry(known(retry).map(|retry| retry > 0.0));
    let state = known(checked(state, place(state, &STATES))).map(|place| place as u8);
    let share = known(checked(share, number(share)));
    let most = integer(batch);
    let batch = known(checked(batch, if most > 0.0 { most } else { f64::NAN })).map(|most| most as u32);
    let holds = known(checked(hold, number(hold))).unwrap_or(HOLDS).min(HOLDS_LONGEST);
    let listed = place(off, &[b"("]);
    let off = known(checked(off, listed)).map(|_| {
        let mut features = Vec::new();
        for name in names {
            let known = matches!(name, [b'"' | b'*' | b'a'..=b'z' | b'A'..=b'Z', ..]);
            let name = structured::string(name);
            let fits = known && (1..=LONGEST_NAME).contains(&name.len()) && features.len() < MOST_NAMES;
            bad += u32::from(!fits);
            if fits {
                features.push(name);
            }
        }
        features
    });
    findings.reading.malformed += bad;
    // A server that fails while it suffers fails for its load. A refusal by 4xx names its reason, and a success is none.
    if status >= 500 && state >= Some(SERIOUS) {
        findings.overloaded(FIELD);
    }
    if state.is_some() || share.is_some() || batch.is_some() || off.is_some() {
        findings.reading.hint.advice =
            Some(Advice { state, share, batch, off, for_ms: bounded(holds * 1000.0) });
    }
}
