//! What a gRPC server says, in the fields or the trailers of a gRPC-Web response: a status of its own, how long to stay
//! away (gRFC A6: a signed integer of 32 bits, where all but a plain one from zero up says not to try again), and the
//! details of an error.

use super::Dialect;
use super::answer::Answer;
use super::field;
use super::protobuf;
use super::scan;
use super::settle::{Findings, From};

pub(super) const DIALECT: Dialect = Dialect {
    name: "grpc",
    spec: "gRPC over HTTP2; gRFC A6; google.rpc.RetryInfo",
    fields: &[STATUS, PUSHBACK, DETAILS],
    bodies: "the trailers of application/grpc-web and application/grpc-web-text",
    read,
    ..Dialect::PLAIN
};

const STATUS: &str = "grpc-status";
const PUSHBACK: &str = "grpc-retry-pushback-ms";
const DETAILS: &str = "grpc-status-details-bin";

/// The statuses that are an overload: RESOURCE_EXHAUSTED and UNAVAILABLE.
const EXHAUSTED: f64 = 8.0;
const UNAVAILABLE: f64 = 14.0;

/// The largest integer that a pushback may be.
const MAX_PUSHBACK: f64 = 2_147_483_647.0;

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    scan::each(&answer.value(STATUS), &mut |member| {
        let status = field::integer(member);
        findings.reading.malformed += u32::from(status.is_nan() && !member.is_empty());
        findings.failed |= status > 0.0;
        if status == EXHAUSTED || status == UNAVAILABLE {
            findings.overloaded(STATUS);
        }
    });
    // An empty one is a word too.
    if answer.told(PUSHBACK) {
        let text = answer.value(PUSHBACK);
        let mut ms = field::integer(&text);
        if ms > MAX_PUSHBACK || matches!(*text, [b'0', _, ..]) {
            ms = f64::NAN;
        }
        findings.wait(From::Field, ms, PUSHBACK);
        findings.retry(Some(!ms.is_nan()));
    }
    scan::each(&answer.value(DETAILS), &mut |member| match protobuf::status_details(member) {
        Some(ms) => findings.wait(From::Body, ms, DETAILS),
        None => findings.reading.malformed += 1,
    });
}
