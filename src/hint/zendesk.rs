//! Zendesk's quotas of single endpoints: `total=100; remaining=99; resets=41`, the reset in seconds from now.

use super::Dialect;
use super::answer::{self, Answer};
use super::field::Form;
use super::salesforce;
use super::scan;
use super::settle::{Findings, Told};

pub(super) const DIALECT: Dialect = Dialect {
    name: "zendesk",
    spec: "Zendesk API rate limits",
    families: &["Zendesk-RateLimit-NAME"],
    read,
    ..Dialect::PLAIN
};

/// In the order in which quotas are told.
const MEMBERS: [(&[u8], Form); 3] =
    [(b"total", Form::First), (b"remaining", Form::Least), (b"resets", Form::Seconds)];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    answer.family(b"zendesk-ratelimit-", &mut |name, value| {
        let quota = Told { name, unit: "requests", window: f64::NAN, source: "zendesk-ratelimit-*" };
        salesforce::level(value);
        let pairs = scan::pairs(value, b',', b'=');
        for &(member, form) in &MEMBERS {
            findings.tell_one(&answer::value(&pairs, member), form, answer, &quota);
        }
    });
}
