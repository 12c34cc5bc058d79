//! HubSpot's three quotas: of a day, of a second, and of an interval whose length it tells.

use super::Dialect;
use super::answer::Answer;
use super::field::{self, Form};
use super::settle::{Findings, Told};

pub(super) const DIALECT: Dialect =
    Dialect { name: "hubspot", spec: "HubSpot API usage guidelines", fields: FIELDS, read, ..Dialect::PLAIN };

/// Limit and remaining of each quota, then the window of the last.
const FIELDS: &[&str] = &[
    "x-hubspot-ratelimit-daily",
    "x-hubspot-ratelimit-daily-remaining",
    "x-hubspot-ratelimit-secondly",
    "x-hubspot-ratelimit-secondly-remaining",
    "x-hubspot-ratelimit-max",
    "x-hubspot-ratelimit-remaining",
    "x-hubspot-ratelimit-interval-milliseconds",
];

/// The quotas, and their windows in milliseconds; that of zero is told.
const QUOTAS: [(&[u8], f64); 3] = [(b"daily", 86_400_000.0), (b"secondly", 1_000.0), (b"interval", 0.0)];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let list = answer.value(FIELDS[6]);
    let interval = field::pick(&list, Form::First, answer.reference, &mut findings.reading.malformed);
    for (place, source) in FIELDS.iter().enumerate() {
        if let Some(&(name, window)) = QUOTAS.get(place / 2) {
            let window = if window > 0.0 { window } else { interval };
            let form = if place % 2 == 0 { Form::First } else { Form::Least };
            let quota = Told { name, unit: "requests", window, source };
            findings.tell_one(&answer.value(source), form, answer, quota);
        }
    }
}
