//! The structured RateLimit and RateLimit-Policy fields (draft-ietf-httpapi-ratelimit-headers-08 and later, sections
//! 3 and 4): Lists of Strings that name a quota, with parameters. A field that does not parse, or in which one Item is
//! no String, lacks what it must have, or has a parameter of a wrong type or range, is ignored as a whole.

use alloc::string::String;

use super::Dialect;
use super::field::{self, bounded, integer, known};
use super::lookup::{self, Fields};
use super::scan::{self, class};
use super::settle::Findings;
use super::structured::{self, Item};

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit",
    spec: "draft-ietf-httpapi-ratelimit-headers-10 sections 3 and 4; RFC 9651",
    fields: &[POLICY, LIMIT],
    read,
};

pub(super) const POLICY: &str = "ratelimit-policy";
pub(super) const LIMIT: &str = "ratelimit";

/// Amount, seconds, partition key, unit.
const POLICY_KEYS: [&[u8]; 4] = [b"q", b"w", b"pk", b"qu"];
/// A service limit has no unit of its own; no key is empty.
const LIMIT_KEYS: [&[u8]; 4] = [b"r", b"t", b"pk", b""];

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    for (name, keys) in [(POLICY, &POLICY_KEYS), (LIMIT, &LIMIT_KEYS)] {
        let policy = name == POLICY;
        let value = lookup::value(fields.lines, (name, ""));
        // Older drafts wrote other things under the same names: not malformed, and for other dialects to read.
        let older = if policy { class::DIGIT } else { class::LETTER };
        if scan::starts(&value, older) {
            continue;
        }
        let items =
            structured::list(&value, keys).filter(|items| items.iter().all(|item| is_valid(item, policy)));
        let Some(items) = items else {
            findings.reading.malformed += 1;
            continue;
        };
        for item in &items {
            take(item, policy, findings);
            findings.quota = Some((name, ""));
        }
    }
}

/// The partition key is opaque and not reported.
fn is_valid(&[name, amount, seconds, key, unit]: &Item<'_>, policy: bool) -> bool {
    let typed = |text: &[u8], mark| text.first().is_none_or(|&first| first == mark);
    name.first() == Some(&b'"')
        && !integer(amount).is_nan()
        && (seconds.is_empty() || integer(seconds) >= f64::from(policy))
        && typed(key, b':')
        && typed(unit, b'"')
}

/// Told again under the same name, the first policy, the least remaining and the longest reset count.
fn take(&[name, amount, seconds, _, unit]: &Item<'_>, policy: bool, findings: &mut Findings) {
    let Some(quota) = findings.named(unquote(name)) else {
        return;
    };
    let amount = integer(amount);
    let ms = known(integer(seconds) * 1000.0);
    if !policy {
        quota.remaining = Some(quota.remaining.unwrap_or(amount).min(amount));
        quota.reset_ms = quota.reset_ms.max(ms.map(bounded));
    } else if quota.limit.is_none() {
        quota.limit = Some(amount);
        quota.window_ms = ms;
        if !unit.is_empty() {
            quota.unit = unquote(unit);
        }
    }
}

fn unquote(text: &[u8]) -> String {
    let inner = if let [_, inner @ .., _] = text {
        inner
    } else {
        text
    };
    field::string(inner, true)
}
