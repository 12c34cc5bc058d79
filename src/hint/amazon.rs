//! Amazon Selling Partner API: how many requests a second are allowed, which may be a fraction.

use super::Dialect;
use super::answer::Answer;
use super::field::Form;
use super::hubspot::{Member, tell_fields};
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "amazon",
    spec: "Amazon Selling Partner API usage plans",
    fields: FIELDS,
    read,
    ..Dialect::PLAIN
};

const FIELDS: &[&str] = &["x-amzn-ratelimit-limit"];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    tell_fields(FIELDS, &[Member(b"default", Form::First, 1_000.0)], answer, findings);
}
