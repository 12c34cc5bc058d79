//! RateLimit as one dictionary, `limit=100, remaining=50, reset=5` (draft-ietf-httpapi-ratelimit-headers-07). The
//! reset is in seconds from now; the window stands in a RateLimit-Policy of that age, `100;w=60`.

use super::Dialect;
use super::family::{self, Spelling};
use super::lookup::{self, Fields};
use super::ratelimit;
use super::scan::{self, class};
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit-dictionary",
    spec: "draft-ietf-httpapi-ratelimit-headers-07 section 5",
    fields: &[ratelimit::LIMIT, ratelimit::POLICY],
    read,
};

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    if findings.quota_source.is_some() {
        return;
    }
    let value = lookup::value(fields.lines, ratelimit::LIMIT);
    let before = findings.reading.malformed;
    family::read(&scan::pairs(&value, b',', b'='), Spelling::BARE, fields, findings);
    if findings.quota_source.is_some() {
        findings.quota_source = Some(ratelimit::LIMIT);
    } else if findings.reading.malformed == before && scan::starts(&value, class::LETTER) {
        findings.reading.malformed += 1;
    }
}
