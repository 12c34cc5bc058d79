//! O: overload, and the throttle codes of B2 to B5.

use std::slice;

use super::events::Event;
use super::json::Json;
use super::number::trim;
use super::{Answer, Quota, backpressure, grpc, wait};

/// B2.
const CODES: &str = "rate_limited ratelimited rate_limit_error overloaded_error rate_limit_exceeded insufficient_quota \
throttled resource_exhausted unavailable rateLimitExceeded userRateLimitExceeded dailyLimitExceeded quotaExceeded \
REQUEST_LIMIT_EXCEEDED activityLimitReached TooManyRequests FST_UNDER_PRESSURE BandwidthLimitExceeded \
EC2ThrottledException LimitExceededException PriorRequestNotComplete ProvisionedThroughputExceededException \
RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown ThrottledException Throttling \
ThrottlingException TooManyRequestsException TransactionInProgressException";

/// The three problem types of the rate limit draft.
const PROBLEMS: [&str; 3] = ["quota-exceeded", "temporary-reduced-capacity", "abnormal-usage-detected"];

pub fn is_throttle(code: &str) -> bool {
    CODES.split_whitespace().any(|known| known.eq_ignore_ascii_case(code))
}

/// Every code of the body that stands where B3 to B5 look.
pub fn body_codes(answer: &Answer) -> Vec<String> {
    let mut codes = Vec::new();
    if let Some(json) = &answer.body.json {
        plain_codes(json, answer.status >= 400, &mut codes);
        for error in json.list(&["errors"]) {
            codes.extend(error.text(&["type"]).map(str::to_owned));
            codes.extend(error.text(&["extensions", "code"]).map(str::to_owned));
        }
    }
    if let Some(xml) = answer.body.xml.as_ref().filter(|_| answer.status >= 400) {
        let code = xml.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
        codes.extend(code.map(|(code, _)| code.trim().to_owned()));
    }
    for event in &answer.body.events {
        if let Event::Error(json) = event {
            codes.extend(json.text(&["error", "type"]).map(str::to_owned));
        }
    }
    codes
}

/// B3. An object of an array speaks for itself.
fn plain_codes(json: &Json, refused: bool, codes: &mut Vec<String>) {
    let heard = |top: &&Json| refused || top.flag(&["ok"]) == Some(false);
    let tops =
        if let Json::List(items) = json { &items[..items.len().min(16)] } else { slice::from_ref(json) };
    for top in tops.iter().filter(heard) {
        for name in ["code", "error", "type", "errorCode"] {
            codes.extend(top.text(&[name]).map(str::to_owned));
        }
        codes.extend(top.text(&["__type"]).map(after_hash));
    }
    if heard(&json) {
        for name in ["code", "type", "status"] {
            codes.extend(json.text(&["error", name]).map(str::to_owned));
        }
        for error in json.list(&["error", "errors"]) {
            codes.extend(error.text(&["reason"]).map(str::to_owned));
        }
    }
}

fn after_hash(text: &str) -> String {
    text.split_once('#').map_or(text, |(_, code)| code).to_owned()
}

/// One of the three IETF problem types.
pub fn is_problem(answer: &Answer) -> bool {
    let kind = answer.body.text("type").unwrap_or_default();
    let fragment = ["https://iana.org", "https://www.iana.org"]
        .iter()
        .find_map(|host| kind.strip_prefix(host)?.strip_prefix("/assignments/http-problem-types#"));
    fragment.is_some_and(|fragment| PROBLEMS.contains(&fragment))
}

/// O1 and O2.
fn plainly(answer: &Answer) -> bool {
    let fields = &answer.fields;
    let amazon = || {
        let value = fields.value("x-amzn-errortype").unwrap_or_default();
        // Open for several: the first.
        let first = value.split([':', ',']).next().unwrap_or_default();
        is_throttle(&after_hash(trim(first))) && answer.failed()
    };
    [420, 429, 503, 529].contains(&answer.status)
        || ["x-envoy-overloaded", "x-envoy-ratelimited"].iter().any(|name| fields.has(name))
        || grpc::statuses(answer).iter().any(|status| [8.0, 14.0].contains(status))
        || body_codes(answer).iter().any(|code| is_throttle(code))
        || amazon()
        || (answer.status >= 400 && is_problem(answer))
        || backpressure::is_overload(answer)
}

/// O.
pub fn read(answer: &Answer, quotas: &[Quota]) -> bool {
    let message = answer.body.text("message").unwrap_or_default().to_lowercase();
    let secondary = answer.status >= 400 && message.contains("secondary rate limit");
    let forbidden = || {
        let empty = quotas.iter().any(|quota| quota.remaining == Some(0.0));
        wait::of_header(answer).is_some() || wait::of_body(answer).is_some() || empty
    };
    plainly(answer) || secondary || (answer.status == 403 && forbidden())
}
