//! Retry-After (RFC 9110 section 10.2.3), in seconds or as an HTTP-date, and its three cousins in milliseconds, which
//! are finer and therefore come first. Of several members the longest valid one counts; the cap is the gate's.

use super::Dialect;
use super::field::{self, Form};
use super::lookup::{self, Fields};
use super::settle::Findings;

pub(super) const DIALECT: Dialect =
    Dialect { name: "retry-after", spec: "RFC 9110 section 10.2.3", fields: FIELDS, read };

const FIELDS: &[&str] = &["retry-after-ms", "x-ms-retry-after-ms", "x-amz-retry-after", "retry-after"];

fn read(fields: &Fields<'_>, findings: &mut Findings) {
    let (millis, seconds) = FIELDS.split_at(3);
    read_waits(millis, Form::Millis, fields, findings);
    read_waits(seconds, Form::Date, fields, findings);
}

/// Reads fields that hold nothing but waits. The first that has a valid one counts, the others are only checked.
pub(super) fn read_waits(names: &[&'static str], form: Form, fields: &Fields<'_>, findings: &mut Findings) {
    for name in names {
        let value = lookup::value(fields.lines, name);
        let ms = field::pick(&value, form, fields.reference, &mut findings.reading.malformed);
        if findings.wait_source.is_none() && !ms.is_nan() {
            findings.wait_ms = field::bounded(ms);
            findings.wait_source = Some(name);
        }
    }
}
