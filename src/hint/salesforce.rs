//! Salesforce's daily usage: `api-usage=25/5000; per-app-api-usage=17/250(appName=sample)`, one quota for each key.

use super::Dialect;
use super::answer::Answer;
use super::scan;
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
    let mut value = answer.value(FIELD);
    // Remarks in parentheses may hold any separator: they become blanks, and all separators the same.
    let mut depth = 0_u32;
    for byte in &mut value {
        depth += u32::from(*byte == b'(');
        let remark = depth > 0;
        depth -= u32::from(remark && *byte == b')');
        if remark {
            *byte = b' ';
        } else if *byte == b';' {
            *byte = b',';
        }
    }
    for (key, usage) in scan::pairs(&value, b',', b'=') {
        if !key.is_empty() || !usage.is_empty() {
            tell_usage(key, usage, FIELD, findings);
        }
    }
}
