//! Salesforce's daily usage: `api-usage=25/5000; per-app-api-usage=17/250(appName=sample)`, one quota for each key.

use super::Dialect;
use super::answer::Answer;
use super::settle::Findings;
use super::shopify::tell_usage;

pub(super) const DIALECT: Dialect = Dialect {
    name: "salesforce",
    spec: "Salesforce REST API, Sforce-Limit-Info header",
    fields: &[FIELD],
    read,
    ..Dialect::PLAIN
};

const FIELD: &str = "sforce-limit-info";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    tell_usage(FIELD, b"", answer, findings);
}

/// Makes every semicolon a comma, and blanks of remarks in parentheses, which may hold any separator.
pub(super) fn level(value: &mut [u8]) {
    let mut depth = 0_u32;
    for byte in value {
        depth += u32::from(*byte == b'(');
        let remark = depth > 0;
        depth -= u32::from(remark && *byte == b')');
        if remark {
            *byte = b' ';
        } else if *byte == b';' {
            *byte = b',';
        }
    }
}
