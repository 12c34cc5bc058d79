//! Waits under names of their own, from limiters that do not send Retry-After: seconds, an HTTP-date or a Go duration.

use super::Dialect;
use super::answer::Answer;
use super::field::Form;
use super::retry_after::read_waits;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "x-retry-after",
    spec: "no common specification: Symfony, MailerLite, tower_governor, Traefik",
    fields: FIELDS,
    read,
    ..Dialect::PLAIN
};

const FIELDS: &[&str] = &["x-ratelimit-retry-after", "x-ratelimit-after", "x-retry-after", "x-retry-in"];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    read_waits(FIELDS, Form::Duration, answer, findings);
}
