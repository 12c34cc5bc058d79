//! What an error body says about trying again at its top: `retry_after` in seconds (Discord, Cloudflare) and
//! `retryable` (Cloudflare).

use super::answer::Answer;
use super::settle::{Findings, From};
use super::{Dialect, member};

pub(super) const DIALECT: Dialect = Dialect {
    name: "retry-body",
    spec: "Discord: rate limits; Cloudflare: structured error responses",
    members: &[AFTER, RETRYABLE],
    read,
    ..Dialect::PLAIN
};

const AFTER: &str = "retry_after";
const RETRYABLE: &str = "retryable";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    findings.wait(From::Body, answer.number(const { member(AFTER) }) * 1000.0, AFTER);
    if answer.status >= 400 {
        // Of all values only these two begin so.
        findings.retry(match answer.raw(const { member(RETRYABLE) }) {
            [b't', ..] => Some(true),
            [b'f', ..] => Some(false),
            _ => None,
        });
    }
}
