//! Throttle codes of error bodies: in JSON at the places where services put them, in XML the first `Code`, and AWS's
//! `x-amzn-errortype`. On a success a JSON object has to say `"ok": false` first (Slack).

use super::answer::Answer;
use super::body::Media;
use super::codes;
use super::scan;
use super::settle::Findings;
use super::{Dialect, member};

pub(super) const DIALECT: Dialect = Dialect {
    name: "error-codes",
    spec: "Slack, Notion, OpenAI, Anthropic, Google, Salesforce, Connect; AWS restJson1, awsJson1_1 and restXml protocols",
    fields: &[ERROR_TYPE],
    members: MEMBERS,
    bodies: "XML: the first `Code`",
    read,
    ..Dialect::PLAIN
};

const ERROR_TYPE: &str = "x-amzn-errortype";
/// The first two say whether their object counts on a success; the others are codes.
const MEMBERS: &[&str] = &[
    OK,
    "[].ok",
    FIRST,
    "[].code",
    "error",
    "[].error",
    "type",
    "[].type",
    "errorCode",
    "[].errorCode",
    "__type",
    "[].__type",
    "error.code",
    "error.type",
    "error.status",
    LAST,
];
const OK: &str = "ok";
const FIRST: &str = "code";
const LAST: &str = "error.errors[].reason";
/// So many objects of a top-level array are looked at, one bit for each.
const OBJECTS: u32 = 0xffff;

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let mut counts = OBJECTS;
    if answer.status < 400 {
        counts = 0;
        for leaf in &answer.leaves {
            let bit = 1_u32.checked_shl(leaf.place).unwrap_or_default() & OBJECTS;
            if (const { member(OK) }..const { member(FIRST) }).contains(&leaf.member) {
                counts = if leaf.raw == b"false" { counts | bit } else { counts & !bit };
            }
        }
    }
    codes::take_all(&answer.leaves, const { [member(FIRST), member(LAST)] }, counts, findings);
    if answer.media == Media::Xml && answer.status >= 400 {
        let mut rest = answer.body;
        while !rest.is_empty() {
            rest = scan::cut(rest, b"<").1;
            if let Some(inner) = rest.strip_prefix(b"<Code>") {
                // Nothing but text stands before the element's end.
                let (code, end) = scan::cut(inner, b"<");
                if end.starts_with(b"</Code>") {
                    codes::take(code.trim_ascii(), "Code", findings);
                }
                break;
            }
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    // As AWS's protocols have it: neither a namespace before nor an address behind is part of the name.
    let value = answer.value(ERROR_TYPE);
    let (name, _) = scan::cut(&value, b":,");
    if findings.failed && codes::place(codes::behind_hash(name)) != scan::NOWHERE {
        findings.overloaded(ERROR_TYPE);
    }
}
