//! HubSpot's three quotas: of a day, of a second, and of an interval whose length it tells.

use super::Dialect;
use super::answer::Answer;
use super::field::{self, Form};
use super::settle::Findings;

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

/// The quotas, and their windows in milliseconds where they are fixed.
const QUOTAS: [(&[u8], f64); 3] = [(b"daily", 86_400_000.0), (b"secondly", 1_000.0), (b"interval", f64::NAN)];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let mut pick = |name: &str, form| {
        field::pick(&answer.value(name), form, answer.reference, &mut findings.reading.malformed)
    };
    let (quotas, interval) = FIELDS.split_at(6);
    let interval = interval.first().map_or(f64::NAN, |name| pick(name, Form::First));
    let mut told = [[f64::NAN; 4]; 3];
    for ((told, fields), (_, window)) in told.iter_mut().zip(quotas.chunks(2)).zip(QUOTAS) {
        if let [limit, remaining] = *fields {
            let window = if window.is_nan() && interval > 0.0 { interval } else { window };
            *told = [pick(limit, Form::First), pick(remaining, Form::Least), f64::NAN, window];
        }
    }
    for ((told, fields), (name, _)) in told.into_iter().zip(quotas.chunks(2)).zip(QUOTAS) {
        findings.tell(name, "requests", told, fields.first().copied().unwrap_or_default());
    }
}
