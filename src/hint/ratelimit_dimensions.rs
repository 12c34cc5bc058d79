//! Quotas whose dimension stands in the field's name: a window, what is counted, or a vendor's own family. Each is
//! told beside the one without a dimension.

use super::Dialect;
use super::answer::Answer;
use super::field::{self, Form};
use super::scan::{self, Scan, class};
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "ratelimit-dimensions",
    spec: "no common specification: OpenAI, Anthropic, Kong, Linear, Contentful",
    families: &[
        "[X-]Rate[-]Limit-{Limit,Remaining,Reset}-DIM",
        "[X-][VENDOR-]Rate[-]Limit-DIM-{Limit,Remaining,Reset}",
        "X-VENDOR-Rate[-]Limit-{Limit,Remaining,Reset}",
    ],
    read,
    ..Dialect::PLAIN
};

/// The members, in the order in which quotas are told.
const ROLES: [(&[u8], Form); 3] =
    [(b"limit", Form::First), (b"remaining", Form::Least), (b"reset", Form::Reset)];

/// Dimensions that are windows, in milliseconds.
const WINDOWS: [(&[u8], f64); 6] = [
    (b"second", 1_000.0),
    (b"secondly", 1_000.0),
    (b"minute", 60_000.0),
    (b"hour", 3_600_000.0),
    (b"day", 86_400_000.0),
    (b"daily", 86_400_000.0),
];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    for name in answer.names(&|name| member(name).is_some()) {
        let Some((role, dimension)) = member(name) else { continue };
        let mut told = [f64::NAN; 4];
        if let (Some(number), Some(&(_, form))) = (told.get_mut(role), ROLES.get(role)) {
            let list = answer.named(name);
            *number = field::pick(&list, form, answer.reference, &mut findings.reading.malformed);
        }
        for &(word, window) in &WINDOWS {
            if word == dimension {
                told[3] = window;
            }
        }
        let unit = match () {
            () if scan::holds(dimension, b"token") => "tokens",
            () if scan::holds(dimension, b"complexity") => "complexity",
            () => "requests",
        };
        findings.tell(dimension, unit, told, "ratelimit-*");
    }
}

/// The role and the dimension that a name tells; none when it is no member of such a family.
fn member(name: &[u8]) -> Option<(usize, &[u8])> {
    let plain = name.strip_prefix(b"x-").unwrap_or(name);
    let marked = plain.len() < name.len();
    let mut rest = plain;
    let mut vendor: &[u8] = b"";
    if stem(rest).is_none() {
        vendor = scan::part(&mut rest, b'-');
        // These have rules of their own.
        let own = matches!(vendor, b"hubspot" | b"amzn" | b"ms") && marked;
        if own || vendor.is_empty() || Scan(vendor).run(class::LETTER | class::DIGIT) != vendor {
            return None;
        }
    }
    let rest = stem(rest)?;
    for (role, (word, _)) in ROLES.iter().enumerate() {
        if let [b'-', dimension @ ..] = rest.strip_prefix(*word).unwrap_or_default() {
            // `Reset-After` is a reset of another kind.
            if vendor.is_empty() && !matches!(dimension, b"" | b"after") {
                return Some((role, dimension));
            }
        }
    }
    for (role, (word, _)) in ROLES.iter().enumerate() {
        match rest.strip_suffix(*word).unwrap_or(b"-") {
            [] if marked && !vendor.is_empty() => return Some((role, b"default")),
            [dimension @ .., b'-'] if !dimension.is_empty() => return Some((role, dimension)),
            _ => {}
        }
    }
    None
}

/// What stands behind the words that all these names have.
fn stem(name: &[u8]) -> Option<&[u8]> {
    name.strip_prefix(b"ratelimit-").or(name.strip_prefix(b"rate-limit-"))
}
