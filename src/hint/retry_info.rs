//! `google.rpc.RetryInfo` among the details of an error: as Google's APIs write it in JSON, and as Connect does, in
//! base64 of the message.

use super::Dialect;
use super::answer::Answer;
use super::field;
use super::protobuf;
use super::settle::{Findings, From};

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

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    for (kind, content) in [(TYPE, DELAY), (CONNECT_TYPE, CONNECT_VALUE)] {
        let google = kind == TYPE;
        let (mut place, mut told, mut delay) = (0, false, f64::NAN);
        // The members of one detail stand together, in any order.
        for leaf in &answer.leaves {
            if leaf.place != place {
                (place, told, delay) = (leaf.place, false, f64::NAN);
            }
            let text = leaf.text();
            if leaf.path == content {
                delay = match text.strip_suffix(b"s") {
                    Some(seconds) if google => field::number(seconds) * 1000.0,
                    _ if google => f64::NAN,
                    _ => protobuf::retry_info(text),
                };
            } else if leaf.path == kind {
                told = match text.strip_suffix(b"google.rpc.RetryInfo") {
                    Some([.., b'/']) => google,
                    Some([]) => !google,
                    _ => false,
                };
            }
            if told {
                findings.wait(From::Body, delay, content);
            }
        }
    }
}
