//! RateLimit as one dictionary, `limit=100, remaining=50, reset=5` (draft-ietf-httpapi-ratelimit-headers-07). The
//! reset is in seconds from now; the window stands in a RateLimit-Policy of that age, `100;w=60`.

use super::Dialect;
use super::answer::Answer;
use super::family::{self, Spelling};
use super::ratelimit;
use super::scan::{self, class};
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit-dictionary",
    spec: "draft-ietf-httpapi-ratelimit-headers-07 section 5",
    fields: &[ratelimit::LIMIT, ratelimit::POLICY],
    read,
    ..Dialect::PLAIN
};

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    if findings.unnamed {
        return;
    }
    let value = answer.value(ratelimit::LIMIT);
    let before = findings.reading.malformed;
    family::read(&scan::pairs(&value, b',', b'='), Spelling::BARE, answer, findings);
    if findings.unnamed {
        findings.quota_source = Some(ratelimit::LIMIT);
    } else if findings.reading.malformed == before && scan::starts(&value, class::LETTER) {
        findings.reading.malformed += 1;
    }
}
