//! Retry-After (RFC 9110 section 10.2.3), in seconds or as an HTTP-date, and its three cousins in milliseconds, which
//! are finer and therefore come first. Of several members the longest valid one counts; the cap is the gate's.

use super::Dialect;
use super::field::{self, Form};
use super::lookup::Fields;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "retry-after",
    spec: "RFC 9110 section 10.2.3",
    fields: FIELDS,
    read,
};

const FIELDS: &[&str] = &[
    "retry-after-ms",
    "x-ms-retry-after-ms",
    "x-amz-retry-after",
    "retry-after",
];

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    for &name in FIELDS {
        let form = if name == "retry-after" {
            Form::Date
        } else {
            Form::Millis
        };
        read_wait(name, form, fields, findings);
    }
}

/// Reads a field that holds nothing but waits.
pub(super) fn read_wait(name: &'static str, form: Form, fields: &Fields<'_>, findings: &mut Findings) {
    if let Some(value) = fields.value(name)
        && let Some(ms) = field::pick(&value, form, fields.reference, &mut findings.reading.malformed)
    {
        findings.wait(field::bounded(ms), name);
    }
}
