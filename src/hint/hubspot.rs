//! HubSpot's three quotas: of a day, of a second, and of an interval whose length it tells.

use super::Dialect;
use super::answer::Answer;
use super::field::{self, Form};
use super::settle::{Findings, Told};

pub(super) const DIALECT: Dialect =
    Dialect { name: "hubspot", spec: "HubSpot API usage guidelines", fields: FIELDS, read, ..Dialect::PLAIN };

const FIELDS: &[&str] = &[
    "x-hubspot-ratelimit-interval-milliseconds",
    "x-hubspot-ratelimit-max",
    "x-hubspot-ratelimit-remaining",
    "x-hubspot-ratelimit-daily",
    "x-hubspot-ratelimit-daily-remaining",
    "x-hubspot-ratelimit-secondly",
    "x-hubspot-ratelimit-secondly-remaining",
];

/// What each field tells.
const MEMBERS: &[Member] = &[
    Member(b"", Form::Millis, 0.0),
    Member(b"interval", Form::First, 0.0),
    Member(b"interval", Form::Least, 0.0),
    Member(b"daily", Form::First, 86_400_000.0),
    Member(b"daily", Form::Least, 86_400_000.0),
    Member(b"secondly", Form::First, 1_000.0),
    Member(b"secondly", Form::Least, 1_000.0),
];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    tell_fields(FIELDS, MEMBERS, answer, findings);
}

/// The quota that a field tells of, how, and the quota's window in milliseconds: 0 is that of the last field that told
/// one, [`Form::Millis`].
pub(super) struct Member(pub &'static [u8], pub Form, pub f64);

/// Tells quotas whose members stand in fields of their own.
pub(super) fn tell_fields(
    fields: &'static [&'static str],
    members: &[Member],
    answer: &Answer<'_>,
    findings: &mut Findings,
) {
    let mut interval = f64::NAN;
    for (&source, &Member(name, form, window)) in fields.iter().zip(members) {
        let list = answer.value(source);
        if form == Form::Millis {
            interval = field::pick(&list, Form::First, answer.reference, &mut findings.reading.malformed);
        } else {
            let window = if window > 0.0 { window } else { interval };
            findings.tell_one(&list, form, answer, &Told { name, unit: "requests", window, source });
        }
    }
}
