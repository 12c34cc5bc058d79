//! Whether somebody looks: a hidden page gives up what nobody waits for.
//!
//! Without it twenty forgotten tabs poll a struggling server as eagerly as the one that is looked at, and come back
//! with everything at once when they are.
//!
//! | who asks                                | while the page is hidden                         | while it is offline |
//! |-----------------------------------------|--------------------------------------------------|---------------------|
//! | background, reads only                  | waits until it is visible, or its patience ends  | the same until it is online |
//! | held after an answer, reads only        | the same                                         | as ever             |
//! | everything else, all that writes        | as ever: what a human has sent off is not kept back because he left | as ever: the platform says the truth |
//!
//! That the browser thinks itself offline is a hint only: the first answer refutes it.
//!
//! **The wave.** A page that comes back (seen again, focused, online, awake) is asked to renew by all its parts at once.
//!
//! | what is asked within a tenth of a second of the return | goes                                         |
//! |--------------------------------------------------------|----------------------------------------------|
//! | what blocks a human, what writes, what the page has no answer to yet | as ever                        |
//! | background, and what the page shows already            | one at once, the others spread over a second |
//! | what had waited                                        | spread over a second                         |
//!
//! Such returns within a second are one.

use super::Gate;
use crate::policy::defaults;
use crate::reason::Reason;
use crate::tickets::Request;
use crate::time::{Duration, Instant};
use crate::verdict::{Hold, How, Ticket};

/// Whether the page is where its human is.
#[derive(Debug)]
pub(super) struct Away {
    /// Nobody looks.
    hidden: bool,
    /// The browser thinks so.
    offline: bool,
    /// When it came back last.
    back: Instant,
    /// Something was sent since.
    pub(super) led: bool,
}

impl Default for Away {
    fn default() -> Self {
        Self { hidden: false, offline: false, back: Instant::NEVER, led: false }
    }
}

impl Gate {
    /// The page is hidden, or visible again. Saying it twice changes nothing.
    pub fn set_hidden(&mut self, now: Instant, hidden: bool) {
        if self.away.hidden != hidden {
            self.away.hidden = hidden;
            if !hidden {
                self.resume(now);
            }
        }
    }

    /// The browser thinks itself offline, or online again. Saying it twice changes nothing.
    pub fn set_offline(&mut self, now: Instant, offline: bool) {
        if self.away.offline != offline {
            self.away.offline = offline;
            if !offline {
                self.resume(now);
            }
        }
    }

    /// The page is back from sleep, the back-forward cache or a hidden tab: what is overdue leaves spread, not at once,
    /// within its patience.
    pub fn resume(&mut self, now: Instant) {
        self.returned(now);
        let rng = &mut self.spread;
        self.queue.retime(&mut |waiter| {
            if waiter.not_before < now && waiter.deadline > now {
                let at = now + rng.between(Duration::ZERO, defaults::WAKE_SPREAD);
                waiter.not_before = at.min(waiter.deadline);
            }
        });
        self.room_made = true;
    }

    /// The page has its human's attention again: what it asks by itself in this moment is one wave.
    pub fn returned(&mut self, now: Instant) {
        if self.away.back > now || now.since(self.away.back) >= defaults::WAKE_SPREAD {
            (self.away.back, self.away.led) = (now, false);
        }
    }

    /// Whether the page is hidden.
    pub fn is_hidden(&self) -> bool {
        self.away.hidden
    }

    /// What holds a request because nobody looks, or nothing can be reached.
    pub(super) fn unseen(&self, r: &Request) -> Option<Hold> {
        let background = r.how.background();
        let idle = self.away.hidden && (background || r.tries > 0) || self.away.offline && background;
        (idle && r.how.is(How::SAFE)).then_some(Hold { until: Instant::NEVER, why: Reason::Hidden })
    }

    /// What holds a request that a page makes by itself when it comes back: its own share of a second.
    pub(super) fn wave(&self, now: Instant, r: &Request) -> Option<Hold> {
        let back = self.away.back;
        let by_itself = r.asked >= back && r.asked.since(back) <= defaults::RETURN;
        let renews = r.how.background() || r.how.priority() > 0 && r.how.is(How::SHOWN);
        if !(self.away.led && by_itself && renews && r.how.is(How::SAFE)) || r.ticket == Ticket::NONE {
            return None;
        }
        let lane = back.since(Instant::ORIGIN).as_micros() ^ u64::from(r.ticket.0) << 32;
        let until = back + self.jitter.fork(lane).between(Duration::ZERO, defaults::WAKE_SPREAD);
        Hold { until, why: Reason::Hidden }.in_force(now).filter(|hold| hold.until <= r.deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hint::Hint;
    use crate::policy::Config;
    use crate::time::Duration;
    use crate::verdict::{Outcome, Verdict};
    use alloc::vec::Vec;

    const BACKGROUND: u32 = 2 | How::SAFE | How::REPEAT | How::JOIN;
    const GET: u32 = 1 | How::SAFE | How::REPEAT | How::JOIN;
    const SAVE: u32 = 1 | How::REPEAT;

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(ms)
    }

    fn hidden() -> Gate {
        let mut gate = Gate::new(Config::default().mend(), 1);
        gate.set_hidden(at(0), true);
        gate
    }

    fn ask(gate: &mut Gate, now: Instant, path: &[u8], how: u32) -> Verdict {
        let scope = gate.scope(now, b"https://a.example").unwrap();
        let key = gate.key(now, scope, if how == SAVE { b"PUT" } else { b"GET" }, path);
        gate.ask(now, key, How(how), None)
    }

    fn polled(gate: &mut Gate, now: Instant) -> Vec<Verdict> {
        core::iter::from_fn(|| gate.poll(now)).collect()
    }

    /// Refuses one that goes now, to be held for a second; answers its ticket.
    fn held(gate: &mut Gate, how: u32) -> Ticket {
        let Verdict::Go(ticket) = ask(gate, at(0), b"https://a.example/a", how) else { panic!("it goes") };
        let hint = Hint { wait_ms: Some(1_000), overloaded: true, ..Hint::default() };
        let verdict = gate.settle(at(0), ticket, Outcome::Status(429), Some(&hint));
        assert!(matches!(verdict, Verdict::Held { .. }), "{verdict:?}");
        ticket
    }

    #[test]
    fn a_hidden_page_holds_what_nobody_waits_for_until_it_is_seen() {
        let mut gate = hidden();
        let verdict = ask(&mut gate, at(0), b"https://a.example/poll", BACKGROUND);
        let Verdict::Wait { ticket, why: Reason::Hidden, until } = verdict else { panic!("{verdict:?}") };
        assert_eq!(until, at(60_000), "its patience");
        assert_eq!(polled(&mut gate, at(30_000)), []);
        gate.set_hidden(at(40_000), false);
        assert_eq!(polled(&mut gate, at(40_000)), [], "not at once");
        assert_eq!(polled(&mut gate, at(41_000)), [Verdict::Go(ticket)]);
    }

    #[test]
    fn its_patience_ends_all_the_same() {
        let mut gate = hidden();
        assert!(matches!(ask(&mut gate, at(0), b"https://a.example/poll", BACKGROUND), Verdict::Wait { .. }));
        assert!(matches!(polled(&mut gate, at(60_000))[..], [Verdict::Shed { why: Reason::Deadline, .. }]));
    }

    #[test]
    fn what_a_human_has_begun_goes() {
        for how in [GET, SAVE] {
            assert!(matches!(ask(&mut hidden(), at(0), b"https://a.example/a", how), Verdict::Go(_)));
        }
        assert!(matches!(ask(&mut hidden(), at(0), b"https://a.example/a", 2), Verdict::Go(_)), "it writes");
    }

    #[test]
    fn what_was_held_after_an_answer_waits_too_unless_it_writes() {
        for (how, waits) in [(GET, true), (SAVE, false)] {
            let mut gate = hidden();
            let ticket = held(&mut gate, how);
            let gone = polled(&mut gate, at(3_000)).contains(&Verdict::Go(ticket));
            assert_eq!(gone, !waits);
            gate.set_hidden(at(4_000), false);
            let later = polled(&mut gate, at(5_000)).contains(&Verdict::Go(ticket));
            assert_eq!(later, waits);
        }
    }

    #[test]
    fn what_waited_leaves_spread_over_a_second() {
        let mut gate = hidden();
        for n in 0..40_u8 {
            let path = [b"https://a.example/".as_slice(), &[b'0' + n]].concat();
            let _ = ask(&mut gate, at(0), &path, BACKGROUND);
        }
        gate.set_hidden(at(10_000), false);
        let mut most = 0;
        for step in 0..=10 {
            most = most.max(polled(&mut gate, at(10_000 + 100 * step)).len());
        }
        assert_eq!(gate.queued(), 0);
        assert!(most <= 12, "{most} of 40 in a tenth of the time");
    }

    #[test]
    fn saying_it_twice_changes_nothing() {
        let mut gate = Gate::new(Config::default().mend(), 1);
        gate.set_hidden(at(0), false);
        assert!(!gate.is_hidden() && gate.next_timeout(at(0)) == Instant::NEVER);
        let ticket = held(&mut gate, GET);
        let due = gate.next_timeout(at(0));
        gate.set_hidden(due, false);
        assert_eq!(polled(&mut gate, due), [Verdict::Go(ticket)], "nothing is spread that nobody has left");
    }
}
