//! RateLimit-Limit, -Remaining, -Reset and their relatives (drafts -00 to -06, and what services made of them): four
//! spellings of the prefix, each with the same members. The first family that says something counts; the others
//! restate it.

use super::lookup::Fields;
use super::settle::Findings;
use super::{Dialect, family};

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit-fields",
    spec: "draft-ietf-httpapi-ratelimit-headers-06 section 5; GitHub, GitLab, Discord, Reddit, X",
    fields: FIELDS,
    read,
};

/// Every prefix with every member of `family`.
macro_rules! members {
    ($($prefix:literal)*) => {
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
        )* "ratelimit-policy"]
    };
}

const FIELDS: &[&str] = members!["ratelimit-" "x-ratelimit-" "x-rate-limit-" "rate-limit-"];

const PREFIXES: [&str; 4] = ["ratelimit-", "x-ratelimit-", "x-rate-limit-", "rate-limit-"];

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    for prefix in PREFIXES {
        family::read(fields.lines, prefix, fields, findings);
    }
}
