//! How a verdict crosses to JavaScript: one whole number below 2^53, so that nothing is allocated.
//!
//! | bits  | meaning                                                              |
//! |-------|----------------------------------------------------------------------|
//! | 0–3   | kind: 0 stale, 1 go, 2 wait, 3 shed, 4 join, 5 done, 6 held, 7 pass, 8 refresh |
//! | 4–7   | reason, by its place in [`crate::reason::WORDS`]                     |
//! | 8     | due: poll until nothing is                                           |
//! | 9     | events: take them until there is none                                |
//! | 10    | changed: what subscribers see may be different                       |
//! | 11–42 | ticket; for a question's `join` the leader's; the copy to refresh     |

use crate::gate::Gate;
use crate::reason::Reason;
use crate::time::Instant;
use crate::verdict::{Ticket, Verdict};

/// A request that no room knows of goes, untracked.
pub const PASS: f64 = 7.0;
/// A settlement that no room knows of is handed over.
pub const DONE: f64 = 5.0;

/// A verdict with the gate's flags at this moment.
pub fn pack(verdict: Verdict, flags: u32) -> f64 {
    let none = Ticket(0);
    let (kind, why, ticket) = match verdict {
        Verdict::Stale => (0, None, none),
        Verdict::Go(ticket) => (1, None, ticket),
        Verdict::Wait { ticket, why, .. } => (2, Some(why), ticket),
        Verdict::Shed { ticket, why, .. } => (3, Some(why), ticket),
        Verdict::Join { ticket: Ticket(0), leader } => (4, None, leader),
        Verdict::Join { ticket, .. } => (4, None, ticket),
        Verdict::Done(ticket) => (5, None, ticket),
        Verdict::Held { ticket, why, .. } => (6, Some(why), ticket),
        Verdict::Pass => (7, None, none),
        Verdict::Refresh(copy) => (8, None, Ticket(copy.0)),
    };
    let low = kind | why.map_or(0, |why: Reason| why as u32) << 4 | flags;
    f64::from(low) + f64::from(ticket.0) * 2048.0
}

/// Bits 8 to 10. Asking takes note that the change was told.
pub fn flags(gate: &mut Gate, now: Instant) -> u32 {
    let due = u32::from(gate.has_due(now)) << 8;
    let events = u32::from(gate.has_events()) << 9;
    due | events | u32::from(gate.take_changed()) << 10
}

/// The time that belongs to a verdict, if it has one.
pub fn until(verdict: Verdict) -> Option<Instant> {
    match verdict {
        Verdict::Wait { until, .. } | Verdict::Held { until, .. } => Some(until),
        Verdict::Shed { retry_at, .. } => Some(retry_at),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_answer_is_a_whole_number_that_a_double_holds() {
        let largest = pack(
            Verdict::Held { ticket: Ticket(u32::MAX), until: Instant::NEVER, why: Reason::Repeat },
            0x700,
        );
        assert!(largest < 9_007_199_254_740_992.0);
        assert_eq!(largest as u64 & 0xF, 6);
        assert_eq!(largest as u64 >> 4 & 0xF, Reason::Repeat as u64);
        assert_eq!(largest as u64 >> 11, u64::from(u32::MAX));
    }
}
