//! `google.rpc.RetryInfo` among the details of an error: as Google's APIs write it in JSON, and as Connect does, in
//! base64 of the message.

use super::answer::Answer;
use super::field;
use super::json;
use super::protobuf;
use super::settle::{Findings, From};
use super::{Dialect, member};

pub(super) const DIALECT: Dialect = Dialect {
    name: "retry-info",
    spec: "google/rpc/error_details.proto; Google AIP-193; Connect protocol, error details",
    members: &[TYPE, DELAY, CONNECT_TYPE, CONNECT_VALUE],
    read,
    ..Dialect::PLAIN
};

const TYPE: &str = "error.details[].@type";
const DELAY: &str = "error.details[].retryDelay";
const CONNECT_TYPE: &str = "details[].type";
const CONNECT_VALUE: &str = "details[].value";

/// Their places.
const GOOGLE: usize = member(TYPE);
const GOOGLE_DELAY: usize = member(DELAY);
const CONNECT: usize = member(CONNECT_TYPE);
const CONNECT_DELAY: usize = member(CONNECT_VALUE);

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let (mut detail, mut told, mut delay) = ((false, 0), false, f64::NAN);
    for leaf in &answer.leaves {
        // The members of one detail stand together, in any order.
        let next = (leaf.path().starts_with('e'), leaf.place);
        if detail != next {
            (detail, told, delay) = (next, false, f64::NAN);
        }
        let text = json::text(leaf.raw);
        match leaf.member {
            GOOGLE => told = text.ends_with(b"/google.rpc.RetryInfo"),
            GOOGLE_DELAY => delay = text.strip_suffix(b"s").map_or(f64::NAN, field::number) * 1000.0,
            CONNECT => told = text == b"google.rpc.RetryInfo",
            CONNECT_DELAY => delay = protobuf::retry_info(&text),
            _ => {}
        }
        if told {
            findings.wait(From::Body, delay, leaf.path());
        }
    }
}
