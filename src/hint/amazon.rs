//! Amazon Selling Partner API: how many requests a second are allowed, which may be a fraction.

use super::Dialect;
use super::answer::Answer;
use super::field::{self, Form};
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "amazon",
    spec: "Amazon Selling Partner API usage plans",
    fields: &[FIELD],
    read,
    ..Dialect::PLAIN
};

const FIELD: &str = "x-amzn-ratelimit-limit";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let list = answer.value(FIELD);
    let limit = field::pick(&list, Form::First, answer.reference, &mut findings.reading.malformed);
    findings.tell(b"default", "requests", [limit, f64::NAN, f64::NAN, 1_000.0], FIELD);
}
