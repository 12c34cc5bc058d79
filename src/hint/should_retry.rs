//! The server's own word on trying again, as the clients of Stripe, OpenAI and Anthropic read it: `true` or `false` in
//! any letter case. When several disagree, no.

use super::Dialect;
use super::answer::Answer;
use super::scan;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "should-retry",
    spec: "the libraries of Stripe, OpenAI and Anthropic",
    fields: &["x-should-retry", "stripe-should-retry"],
    read,
    ..Dialect::PLAIN
};

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let mut told = None;
    for name in DIALECT.fields {
        scan::each(&answer.value(name), &mut |member| match scan::place(
            b"false true",
            &member.to_ascii_lowercase(),
        ) {
            scan::NOWHERE => findings.reading.malformed += u32::from(!member.is_empty()),
            truth => told = Some(truth > 0 && told != Some(false)),
        });
    }
    findings.retry(told);
}
