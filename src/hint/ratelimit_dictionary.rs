//! RateLimit as one dictionary, `limit=100, remaining=50, reset=5` (draft-ietf-httpapi-ratelimit-headers-07). The
//! reset is in seconds from now; the window stands in a RateLimit-Policy of that age, `100;w=60`.

use super::Dialect;
use super::lookup::{self, Fields};
use super::scan::{self, class};
use super::settle::Findings;
use super::{family, ratelimit};

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit-dictionary",
    spec: "draft-ietf-httpapi-ratelimit-headers-07 section 5",
    fields: &[ratelimit::LIMIT, ratelimit::POLICY],
    read,
};

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    let name = (ratelimit::LIMIT, "");
    let value = lookup::value(fields.lines, name);
    if scan::starts(&value, class::LETTER) {
        let before = findings.reading.malformed;
        family::read(&scan::pairs(&value, b',', b'='), "", fields, findings);
        if findings.quota.is_some() {
            findings.quota = Some(name);
        } else {
            findings.reading.malformed = findings.reading.malformed.max(before + 1);
        }
    }
}
