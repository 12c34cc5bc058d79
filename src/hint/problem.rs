//! The problem types of the IETF's quota draft: that a quota is exceeded, that capacity is reduced, or that usage is
//! abnormal, and the names of the policies that were violated.

use alloc::string::String;

use super::Dialect;
use super::answer::Answer;
use super::json::Value;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "problem",
    spec: "RFC 9457; draft-ietf-httpapi-ratelimit-headers-10 section 5",
    members: &[TYPE, VIOLATED],
    read,
    ..Dialect::PLAIN
};

const TYPE: &str = "type";
const VIOLATED: &str = "violated-policies[]";
const KINDS: [&[u8]; 3] = [b"quota-exceeded", b"temporary-reduced-capacity", b"abnormal-usage-detected"];
/// More names are not looked at.
const MOST_NAMES: usize = 32;

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let kind = answer.text(TYPE).strip_prefix(b"https://").unwrap_or_default();
    let kind = kind.strip_prefix(b"www.").unwrap_or(kind);
    let kind = kind.strip_prefix(b"iana.org/assignments/http-problem-types#").unwrap_or_default();
    if !KINDS.contains(&kind) {
        return;
    }
    if answer.status >= 400 {
        findings.overloaded(TYPE);
    }
    // Fields say when more comes, these names do not.
    let source = findings.quota_source;
    let names = answer.members(VIOLATED).filter_map(|leaf| match &leaf.value {
        Value::Text(name) => Some(name),
        _ => None,
    });
    for name in names.take(MOST_NAMES) {
        if let Some(quota) = findings.quota(String::from_utf8_lossy(name).into_owned(), VIOLATED) {
            quota.remaining.get_or_insert(0.0);
        }
    }
    findings.quota_source = source.or(findings.quota_source);
}
