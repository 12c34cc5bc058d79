//! GitHub's secondary limits, of which the message alone tells. Its other fields are those of many:
//! `x-ratelimit-*` with a `resource`.

use super::answer::Answer;
use super::scan;
use super::settle::Findings;
use super::{Dialect, member};

pub(super) const DIALECT: Dialect = Dialect {
    name: "github",
    spec: "GitHub: rate limits for the REST API, secondary rate limits",
    members: &[MESSAGE],
    read,
    ..Dialect::PLAIN
};

const MESSAGE: &str = "message";
const SECONDARY: &[u8] = b"secondary rate limit";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let message = answer.text(const { member(MESSAGE) }).to_ascii_lowercase();
    if answer.status >= 400 && scan::holds(&message, SECONDARY) {
        findings.overloaded(MESSAGE);
    }
}
