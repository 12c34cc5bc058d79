//! RateLimit-Limit, -Remaining, -Reset and their relatives (drafts -00 to -06, and what services made of them): four
//! spellings of the prefix, each with the same members. The first family that says something counts; the others
//! restate it.

use super::Dialect;
use super::answer::Answer;
use super::family::{self, SPELLINGS, members};
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit-fields",
    spec: "draft-ietf-httpapi-ratelimit-headers-06 section 5; GitHub, GitLab, Discord, Reddit, X",
    fields: members!["ratelimit-" "x-ratelimit-" "x-rate-limit-" "rate-limit-" ; "ratelimit-policy"],
    read,
    ..Dialect::PLAIN
};

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    for spelling in SPELLINGS {
        if !findings.unnamed {
            family::read(answer.lines, spelling, answer, findings);
        }
    }
}
