//! The status alone: 429 (RFC 6585 section 4), 503 (RFC 9110 section 15.6.4), 529 (sent for "overloaded", not
//! registered) and 420 (an old limiter's). Every other status may mean anything and is no overload by itself.

use super::Dialect;
use super::lookup::Fields;
use super::settle::Findings;

pub(super) const DIALECT: Dialect =
    Dialect { name: "status", spec: "RFC 6585 section 4; RFC 9110 section 15.6.4", fields: &[], read };

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    if matches!(fields.status, 420 | 429 | 503 | 529) {
        findings.reading.hint.overloaded = true;
        findings.reading.source = Some("status");
    }
}
