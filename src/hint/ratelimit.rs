//! The structured RateLimit and RateLimit-Policy fields (draft-ietf-httpapi-ratelimit-headers-08 and later, sections
//! 3 and 4): Lists of Strings that name a quota, with parameters. A field that does not parse, or in which one Item is
//! no String, lacks what it must have, or has a parameter of a wrong type or range, is ignored as a whole.

use alloc::string::String;
use alloc::vec::Vec;

use super::field::bounded;
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

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    for (name, read_item) in [(POLICY, policy as ReadItem), (LIMIT, limit)] {
        let Some(value) = fields.value(name) else { continue };
        let mut quotas = Vec::new();
        let parsed = structured::list(&value, &mut |bare, params| {
            let Bare::Text(name) = bare else { return None };
            (!wrong_key(params)).then_some(())?;
            quotas.push(read_item(name, params)?);
            Some(())
        });
        if parsed.is_none() {
            findings.reading.malformed += u32::from(!is_older(name, &value));
            continue;
        }
        for quota in quotas {
            findings.quota(quota, name);
        }
    }
}

/// Older drafts wrote other things under the same names: not malformed, and for other dialects to read.
pub(super) fn is_older(name: &str, value: &[u8]) -> bool {
    let starts = if name == POLICY { b'0'..=b'9' } else { b'a'..=b'z' };
    value.first().is_some_and(|first| starts.contains(first))
}

type ReadItem = fn(String, &Params<'_>) -> Option<Quota>;

fn policy(name: String, params: &Params<'_>) -> Option<Quota> {
    let limit = Some(count(params, b"q", 0.0)??);
    let window_ms = count(params, b"w", 1.0)?.map(|seconds| seconds * 1000.0);
    let unit = match param(params, b"qu") {
        None => "requests",
        Some(Bare::Text(unit)) => unit,
        Some(_) => return None,
    };
    Some(Quota {
        name,
        limit,
        remaining: None,
        reset_ms: None,
        window_ms,
        unit: String::from(unit),
    })
}

fn limit(name: String, params: &Params<'_>) -> Option<Quota> {
    let remaining = Some(count(params, b"r", 0.0)??);
    let reset_ms = count(params, b"t", 0.0)?.map(|seconds| bounded(seconds * 1000.0));
    Some(Quota {
        name,
        limit: None,
        remaining,
        reset_ms,
        window_ms: None,
        unit: String::from("requests"),
    })
}

/// An Integer parameter: none when it is wrong, some none when it is absent.
fn count(params: &Params<'_>, key: &[u8], least: f64) -> Option<Option<f64>> {
    match param(params, key) {
        None => Some(None),
        Some(Bare::Integer(value)) if *value >= least => Some(Some(*value)),
        Some(_) => None,
    }
}

/// The partition key is opaque and not reported, but it must be a Byte Sequence.
fn wrong_key(params: &Params<'_>) -> bool {
    !matches!(param(params, b"pk"), None | Some(Bare::Bytes))
}

fn param<'a>(params: &'a Params<'_>, key: &[u8]) -> Option<&'a Bare> {
    params
        .iter()
        .rev()
        .find(|(name, _)| *name == key)
        .map(|(_, bare)| bare)
}
