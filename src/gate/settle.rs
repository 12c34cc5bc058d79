//! How a request comes back: its answer is weighed, and then handed over or held back.

use super::{Gate, Hold};
use crate::event::Kind;
use crate::hint::Hint;
use crate::policy::{Mode, defaults};
use crate::reason::Reason;
use crate::tickets::{Phase, Request};
use crate::time::Instant;
use crate::verdict::{How, Outcome, Ticket, Verdict};

impl Gate {
    /// A request came back, or its human has gone. `hint`: what the response says, when it says anything new.
    pub fn settle(&mut self, now: Instant, ticket: Ticket, outcome: Outcome, hint: Option<&Hint>) -> Verdict {
        let Some(request) = self.tickets.get(ticket).copied() else {
            return Verdict::Done(ticket);
        };
        self.room_made = true;
        if request.phase == Phase::Waiting {
            self.queue.remove(ticket.0);
            self.finish(now, ticket, false);
            return Verdict::Done(ticket);
        }
        self.land(&request);
        self.weigh(now, &request, outcome, hint);
        self.tell(now, request.scope);
        if let Some(hold) = self.hold(now, &request, outcome, hint)
            && self.budget.take()
        {
            return self.hold_back(now, ticket, request, hold);
        }
        if matches!(outcome, Outcome::Status(..400))
            && let Some(key) = self.keys.peek(request.key)
        {
            key.refused_until = Instant::ORIGIN;
        }
        let refused = request.tries > 0 && holdable(outcome, hint);
        self.finish(now, ticket, refused);
        Verdict::Done(ticket)
    }

    /// Hold rather than fail: until when a refused request may be sent again, if that helps its human.
    fn hold(&mut self, now: Instant, r: &Request, outcome: Outcome, hint: Option<&Hint>) -> Option<Hold> {
        let may = self.policy.mode == Mode::On
            && r.how.is(How::REPEAT)
            && !r.how.is(How::NO_HOLD)
            && r.tries < self.attempts(r)
            && hint.and_then(|h| h.retry) != Some(false)
            && holdable(outcome, hint);
        if !may || !self.budget.ask() {
            return None;
        }
        let hold = self.closed(now, r).unwrap_or_else(|| Hold {
            until: now + self.back_off(r),
            why: Reason::Overload,
        });
        hold.in_time(now, r.deadline).then_some(hold)
    }

    /// Extra tries: what the request asks for goes before the policy's, unless nothing is sent twice at all.
    fn attempts(&self, r: &Request) -> u32 {
        match self.policy.attempts {
            0 => 0,
            all => r.how.attempts().unwrap_or(all),
        }
    }

    fn hold_back(&mut self, now: Instant, ticket: Ticket, mut r: Request, hold: Hold) -> Verdict {
        r.tries += 1;
        self.tickets.move_to(ticket, Phase::Waiting);
        if let Some(request) = self.tickets.get_mut(ticket) {
            request.tries = r.tries;
        }
        if let Some(dropped) = self.enqueue(now, ticket, &r, hold) {
            if dropped == ticket {
                // It has an answer to hand over: the real one.
                self.finish(now, ticket, true);
                return Verdict::Done(ticket);
            }
            let verdict = self.drop_out(now, dropped);
            self.outbox.push_back(verdict);
        }
        self.note(Kind::Retry, ticket, &r, Some(hold.why), hold.until, r.tries);
        Verdict::Held {
            ticket,
            until: hold.until,
            why: hold.why,
        }
    }

    /// Headers are there, or will not come: it counts as in flight no more.
    pub(super) fn land(&mut self, r: &Request) {
        if r.counted {
            if let Some(class) = self.places.classes.get_mut(usize::from(r.class)) {
                class.lane.limit.left();
            }
            if let Some(scope) = self.scope_mut(r) {
                scope.lane.limit.left();
            }
        }
        if !r.how.is(How::SAFE)
            && let Some(scope) = self.scope_mut(r)
        {
            scope.writes = scope.writes.wrapping_add(1);
        }
    }

    /// The ticket is free; its flight can be joined no more.
    pub(super) fn finish(&mut self, now: Instant, ticket: Ticket, refused: bool) {
        let Some(request) = self.tickets.close(ticket) else {
            return;
        };
        if let Some(key) = self.keys.peek(request.key) {
            if key.flight.is_some_and(|(leader, _)| leader == ticket) {
                key.flight = None;
            }
            if refused {
                key.refused_until = now + defaults::HOLD_ONCE;
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
