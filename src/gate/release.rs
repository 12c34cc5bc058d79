//! What waits, and when it goes.

use alloc::vec::Vec;

use super::Gate;
use crate::policy::{Mode, defaults};
use crate::pressure::State;
use crate::reason::Reason;
use crate::tickets::{Phase, Request};
use crate::time::{Duration, Instant};
use crate::verdict::{Hold, Ticket, Verdict};

impl Gate {
    /// What is due, one at a time, until none. Whatever was told, the last look finds nothing more: one who left may
    /// have stood in the way of one who was looked at before.
    pub fn poll(&mut self, now: Instant) -> Option<Verdict> {
        if self.told == self.outbox.len() {
            self.outbox.clear();
            self.told = 0;
            self.release(now);
        }
        let next = self.outbox.get(self.told).copied()?;
        self.told += 1;
        Some(next)
    }

    /// Lets go what may go, in order, and sheds what has waited long enough.
    fn release(&mut self, now: Instant) {
        self.seen = now;
        self.look_for_late(now);
        self.tell_all(now);
        self.follow(now);
        self.refresh(now);
        self.room_made = false;
        if self.queue.is_empty() {
            return;
        }
        while let Some(mut late) = self.tickets.oldest().copied()
            && late.sent_at + defaults::IN_FLIGHT_LONGEST <= now
        {
            self.land(now, &late);
            late.phase = Phase::Overdue;
            self.tickets.put(&late);
        }
        // Whose patience ended before now is of no use; whose ends just now may still go.
        self.expire(now, now.back(Duration::from_micros(1)));
        let mut ready = Vec::new();
        let newest_first = self.worst() >= State::Serious;
        self.queue.each_ready(now, newest_first, &mut |waiter| {
            ready.push(Ticket(waiter.ticket));
            false
        });
        // Where one found no room, there is none for those behind it either.
        let mut full = Vec::new();
        for ticket in ready {
            let Some(request) = self.tickets.get(ticket).copied() else { continue };
            let place = (request.scope, request.route);
            if request.hold == Hold::FOR_ROOM && full.contains(&place) {
                continue;
            }
            self.release_one(now, request);
            if !self.has_room(&request) {
                full.push(place);
            }
        }
        self.expire(now, now);
    }

    fn expire(&mut self, now: Instant, deadline: Instant) {
        while let Some(waiter) = self.queue.expired(deadline) {
            let verdict = self.give_up(now, Ticket(waiter.ticket), Reason::Deadline);
            self.outbox.push(verdict);
        }
    }

    fn release_one(&mut self, now: Instant, r: Request) {
        let ticket = r.ticket;
        let leader = self.flight(now, &r).filter(|leader| *leader != ticket);
        let hold = match self.policy.mode {
            Mode::On if leader.is_none() => self.decide(now, &r),
            // Stepping aside: who waits goes at the time that `set_mode` gave it.
            _ => None,
        };
        if let Some(hold) = hold
            && hold.why != Reason::Brownout
            && (hold.until == Instant::NEVER || hold.until <= r.deadline)
        {
            return self.wait_on(now, r, hold);
        }
        self.queue.remove(ticket.0);
        let verdict = if let Some(leader) = leader {
            self.finish(&r, None);
            self.join(leader, r);
            Verdict::Join { ticket, leader }
        } else if let Some(hold) = hold {
            // Beyond its patience: it gets the true answer now.
            self.shed(now, &r, hold)
        } else {
            self.send(now, r)
        };
        self.outbox.push(verdict);
    }

    /// It goes on waiting, perhaps for longer than it was told.
    fn wait_on(&mut self, now: Instant, mut r: Request, hold: Hold) {
        if let Some(waiter) = self.queue.get_mut(r.ticket.0) {
            waiter.not_before = hold.look_at(now);
        }
        if r.hold == hold {
            return;
        }
        r.hold = hold;
        self.tickets.put(&r);
        // Whose patience ends just now gets a refusal instead, before this poll is over.
        if r.deadline > now {
            let verdict = self.tell_wait(&r);
            self.outbox.push(verdict);
        }
    }
}
