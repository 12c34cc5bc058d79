//! RateLimit-Limit, -Remaining, -Reset and their relatives (drafts -00 to -06, and what services made of them): four
//! spellings of the prefix, each with the same members. The first family that says something counts; the others
//! restate it.

use super::Dialect;
use super::family::{self, BUCKET, ROLES};
use super::lookup::Fields;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit-fields",
    spec: "draft-ietf-httpapi-ratelimit-headers-06 section 5; GitHub, GitLab, Discord, Reddit, X",
    fields: FIELDS,
    read,
};

/// One row of members for each prefix, in the order of `family`'s roles.
macro_rules! members {
    ($($prefix:literal)*) => {
        &[$(
            concat!($prefix, "limit"),
            concat!($prefix, "total"),
            concat!($prefix, "remaining"),
            concat!($prefix, "used"),
            concat!($prefix, "observed"),
            concat!($prefix, "reset-after"),
            concat!($prefix, "reset"),
            concat!($prefix, "resettime"),
            concat!($prefix, "bucket"),
            concat!($prefix, "resource"),
            concat!($prefix, "name"),
        )* "ratelimit-policy"]
    };
}

const FIELDS: &[&str] = members!["ratelimit-" "x-ratelimit-" "x-rate-limit-" "rate-limit-"];

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    for names in FIELDS.chunks_exact(ROLES) {
        if !findings.reading.hint.quotas.is_empty() {
            return;
        }
        let member = |role: usize| {
            let name = names.get(role)?;
            if role < BUCKET {
                fields.value(name)
            } else {
                fields.text(name)
            }
        };
        if let Some((quota, role)) = family::read(&member, fields, &mut findings.reading.malformed) {
            findings.quota(quota, names.get(role).copied().unwrap_or_default());
        }
    }
}
