//! Shopify's REST bucket: how much of it is used and how much it holds, `32/40`.

use super::Dialect;
use super::answer::Answer;
use super::field;
use super::salesforce::level;
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
    tell_usage(FIELD, b"shop", answer, findings);
}

/// Tells quotas written as `used/limit`, both of which have to be numbers: of this name, else each behind its own,
/// `name=used/limit`.
pub(super) fn tell_usage(field: &'static str, shop: &[u8], answer: &Answer<'_>, findings: &mut Findings) {
    let mut value = answer.value(field);
    level(&mut value);
    let mut list = &*value;
    while !list.is_empty() {
        let mut usage = scan::part(&mut list, b',');
        if usage.is_empty() {
            continue;
        }
        let name = if shop.is_empty() { scan::part(&mut usage, b'=') } else { shop };
        let used = field::number(scan::part(&mut usage, b'/'));
        let limit = field::number(usage);
        let left = (limit - used).clamp(0.0, f64::MAX);
        if name.is_empty() || left.is_nan() {
            findings.reading.malformed += 1;
        } else {
            findings.tell(name, "requests", [limit, left, f64::NAN, f64::NAN], field);
        }
    }
}
