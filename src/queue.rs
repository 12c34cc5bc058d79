//! The bounded queue of everything that waits, for whatever reason: who leaves first, and who is dropped for room.
//!
//! Without a bound a queue turns overload into delay (every answer comes after its human has gone) and memory into
//! the limit. Newest first under overload serves those who still wait (Facebook, "Fail at Scale", ACM Queue 2015,
//! "adaptive LIFO"); what cannot be undone keeps its order, whatever the load.
//!
//! | question          | answer                                                                                     |
//! |-------------------|--------------------------------------------------------------------------------------------|
//! | who leaves first  | the lowest `priority` number; within it in order of arrival                                |
//! | who came back      | an `ordered` one that was sent and refused stands before all that asked after it            |
//! | while newest first | the places of safe ones are filled newest first, those of `ordered` ones keep their order |
//! | who is not ready  | before `not_before`; an `ordered` one also while an earlier one of its lane and priority is |
//! | who is dropped    | safe ones before `ordered` ones, of these the highest `priority` number, of these by [`Drop`]; of `ordered` ones always the newest |
//!
//! ```
//! use tidegate::{queue::{Drop, Queue, Waiter}, time::Instant};
//!
//! let waiter = |ticket, priority| Waiter {
//!     ticket, lane: 0, priority, ordered: false, not_before: Instant::ORIGIN, deadline: Instant::NEVER,
//! };
//! let mut queue = Queue::new(2, Drop::Oldest);
//! assert_eq!(queue.push(waiter(1, 0)), None);
//! assert_eq!(queue.push(waiter(2, 2)), None);
//! assert_eq!(queue.push(waiter(3, 0)), Some(waiter(2, 2))); // background makes room
//! ```
//!
//! Cost: a `Vec` in order of arrival, 24 bytes an entry; every operation walks it once (who is ready: once for each
//! priority, and once more for each `ordered` one), a removal moves what came later. A heap can take its place behind the same methods.
//! Not here: why somebody waits, and telling those who were dropped.

use alloc::vec::Vec;

use crate::time::Instant;

/// One request that waits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Waiter {
    /// Whose it is, and when it asked: the number rises, and wraps. Unique in the queue; of twins the first one is found.
    pub ticket: u32,
    /// Within what order is kept: an index of a scope or a route class, which the queue only compares.
    pub lane: u16,
    /// 0 leaves first, 2 last; more counts as 2.
    pub priority: u8,
    /// Unsafe: first-in first-out, never dropped before safe ones.
    pub ordered: bool,
    /// Not to be sent before this.
    pub not_before: Instant,
    /// Of no use from here on.
    pub deadline: Instant,
}

/// The priority number of those who leave last.
const LAST: u8 = 2;

/// Who goes when equals compete for room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Drop {
    /// Who has waited longest.
    Oldest,
    /// Who came last.
    Newest,
}

/// All that wait, in order of arrival.
#[derive(Clone, Debug)]
pub struct Queue {
    waiting: Vec<Waiter>,
    capacity: usize,
    drop: Drop,
}

impl Queue {
    /// Holds at most `capacity`; with 0 nobody ever waits.
    pub fn new(capacity: usize, drop: Drop) -> Self {
        Self { waiting: Vec::new(), capacity, drop }
    }

    /// Takes one in. Answers the one that was dropped to make room, which may be `w` itself.
    pub fn push(&mut self, w: Waiter) -> Option<Waiter> {
        let asked_later = |e: &Waiter| e.ordered && e.ticket.wrapping_sub(w.ticket) as i32 > 0;
        let place = if w.ordered { self.waiting.iter().position(asked_later) } else { None };
        self.waiting.insert(place.unwrap_or(self.waiting.len()), w);
        if self.waiting.len() <= self.capacity {
            return None;
        }
        let mut victim = 0;
        for (at, candidate) in self.waiting.iter().enumerate() {
            if self.waiting.get(victim).is_some_and(|worst| self.goes_before(candidate, worst)) {
                victim = at;
            }
        }
        Some(self.waiting.remove(victim))
    }

    /// Whether the later arrival is dropped rather than the earlier one.
    fn goes_before(&self, later: &Waiter, earlier: &Waiter) -> bool {
        if later.ordered != earlier.ordered {
            return !later.ordered;
        }
        if later.priority != earlier.priority {
            return later.priority > earlier.priority;
        }
        later.ordered || self.drop == Drop::Newest
    }

    /// Takes one out.
    pub fn remove(&mut self, ticket: u32) -> Option<Waiter> {
        self.take(&|w| w.ticket == ticket)
    }

    /// Takes out one whose deadline has come, the oldest first.
    pub fn expired(&mut self, now: Instant) -> Option<Waiter> {
        self.take(&|w| w.deadline <= now)
    }

    fn take(&mut self, is_it: &dyn Fn(&Waiter) -> bool) -> Option<Waiter> {
        let at = self.waiting.iter().position(is_it)?;
        Some(self.waiting.remove(at))
    }

    /// One that waits, to move its times. Its place in the order of arrival stays.
    pub fn get_mut(&mut self, ticket: u32) -> Option<&mut Waiter> {
        self.waiting.iter_mut().find(|w| w.ticket == ticket)
    }

    /// Does an ordered one of this lane wait that came before `ticket`, or any when that one does not wait here?
    pub fn ordered_before(&self, lane: u16, ticket: u32) -> bool {
        self.before(ticket, &|w| w.ordered && w.lane == lane)
    }

    /// Is there such a one among those that came before `ticket`?
    fn before(&self, ticket: u32, such: &dyn Fn(&Waiter) -> bool) -> bool {
        let earlier = self.waiting.iter().take_while(|w| w.ticket != ticket);
        earlier.into_iter().any(such)
    }

    /// Moves the times of all, in order of arrival.
    pub fn retime(&mut self, each: &mut dyn FnMut(&mut Waiter)) {
        self.waiting.iter_mut().for_each(each);
    }

    /// Shows those who may be sent, in the order in which they leave, until `visit` answers true. An `ordered` one that
    /// the visitor leaves waiting must hold back the later `ordered` ones of its lane: the queue cannot know.
    pub fn each_ready(&self, now: Instant, newest_first: bool, visit: &mut dyn FnMut(&Waiter) -> bool) {
        for priority in 0..=LAST {
            let mut turned = self.waiting.iter().rev();
            for w in &self.waiting {
                if !self.leaves(w, priority, now) {
                    continue;
                }
                let mut next = w;
                if newest_first && !w.ordered {
                    let is_next = |w: &&Waiter| !w.ordered && self.leaves(w, priority, now);
                    next = turned.find(is_next).unwrap_or(w);
                }
                if visit(next) {
                    return;
                }
            }
        }
    }

    /// Whether it is of this priority and ready: an `ordered` one is not while an earlier one of its lane is not.
    fn leaves(&self, w: &Waiter, priority: u8, now: Instant) -> bool {
        let holds_back =
            |e: &Waiter| e.ordered && e.lane == w.lane && e.priority == w.priority && e.not_before > now;
        w.priority.min(LAST) == priority
            && w.not_before <= now
            && !(w.ordered && self.before(w.ticket, &holds_back))
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Does nobody wait?
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The least of all times; in the past while somebody who is ready is left waiting (for a place, say).
    pub fn next_timeout(&self) -> Instant {
        let times = self.waiting.iter().map(|w| w.not_before.min(w.deadline));
        times.min().unwrap_or(Instant::NEVER)
    }

    /// The least of all times later than `now`: what to arm a timer for once those who are ready have been seen.
    pub fn next_after(&self, now: Instant) -> Instant {
        let mut next = Instant::NEVER;
        for w in &self.waiting {
            for &time in &[w.not_before, w.deadline] {
                if time > now && time < next {
                    next = time;
                }
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    fn at(ms: u64) -> Instant {
        Instant::ORIGIN + Duration::from_millis(ms)
    }

    fn safe(ticket: u32, priority: u8) -> Waiter {
        Waiter {
            ticket,
            lane: 0,
            priority,
            ordered: false,
            not_before: Instant::ORIGIN,
            deadline: Instant::NEVER,
        }
    }

    fn ordered(ticket: u32, priority: u8) -> Waiter {
        Waiter { ordered: true, ..safe(ticket, priority) }
    }

    fn queue(waiters: &[Waiter]) -> Queue {
        let mut queue = Queue::new(waiters.len(), Drop::Oldest);
        for w in waiters {
            assert_eq!(queue.push(*w), None);
        }
        queue
    }

    fn ready(queue: &Queue, now: Instant, newest_first: bool) -> Vec<u32> {
        let mut tickets = Vec::new();
        queue.each_ready(now, newest_first, &mut |w| {
            tickets.push(w.ticket);
            false
        });
        tickets
    }

    #[test]
    fn leaves_by_priority_and_then_as_it_came() {
        let q = queue(&[safe(1, 2), safe(2, 0), ordered(3, 1), safe(4, 0), safe(5, 1)]);
        assert_eq!(ready(&q, at(0), false), [2, 4, 3, 5, 1]);
    }

    #[test]
    fn newest_first_turns_the_safe_ones_and_leaves_the_ordered_ones_alone() {
        let q = queue(&[safe(1, 1), ordered(2, 1), safe(3, 1), ordered(4, 1), safe(5, 1), safe(6, 0)]);
        assert_eq!(ready(&q, at(0), true), [6, 5, 2, 3, 4, 1]);
    }

    #[test]
    fn one_who_is_not_ready_is_passed_over_but_keeps_the_order_of_its_lane() {
        let held = |w: Waiter| Waiter { not_before: at(10), ..w };
        let other = |w: Waiter| Waiter { lane: 1, ..w };
        let q =
            queue(&[held(safe(1, 1)), safe(2, 1), held(ordered(3, 1)), ordered(4, 1), other(ordered(5, 1))]);
        assert_eq!(ready(&q, at(9), false), [2, 5]);
        assert_eq!(ready(&q, at(10), false), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_visitor_who_has_had_enough_sees_no_more() {
        let q = queue(&[safe(1, 0), safe(2, 0), safe(3, 1)]);
        let mut seen = 0;
        q.each_ready(at(0), false, &mut |w| {
            seen += 1;
            w.ticket == 2
        });
        assert_eq!(seen, 2);
    }

    /// Who is dropped when `waiters`, the last of them newly come, compete for one place less.
    fn dropped(drop: Drop, waiters: &[Waiter]) -> u32 {
        let mut queue = Queue::new(waiters.len() - 1, drop);
        let mut out = waiters.iter().filter_map(|w| queue.push(*w));
        let victim = out.next().map_or(0, |w| w.ticket);
        assert_eq!(out.next(), None);
        victim
    }

    #[test]
    fn drops_by_its_table() {
        let mixed = [safe(1, 0), safe(2, 2), safe(3, 2), safe(4, 0)];
        assert_eq!(dropped(Drop::Oldest, &mixed), 2, "background first, its oldest");
        assert_eq!(dropped(Drop::Newest, &mixed), 3, "background first, its newest");
        assert_eq!(dropped(Drop::Oldest, &[safe(1, 0), safe(2, 1)]), 2, "the newcomer itself");
        assert_eq!(dropped(Drop::Oldest, &[ordered(1, 2), safe(2, 0)]), 2, "safe ones before ordered ones");
        let saves = [ordered(1, 1), ordered(2, 1), ordered(3, 0)];
        assert_eq!(dropped(Drop::Oldest, &saves), 2, "of ordered ones the newest of the least");
        assert_eq!(dropped(Drop::Oldest, &[safe(1, 0)]), 1, "no capacity");
    }

    #[test]
    fn an_ordered_one_that_comes_back_stands_before_those_that_asked_later() {
        let mut q = queue(&[ordered(2, 1), safe(3, 1), ordered(5, 1)]);
        q.capacity = 9;
        for back in [ordered(4, 1), ordered(1, 1), safe(0, 1), ordered(6, 1)] {
            assert_eq!(q.push(back), None);
        }
        assert_eq!(ready(&q, at(0), false), [1, 2, 3, 4, 5, 0, 6]);
        let mut wrapped = queue(&[ordered(u32::MAX - 1, 1), ordered(3, 1)]);
        wrapped.capacity = 9;
        wrapped.push(ordered(u32::MAX, 1));
        assert_eq!(ready(&wrapped, at(0), false), [u32::MAX - 1, u32::MAX, 3]);
    }

    #[test]
    fn takes_out_who_is_named_and_who_is_late() {
        let mut q = queue(&[safe(1, 0), Waiter { deadline: at(5), ..safe(2, 0) }, safe(3, 0)]);
        assert_eq!(q.remove(1), Some(safe(1, 0)));
        assert_eq!((q.remove(1), q.get_mut(1)), (None, None));
        assert_eq!(q.expired(at(4)), None);
        assert_eq!(q.expired(at(5)).map(|w| w.ticket), Some(2));
        assert_eq!((q.expired(at(5)), q.len(), q.is_empty()), (None, 1, false));
    }

    #[test]
    fn names_the_next_moment_of_all() {
        let mut q = queue(&[safe(1, 0), Waiter { deadline: at(50), ..safe(2, 0) }]);
        assert_eq!((q.next_timeout(), q.next_after(at(0))), (Instant::ORIGIN, at(50)));
        q.get_mut(1).into_iter().for_each(|w| w.not_before = at(20));
        q.get_mut(2).into_iter().for_each(|w| w.not_before = at(30));
        assert_eq!((q.next_timeout(), q.next_after(at(20)), q.next_after(at(30))), (at(20), at(30), at(50)));
        assert_eq!(Queue::new(9, Drop::Oldest).next_timeout(), Instant::NEVER);
    }
}
