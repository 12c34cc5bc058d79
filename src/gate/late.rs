//! The client's own clock: what is late speaks before the server does.
//!
//! | a look at one in flight           | its route      | its scope                                                      |
//! |-----------------------------------|----------------|----------------------------------------------------------------|
//! | late                              | noted: background work stops, and it is nominal still | the same                                |
//! | by a second                       | fair           | fair                                                           |
//! | by a quarter of patience          | serious        | serious when another route is late too, or there is none; fair |
//! | late, of a class never answered   | the same when another route is late too; else noted, and nominal | the same      |
//! | sent before one that was answered in time | nothing | nothing                                                       |
//! | looked at late: the page was held up | nothing, and its answer says nothing either | nothing                        |
//!
//! An answer is looked at in the same way; one in time clears what lateness made of its route and of its scope. Only
//! answers that are no refusal and no failure count, and never those that are `UNTIMED`.
//!
//! | who asks                            | while nothing is late                | fair                | serious               |
//! |-------------------------------------|--------------------------------------|---------------------|-----------------------|
//! | background                          | behind the essential answer: waits for those in flight | waits for an answer in time; when the last sign is old one goes | the same, and is dropped when an answer comes late or is a refusal |
//! | background, of what the page shows  | the same, and for an active human's next answer, at most half a minute, and after a minute without a sign | waits | the same |
//! | what a human waits for              | goes                                 | goes                | doubted: waits for the human's own in flight, then until the predicted wait is within a third of the patience left, and goes at the end of patience |
//!
//! Doubt begins with a serious sign, of the scope or of the route, or with what closes one of them. It ends with an answer in
//! time, and by itself after two half-lives of lateness. The predicted wait is what the last answer was late by, three quarters
//! of the usual patience at most, less half of the time since. Unsafe work is never dropped.

use super::Gate;
use crate::policy::defaults;
use crate::reason::Reason;
use crate::scope::{Place, PlaceId};
use crate::tickets::Request;
use crate::time::{Duration, Instant};
use crate::verdict::{Hold, How, Ticket};

impl Gate {
    /// It is sent: when to look whether it is late, and whether background work waits for it.
    pub(super) fn watch(&mut self, now: Instant, r: &mut Request) {
        let Some(route) = self.places.get(r.route).filter(|_| !r.how.is(How::UNTIMED)) else {
            return;
        };
        let usual = &route.usual;
        r.look_at = now + usual.late_after(&self.policy.latency).unwrap_or(self.policy.latency.cold);
        if !r.how.background() && usual.mean() <= defaults::SLOW_CLASS {
            r.how.0 |= How::ESSENTIAL;
        }
    }

    /// Looks at those in flight whose time has come. When nobody looked in time, the page was held up itself, and what all
    /// of them take says nothing.
    pub(super) fn look_for_late(&mut self, now: Instant) {
        let held_up = now.since(self.tickets.look_at()) > defaults::LOOP_LATE;
        for mut r in self.tickets.to_look_at(if held_up { Instant::NEVER } else { now }) {
            if held_up {
                r.how.0 |= How::UNTIMED;
                r.look_at = Instant::NEVER;
            } else {
                let usual = self.places.get(r.route).map_or(Duration::ZERO, |route| route.usual.mean());
                self.late(now, &r, usual);
                let noted = now.since(r.sent_at) - usual < defaults::LATE_FAIR;
                r.look_at = now + if noted { defaults::LATE_LEAST } else { self.serious() };
            }
            self.tickets.put(&r);
        }
    }

    /// What is late by this is serious.
    pub(super) fn serious(&self) -> Duration {
        (self.policy.patience / defaults::LATE_SERIOUS).max(defaults::LATE_LEAST)
    }

    /// An answer that is neither a refusal nor a failure says how long the server takes.
    pub(super) fn clock(&mut self, now: Instant, r: &Request) {
        let took = now.since(r.sent_at);
        let (latency, figures) = (self.policy.latency, self.policy.pressure);
        let Some(route) = self.places.get_mut(r.route).filter(|_| !r.how.is(How::UNTIMED)) else {
            return;
        };
        let usual = route.usual.mean();
        let Some(in_time) = route.usual.answered(now, took, &latency) else { return };
        for &id in &[r.scope, r.route] {
            let Some(place) = self.places.get_mut(id) else { continue };
            if in_time {
                place.prompt = place.prompt.max(r.sent_at);
                place.level.prompt(now, &figures);
                place.excess.0 = Duration::ZERO;
                if !r.how.background() {
                    place.fresh = now;
                }
            } else {
                place.limit.slow(usual, took);
                if !r.how.background() {
                    place.excess = (took - usual, now);
                }
            }
        }
        if !in_time {
            self.late(now, r, usual);
        }
        self.look_again(now, r.scope, &[Reason::Overload, Reason::Concurrency]);
    }

    /// This one is late, or was.
    fn late(&mut self, now: Instant, r: &Request, usual: Duration) {
        let figures = self.policy.pressure;
        let [fair, serious, _] = figures.up;
        let overdue = now.since(r.sent_at) - usual;
        let mut level = match overdue {
            short if short < defaults::LATE_FAIR => fair - 1,
            long if long < self.serious() => fair,
            _ => serious,
        };
        let alone = self.places.is_alone(r.scope, r.route);
        let others = self.places.another_late(now, r.scope, r.route, &figures);
        let cold = usual == Duration::ZERO && !others;
        if cold {
            // Perhaps it is always that slow: noted, for the next one to be late with.
            level = fair - 1;
        }
        if let Some(route) = self.places.get_mut(r.route)
            && route.prompt < r.sent_at
        {
            route.level.late(now, level, &figures);
        }
        if let Some(scope) = self.places.get_mut(r.scope)
            && scope.prompt < r.sent_at
            && !cold
        {
            scope.level.late(now, if alone || others { level } else { level.min(fair) }, &figures);
        }
        self.changed = true;
        self.kept.stir();
        self.tell(now, r.scope);
    }

    /// Essential first: background work follows a human's answer, and stops at the first late sign.
    pub(super) fn essential_first(&self, now: Instant, r: &Request) -> Option<Hold> {
        let scope = self.places.get(r.scope).filter(|_| r.how.background())?;
        let figures = &self.policy.pressure;
        let late = scope.level.lateness(now, figures);
        let doubt = late >= figures.down[0] || scope.level.said(now) >= figures.up[1];
        // What the page shows already is renewed last: when there was no sign for a while.
        let (_, sign) = scope.level.late_sign();
        let renews = r.how.is(How::REFRESH) && sign > Instant::ORIGIN && now.since(sign) < defaults::ACTIVE;
        if doubt || renews {
            let until = now + self.policy.patience.max(defaults::LATE_LEAST);
            return Some(Hold { until, why: Reason::Overload });
        }
        // The server works hard, or the last sign is old: one goes, and what becomes of it decides for the rest.
        if scope.level.value(now, figures) >= defaults::LATE_OVER && scope.limit.in_flight() > 0 {
            return Some(Hold::FOR_ROOM);
        }
        if scope.fresh >= r.asked {
            return None;
        }
        if scope.essential > 0 {
            return Some(Hold::FOR_ROOM);
        }
        // Not sent blind: a human's answer will come in a moment, or, where only a refresh is in question, soon.
        let since = if scope.fresh > Instant::ORIGIN { now.since(scope.fresh) } else { Duration::MAX };
        if since <= defaults::FRESH {
            return None;
        }
        let waits = r.how.is(How::REFRESH) && since < defaults::ACTIVE;
        let longest = if waits { defaults::BLIND_LONGEST } else { defaults::BLIND_MOMENT };
        Hold { until: r.asked + longest, why: Reason::Concurrency }.in_force(now)
    }

    /// What a human waits for is held only while the server is doubted: one of them flies, the others wait until it has
    /// landed, and each until its answer can be expected in time. At the end of its patience it goes.
    pub(super) fn predicted(&self, now: Instant, r: &Request) -> Option<Hold> {
        if r.how.background() || r.how.is(How::UNTIMED) {
            return None;
        }
        // However long the patience: what holds it is a guess.
        let longest = r.deadline.min(r.asked + defaults::LONGEST_GUESS);
        let mut until = now;
        for &id in &[r.scope, r.route] {
            let Some(place) = self.places.get(id) else { continue };
            if !place.level.doubted(now, &self.policy.pressure) {
                continue;
            }
            until = if place.essential > 0 { longest } else { until.max(self.fits(place, now, r.deadline)) };
        }
        Hold { until: until.min(longest), why: Reason::Overload }.in_force(now)
    }

    /// When the predicted wait will be a third of the patience that is then left: `excess - t / 2 = (left - t) / 3`.
    fn fits(&self, place: &Place, now: Instant, deadline: Instant) -> Instant {
        let (excess, at) = place.excess;
        let wait = excess.min(self.policy.patience * 3 / 4) - now.since(at) / 2;
        now + (wait - deadline.since(now) / defaults::LAST_CHANCE) * 6
    }

    /// The essential answer was late or refused: the background work of that moment is dropped, and told so.
    pub(super) fn drop_background(&mut self, now: Instant, scope: PlaceId) {
        let figures = &self.policy.pressure;
        let Some(place) = self.places.get(scope) else { return };
        let until = place.closed().in_force(now).map_or(Instant::NEVER, |hold| hold.until);
        if place.level.lateness(now, figures) < figures.down[1] && until == Instant::NEVER {
            return;
        }
        let mut gone = alloc::vec::Vec::new();
        let tickets = &self.tickets;
        self.queue.retime(&mut |waiter| {
            if let Some(r) = tickets.get(Ticket(waiter.ticket))
                && r.scope == scope
                && r.how.background()
                && r.how.is(How::SAFE)
                && r.hold.why != Reason::Hidden
            {
                gone.push(*r);
            }
        });
        for r in gone {
            self.queue.remove(r.ticket.0);
            let verdict = self.shed(now, &r, Hold { until, why: Reason::Overload });
            self.outbox.push(verdict);
        }
    }
}
