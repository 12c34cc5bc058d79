//! The codes by which bodies say "throttled" or "overloaded". Services spell one code in several letter cases, so none
//! is looked at.

use super::json::{self, Leaf};
use super::scan;
use super::settle::Findings;

/// From the documentation of Slack, Notion, OpenAI, Anthropic, Shopify, Connect, Google, Salesforce, Microsoft and
/// @fastify/under-pressure, then the list of the AWS SDK for JavaScript (its service-error-classification).
const THROTTLED: &[u8] = b"rate_limited ratelimited rate_limit_error overloaded_error rate_limit_exceeded \
insufficient_quota throttled resource_exhausted unavailable rateLimitExceeded userRateLimitExceeded dailyLimitExceeded \
quotaExceeded request_limit_exceeded activityLimitReached TooManyRequests fst_under_pressure \
BandwidthLimitExceeded EC2ThrottledException LimitExceededException PriorRequestNotComplete \
ProvisionedThroughputExceededException RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown \
ThrottledException Throttling ThrottlingException TooManyRequestsException TransactionInProgressException";

/// Is it one of the list?
pub fn is_throttled(code: &[u8]) -> bool {
    THROTTLED.split(|&byte| byte == b' ').any(|known| known.eq_ignore_ascii_case(code))
}

/// What stands behind the first `#`, or all there is: names of AWS come with their namespace.
pub fn behind_hash(name: &[u8]) -> &[u8] {
    scan::cut(name, b"#").1.get(1..).unwrap_or(name)
}

/// Takes a code that a body carries where codes stand. It makes a failure of any status; waiting does not bring back
/// the credit of an `insufficient_quota` (OpenAI).
pub fn take(code: &[u8], source: &'static str, findings: &mut Findings) {
    if is_throttled(code) {
        findings.failed = true;
        findings.overloaded(source);
        if code.eq_ignore_ascii_case(b"insufficient_quota") {
            findings.retry(Some(false));
        }
    }
}

/// Takes the codes at these paths. Of a top-level array the objects whose bit is set in `counts` say something, else
/// all if the lowest is.
pub fn take_all(leaves: &[Leaf<'_>], paths: &[&str], counts: u32, findings: &mut Findings) {
    for leaf in leaves {
        let bit = if leaf.path.starts_with("[]") { leaf.place } else { 0 };
        if counts.checked_shr(bit).is_some_and(|counts| counts & 1 > 0) && paths.contains(&leaf.path) {
            let text = json::text(leaf.raw);
            let code = if leaf.path.ends_with("__type") { behind_hash(&text) } else { &text };
            take(code, leaf.path, findings);
        }
    }
}
