//! W: how long to wait.

use super::clock::go_duration;
use super::events::Event;
use super::fields::longest_member;
use super::number::{longest, milliseconds, number};
use super::{Answer, Quota, backpressure, binary, grpc, overload};

/// The wait, and whether the server is overloaded, since each asks about the other.
pub fn read(answer: &Answer, quotas: &[Quota]) -> (Option<f64>, bool) {
    let failed = answer.failed();
    let overloaded = overload::read(answer, quotas);
    // W1.
    let heard = answer.status >= 300 || answer.status == 202 || failed;
    let wait = of_header(answer)
        .filter(|_| heard)
        .or_else(|| of_body(answer).filter(|_| failed))
        .or_else(|| of_cost(answer).filter(|_| failed && overloaded))
        .or_else(|| of_quotas(quotas).filter(|_| failed && overloaded))
        .or_else(|| of_events(answer));
    (wait.map(milliseconds), overloaded)
}

/// W2, W3, W4.
pub fn of_header(answer: &Answer) -> Option<f64> {
    let seconds = |text: &str| number(text).map(|s| s * 1000.0).or_else(|| answer.clock.until_date(text));
    let loose = |text: &str| seconds(text).or_else(|| go_duration(text));
    let of = |names: &[&str], read: &dyn Fn(&str) -> Option<f64>| {
        names.iter().find_map(|name| longest_member(answer.fields.clean(name)?, read))
    };
    of(&["retry-after-ms", "x-ms-retry-after-ms", "x-amz-retry-after"], &number)
        .or_else(|| of(&["retry-after"], &seconds))
        .or_else(|| grpc::pushback(answer)?.ok())
        .or_else(|| {
            of(&["x-ratelimit-retry-after", "x-ratelimit-after", "x-retry-after", "x-retry-in"], &loose)
        })
        .or_else(|| backpressure::wait(answer))
}

/// W5 but for the cost.
pub fn of_body(answer: &Answer) -> Option<f64> {
    let json = answer.body.json.as_ref();
    let google = || {
        json?.list(&["error", "details"]).iter().find_map(|detail| {
            let named = detail.text(&["@type"])?.ends_with("/google.rpc.RetryInfo");
            let delay = detail.text(&["retryDelay"])?.strip_suffix('s')?;
            number(delay).filter(|_| named && !delay.contains([' ', '\t'])).map(|s| s * 1000.0)
        })
    };
    let connect = || {
        json?.list(&["details"]).iter().find_map(|detail| {
            let named = detail.text(&["type"])? == "google.rpc.RetryInfo";
            binary::retry_info(&binary::base64(detail.text(&["value"])?)?).filter(|_| named)
        })
    };
    let top = || json?.number(&["retry_after"]).map(|s| s * 1000.0);
    google().or_else(connect).or_else(|| grpc::details_delay(answer)).or_else(top)
}

/// W5: Shopify's cost.
fn of_cost(answer: &Answer) -> Option<f64> {
    let json = answer.body.json.as_ref()?;
    let status = |name| json.number(&["extensions", "cost", "throttleStatus", name]);
    let requested = json.number(&["extensions", "cost", "requestedQueryCost"])?;
    let rate = status("restoreRate").filter(|rate| *rate > 0.0)?;
    Some(((requested - status("currentlyAvailable")?) / rate).max(0.0) * 1000.0)
}

/// W6.
fn of_quotas(quotas: &[Quota]) -> Option<f64> {
    let to_blame = |quota: &&Quota| quota.remaining.is_none_or(|left| left == 0.0);
    longest(quotas.iter().filter(to_blame).filter_map(|quota| quota.reset_ms))
}

/// W7.
fn of_events(answer: &Answer) -> Option<f64> {
    let retry = |event: &Event| match event {
        Event::Retry(ms) => Some(*ms),
        Event::Error(_) => None,
    };
    answer.body.events.iter().rev().find_map(retry)
}
