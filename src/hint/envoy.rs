//! Envoy's signals that it shed or limited a request ("x-envoy-overloaded", "x-envoy-ratelimited" in its
//! documentation of HTTP header manipulation): that they are there counts, whatever they hold.

use super::Dialect;
use super::answer::Answer;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "envoy",
    spec: "Envoy, HTTP filters: router, rate limit",
    fields: &["x-envoy-overloaded", "x-envoy-ratelimited"],
    read,
    ..Dialect::PLAIN
};

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    for name in DIALECT.fields {
        if answer.has(name) {
            findings.overloaded(name);
        }
    }
}
