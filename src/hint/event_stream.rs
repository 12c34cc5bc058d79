//! Event streams (HTML, section 9.2): how long to wait before connecting again, and Anthropic's error events, which
//! come after a status of 200. An event that the stream's end cuts off counts too: it is the last word.

use alloc::vec::Vec;

use super::answer::Answer;
use super::body::Media;
use super::codes;
use super::field;
use super::json;
use super::scan;
use super::settle::{Findings, From};
use super::{Dialect, member};

pub(super) const DIALECT: Dialect = Dialect {
    name: "event-stream",
    spec: "HTML section 9.2, server-sent events; Anthropic: streaming error events",
    bodies: "text/event-stream: `retry`; the JSON under `event: error`",
    read,
    ..Dialect::PLAIN
};

/// Where the code stands: one of the members of error bodies.
const TYPE: usize = member("error.type");

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    if answer.media != Media::Events {
        return;
    }
    let mut rest = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(answer.body);
    let (mut retry, mut failed, mut data) = (f64::NAN, false, Vec::new());
    loop {
        // Lines end with a carriage return, a line feed or both; behind the last one stands an empty one.
        let over = rest.is_empty();
        let (line, more) = scan::cut(rest, b"\r\n");
        rest = more.strip_prefix(b"\r\n").or(more.get(1..)).unwrap_or_default();
        if line.is_empty() {
            if failed {
                codes::take_all(&json::leaves(&data), [TYPE; 2], 1, findings);
            }
            failed = false;
            data.clear();
        }
        if over {
            break;
        }
        let (name, value) = scan::cut(line, b":");
        let value = value.get(1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"retry" => {
                let ms = field::integer(value);
                retry = if ms.is_nan() { retry } else { ms };
            }
            b"event" => failed = value == b"error",
            b"data" => {
                data.extend_from_slice(value);
                data.push(b'\n');
            }
            _ => {}
        }
    }
    findings.wait(From::Stream, retry, "retry");
}
