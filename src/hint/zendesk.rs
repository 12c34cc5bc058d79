//! Zendesk's quotas of single endpoints: `total=100; remaining=99; resets=41`, the reset in seconds from now.

use super::Dialect;
use super::answer::{self, Answer};
use super::field::{self, Form};
use super::scan;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "zendesk",
    spec: "Zendesk API rate limits",
    families: &["Zendesk-RateLimit-NAME"],
    read,
    ..Dialect::PLAIN
};

const STEM: &[u8] = b"zendesk-ratelimit-";

/// In the order in which quotas are told.
const MEMBERS: [(&[u8], Form); 3] =
    [(b"total", Form::First), (b"remaining", Form::Least), (b"resets", Form::Seconds)];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    for name in answer.names(&|name| name.starts_with(STEM) && name.len() > STEM.len()) {
        let mut value = answer.named(name);
        for byte in &mut value {
            if *byte == b';' {
                *byte = b',';
            }
        }
        let pairs = scan::pairs(&value, b',', b'=');
        let mut told = [f64::NAN; 4];
        let before = findings.reading.malformed;
        for (number, (member, form)) in told.iter_mut().zip(MEMBERS) {
            let list = answer::value(&pairs, member);
            *number = field::pick(&list, form, answer.reference, &mut findings.reading.malformed);
        }
        if before == findings.reading.malformed && told.iter().all(|number| number.is_nan()) {
            findings.reading.malformed += u32::from(!value.is_empty());
        }
        findings.tell(name.get(STEM.len()..).unwrap_or_default(), "requests", told, "zendesk-ratelimit-*");
    }
}
