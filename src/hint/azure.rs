//! Azure Resource Manager's counts of what is left: one in each field, but for the compute resources' list,
//! `Microsoft.Compute/HighCostGet3Min;139,...`. Neither a limit nor a reset is told.

use super::Dialect;
use super::answer::Answer;
use super::field;
use super::scan;
use super::settle::Findings;

pub(super) const DIALECT: Dialect = Dialect {
    name: "azure",
    spec: "Azure Resource Manager and Azure Compute throttling",
    families: &["x-ms-ratelimit-remaining-NAME"],
    read,
    ..Dialect::PLAIN
};

const STEM: &[u8] = b"x-ms-ratelimit-remaining-";

fn read(answer: &Answer<'_>, findings: &mut Findings) {
    for field in answer.names(&|name| name.starts_with(STEM) && name.len() > STEM.len()) {
        let own = field.get(STEM.len()..).unwrap_or_default();
        let value = answer.named(field);
        let mut list = &*value;
        while !list.is_empty() {
            let mut rest = scan::part(&mut list, b',');
            if rest.is_empty() {
                continue;
            }
            let name = if own == b"resource" { scan::part(&mut rest, b';') } else { own };
            let left = field::number(scan::part(&mut rest, b';'));
            if name.is_empty() || left.is_nan() {
                findings.reading.malformed += 1;
                continue;
            }
            let told = [f64::NAN, left, f64::NAN, f64::NAN];
            findings.tell(name, "requests", told, "x-ms-ratelimit-remaining-*");
        }
    }
}
