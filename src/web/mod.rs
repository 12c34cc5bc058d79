//! The only impure room: what the page's JavaScript calls, and the browser features that the core uses itself, one
//! file each. Free functions, numbers in, one packed number out (see [`crate::packed`]); text crosses in one growable buffer.
//!
//! Nothing here decides, and no browser callback enters the core: each calls one function of the page, which comes
//! back through its guard. The timer's closure lives in the module, as gloo-timers has it, and does nothing but that:
//! after a trap a timer that was armed may still run it, and what follows is turned away at the guard.

extern crate std;

pub mod clock;
#[cfg(feature = "inspect")]
pub mod inspect;
pub mod page;
pub mod report;
pub mod seed;
pub mod text;
pub mod timer;

use alloc::vec::Vec;
use core::cell::RefCell;

use js_sys::Function;
use std::thread_local;
use talc::wasm::{WasmBinning, WasmGrowAndClaim};
use wasm_bindgen::prelude::*;

use crate::coalesce::KeyId;
use crate::gate::Gate;
use crate::hint::{self, Reading};
use crate::packed;
use crate::policy::{Config, Mode};
use crate::scope::PlaceId;
use crate::time::{Instant, WallTime};
use crate::verdict::{How, Outcome, Ticket, Verdict};

#[global_allocator]
static ALLOCATOR: talc::cell::TalcSyncCell<WasmGrowAndClaim, WasmBinning> =
    talc::cell::TalcSyncCell::new_wasm(WasmGrowAndClaim);

/// One gate of the page, with its timer and what was last answered.
struct Room {
    gate: Gate,
    alarm: timer::Alarm,
    _page: page::Attention,
    until: Instant,
    leader: Ticket,
}

thread_local! {
    static ROOMS: RefCell<Vec<Option<Room>>> = const { RefCell::new(Vec::new()) };
    static STAGED: RefCell<Config> = const { RefCell::new(Config::new()) };
}

/// Acts in a room; `none` when there is no such room. Not generic: it stands in the module once.
fn with(room: u32, none: f64, act: &mut dyn FnMut(&mut Room) -> f64) -> f64 {
    ROOMS.with_borrow_mut(|rooms| match rooms.get_mut((room as usize).wrapping_sub(1)) {
        Some(Some(room)) => act(room),
        _ => none,
    })
}

/// Stages one setting for the next `open`: its place in the generated `settings`, and its value (NaN: wrong type).
#[wasm_bindgen]
pub fn stage(setting: u32, value: f64) {
    STAGED.with_borrow_mut(|config| config.set(setting as usize, value));
}

/// Which staged settings are out of range, one bit each. `open` uses the default for them.
#[wasm_bindgen]
pub fn refused() -> f64 {
    STAGED.with_borrow(|config| f64::from(config.faults().0))
}

/// Opens a room with what was staged. `seed` NaN: entropy. `wake` is called when `poll` is due. Answers its number.
#[wasm_bindgen]
pub fn open(seed: f64, wake: Function) -> u32 {
    let policy = STAGED.take().mend();
    let seed = if seed.is_nan() { seed::entropy() } else { seed.to_bits() };
    let page = page::Attention::new(wake.clone());
    let room = Room {
        gate: Gate::new(policy, seed),
        alarm: timer::Alarm::new(wake, page.is_page()),
        _page: page,
        until: Instant::NEVER,
        leader: Ticket(0),
    };
    ROOMS.with_borrow_mut(|rooms| {
        let free = rooms.iter().position(Option::is_none).unwrap_or(rooms.len());
        if free == rooms.len() {
            rooms.push(None);
        }
        if let Some(place) = rooms.get_mut(free) {
            *place = Some(room);
        }
        free as u32 + 1
    })
}

/// Closes a room: its timer and listeners are gone.
#[wasm_bindgen]
pub fn shut(room: u32) {
    let gone =
        ROOMS.with_borrow_mut(|rooms| rooms.get_mut((room as usize).wrapping_sub(1)).and_then(Option::take));
    drop(gone);
}

/// The handle of a scope by its name, the first `len` bytes of the buffer. 0: let its requests pass.
#[wasm_bindgen]
pub fn scope(room: u32, now: f64, len: u32) -> u32 {
    with(room, 0.0, &mut |room| {
        text::read(len, &mut |name| {
            f64::from(room.gate.scope(Instant::from_ms(now), name).map_or(0, |id| id.0))
        })
    }) as u32
}

/// The handle of a new key: method, line feed, absolute URL without fragment. 0: the scope is not known.
#[wasm_bindgen]
pub fn key(room: u32, now: f64, scope: u32, len: u32) -> u32 {
    with(room, 0.0, &mut |room| {
        text::read(len, &mut |line| {
            let at = line.iter().position(|b| *b == b'\n').unwrap_or(line.len());
            let (method, url) = line.split_at(at);
            let url = url.get(1..).unwrap_or_default();
            f64::from(room.gate.key(Instant::from_ms(now), PlaceId(scope), method, url).0)
        })
    }) as u32
}

/// May a request with this key go? `patience` in milliseconds, NaN: the policy's.
#[wasm_bindgen]
pub fn ask(room: u32, now: f64, key: u32, how: u32, patience: f64) -> f64 {
    with(room, packed::PASS, &mut |room| {
        let now = Instant::from_ms(now);
        let patience = (!patience.is_nan()).then(|| Instant::from_ms(patience).since(Instant::ORIGIN));
        let verdict = room.gate.ask(now, KeyId(key), How(how), patience);
        room.answer(now, verdict)
    })
}

/// A request came back: `status` 0 failed, 1 aborted, 2 offline, else the response's; `len` bytes of header text.
#[wasm_bindgen]
pub fn settle(room: u32, now: f64, wall: f64, ticket: u32, status: u32, len: u32) -> f64 {
    with(room, packed::DONE, &mut |room| {
        let now = Instant::from_ms(now);
        let outcome = Outcome::from_code(status);
        let heard = match outcome {
            Outcome::Status(status) if len > 0 || status >= 300 => {
                let reading = heard(status, wall, len);
                room.gate.count_malformed(reading.malformed);
                Some(reading.hint)
            }
            _ => None,
        };
        let verdict = room.gate.settle(now, Ticket(ticket), outcome, heard.as_ref());
        room.answer(now, verdict)
    })
}

/// A later word about a settled answer of this key: header text and body, as `settle` has them. Answers flags only.
#[wasm_bindgen]
pub fn word(room: u32, now: f64, wall: f64, key: u32, status: u32, len: u32) -> f64 {
    with(room, 0.0, &mut |room| {
        let now = Instant::from_ms(now);
        let status = status.min(999) as u16;
        let reading = heard(status, wall, len);
        room.gate.count_malformed(reading.malformed);
        room.gate.hear(now, KeyId(key), status, &reading.hint);
        f64::from(room.flags(now))
    })
}

/// What the header text in the buffer says.
fn heard(status: u16, wall: f64, len: u32) -> Reading {
    let mut reading = Reading::default();
    text::read(len, &mut |fields| {
        reading = hint::read_text(status, fields, WallTime(wall as i64));
        0.0
    });
    reading
}

/// What is due, one at a time; 0: nothing.
#[wasm_bindgen]
pub fn poll(room: u32, now: f64) -> f64 {
    with(room, 0.0, &mut |room| {
        let now = Instant::from_ms(now);
        if page::Attention::was_away(room.alarm.due(), now) {
            room.gate.resume(now);
        }
        match room.gate.poll(now) {
            Some(verdict) => room.answer(now, verdict),
            None => f64::from(room.flags(now)),
        }
    })
}

/// 0 on, 1 observe, 2 off. Answers flags only.
#[wasm_bindgen]
pub fn set_mode(room: u32, now: f64, mode: u32) -> f64 {
    with(room, 0.0, &mut |room| {
        let now = Instant::from_ms(now);
        room.gate.set_mode(now, Mode::from_code(mode));
        f64::from(room.flags(now))
    })
}

impl Room {
    /// Packs a verdict, remembers what belongs to it, and arms the one timer.
    fn answer(&mut self, now: Instant, verdict: Verdict) -> f64 {
        if let Some(until) = packed::until(verdict) {
            self.until = until;
        }
        if let Verdict::Join { leader, .. } = verdict {
            self.leader = leader;
        }
        packed::pack(verdict, self.flags(now))
    }

    fn flags(&mut self, now: Instant) -> u32 {
        let flags = packed::flags(&mut self.gate, now);
        self.alarm.arm(now, self.gate.next_timeout(now));
        flags
    }
}

/// A moment for JavaScript: milliseconds on the axis, NaN for never.
fn moment(at: Instant) -> f64 {
    if at == Instant::NEVER { f64::NAN } else { at.as_ms() }
}
