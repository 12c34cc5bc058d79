//! Throttle codes of error bodies: in JSON at the places where services put them, in XML the first `Code`, and AWS's
//! `x-amzn-errortype`. On a success a JSON object has to say `"ok": false` first (Slack).

use super::Dialect;
use super::answer::Answer;
use super::body::Media;
use super::codes;
use super::scan;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "error-codes",
    spec: "Slack, Notion, OpenAI, Anthropic, Google, Salesforce, Connect; AWS restJson1, awsJson1_1 and restXml protocols",
    fields: &[ERROR_TYPE],
    members: &[
        "ok",
        "[].ok",
        "code",
        "[].code",
        "error",
        "[].error",
        "type",
        "[].type",
        "errorCode",
        "[].errorCode",
        TYPE,
        LISTED_TYPE,
        "error.code",
        "error.type",
        "error.status",
        REASON,
    ],
    bodies: "XML: the first `Code`",
    read,
    ..Dialect::PLAIN
};

const ERROR_TYPE: &str = "x-amzn-errortype";
const TYPE: &str = "__type";
const LISTED_TYPE: &str = "[].__type";
const REASON: &str = "error.errors[].reason";
/// The first of the paths say whether the object counts on a success.
const OKS: usize = 2;
/// So many objects of a top-level array are looked at.
const MOST_OBJECTS: u32 = 16;

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    // One bit for each object that counts; an object alone is the first.
    let mut counts = if answer.status >= 400 { u32::MAX } else { 0 };
    for (index, path) in DIALECT.members.iter().enumerate() {
        for leaf in answer.members(path) {
            let place = if leaf.path == REASON { 0 } else { leaf.place };
            if place >= MOST_OBJECTS {
                break;
            }
            if index < OKS {
                let refused = u32::from(leaf.flag() == Some(false));
                if answer.status < 400 {
                    counts = counts & !(1 << place) | refused << place;
                }
            } else if counts >> place & 1 == 1 {
                let mut code = leaf.text();
                if leaf.path == TYPE || leaf.path == LISTED_TYPE {
                    code = codes::behind_hash(code);
                }
                codes::take(code, leaf.path, findings);
            }
        }
    }
    if answer.media == Media::Xml && answer.status >= 400 {
        codes::take(first_code(answer.body), "Code", findings);
    }
    // As AWS's protocols have it: neither a namespace before nor an address behind is part of the name.
    let value = answer.value(ERROR_TYPE);
    let mut name = &*value;
    for mark in *b",:" {
        name = scan::part(&mut &*name, mark);
    }
    if findings.failed && codes::is_throttled(codes::behind_hash(name)) {
        findings.overloaded(ERROR_TYPE);
    }
}

/// The text of the first element `Code`, without white space around it; empty when it holds anything but text.
fn first_code(mut xml: &[u8]) -> &[u8] {
    const BEGIN: &[u8] = b"<Code>";
    let begin = xml.windows(BEGIN.len()).position(|part| part == BEGIN);
    xml = begin.and_then(|at| xml.get(at + BEGIN.len()..)).unwrap_or_default();
    let end = xml.iter().position(|&byte| byte == b'<').unwrap_or_default();
    let (text, rest) = xml.split_at(end);
    if rest.starts_with(b"</Code>") { text.trim_ascii() } else { &[] }
}
