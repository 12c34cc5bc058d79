//! Kept answers: what the page asks about them. Their bytes and headers are the page's, by handle.
//!
//! Text: header lines of the request, and for an answer before them the line of its name and behind them an empty line
//! and the header lines of the response. A header line is `name: value` and a line feed.

use wasm_bindgen::prelude::*;

use super::{ROOMS, Room, text, with};
use crate::cache::CopyId;
use crate::cache::freshness::{Exchange, Mode};
use crate::coalesce::KeyId;
use crate::gate::{Asked, Look};
use crate::num::{FNV_BASIS, fnv};
use crate::policy;
use crate::time::{Duration, Instant, WallTime};
use crate::verdict::{How, Ticket};

/// What is said before an answer is judged or a copy is looked at, because it does not fit into that call; used once.
#[derive(Clone, Copy, Debug)]
pub struct About {
    took: Duration,
    held: Option<Duration>,
    old: CopyId,
    most: Option<Option<Duration>>,
}

impl About {
    /// Nothing was said.
    pub const NOTHING: Self =
        Self { took: Duration::ZERO, held: Some(Duration::ZERO), old: CopyId::NONE, most: None };
}

/// Milliseconds as they cross; below zero or NaN: none.
fn span(ms: f64) -> Option<Duration> {
    (ms >= 0.0).then(|| Instant::from_ms(ms).since(Instant::ORIGIN))
}

/// About the next answer that is judged: how long it took, how long it was kept already (NaN: nobody knows) and which copy
/// it replaces or, for `copy_judge` to renew, confirms; about the next copy that is looked at: the greatest age of
/// a stand-in, as `cache.staleWhileOverloaded` has it (NaN: the policy's).
#[wasm_bindgen]
pub fn copy_about(room: u32, took: f64, held: f64, old: u32, most: f64) {
    with(room, 0.0, &mut |room| {
        let most = (!most.is_nan()).then(|| policy::stale(most));
        room.about = About { took: span(took).unwrap_or_default(), held: span(held), old: CopyId(old), most };
        0.0
    });
}

/// An answer came: is it kept? `how`: its status, 1 024 for HEAD, 2 048 when CORS hides how old it is, 4 096 when it confirms the
/// copy that `copy_about` named, 8 192 when its request accepts what is stale. Answers its handle, until `copy_fill`; 0: it is not kept, nor is what it did not confirm.
#[wasm_bindgen]
pub fn copy_judge(room: u32, now: f64, wall: f64, key: u32, how: u32, len: u32) -> u32 {
    let now = Instant::from_ms(now);
    with(room, 0.0, &mut |room| {
        let about = room.said();
        text::read(len, &mut |all| {
            let (name, rest) = line(all);
            let (request, response) = parts(rest);
            let exchange = Exchange {
                head: how & 1024 != 0,
                status: (how & 1023) as u16,
                request,
                response,
                wall: WallTime(wall as i64),
                took: about.took,
                held: about.held,
                hidden: how & 2048 != 0,
                wanted: room.gate.wants_copies() || how & 8192 != 0,
            };
            let id = if how & 4096 == 0 {
                room.gate.judge(now, KeyId(key), fnv(FNV_BASIS, name) as u32, about.old, &exchange)
            } else if room.gate.renew(now, KeyId(key), about.old, &exchange) {
                about.old
            } else {
                CopyId::NONE
            };
            f64::from(id.0)
        })
    }) as u32
}

/// The body of an answer is there, and weighs this many bytes with its headers: 1, it is kept; 0, it is not. Others may be
/// gone for it.
#[wasm_bindgen]
pub fn copy_fill(room: u32, copy: u32, weight: u32) -> u32 {
    with(room, 0.0, &mut |room| f64::from(u32::from(room.gate.fill(CopyId(copy), weight)))) as u32
}

/// A copy that was forgotten for others; 0: no more.
#[wasm_bindgen]
pub fn copy_gone(room: u32) -> u32 {
    with(room, 0.0, &mut |room| f64::from(room.gate.gone().map_or(0, |copy| copy.0))) as u32
}

/// A copy is of no use any more; 0: all are.
#[wasm_bindgen]
pub fn copy_forget(room: u32, copy: u32) {
    with(room, 0.0, &mut |room| {
        room.gate.forget_copy(CopyId(copy));
        0.0
    });
}

/// May this copy answer a request with this key? `asked`: Fetch's cache mode by its place in the specification's list,
/// 8 when the origin has just failed this very request, from bit 4 on the length of the request's header lines.
///
/// Answers as [`crate::packed`] does, with kinds of its own: 0 it is not there, or answers another request; 1 it is fresh,
/// its age in whole seconds where the ticket stands; 2 it is stale and is served, the same; 3 it is served in the place
/// of an answer, with reason and ticket, and `told` knows its age (8, in milliseconds); 4 the origin is asked and may confirm it.
#[wasm_bindgen]
pub fn copy_look(room: u32, now: f64, copy: u32, key: u32, how: u32, asked: u32) -> f64 {
    let now = Instant::from_ms(now);
    if asked == 0
        && let Some(packed) = fresh(room, now, CopyId(copy))
    {
        return packed;
    }
    with(room, 0.0, &mut |room| {
        let most = room.said().most;
        text::read(asked >> 4, &mut |fields| {
            let asked = Asked { mode: Mode::from_code(asked & 7), failed: asked & 8 != 0, most, fields };
            let look = room.gate.look(now, CopyId(copy), KeyId(key), How(how), &asked);
            room.seen(now, look)
        })
    })
}

/// The common case: a plain request, and a fresh copy. Nothing is called from here, so that the room stays where it is.
fn fresh(room: u32, now: Instant, copy: CopyId) -> Option<f64> {
    ROOMS.with_borrow_mut(|rooms| {
        let room = rooms.get_mut((room as usize).wrapping_sub(1))?.as_mut()?.as_mut()?;
        let age = room.gate.fresh(now, copy)?;
        room.about.most = None;
        room.age = age;
        Some(f64::from(FRESH) + f64::from(seconds(age)) * 2048.0)
    })
}

/// It is fresh: nothing has changed, no flag is set and no timer is armed.
const FRESH: u32 = 1;

/// Whole seconds, as the field Age has them.
fn seconds(age: Duration) -> u32 {
    (age.as_micros() / 1_000_000).min(u64::from(u32::MAX)) as u32
}

impl Room {
    /// What was said before, once.
    fn said(&mut self) -> About {
        core::mem::replace(&mut self.about, About::NOTHING)
    }

    fn seen(&mut self, now: Instant, look: Look) -> f64 {
        let served = match look {
            Look::Nothing => return 0.0,
            Look::Ask => return 4.0,
            Look::Serve(served) => served,
        };
        self.age = served.age;
        let seconds = Ticket(seconds(served.age));
        let (kind, why, ticket, flags) = match served.instead {
            Some((ticket, why)) => (3, why as u32, ticket, self.flags(now)),
            None if served.stale => (2, 0, seconds, self.flags(now)),
            None => (FRESH, 0, seconds, 0),
        };
        f64::from(kind | why << 4 | flags) + f64::from(ticket.0) * 2048.0
    }
}

/// The first line, and what stands behind it.
fn line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    (first, rest.get(1..).unwrap_or_default())
}

/// What stands before an empty line, and behind it.
fn parts(text: &[u8]) -> (&[u8], &[u8]) {
    if let Some(rest) = text.strip_prefix(b"\n") {
        return (&[], rest);
    }
    let end = text.windows(2).position(|pair| pair == b"\n\n").unwrap_or(text.len());
    let (before, rest) = text.split_at(end);
    (before, rest.get(2..).unwrap_or_default())
}
