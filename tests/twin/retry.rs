//! R: the server's word on trying again.

use super::number::trim;
use super::{Answer, backpressure, grpc, overload};

pub fn read(answer: &Answer) -> Option<bool> {
    // R1.
    let words: Vec<bool> = ["x-should-retry", "stripe-should-retry"]
        .iter()
        .filter_map(|name| answer.fields.value(name))
        .flat_map(|value| value.split(','))
        .filter_map(|word| match trim(word).to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        })
        .collect();
    if !words.is_empty() {
        return Some(words.iter().all(|word| *word));
    }
    // R2.
    if let Some(pushback) = grpc::pushback(answer) {
        return Some(pushback.is_ok());
    }
    // The Backpressure field, section 4: a field before a body.
    if let Some(word) = backpressure::retry(answer) {
        return Some(word);
    }
    // R3.
    let retryable = answer.body.json.as_ref().and_then(|json| json.flag(&["retryable"]));
    if answer.status >= 400 && retryable.is_some() {
        return retryable;
    }
    // R4.
    let broke =
        overload::body_codes(answer).iter().any(|code| code.eq_ignore_ascii_case("insufficient_quota"));
    broke.then_some(false)
}
