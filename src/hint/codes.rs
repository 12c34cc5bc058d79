//! The codes by which bodies say "throttled" or "overloaded". Services spell one code in several letter cases, so none
//! is looked at: the list is in lower case.

use super::json::{self, Leaf};
use super::scan;
use super::settle::Findings;

/// From the documentation of Slack, Notion, OpenAI, Anthropic, Shopify, Connect, Google, Salesforce, Microsoft and
/// @fastify/under-pressure, then the list of the AWS SDK for JavaScript (its service-error-classification).
const THROTTLED: &[u8] = b"insufficient_quota rate_limited ratelimited rate_limit_error overloaded_error \
rate_limit_exceeded throttled resource_exhausted unavailable ratelimitexceeded userratelimitexceeded dailylimitexceeded \
quotaexceeded request_limit_exceeded activitylimitreached toomanyrequests fst_under_pressure \
bandwidthlimitexceeded ec2throttledexception limitexceededexception priorrequestnotcomplete \
provisionedthroughputexceededexception requestlimitexceeded requestthrottled requestthrottledexception slowdown \
throttledexception throttling throttlingexception toomanyrequestsexception transactioninprogressexception";

/// Its first: waiting does not bring back the credit (OpenAI).
const CREDIT: usize = 0;

/// Its place in the list; [`scan::NOWHERE`] when it is none of them.
pub fn place(code: &[u8]) -> usize {
    scan::place(THROTTLED, &code.to_ascii_lowercase())
}

/// What stands behind the first `#`, or all there is: names of AWS come with their namespace.
pub fn behind_hash(name: &[u8]) -> &[u8] {
    scan::cut(name, b"#").1.get(1..).unwrap_or(name)
}

/// Takes a code that a body carries where codes stand. It makes a failure of any status.
pub fn take(code: &[u8], source: &'static str, findings: &mut Findings) {
    let place = place(code);
    if place != scan::NOWHERE {
        findings.failed = true;
        findings.overloaded(source);
        if place == CREDIT {
            findings.retry(Some(false));
        }
    }
}

/// Takes the codes of the members between these two. Of a top-level array the objects whose bit is set in `counts` say
/// something, else all if the lowest is.
pub fn take_all(leaves: &[Leaf<'_>], members: [usize; 2], counts: u32, findings: &mut Findings) {
    let [first, last] = members;
    for leaf in leaves {
        let path = leaf.path();
        let bit = if path.starts_with("[]") { leaf.place } else { 0 };
        if counts.checked_shr(bit).is_some_and(|counts| counts & 1 > 0)
            && (first..=last).contains(&leaf.member)
        {
            let text = json::text(leaf.raw);
            let code = if path.ends_with("__type") { behind_hash(&text) } else { &text };
            take(code, path, findings);
        }
    }
}
