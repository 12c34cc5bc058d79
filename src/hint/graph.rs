//! Microsoft Graph's load: how much of a limit is used, told from 0.8 on. Another's load report says more.

use super::Dialect;
use super::answer::Answer;
use super::field;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "graph",
    spec: "Microsoft Graph throttling, x-ms-throttle-limit-percentage",
    fields: &[FIELD],
    read,
    ..Dialect::PLAIN
};

const FIELD: &str = "x-ms-throttle-limit-percentage";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    let value = answer.value(FIELD);
    let load = field::number(&value);
    findings.reading.malformed += u32::from(load.is_nan() && !value.is_empty());
    findings.load(load);
}
