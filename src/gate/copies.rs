//! Kept answers in the gate: when one is served in the place of a request, and when it is asked for anew.
//!
//! | what is kept is                     | and the scope                                          | so                                  |
//! |-------------------------------------|--------------------------------------------------------|-------------------------------------|
//! | fresh                               | is as it may                                            | it is served                        |
//! | stale, and the request accepts that | is as it may                                            | it is served, marked                |
//! | within `stale-while-revalidate`     | is as it may                                            | it is served, marked; a refresh is owed |
//! | stale, and may stand in             | is serious or worse, would hold the request, is doubted while another finds out, or has just failed it | the same, and told |
//! | stale otherwise                     | is as it may                                            | the origin is asked                 |
//!
//! A refresh that is owed is due at once while the scope is nominal. Otherwise one waits until the tide is out: open,
//! and below serious; the first comes within [`defaults::REFRESH_SPREAD`] of that moment, the others after it, one by one.
//! It goes as background work, by the same gate as everything.

use alloc::vec::Vec;

use super::Gate;
use crate::cache::CopyId;
use crate::cache::freshness::{self, Exchange, Fit, Mode as Asking, Term, Wish};
use crate::cache::store::Store;
use crate::coalesce::KeyId;
use crate::event::Kind;
use crate::policy::{CopyPolicy, Mode, defaults};
use crate::pressure::State;
use crate::reason::Reason;
use crate::rng::Rng;
use crate::scope::PlaceId;
use crate::tickets::Request;
use crate::time::{Duration, Instant};
use crate::verdict::{How, Ticket, Verdict};

/// One kept answer, and whose it is.
#[derive(Clone, Debug)]
struct Copy {
    term: Term,
    scope: PlaceId,
}

/// A copy that was served stale.
#[derive(Clone, Copy, Debug)]
struct Owed {
    copy: CopyId,
    scope: PlaceId,
    /// Of the request in whose place it stood; none where it did not need one.
    key: KeyId,
    /// When to look at it.
    at: Instant,
    /// The tide was out when it was last looked at.
    calm: bool,
}

/// What the gate knows of kept answers.
#[derive(Debug)]
pub(super) struct Copies {
    store: Store<Copy>,
    owed: Vec<Owed>,
    chance: Rng,
}

impl Copies {
    pub(super) fn new(policy: &CopyPolicy, chance: Rng) -> Self {
        Self { store: Store::new(policy.entries, policy.bytes), owed: Vec::new(), chance }
    }

    fn forgive(&mut self, copy: CopyId) {
        self.owed.retain(|owed| owed.copy != copy);
    }
}

/// How a copy is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Fetch's cache mode.
    pub mode: Asking,
    /// The origin has just failed to answer this very request.
    pub failed: bool,
    /// The greatest age that the request accepts of a stand-in; none: the policy's.
    pub most: Option<Option<Duration>>,
    /// The request's own header lines.
    pub fields: &'a [u8],
}

/// What comes of a look at a copy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Look {
    /// It is not there any more, or answers another request.
    Nothing,
    /// It is served.
    Serve(Served),
    /// The origin is asked; it may confirm this copy.
    Ask,
}

/// An answer from what is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Served {
    /// How old it is (RFC 9111 section 4.2.3).
    pub age: Duration,
    /// It is not fresh any more.
    pub stale: bool,
    /// Of one in the place of an answer that could not be had: the event's ticket, and why.
    pub instead: Option<(Ticket, Reason)>,
}

impl Gate {
    /// The age of a copy that is fresh for a plain request, one in mode default whose script set no fields: what
    /// [`look`](Self::look) would serve, and what most pages ask most of the time.
    pub fn fresh(&mut self, now: Instant, copy: CopyId) -> Option<Duration> {
        if self.policy.mode != Mode::On {
            return None;
        }
        let now = u32::try_from(now.since(Instant::ORIGIN).as_millis()).ok()?;
        let add = self.copies.store.timely(copy, now)?;
        Some(Duration::from_millis(u64::from(now.wrapping_add(add))))
    }

    /// May this copy answer a request with this key?
    pub fn look(&mut self, now: Instant, copy: CopyId, key: KeyId, how: How, asked: &Asked<'_>) -> Look {
        if self.policy.mode != Mode::On {
            return Look::Nothing;
        }
        let Some(Copy { term, scope }) = self.copies.store.peek(copy) else {
            return Look::Nothing;
        };
        if !term.suits(asked.fields) {
            return Look::Nothing;
        }
        let (age, scope) = (term.age(now), *scope);
        let most = asked.most.unwrap_or(self.policy.copies.most);
        let wish = Wish::read(asked.mode, asked.fields);
        // Who wants it confirmed must have said that stale is better than nothing.
        let stands_in = term.stands_in(now, most) && !(wish.insists() && asked.most.flatten().is_none());
        let fit = term.fit(now, &wish);
        // Also where the origin is asked: what is asked for again is worth its place.
        self.copies.store.get(copy);
        let serve = |stale| Look::Serve(Served { age, stale, instead: None });
        match fit {
            Fit::Fresh => serve(false),
            Fit::Stale => serve(true),
            Fit::Meanwhile => {
                self.owe(now, copy, scope, key, false);
                serve(true)
            }
            Fit::Ask if stands_in => self.stand_in(now, copy, key, how, asked.failed, age),
            Fit::Ask => Look::Ask,
            Fit::Pass => Look::Nothing,
        }
    }

    /// Whether a stale copy is served in the place of an answer: when that cannot be had, or not now.
    fn stand_in(
        &mut self,
        now: Instant,
        copy: CopyId,
        key: KeyId,
        how: How,
        failed: bool,
        age: Duration,
    ) -> Look {
        let Some(mut r) = self.intend(now, key, how, None) else {
            return Look::Ask;
        };
        let hold = self.decide(now, &r);
        let why = if failed {
            Some(Reason::Overload)
        } else {
            hold.map(|hold| hold.why).or_else(|| self.suffers(now, &r))
        };
        let Some(why) = why else {
            return Look::Ask;
        };
        // When the origin is tried again: never is when nobody can say.
        let until = hold.map_or(Instant::NEVER, |hold| hold.until);
        self.owe(now, copy, r.scope, key, failed);
        self.tickets.open(&mut r);
        self.note(Kind::Stale, &r, Some(why), until, age.as_millis().min(u64::from(u32::MAX)) as u32);
        self.tickets.close(r.ticket);
        Look::Serve(Served { age, stale: true, instead: Some((r.ticket, why)) })
    }

    /// Why a request had better not be sent though it may: its scope suffers, or is doubted still and somebody finds out
    /// just now. Whoever has something to show can wait for that.
    fn suffers(&self, now: Instant, r: &Request) -> Option<Reason> {
        let report = self.pressure(now, r.scope);
        let guessed = |id| self.places.get(id).map_or(Instant::ORIGIN, |place| place.guess.until);
        // The last guess, which may be a page's before this one; nothing good since.
        let guess = guessed(r.scope).max(guessed(r.route));
        let probed = self.places.get(r.scope).is_some_and(|scope| {
            let doubted = scope.level.doubted(now, &self.policy.pressure);
            scope.limit.in_flight() > 0 && (doubted || scope.fresh < guess)
        });
        (probed || report.state >= State::Serious).then(|| report.reason.unwrap_or(Reason::Overload))
    }

    /// An answer came: is it kept? Its handle, until its body is there; [`CopyId::NONE`]: it is not. `old`: the copy
    /// whose place it takes; an answer of another kind (a portal's page where data was) does not take it.
    pub fn judge(
        &mut self,
        now: Instant,
        key: KeyId,
        name: u32,
        old: CopyId,
        exchange: &Exchange<'_>,
    ) -> CopyId {
        let Some((term, scope)) = self.weigh_copy(now, key, exchange) else {
            return CopyId::NONE;
        };
        let other = self.copies.store.peek(old).is_some_and(|old| !old.term.yields_to(&term));
        if other {
            return CopyId::NONE;
        }
        let plain = term.plain();
        let id = self.copies.store.reserve(name, Copy { term, scope });
        self.copies.store.note(id, plain);
        id
    }

    /// The origin has confirmed a copy, by what is now its answer: is it kept for longer?
    pub fn renew(&mut self, now: Instant, key: KeyId, copy: CopyId, exchange: &Exchange<'_>) -> bool {
        self.copies.forgive(copy);
        let fresh = self.weigh_copy(now, key, exchange);
        if let Some((term, scope)) = fresh
            && let Some(kept) = self.copies.store.get(copy)
        {
            let plain = term.plain();
            *kept = Copy { term, scope };
            self.copies.store.note(copy, plain);
            return true;
        }
        self.copies.store.remove(copy);
        false
    }

    fn weigh_copy(&mut self, now: Instant, key: KeyId, exchange: &Exchange<'_>) -> Option<(Term, PlaceId)> {
        if self.policy.copies.entries == 0 {
            return None;
        }
        let mut term = freshness::judge(now, exchange)?;
        let scope = PlaceId(self.keys.peek(key).map_or(0, |key| key.scope));
        // What left before a write was answered may not show it.
        if self.places.get(scope).is_some_and(|scope| scope.wrote > now.back(exchange.took)) {
            term.outdate();
        }
        Some((term, scope))
    }

    /// The body is there, and weighs this many bytes: false when it is not kept. Others may have gone for it, see [`Gate::gone`].
    pub fn fill(&mut self, copy: CopyId, weight: u32) -> bool {
        self.copies.store.fill(copy, weight)
    }

    /// A copy that was forgotten for others, each told once.
    pub fn gone(&mut self) -> Option<CopyId> {
        let gone = self.copies.store.gone()?;
        self.copies.forgive(gone);
        Some(gone)
    }

    /// Whether the application opted in to stale answers, so that copies of all that may be kept are wanted.
    pub fn wants_copies(&self) -> bool {
        self.policy.copies.most.is_some()
    }

    /// The heaviest answer that is kept, in bytes.
    pub fn largest(&self) -> u32 {
        self.copies.store.largest()
    }

    /// A copy is of no use any more; [`CopyId::NONE`]: all are.
    pub fn forget_copy(&mut self, copy: CopyId) {
        if copy == CopyId::NONE {
            self.copies.owed.clear();
            self.copies.store.clear();
        }
        self.copies.forgive(copy);
        self.copies.store.remove(copy);
    }

    /// It is to be asked for again, once. Where that has just `failed` it is tried after a while, however well all seems.
    fn owe(&mut self, now: Instant, copy: CopyId, scope: PlaceId, key: KeyId, failed: bool) {
        let calm = !failed && self.pressure(now, scope).state == State::Nominal;
        let owed = &mut self.copies.owed;
        if owed.iter().any(|owed| owed.copy == copy) {
            return;
        }
        if owed.len() == defaults::OWED {
            owed.remove(0);
        }
        owed.push(Owed { copy, scope, key, at: now, calm });
    }

    /// When the next copy that is owed a refresh is looked at.
    pub(super) fn owed_at(&self) -> Instant {
        self.copies.owed.iter().map(|owed| owed.at).min().unwrap_or(Instant::NEVER)
    }

    /// Refreshes that are due.
    pub(super) fn refresh(&mut self, now: Instant) {
        for place in (0..self.copies.owed.len()).rev() {
            let Some(mut owed) = self.copies.owed.get(place).copied().filter(|owed| owed.at <= now) else {
                continue;
            };
            let report = self.pressure(now, owed.scope);
            // A route or a quota may be closed where the scope is not.
            let own = self.intend(now, owed.key, How::default(), None).and_then(|r| self.closed(now, &r));
            let closed = own.map(|hold| hold.until).or(report.closed_until);
            let calm = closed.is_none() && report.state < State::Serious;
            if calm && owed.calm {
                self.copies.owed.remove(place);
                self.outbox.push(Verdict::Refresh(owed.copy));
                continue;
            }
            owed.at = match closed {
                Some(until) => until,
                None if calm => self.after_the_tide(now, owed.scope),
                None => now + defaults::REFRESH_LOOK,
            };
            owed.calm = calm;
            if let Some(slot) = self.copies.owed.get_mut(place) {
                *slot = owed;
            }
        }
    }

    /// A moment for one more refresh: the first of a scope within the spread, each other after the last.
    fn after_the_tide(&mut self, now: Instant, scope: PlaceId) -> Instant {
        let Copies { owed, chance, .. } = &mut self.copies;
        let last = owed.iter().filter(|o| o.scope == scope && o.calm).map(|o| o.at).max();
        match last {
            Some(last) => last.max(now) + chance.between(Duration::ZERO, defaults::REFRESH_APART),
            None => now + chance.between(Duration::ZERO, defaults::REFRESH_SPREAD),
        }
    }
}
