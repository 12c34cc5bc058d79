//! The structured RateLimit and RateLimit-Policy fields (draft-ietf-httpapi-ratelimit-headers-08 and later, sections
//! 3 and 4): Lists of Strings that name a quota, with parameters. A field that does not parse, or in which one Item is
//! no String, lacks what it must have, or has a parameter of a wrong type or range, is ignored as a whole.

use super::field::{bounded, string};
use super::lookup::Fields;
use super::settle::Findings;
use super::structured::{self, Bare, Params};
use super::{Dialect, Quota};

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
    for (name, keys) in [(POLICY, POLICY_KEYS), (LIMIT, LIMIT_KEYS)] {
        let Some(value) = fields.value(name) else { continue };
        // Once to see whether all of it is well-formed, once more to take it.
        for take in [false, true] {
            let parsed = structured::list(&value, keys, &mut |bare, params| {
                let quota = item(bare, params, name == POLICY)?;
                if take {
                    findings.quota(quota, name);
                }
                Some(())
            });
            if parsed.is_none() {
                findings.reading.malformed += u32::from(!is_older(name, &value));
                break;
            }
        }
    }
}

/// Older drafts wrote other things under the same names: not malformed, and for other dialects to read.
pub(super) fn is_older(name: &str, value: &[u8]) -> bool {
    match value.first() {
        Some(b'0'..=b'9') => name == POLICY,
        Some(b'a'..=b'z') => name == LIMIT,
        _ => false,
    }
}

/// One Item of either field; none when it is malformed. The partition key is opaque and not reported.
fn item(bare: Bare<'_>, params: &Params<'_>, policy: bool) -> Option<Quota> {
    let Bare::Text(name) = bare else { return None };
    let &[amount, seconds, key, unit] = params;
    let amount = count(amount, 0.0)??;
    let ms = count(seconds, f64::from(policy))?.map(|seconds| seconds * 1000.0);
    let unit: &[u8] = match unit {
        None => b"requests",
        Some(Bare::Text(unit)) => unit,
        Some(_) => return None,
    };
    if !matches!(key, None | Some(Bare::Bytes)) {
        return None;
    }
    Some(Quota {
        name: string(name, true),
        limit: policy.then_some(amount),
        remaining: (!policy).then_some(amount),
        reset_ms: if policy { None } else { ms.map(bounded) },
        window_ms: ms.filter(|_| policy),
        unit: string(unit, true),
    })
}

/// An Integer parameter: none when it is wrong, some none when it is absent.
fn count(param: Option<Bare<'_>>, least: f64) -> Option<Option<f64>> {
    match param {
        None => Some(None),
        Some(Bare::Integer(value)) if value >= least => Some(Some(value)),
        Some(_) => None,
    }
}
