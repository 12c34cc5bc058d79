//! Quotas whose dimension stands in the field's name: a window, what is counted, or a vendor's own family. Each is
//! told beside the one without a dimension.

use super::Dialect;
use super::answer::Answer;
use super::field::Form;
use super::scan::{self, Scan, class};
use super::settle::{Findings, Told};

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

/// The members, and which of several counts.
const ROLES: [(&[u8], Form); 3] =
    [(b"-limit", Form::First), (b"-remaining", Form::Least), (b"-reset", Form::Reset)];

/// Dimensions that are windows, and those in milliseconds.
const WINDOWS: &[u8] = b"second secondly minute hour day daily";
const LENGTHS: [f64; 6] = [1_000.0, 1_000.0, 60_000.0, 3_600_000.0, 86_400_000.0, 86_400_000.0];

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    answer.family(b"", &mut |field, value| {
        let Some((name, form)) = member(field) else { return };
        let window = LENGTHS.get(scan::place(WINDOWS, name)).copied().unwrap_or(f64::NAN);
        let mut unit = "requests";
        if scan::holds(name, b"complexity") {
            unit = "complexity";
        }
        if scan::holds(name, b"token") {
            unit = "tokens";
        }
        let quota = Told { name, unit, window, source: "ratelimit-*" };
        findings.tell_one(value, form, answer, &quota);
    });
}

/// The dimension and the member that a name tells; none when it is of no such family.
fn member(name: &[u8]) -> Option<(&[u8], Form)> {
    let plain = name.strip_prefix(b"x-").unwrap_or(name);
    let marked = plain.len() < name.len();
    let mut rest = Scan(plain);
    let mut vendor = false;
    if stem(rest.0).is_none() {
        let word = rest.run(class::LETTER | class::DIGIT);
        // These have rules of their own.
        let own = matches!(word, b"hubspot" | b"amzn" | b"ms") && marked;
        if own || word.is_empty() || !rest.eat(b'-') {
            return None;
        }
        vendor = true;
    }
    let rest = stem(rest.0)?;
    let mut found = None;
    for &(word, form) in &ROLES {
        // `Reset-After` is a reset of another kind.
        if let Some([b'-', dimension @ ..]) = rest.strip_prefix(word)
            && !vendor
            && !matches!(dimension, b"" | b"after")
        {
            return Some((dimension, form));
        }
        match rest.strip_suffix(word) {
            Some([]) if marked && vendor => found = Some((&b"default"[..], form)),
            Some([b'-', dimension @ ..]) if !dimension.is_empty() => found = Some((dimension, form)),
            _ => {}
        }
    }
    found
}

/// What stands behind the words that all these names have.
fn stem(name: &[u8]) -> Option<&[u8]> {
    let rest = name.strip_prefix(b"ratelimit").or(name.strip_prefix(b"rate-limit"));
    rest.filter(|rest| rest.starts_with(b"-"))
}
