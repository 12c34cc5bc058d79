//! The status alone: 429 (RFC 6585 section 4), 503 (RFC 9110 section 15.6.4), 529 (sent for "overloaded", not
//! registered) and 420 (an old limiter's). Every other status may mean anything and is no overload by itself.

use super::Dialect;
use super::answer::Answer;
use super::settle::Findings;

pub(super) const DIALECT: Dialect =
    Dialect { name: "status", spec: "RFC 6585 section 4; RFC 9110 section 15.6.4", read, ..Dialect::PLAIN };

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    if matches!(answer.status, 420 | 429 | 503 | 529) {
        findings.overloaded("status");
    }
}
