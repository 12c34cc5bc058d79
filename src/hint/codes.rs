//! The codes by which bodies say "throttled" or "overloaded". Services spell one code in several letter cases, so none
//! is looked at.

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

/// What stands behind the first `#`, or all there is: names of AWS come with their namespace.
pub fn behind_hash(name: &[u8]) -> &[u8] {
    let hash = name.iter().position(|&byte| byte == b'#');
    name.get(hash.map_or(0, |at| at + 1)..).unwrap_or_default()
}
