//! Retry-After (RFC 9110 section 10.2.3), in seconds or as an HTTP-date, and its three cousins in milliseconds, which
//! are finer and therefore come first. Of several members the longest valid one counts; the cap is the gate's.

use super::Dialect;
use super::answer::Answer;
use super::field::{self, Form};
use super::settle::{Findings, From};

pub(super) const DIALECT: Dialect =
    Dialect { name: "retry-after", spec: "RFC 9110 section 10.2.3", fields: FIELDS, read, ..Dialect::PLAIN };

const FIELDS: &[&str] = &["retry-after-ms", "x-ms-retry-after-ms", "x-amz-retry-after", "retry-after"];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let (millis, seconds) = FIELDS.split_at(3);
    read_waits(millis, Form::Millis, answer, findings);
    read_waits(seconds, Form::Date, answer, findings);
}

/// Reads fields that hold nothing but waits. The first that has a valid one counts, the others are only checked.
pub(super) fn read_waits(names: &[&'static str], form: Form, answer: &Answer<'_>, findings: &mut Findings) {
    for name in names {
        let value = answer.value(name);
        let ms = field::pick(&value, form, answer.reference, &mut findings.reading.malformed);
        findings.wait(From::Field, ms, name);
    }
}
