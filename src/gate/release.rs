//! What waits, and when it goes.

use alloc::vec::Vec;

use super::{Gate, Hold};
use crate::policy::{Mode, defaults};
use crate::pressure::State;
use crate::reason::Reason;
use crate::tickets::Request;
use crate::time::{Duration, Instant};
use crate::verdict::{Ticket, Verdict};

impl Gate {
    /// What is due, one at a time, until none. Whatever was told, the last look finds nothing more: one who left may
    /// have stood in the way of one who was looked at before.
    pub fn poll(&mut self, now: Instant) -> Option<Verdict> {
        if self.outbox.is_empty() {
            self.release(now);
        }
        self.outbox.pop_front()
    }

    /// Lets go what may go, in order, and sheds what has waited long enough.
    fn release(&mut self, now: Instant) {
        (self.room_made, self.seen) = (false, now);
        self.tell_all(now);
        if self.queue.is_empty() {
            return;
        }
        while let Some(late) = self.tickets.overdue(now, defaults::IN_FLIGHT_LONGEST) {
            let counted = *late;
            late.counted = false;
            self.land(&counted);
        }
        // Whose patience ended before now is of no use; whose ends just now may still go.
        self.expire(now, now.back(Duration::from_micros(1)));
        let mut ready = Vec::new();
        let newest_first = self.worst() >= State::Serious;
        self.queue.each_ready(now, newest_first, &mut |waiter| {
            ready.push(Ticket(waiter.ticket));
            false
        });
        for ticket in ready {
            self.release_one(now, ticket);
        }
        self.expire(now, now);
    }

    fn expire(&mut self, now: Instant, deadline: Instant) {
        while let Some(waiter) = self.queue.expired(deadline) {
            let ticket = Ticket(waiter.ticket);
            let told = self.tickets.get(ticket).map(|r| Hold {
                until: r.until,
                why: r.why,
            });
            let open = told.filter(|h| h.until != Instant::NEVER && h.until > now);
            let hold = open.unwrap_or(Hold {
                until: Instant::NEVER,
                why: Reason::Deadline,
            });
            let verdict = self.shed(now, ticket, hold);
            self.outbox.push_back(verdict);
        }
    }

    fn release_one(&mut self, now: Instant, ticket: Ticket) {
        let Some(request) = self.tickets.get(ticket).copied() else {
            return;
        };
        if let Some(leader) = self.flight(now, &request).filter(|leader| *leader != ticket) {
            self.queue.remove(ticket.0);
            self.finish(now, ticket, false);
            self.join(leader, &request);
            self.outbox.push_back(Verdict::Join { ticket, leader });
            return;
        }
        let may = match self.policy.mode {
            Mode::On => self.decide(now, ticket, &request),
            // Stepping aside: who waits goes at the time that `set_mode` gave it.
            _ => Ok(()),
        };
        match may {
            Ok(()) => {
                self.queue.remove(ticket.0);
                let verdict = self.send(now, ticket, &request);
                self.outbox.push_back(verdict);
            }
            Err(hold) => self.wait_on(now, ticket, &request, hold),
        }
    }

    /// It goes on waiting, perhaps for longer than it was told; beyond its patience it gets the true answer now.
    fn wait_on(&mut self, now: Instant, ticket: Ticket, r: &Request, hold: Hold) {
        if hold.until != Instant::NEVER && hold.until > r.deadline {
            self.queue.remove(ticket.0);
            let verdict = self.shed(now, ticket, hold);
            return self.outbox.push_back(verdict);
        }
        if let Some(waiter) = self.queue.get_mut(ticket.0) {
            waiter.not_before = if hold.until == Instant::NEVER {
                now
            } else {
                hold.until
            };
        }
        if (r.until, r.why) != (hold.until, hold.why) {
            if let Some(request) = self.tickets.get_mut(ticket) {
                (request.until, request.why) = (hold.until, hold.why);
            }
            // Whose patience ends just now gets a refusal instead, before this poll is over.
            if r.deadline > now {
                let verdict = self.tell_wait(ticket, r, hold);
                self.outbox.push_back(verdict);
            }
        }
    }
}
