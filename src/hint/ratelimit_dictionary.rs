//! RateLimit as one dictionary, `limit=100, remaining=50, reset=5` (draft-ietf-httpapi-ratelimit-headers-07). The
//! reset is in seconds from now; the window stands in a RateLimit-Policy of that age, `100;w=60`.

use alloc::vec::Vec;

use super::Dialect;
use super::lookup::Fields;
use super::settle::Findings;
use super::{family, field, ratelimit};

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit-dictionary",
    spec: "draft-ietf-httpapi-ratelimit-headers-07 section 5",
    fields: &[ratelimit::LIMIT, ratelimit::POLICY],
    read,
};

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    if !findings.reading.hint.quotas.is_empty() {
        return;
    }
    let Some(text) = fields.value(ratelimit::LIMIT) else {
        return;
    };
    let member = |role| match role {
        family::LIMIT => gather(&text, b"limit"),
        family::REMAINING => gather(&text, b"remaining"),
        family::RESET_AFTER => gather(&text, b"reset"),
        _ => None,
    };
    let before = findings.reading.malformed;
    if let Some((quota, _)) = family::read(&member, fields, &mut findings.reading.malformed) {
        findings.quota(quota, ratelimit::LIMIT);
    } else if findings.reading.malformed == before && ratelimit::is_older(ratelimit::LIMIT, &text) {
        findings.reading.malformed += 1;
    }
}

/// The values under one key, as a list.
fn gather(text: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let mut rest = text;
    let mut list = Vec::new();
    while let Some(member) = field::member(&mut rest, b',') {
        let (name, value) = field::cut(member, b'=');
        if name == key {
            list.extend_from_slice(value);
            list.push(b',');
        }
    }
    (!list.is_empty()).then_some(list)
}
