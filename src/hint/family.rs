//! An unnamed quota whose members stand apart: a limit, a count, a reset, in any of the spellings that servers use.
//! One interpreter for all of them; a dialect only tells where each member stands.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::{self, Form};
use super::lookup::Fields;
use super::{Quota, ratelimit};

/// How many members a family has: those of [`FORMS`] and the three that name the quota.
pub const ROLES: usize = BUCKET + 3;

pub const LIMIT: usize = 0;
const TOTAL: usize = 1;
pub const REMAINING: usize = 2;
const USED: usize = 3;
const OBSERVED: usize = 4;
/// Seconds from now, whatever their number.
pub const RESET_AFTER: usize = 5;
const RESET: usize = 6;
const RESET_TIME: usize = 7;
pub const BUCKET: usize = FORMS.len();

/// How each member is read, in the order of the roles above.
const FORMS: [Form; 8] = [
    Form::First,
    Form::First,
    Form::Least,
    Form::Most,
    Form::Most,
    Form::Seconds,
    Form::Reset,
    Form::Reset,
];

/// Reads one family, and which member its source is; none when it has neither limit, remaining nor reset. `value`
/// answers where a member stands, each malformed part is counted.
pub fn read(
    value: &dyn Fn(usize) -> Option<Vec<u8>>,
    fields: &Fields<'_>,
    malformed: &mut u32,
) -> Option<(Quota, usize)> {
    let mut told = [None; FORMS.len()];
    for (role, (slot, form)) in told.iter_mut().zip(FORMS).enumerate() {
        if let Some(list) = value(role) {
            *slot = field::pick(&list, form, fields.reference, malformed);
        }
    }
    let source = *[RESET_AFTER, RESET, RESET_TIME, REMAINING, LIMIT, TOTAL]
        .iter()
        .find(|&&role| told.get(role).is_some_and(Option::is_some))?;
    let reset = told[RESET_AFTER].or(told[RESET]).or(told[RESET_TIME]);
    let used = told[USED].or(told[OBSERVED]);
    let mut limit = told[LIMIT].or(told[TOTAL]);
    let remaining = told[REMAINING].or_else(|| Some((limit? - used?).max(0.0)));
    limit = limit.or_else(|| Some((used? + remaining?).min(f64::MAX)));
    let quota = Quota {
        name: name(value),
        limit,
        remaining,
        reset_ms: reset.map(field::bounded),
        window_ms: limit.and_then(|limit| window(limit, value, fields)),
        unit: String::from("requests"),
    };
    Some((quota, source))
}

/// What the server calls this quota.
fn name(value: &dyn Fn(usize) -> Option<Vec<u8>>) -> String {
    let bytes = (BUCKET..ROLES).find_map(value);
    field::string(bytes.as_deref().unwrap_or(b"default"), false)
}

/// The window of the first policy whose quota is the limit: in an older RateLimit-Policy, else behind the first
/// member of the limit itself (drafts -00 to -03).
fn window(limit: f64, value: &dyn Fn(usize) -> Option<Vec<u8>>, fields: &Fields<'_>) -> Option<f64> {
    let policies = fields.value(ratelimit::POLICY).unwrap_or_default();
    let list = value(LIMIT).unwrap_or_default();
    let mut behind: &[u8] = &list;
    field::member(&mut behind, b',');
    for mut rest in [&policies, behind] {
        while let Some(policy) = field::member(&mut rest, b',') {
            let (quota, mut params) = field::cut(policy, b';');
            if field::integer(quota) != Some(limit) {
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
