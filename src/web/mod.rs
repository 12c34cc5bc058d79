//! The only impure room: what the page's JavaScript calls, and the browser features that the core uses itself, one
//! file each. Free functions, numbers in, one packed number out (see [`crate::packed`]); text crosses in one growable buffer.
//!
//! Nothing here decides, and no browser callback enters the core: each calls one function of the page, which comes
//! back through its guard. The timer's closure lives in the module, as gloo-timers has it, and does nothing but that:
//! after a trap a timer that was armed may still run it, and what follows is turned away at the guard.

extern crate std;

pub mod clock;
pub mod copies;
pub mod features;
#[cfg(feature = "inspect")]
pub mod inspect;
pub mod page;
pub mod report;
pub mod seed;
pub mod store;
pub mod tabs;
pub mod text;
pub mod timer;

use alloc::boxed::Box;
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
use crate::time::{Duration, Instant, WallTime};
use crate::verdict::{How, Outcome, Ticket, Verdict};

#[global_allocator]
static ALLOCATOR: talc::cell::TalcSyncCell<WasmGrowAndClaim, WasmBinning> =
    talc::cell::TalcSyncCell::new_wasm(WasmGrowAndClaim);

/// One gate of the page, with its timer and what was last answered.
struct Room {
    gate: Gate,
    alarm: timer::Alarm,
    _page: page::Attention,
    store: Option<store::Store>,
    tabs: Option<tabs::Tabs>,
    /// A record is to be written, a message to be sent.
    owes: (bool, bool),
    /// When the room was last asked.
    now: Instant,
    /// The page is left: what fails from here on fails because of that.
    left: bool,
    /// How far the wall clock is ahead of the axis, in milliseconds.
    ahead: f64,
    until: Instant,
    leader: Ticket,
    about: copies::About,
    /// How old the copy was that was served last.
    age: Duration,
}

thread_local! {
    /// None: a free number; no room in it: it is acting.
    static ROOMS: RefCell<Vec<Option<Option<Box<Room>>>>> = const { RefCell::new(Vec::new()) };
    static STAGED: RefCell<Config> = const { RefCell::new(Config::new()) };
}

/// Acts in a room, and then does what the room owes to its storage and its channel; `none` when there is no such room.
/// Not generic: it stands in the module once.
///
/// The room is taken out of the table meanwhile: what is called there may be an application's own and call back, and
/// finds no room then, which lets everything pass.
fn with(room: u32, none: f64, act: &mut dyn FnMut(&mut Room) -> f64) -> f64 {
    let at = (room as usize).wrapping_sub(1);
    let taken = ROOMS.with_borrow_mut(|rooms| rooms.get_mut(at)?.as_mut()?.take());
    let Some(mut room) = taken else {
        return none;
    };
    let answer = act(&mut room);
    room.pay();
    ROOMS.with_borrow_mut(|rooms| {
        // It may have been shut meanwhile.
        if let Some(Some(place)) = rooms.get_mut(at) {
            *place = Some(room);
        }
    });
    answer
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
    let mut gate = Gate::new(policy, seed);
    gate.set_hidden(Instant::ORIGIN, page::Attention::is_hidden());
    let room = Room {
        gate,
        alarm: timer::Alarm::new(wake, page.is_page()),
        _page: page,
        store: None,
        tabs: None,
        owes: (false, false),
        now: Instant::ORIGIN,
        left: false,
        ahead: 0.0,
        until: Instant::NEVER,
        leader: Ticket(0),
        about: copies::About::NOTHING,
        age: Duration::ZERO,
    };
    ROOMS.with_borrow_mut(|rooms| {
        let free = rooms.iter().position(Option::is_none).unwrap_or(rooms.len());
        if free == rooms.len() {
            rooms.push(None);
        }
        if let Some(place) = rooms.get_mut(free) {
            *place = Some(Some(Box::new(room)));
        }
        free as u32 + 1
    })
}

/// Closes a room: its timer, its listeners and its channel are gone, and its record is written.
#[wasm_bindgen]
pub fn shut(room: u32, now: f64) {
    let now = Instant::from_ms(now);
    with(room, 0.0, &mut |room| {
        room.leave(now);
        0.0
    });
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
    let now = Instant::from_ms(now);
    with(room, packed::PASS, &mut |room| {
        let patience = (!patience.is_nan()).then(|| Instant::from_ms(patience).since(Instant::ORIGIN));
        let verdict = room.gate.ask(now, KeyId(key), How(how), patience);
        room.answer(now, verdict)
    })
}

/// A request came back: `status` 0 failed, 1 aborted, 2 offline, else the response's; `len` bytes of header text.
#[wasm_bindgen]
pub fn settle(room: u32, now: f64, wall: f64, ticket: u32, status: u32, len: u32) -> f64 {
    let (ahead, now) = (wall - now, Instant::from_ms(now));
    with(room, packed::DONE, &mut |room| {
        room.ahead = ahead;
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
    let (ahead, now) = (wall - now, Instant::from_ms(now));
    with(room, 0.0, &mut |room| {
        room.ahead = ahead;
        let status = status.min(999) as u16;
        let reading = heard(status, wall, len);
        room.gate.count_malformed(reading.malformed);
        room.gate.hear(now, KeyId(key), status, &reading.hint);
        f64::from(room.flags(now) | u32::from(reading.hint.overloaded))
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
    let now = Instant::from_ms(now);
    with(room, 0.0, &mut |room| {
        // A hidden page is woken late for as long as it is hidden: what is due then is not put off again.
        if !room.gate.is_hidden() && page::Attention::was_away(room.alarm.due(), now) {
            room.gate.resume(now);
        }
        // Before the polls, because it may make room.
        room.look(now);
        match room.gate.poll(now) {
            Some(verdict) => room.answer(now, verdict),
            None => f64::from(room.flags(now)),
        }
    })
}

/// 0 on, 1 observe, 2 off. Answers flags only.
#[wasm_bindgen]
pub fn set_mode(room: u32, now: f64, mode: u32) -> f64 {
    let now = Instant::from_ms(now);
    with(room, 0.0, &mut |room| {
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
        self.look(now);
        self.alarm.arm(now, self.gate.next_timeout(now));
        flags | u32::from(self.gate.has_due(now)) << 8
    }

    /// Whether a record or a message is due.
    fn look(&mut self, now: Instant) {
        self.now = now;
        self.owes.0 |= self.gate.to_store(now, false);
        self.owes.1 |= self.gate.to_tell(now);
    }

    /// Writes the record and sends the message that are due.
    fn pay(&mut self) {
        let (write, speak) = core::mem::take(&mut self.owes);
        if write {
            self.write();
        }
        if speak {
            let text = self.gate.message(self.now, self.wall());
            self.say(&text);
        }
        if write || speak {
            self.alarm.arm(self.now, self.gate.next_timeout(self.now));
        }
    }

    /// The page is left, and may not come back: what is known is written down, and other tabs hear so.
    fn leave(&mut self, now: Instant) {
        if !self.left {
            self.look(now);
            self.owes.0 |= self.gate.to_store(now, true);
            self.pay();
            self.part();
        }
        self.left = true;
        self.gate.storing(false);
    }

    /// The wall clock when the room was last asked.
    fn wall(&self) -> WallTime {
        WallTime((self.now.as_ms() + self.ahead) as i64)
    }
}

/// A moment for JavaScript: milliseconds on the axis, NaN for never.
fn moment(at: Instant) -> f64 {
    if at == Instant::NEVER { f64::NAN } else { at.as_ms() }
}
