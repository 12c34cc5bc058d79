//! An unnamed quota whose members stand apart: a limit, a count, a reset, in any of the spellings that servers use.
//! One interpreter for all of them; a dialect only tells where the members stand.

use super::field::{self, Form, bounded, known};
use super::lookup::{self, Fields};
use super::ratelimit;
use super::scan::{self, Pair};
use super::settle::Findings;

/// The numbers of a family.
const USED: usize = 0;
const LIMIT: usize = 1;
const REMAINING: usize = 2;
const RESET: usize = 3;

/// The members that tell a number, where several tell the same one the strongest first; the later a number, the more
/// it says about a wait.
const MEMBERS: [(&str, usize, Form); 8] = [
    ("used", USED, Form::Most),
    ("observed", USED, Form::Most),
    ("limit", LIMIT, Form::First),
    ("total", LIMIT, Form::First),
    ("remaining", REMAINING, Form::Least),
    ("reset-after", RESET, Form::Seconds),
    ("reset", RESET, Form::Reset),
    ("resettime", RESET, Form::Reset),
];

/// The members that name the quota, the strongest first.
const NAMES: [&str; 3] = ["bucket", "resource", "name"];

/// Reads the members whose names begin with `prefix`; without one they are a dictionary's, whose reset is in seconds.
/// Nothing is found without a limit, a remaining or a reset, and nothing is looked for when a quota was told before.
pub fn read(lines: &[Pair<'_>], prefix: &'static str, fields: &Fields<'_>, findings: &mut Findings) {
    if findings.quota.is_some() {
        return;
    }
    let mut told = [f64::NAN; 4];
    let mut source = "";
    for (member, number, form) in MEMBERS {
        let form = if prefix.is_empty() && form == Form::Reset {
            Form::Seconds
        } else {
            form
        };
        if let Some(number) = told.get_mut(number).filter(|number| number.is_nan()) {
            let list = lookup::value(lines, (prefix, member));
            *number = field::pick(&list, form, fields.reference, &mut findings.reading.malformed);
            if !number.is_nan() {
                source = member;
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
    findings.quota = Some((prefix, source));
    let mut name = alloc::vec::Vec::new();
    for member in NAMES {
        if name.is_empty() {
            name = lookup::text(lines, (prefix, member));
        }
    }
    if name.is_empty() {
        name.extend_from_slice(b"default");
    }
    let window = window(limit, &lookup::value(lines, (prefix, "limit")), fields);
    if let Some(quota) = findings.named(field::string(&name, false)) {
        quota.limit = known(limit);
        quota.remaining = known(remaining);
        quota.reset_ms = known(reset).map(bounded);
        quota.window_ms = known(window);
    }
}

/// The window of the first policy whose quota is the limit, in milliseconds: in an older RateLimit-Policy, else behind
/// the first member of the limit itself (drafts -00 to -03).
fn window(limit: f64, mut limits: &[u8], fields: &Fields<'_>) -> f64 {
    scan::part(&mut limits, b',');
    for mut list in [&*lookup::value(fields.lines, (ratelimit::POLICY, "")), limits] {
        while !list.is_empty() {
            let mut params = scan::part(&mut list, b',');
            if field::integer(scan::part(&mut params, b';')) == limit {
                let seconds = lookup::value(&scan::pairs(params, b';', b'='), ("w", ""));
                let ms = field::integer(&seconds) * 1000.0;
                if ms > 0.0 {
                    return ms.clamp(0.0, f64::MAX);
                }
            }
        }
    }
    f64::NAN
}
