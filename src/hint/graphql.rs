//! GraphQL: errors come on any status, as a type (GitHub) or as a code among the extensions (Shopify, Linear), and
//! Shopify tells what a query costs, how much of the bucket is left, and how fast it fills again.

use super::answer::Answer;
use super::codes;
use super::settle::{Findings, From};
use super::{Dialect, member};

pub(super) const DIALECT: Dialect = Dialect {
    name: "graphql",
    spec: "GitHub: GraphQL rate limits; Shopify: GraphQL Admin API rate limits",
    members: &[TYPE, CODE, COST, LIMIT, LEFT, RATE],
    read,
    ..Dialect::PLAIN
};

const TYPE: &str = "errors[].type";
const CODE: &str = "errors[].extensions.code";
const COST: &str = "extensions.cost.requestedQueryCost";
const LIMIT: &str = "extensions.cost.throttleStatus.maximumAvailable";
const LEFT: &str = "extensions.cost.throttleStatus.currentlyAvailable";
const RATE: &str = "extensions.cost.throttleStatus.restoreRate";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    codes::take_all(&answer.leaves, const { [member(TYPE), member(CODE)] }, 1, findings);
    let [cost, limit, left, rate] = const { [member(COST), member(LIMIT), member(LEFT), member(RATE)] }
        .map(|member| answer.number(member));
    if rate > 0.0 {
        findings.wait(From::Cost, (cost - left) / rate * 1000.0, COST);
    }
    let told = [limit, left, f64::NAN, f64::NAN];
    findings.tell(b"graphql-cost", "cost", told, LEFT);
}
