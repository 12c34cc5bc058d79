//! Amazon Selling Partner API: how many requests a second are allowed, which may be a fraction.

use super::Dialect;
use super::answer::Answer;
use super::field::Form;
use super::settle::{Findings, Told};

pub(super) const DIALECT: Dialect = Dialect {
    name: "amazon",
    spec: "Amazon Selling Partner API usage plans",
    fields: &[FIELD],
    read,
    ..Dialect::PLAIN
};

const FIELD: &str = "x-amzn-ratelimit-limit";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let quota = Told { name: b"default", unit: "requests", window: 1_000.0, source: FIELD };
    findings.tell_one(&answer.value(FIELD), Form::First, answer, quota);
}
