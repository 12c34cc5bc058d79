//! The problem types of the IETF's quota draft: that a quota is exceeded, that capacity is reduced, or that usage is
//! abnormal, and the names of the policies that were violated.

use alloc::string::String;

use super::answer::Answer;
use super::json;
use super::scan;
use super::settle::Findings;
use super::{Dialect, member};

pub(super) const DIALECT: Dialect = Dialect {
    name: "problem",
    spec: "RFC 9457; draft-ietf-httpapi-ratelimit-headers-10 section 5",
    members: &[TYPE, VIOLATED],
    read,
    ..Dialect::PLAIN
};

const TYPE: &str = "type";
const VIOLATED: &str = "violated-policies[]";
const BASE: &[u8] = b"iana.org/assignments/http-problem-types#";
const KINDS: &[u8] = b"quota-exceeded temporary-reduced-capacity abnormal-usage-detected";
/// More names are not looked at.
const MOST_NAMES: usize = 32;

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let text = answer.text(const { member(TYPE) });
    let rest = text.strip_prefix(b"https://").unwrap_or_default();
    let kind = rest.strip_prefix(b"www.").unwrap_or(rest).strip_prefix(BASE).unwrap_or_default();
    if scan::place(KINDS, kind) == scan::NOWHERE {
        return;
    }
    if answer.status >= 400 {
        findings.overloaded(TYPE);
    }
    // Fields say when more comes, these names do not.
    let source = findings.quota_source;
    let mut names = 0;
    for leaf in &answer.leaves {
        if leaf.member == const { member(VIOLATED) } && leaf.raw.starts_with(b"\"") && names < MOST_NAMES {
            names += 1;
            if let Some(quota) = findings.quota(unicode(&json::text(leaf.raw)), VIOLATED) {
                quota.remaining.get_or_insert(0.0);
            }
        }
    }
    findings.quota_source = source.or(findings.quota_source);
}

/// UTF-8 as text. What is none gives other characters, at most one for each byte, and half a pair of surrogates the
/// replacement character.
fn unicode(bytes: &[u8]) -> String {
    let (mut text, mut code, mut more) = (String::new(), 0, 0_u32);
    for &byte in bytes {
        let ones = byte.leading_ones();
        if ones == 1 {
            code = code << 6 | u32::from(byte & 0x3f);
            more = more.saturating_sub(1);
        } else {
            code = u32::from(byte) & 0x7f >> ones;
            more = ones.saturating_sub(1);
        }
        if more == 0 {
            text.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
    }
    text
}
