//! RateLimit-Limit, -Remaining, -Reset and their relatives (drafts -00 to -06, and what services made of them): four
//! spellings of the prefix, each with the same members. The first family that says something counts; the others
//! restate it.

use super::Dialect;
use super::family::{self, SPELLINGS, members};
use super::lookup::Fields;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit-fields",
    spec: "draft-ietf-httpapi-ratelimit-headers-06 section 5; GitHub, GitLab, Discord, Reddit, X",
    fields: members!["ratelimit-" "x-ratelimit-" "x-rate-limit-" "rate-limit-" ; "ratelimit-policy"],
    read,
};

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    for spelling in SPELLINGS {
        if findings.quota_source.is_none() {
            family::read(fields.lines, spelling, fields, findings);
        }
    }
}
