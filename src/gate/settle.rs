//! How a request comes back: its answer is weighed, and then handed over or held back.

use super::Gate;
use crate::event::Kind;
use crate::hint::Hint;
use crate::policy::{Mode, defaults};
use crate::reason::Reason;
use crate::tickets::{Phase, Request};
use crate::time::Instant;
use crate::verdict::{Hold, How, Outcome, Ticket, Verdict};

impl Gate {
    /// A request came back, or its human has gone. `hint`: what the response says, when it says anything new.
    pub fn settle(&mut self, now: Instant, ticket: Ticket, outcome: Outcome, hint: Option<&Hint>) -> Verdict {
        self.look_for_late(now);
        if let Outcome::Status(_) = outcome {
            // An answer refutes what the browser thinks.
            self.set_offline(now, false);
        }
        let Some(r) = self.tickets.get(ticket).copied() else {
            return Verdict::Done(ticket);
        };
        self.room_made = true;
        let mut mark = None;
        if r.phase == Phase::Waiting {
            self.queue.remove(ticket.0);
        } else {
            self.land(now, &r);
            self.weigh(now, &r, outcome, hint);
            self.tell(now, r.scope);
            if !r.how.background() && !matches!(outcome, Outcome::Aborted | Outcome::Offline) {
                self.drop_background(now, r.scope);
            }
            if let Some(hold) = self.hold(now, &r, outcome, hint) {
                self.budget.take();
                return self.hold_back(now, r, hold);
            }
            if r.tries > 0 && holdable(outcome, hint) {
                mark = Some(now + defaults::HOLD_ONCE);
            } else if matches!(outcome, Outcome::Status(..400)) {
                mark = Some(Instant::ORIGIN);
                if let Some(key) = self.keys.peek(r.key) {
                    key.answered = now;
                }
            }
        }
        self.finish(&r, mark);
        Verdict::Done(ticket)
    }

    /// Hold rather than fail: until when a refused request may be sent again, if that helps its human.
    fn hold(&mut self, now: Instant, r: &Request, outcome: Outcome, hint: Option<&Hint>) -> Option<Hold> {
        let may = self.policy.mode == Mode::On
            && r.how.is(How::REPEAT)
            && !r.how.is(How::NO_HOLD)
            && r.tries < self.attempts(r)
            && hint.and_then(|h| h.retry) != Some(false)
            && holdable(outcome, hint)
            && self.browned(now, r).is_none();
        if !may || !self.budget.ask() {
            return None;
        }
        let hold = self
            .closed(now, r)
            .unwrap_or_else(|| Hold { until: now + self.back_off(r), why: Reason::Overload });
        hold.in_time(now, r.deadline).then_some(hold)
    }

    /// Extra tries: what the request asks for goes before the policy's, unless nothing is sent twice at all.
    fn attempts(&self, r: &Request) -> u32 {
        match self.policy.attempts {
            0 => 0,
            all => r.how.attempts().unwrap_or(all),
        }
    }

    fn hold_back(&mut self, now: Instant, mut r: Request, hold: Hold) -> Verdict {
        r.tries += 1;
        if let Some(dropped) = self.enqueue(now, &mut r, hold) {
            if dropped == r.ticket {
                // It has an answer to hand over: the real one.
                self.finish(&r, Some(now + defaults::HOLD_ONCE));
                return Verdict::Done(r.ticket);
            }
            let verdict = self.give_up(now, dropped, Reason::QueueFull);
            self.outbox.push(verdict);
        }
        self.note(Kind::Retry, &r, Some(hold.why), hold.until, r.tries);
        Verdict::Held { ticket: r.ticket, until: hold.until, why: hold.why }
    }

    /// Headers are there, or will not come: it counts as in flight no more, and who waits for it looks again.
    pub(super) fn land(&mut self, now: Instant, r: &Request) {
        if r.phase == Phase::Flying {
            for &id in &[r.scope, r.route] {
                if let Some(place) = self.places.get_mut(id) {
                    place.limit.left();
                    place.essential = place.essential.saturating_sub(u32::from(r.how.is(How::ESSENTIAL)));
                }
            }
            self.look_again(now, r.scope, &[Reason::Overload]);
        }
        self.wrote(now, r);
    }

    /// The ticket is free; its flight can be joined no more. `mark`: until when this intent is answered at once.
    pub(super) fn finish(&mut self, r: &Request, mark: Option<Instant>) {
        self.tickets.close(r.ticket);
        if let Some(key) = self.keys.peek(r.key) {
            if key.flight == r.ticket {
                key.flight = Ticket::NONE;
            }
            if let Some(until) = mark {
                key.refused_until = until;
            }
        }
    }
}

/// Refused fast for load, or dropped while online. Never 500: it may have been done.
fn holdable(outcome: Outcome, hint: Option<&Hint>) -> bool {
    match outcome {
        Outcome::Status(429 | 502 | 503 | 504 | 529) | Outcome::Failed => true,
        Outcome::Status(500) => false,
        Outcome::Status(status) => status >= 400 && hint.is_some_and(|h| h.overloaded),
        Outcome::Offline | Outcome::Aborted => false,
    }
}
