//! What an error body says about trying again at its top: `retry_after` in seconds (Discord, Cloudflare) and
//! `retryable` (Cloudflare).

use super::Dialect;
use super::answer::Answer;
use super::settle::{Findings, From};

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
    findings.wait(From::Body, answer.number(AFTER) * 1000.0, AFTER);
    if answer.status >= 400 {
        // Of all values only these two begin so.
        findings.retry(match answer.raw(RETRYABLE) {
            [b't', ..] => Some(true),
            [b'f', ..] => Some(false),
            _ => None,
        });
    }
}
