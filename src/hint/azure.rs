//! Azure Resource Manager's counts of what is left: one in each field, but for the compute resources' list,
//! `Microsoft.Compute/HighCostGet3Min;139,...`. Neither a limit nor a reset is told.

use super::Dialect;
use super::answer::Answer;
use super::field::Form;
use super::scan;
use super::settle::{Findings, Told};

pub(super) const DIALECT: Dialect = Dialect {
    name: "azure",
    spec: "Azure Resource Manager and Azure Compute throttling",
    families: &["x-ms-ratelimit-remaining-NAME"],
    read,
    ..Dialect::PLAIN
};

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    answer.family(b"x-ms-ratelimit-remaining-", &mut |own, value| {
        let mut list = &*value;
        while !list.is_empty() {
            let mut left = scan::part(&mut list, b',');
            let mut name = own;
            if own == b"resource" {
                name = scan::part(&mut left, b';');
                if name.is_empty() || left.is_empty() {
                    left = b"?";
                }
            }
            let quota =
                Told { name, unit: "requests", window: f64::NAN, source: "x-ms-ratelimit-remaining-*" };
            findings.tell_one(left, Form::Least, answer, &quota);
        }
    });
}
