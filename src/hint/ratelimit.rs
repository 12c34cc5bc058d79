//! The structured RateLimit and RateLimit-Policy fields (draft-ietf-httpapi-ratelimit-headers-08 and later, sections
//! 3 and 4): Lists of Strings that name a quota, with parameters. A field that does not parse, or in which one Item is
//! no String, lacks what it must have, or has a parameter of a wrong type or range, is ignored as a whole.

use alloc::vec::Vec;

use super::Dialect;
use super::answer::Answer;
use super::field::{bounded, integer, known};
use super::scan::{self, class};
use super::settle::Findings;
use super::structured::{self, Item};

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit",
    spec: "draft-ietf-httpapi-ratelimit-headers-10 sections 3 and 4; RFC 9651",
    fields: &[POLICY, LIMIT],
    read,
    ..Dialect::PLAIN
};

pub(super) const POLICY: &str = "ratelimit-policy";
pub(super) const LIMIT: &str = "ratelimit";

/// Amount, seconds, partition key, unit.
const POLICY_KEYS: [&[u8]; 4] = [b"q", b"w", b"pk", b"qu"];
/// A service limit has no unit of its own; no key is empty.
const LIMIT_KEYS: [&[u8]; 4] = [b"r", b"t", b"pk", b""];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    for &(name, policy, keys) in &[(POLICY, true, &POLICY_KEYS), (LIMIT, false, &LIMIT_KEYS)] {
        let value = answer.value(name);
        // Older drafts wrote other things under the same names: not malformed, and for other dialects to read.
        let older = if policy { class::DIGIT } else { class::LETTER };
        if scan::starts(&value, older) {
            continue;
        }
        let mut items = Vec::new();
        if !structured::list(&value, keys, &mut items) || !items.iter().all(|item| is_valid(item, policy)) {
            findings.reading.malformed += 1;
            continue;
        }
        for item in &items {
            findings.unnamed = true;
            take(item, name, findings);
        }
    }
}

/// Has the Item what it must have, and of the right types?
fn is_valid(item: &Item<'_>, policy: bool) -> bool {
    let &[name, amount, seconds, key, unit] = item;
    let typed = |text: &[u8], mark| text.first().is_none_or(|&first| first == mark);
    name.starts_with(b"\"")
        && !integer(amount).is_nan()
        && (seconds.is_empty() || integer(seconds) >= f64::from(policy))
        && typed(key, b':')
        && typed(unit, b'"')
}

/// Takes a valid Item. The partition key is opaque and not reported. Told again under the same name, the first policy,
/// the least remaining and the longest reset count.
fn take(item: &Item<'_>, field: &'static str, findings: &mut Findings) {
    let &[name, amount, seconds, _, unit] = item;
    let policy = field == POLICY;
    if let Some(quota) = findings.quota(structured::string(name), field) {
        let amount = integer(amount);
        let ms = known(integer(seconds) * 1000.0);
        if !policy {
            if quota.remaining.is_none_or(|least| amount < least) {
                quota.remaining = Some(amount);
            }
            quota.reset_ms = quota.reset_ms.max(ms.map(bounded));
        } else if quota.limit.is_none() {
            quota.limit = Some(amount);
            quota.window_ms = ms;
            if !unit.is_empty() {
                quota.unit = structured::string(unit);
            }
        }
    }
}
