//! An unnamed quota whose members stand apart: a limit, a count, a reset, in any of the spellings that servers use.
//! One interpreter for all of them; a dialect only tells where each member stands.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::{self, Form};
use super::lookup::Fields;
use super::{Quota, ratelimit};

/// How many members a family has.
pub const ROLES: usize = 11;

pub const LIMIT: usize = 0;
const TOTAL: usize = 1;
pub const REMAINING: usize = 2;
const USED: usize = 3;
const OBSERVED: usize = 4;
const RESET: usize = 5;
/// Seconds from now, whatever their number.
pub const RESET_AFTER: usize = 6;
const RESET_TIME: usize = 7;
/// From here on the members name the quota.
pub const BUCKET: usize = 8;

/// Reads one family, and which member its source is; none when it has neither limit, remaining nor reset. `value`
/// answers where a member stands, each malformed part is counted.
pub fn read(
    value: &dyn Fn(usize) -> Option<Vec<u8>>,
    fields: &Fields<'_>,
    malformed: &mut u32,
) -> Option<(Quota, usize)> {
    let mut limit = value(LIMIT).and_then(|list| first(&list, malformed));
    limit = limit.or_else(|| value(TOTAL).and_then(|list| first(&list, malformed)));
    let mut count = |role, pick| value(role).and_then(|list| fold(&list, pick, malformed));
    let mut remaining = count(REMAINING, f64::min);
    let used = count(USED, f64::max).or_else(|| count(OBSERVED, f64::max));
    let mut reset = None;
    for (role, form) in [
        (RESET_AFTER, Form::Seconds),
        (RESET, Form::Reset),
        (RESET_TIME, Form::Reset),
    ] {
        if reset.is_none()
            && let Some(list) = value(role)
        {
            reset = field::longest(&list, form, true, fields.reference, malformed).map(|ms| (ms, role));
        }
    }
    let source = match (reset, remaining, limit) {
        (Some((_, role)), _, _) => role,
        (None, Some(_), _) => REMAINING,
        (None, None, Some(_)) => LIMIT,
        (None, None, None) => return None,
    };
    remaining = remaining.or_else(|| Some((limit? - used?).max(0.0)));
    limit = limit.or_else(|| Some((used? + remaining?).min(f64::MAX)));
    let quota = Quota {
        name: name(value),
        limit,
        remaining,
        reset_ms: reset.map(|(ms, _)| ms),
        window_ms: window(limit, value, fields),
        unit: String::from("requests"),
    };
    Some((quota, source))
}

/// The first member's number; parameters behind a semicolon are cut off. A limit is not looked for any further.
fn first(mut list: &[u8], malformed: &mut u32) -> Option<f64> {
    let number = field::number(field::cut(field::member(&mut list, b',')?, b';').0);
    *malformed += u32::from(number.is_none());
    number
}

/// The least or most of a list's numbers; parameters behind a semicolon are cut off.
fn fold(mut list: &[u8], pick: fn(f64, f64) -> f64, malformed: &mut u32) -> Option<f64> {
    let mut folded = None;
    while let Some(member) = field::member(&mut list, b',') {
        let number = field::number(field::cut(member, b';').0);
        *malformed += u32::from(number.is_none());
        folded = match (folded, number) {
            (Some(so_far), Some(number)) => Some(pick(so_far, number)),
            (so_far, number) => so_far.or(number),
        };
    }
    folded
}

/// What the server calls this quota. Bytes that are not UTF-8 are taken for ISO 8859-1, as browsers do.
fn name(value: &dyn Fn(usize) -> Option<Vec<u8>>) -> String {
    match (BUCKET..ROLES).find_map(value) {
        None => String::from("default"),
        Some(bytes) => String::from_utf8(bytes)
            .unwrap_or_else(|bad| bad.as_bytes().iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// The window of the first policy whose quota is the limit: in an older RateLimit-Policy, else behind the first
/// member of the limit itself (drafts -00 to -03).
fn window(limit: Option<f64>, value: &dyn Fn(usize) -> Option<Vec<u8>>, fields: &Fields<'_>) -> Option<f64> {
    let policies = fields.value(ratelimit::POLICY).unwrap_or_default();
    let list = value(LIMIT).unwrap_or_default();
    let mut behind: &[u8] = &list;
    field::member(&mut behind, b',');
    for mut rest in [&policies, behind] {
        while let Some(policy) = field::member(&mut rest, b',') {
            let (quota, mut params) = field::cut(policy, b';');
            if limit.is_none() || field::integer(quota) != limit {
                continue;
            }
            while let Some(param) = field::member(&mut params, b';') {
                if let (b"w", seconds) = field::cut(param, b'=') {
                    return field::integer(seconds)
                        .filter(|&s| s > 0.0)
                        .map(|s| (s * 1000.0).min(f64::MAX));
                }
            }
        }
    }
    None
}
