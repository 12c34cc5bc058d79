//! Shopify's REST bucket: how much of it is used and how much it holds, `32/40`.

use super::Dialect;
use super::answer::Answer;
use super::field;
use super::scan;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "shopify",
    spec: "Shopify Admin REST API rate limits",
    fields: &[FIELD],
    read,
    ..Dialect::PLAIN
};

const FIELD: &str = "x-shopify-shop-api-call-limit";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let value = answer.value(FIELD);
    let mut list = &*value;
    while !list.is_empty() {
        tell_usage(b"shop", scan::part(&mut list, b','), FIELD, findings);
    }
}

/// Tells a quota written as `used/limit`, both of which have to be numbers; parameters are cut off.
pub(super) fn tell_usage(name: &[u8], mut usage: &[u8], source: &'static str, findings: &mut Findings) {
    let mut limit = scan::part(&mut usage, b';');
    let used = field::number(scan::part(&mut limit, b'/'));
    let limit = field::number(limit);
    let left = (limit - used).clamp(0.0, f64::MAX);
    if name.is_empty() || left.is_nan() {
        findings.reading.malformed += 1;
    } else {
        findings.tell(name, "requests", [limit, left, f64::NAN, f64::NAN], source);
    }
}
