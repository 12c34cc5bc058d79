//! The Backpressure field (docs/backpressure-field.md), as the `sfv` crate parses dictionaries.

use sfv::{BareItem, Dictionary, InnerList, ListEntry, Parser};

use super::number::milliseconds;
use super::{Advice, Answer};

/// Section 3.7.
const MOST_NAMES: usize = 32;
const NAME_LENGTHS: std::ops::RangeInclusive<usize> = 1..=64;

fn members(answer: &Answer) -> Option<Dictionary> {
    let value = answer.fields.value("backpressure").filter(|_| !answer.clock.cached)?;
    Parser::new(value).parse().ok()
}

fn item(answer: &Answer, key: &str) -> Option<BareItem> {
    match members(answer)?.get(key)? {
        ListEntry::Item(item) => Some(item.bare_item.clone()),
        ListEntry::InnerList(_) => None,
    }
}

/// An Integer or a Decimal from 0.
fn number(answer: &Answer, key: &str) -> Option<f64> {
    let value = match item(answer, key)? {
        BareItem::Integer(value) => i64::from(value) as f64,
        BareItem::Decimal(value) => f64::from(value),
        _ => return None,
    };
    (value >= 0.0).then(|| value.abs())
}

pub fn load(answer: &Answer) -> Option<f64> {
    number(answer, "load")
}

/// In milliseconds.
pub fn wait(answer: &Answer) -> Option<f64> {
    number(answer, "wait").map(|s| s * 1000.0)
}

pub fn retry(answer: &Answer) -> Option<bool> {
    match item(answer, "retry")? {
        BareItem::Boolean(word) => Some(word),
        _ => None,
    }
}

fn state(answer: &Answer) -> Option<String> {
    match item(answer, "state")? {
        BareItem::Token(state) => Some(state.as_str().to_owned())
            .filter(|s| ["nominal", "fair", "serious", "critical"].contains(&s.as_str())),
        _ => None,
    }
}

/// Section 3.2.
pub fn is_overload(answer: &Answer) -> bool {
    let failed = answer.status >= 500;
    failed && matches!(state(answer).as_deref(), Some("serious" | "critical"))
}

/// Section 3.8: what holds for a while, if anything does.
pub fn advice(answer: &Answer) -> Option<Advice> {
    let batch = number(answer, "batch").filter(|count| *count >= 1.0);
    let batch = batch.map(|count| count.floor().min(f64::from(u32::MAX)));
    let off = match members(answer)?.get("off") {
        Some(ListEntry::InnerList(list)) => Some(names(list)),
        _ => None,
    };
    let for_ms = milliseconds(number(answer, "for").unwrap_or(10.0) * 1000.0).min(600_000.0);
    let advice = Advice { state: state(answer), share: number(answer, "share"), batch, off, for_ms };
    let says_something = advice != Advice { for_ms, ..Advice::default() };
    says_something.then_some(advice)
}

fn names(list: &InnerList) -> Vec<String> {
    let name = |item: &sfv::Item| match &item.bare_item {
        BareItem::Token(name) => Some(name.as_str().to_owned()),
        BareItem::String(name) => Some(name.as_str().to_owned()),
        _ => None,
    };
    let all = list.items.iter().filter_map(name).filter(|name| NAME_LENGTHS.contains(&name.len()));
    all.take(MOST_NAMES).collect()
}
