//! An unnamed quota whose members stand apart: a limit, a count, a reset, in any of the spellings that servers use.
//! One interpreter for all of them; a dialect only tells where the members stand.

use alloc::vec::Vec;

use super::answer::{self, Answer};
use super::field::{self, Form};
use super::ratelimit;
use super::scan::{self, Pair};
use super::settle::Findings;

/// The members under each of these prefixes, in the order of [`ROLES`], then [`NAMES`].
macro_rules! members {
    ($($prefix:literal)* ; $($more:literal)?) => {
        &[$(
            concat!($prefix, "used"),
            concat!($prefix, "observed"),
            concat!($prefix, "limit"),
            concat!($prefix, "total"),
            concat!($prefix, "remaining"),
            concat!($prefix, "reset-after"),
            concat!($prefix, "reset"),
            concat!($prefix, "resettime"),
            concat!($prefix, "bucket"),
            concat!($prefix, "resource"),
            concat!($prefix, "name"),
        )* $($more)?]
    };
}
pub(super) use members;

/// Where the names of members stand: in a table, each behind so many bytes that do not belong to it. Thus two tables
/// hold five spellings.
pub struct Spelling(&'static [&'static str; 11], usize);

const JOINED: &[&str; 11] = members!["x-ratelimit-";];
const SPLIT: &[&str; 11] = members!["x-rate-limit-";];

/// Every prefix, the standard's first.
pub const SPELLINGS: &[Spelling] =
    &[Spelling(JOINED, 2), Spelling(JOINED, 0), Spelling(SPLIT, 0), Spelling(SPLIT, 2)];

impl Spelling {
    /// A dictionary's: no prefix.
    pub const BARE: &Self = &Self(JOINED, "x-ratelimit-".len());

    fn is_bare(&self) -> bool {
        self.1 == Self::BARE.1
    }

    fn name(&self, role: usize) -> &'static str {
        self.0.get(role).and_then(|name| name.get(self.1..)).unwrap_or_default()
    }
}

const USED: usize = 0;
const LIMIT: usize = 1;
const REMAINING: usize = 2;
const RESET: usize = 3;

/// The number that each member tells, and how it is read. Where several tell the same, the strongest comes first; the
/// later a number, the more it says about a wait.
const ROLES: &[(usize, Form)] = &[
    (USED, Form::Most),
    (USED, Form::Most),
    (LIMIT, Form::First),
    (LIMIT, Form::First),
    (REMAINING, Form::Least),
    (RESET, Form::Seconds),
    (RESET, Form::Reset),
    (RESET, Form::Reset),
];
/// The member whose list may hold policies.
const LIMITS: usize = 2;
/// The members that name the quota, the strongest first.
const NAMES: core::ops::Range<usize> = 8..11;

/// Reads the members. Nothing is found without a limit, a remaining or a reset. A dictionary's reset is in seconds.
pub fn read(lines: &[Pair<'_>], spelling: &Spelling, answer: &Answer<'_>, findings: &mut Findings) {
    let mut told = [f64::NAN; 4];
    let mut source = "";
    for (role, &(number, mut form)) in ROLES.iter().enumerate() {
        if form == Form::Reset && spelling.is_bare() {
            form = Form::Seconds;
        }
        if let Some(number) = told.get_mut(number).filter(|number| number.is_nan()) {
            let name = spelling.name(role);
            let list = answer::value(lines, name.as_bytes());
            *number = field::pick(&list, form, answer.reference, &mut findings.reading.malformed);
            if !number.is_nan() {
                source = name;
            }
        }
    }
    let [used, mut limit, mut remaining, reset] = told;
    if limit.is_nan() && remaining.is_nan() && reset.is_nan() {
        return;
    }
    if remaining.is_nan() {
        remaining = (limit - used).clamp(0.0, f64::MAX);
    }
    if limit.is_nan() {
        limit = (used + remaining).clamp(0.0, f64::MAX);
    }
    findings.unnamed = true;
    let mut name = Vec::new();
    for role in NAMES {
        if name.is_empty() {
            name = answer::text(lines, spelling.name(role).as_bytes());
        }
    }
    if name.is_empty() {
        name.extend_from_slice(b"default");
    }
    // The limit comes first: what stands behind it are policies (drafts -00 to -03), after those of their own field.
    let limits = answer::value(lines, spelling.name(LIMITS).as_bytes());
    let mut policies = answer.value(ratelimit::POLICY);
    let mut behind: &[u8] = &limits;
    while !behind.is_empty() && scan::part(&mut behind, b',').is_empty() {}
    policies.push(b',');
    policies.extend_from_slice(behind);
    let window = window(limit, &policies);
    findings.tell(&name, "requests", [limit, remaining, reset, window], source);
}

/// The window of the first policy of a list whose quota is the limit, in milliseconds.
fn window(limit: f64, mut policies: &[u8]) -> f64 {
    while !policies.is_empty() {
        let mut params = scan::part(&mut policies, b',');
        let quota = field::integer(scan::part(&mut params, b';'));
        while quota == limit && !params.is_empty() {
            if let [b'w', b'=', seconds @ ..] = scan::part(&mut params, b';') {
                let ms = field::integer(seconds) * 1000.0;
                if ms > 0.0 {
                    return ms.clamp(0.0, f64::MAX);
                }
            }
        }
    }
    f64::NAN
}
