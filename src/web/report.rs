//! What the page may see, read number by number from registers: pressure, events, and a response's hints.

use alloc::vec::Vec;
use core::cell::RefCell;

use super::std::thread_local;
use wasm_bindgen::prelude::*;

use super::{moment, text, with};
use crate::hint::{self, Reading};
use crate::scope::ScopeId;
use crate::time::{Instant, WallTime};

thread_local! {
    static REGISTERS: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
    static SAID: RefCell<u32> = const { RefCell::new(0) };
}

/// One register; NaN: none.
#[wasm_bindgen]
pub fn at(index: u32) -> f64 {
    REGISTERS.with_borrow(|registers| registers.get(index as usize).copied().unwrap_or(f64::NAN))
}

fn fill(registers: Vec<f64>) {
    REGISTERS.set(registers);
}

/// The time that belongs to the last wait, held or shed; NaN: none.
#[wasm_bindgen]
pub fn until(room: u32) -> f64 {
    with(room, f64::NAN, |room| moment(room.until))
}

/// The flight that the last `join` of a poll shares.
#[wasm_bindgen]
pub fn leader(room: u32) -> f64 {
    with(room, 0.0, |room| f64::from(room.leader.0))
}

/// State in bits 0–1, reason in bits 4–7, level in ten-thousandths from bit 8.
#[wasm_bindgen]
pub fn pressure(room: u32, now: f64, scope: u32) -> f64 {
    with(room, 0.0, |room| {
        let report = room.gate.pressure(Instant::from_ms(now), ScopeId(scope));
        f64::from(report.state as u32 | report.reason.map_or(0, |r| r as u32) << 4 | report.value << 8)
    })
}

/// Before when nothing but probes is sent; NaN: open.
#[wasm_bindgen]
pub fn closed(room: u32, now: f64, scope: u32) -> f64 {
    with(room, f64::NAN, |room| {
        room.gate
            .pressure(Instant::from_ms(now), ScopeId(scope))
            .closed_until
            .map_or(f64::NAN, moment)
    })
}

/// How many wait, and from bit 16 how many are in flight.
#[wasm_bindgen]
pub fn counts(room: u32) -> u32 {
    with(room, 0, |room| {
        room.gate.queued().min(0xFFFF) as u32 | room.gate.in_flight() << 16
    })
}

/// Malformed members of hints that were ignored so far.
#[wasm_bindgen]
pub fn malformed(room: u32) -> u32 {
    with(room, 0, |room| room.gate.malformed())
}

/// Which kinds of event are recorded, one bit each.
#[wasm_bindgen]
pub fn listen(room: u32, mask: u32) {
    with(room, (), |room| room.gate.listen(mask));
}

/// Takes the oldest event: its kind, 0 when there is none. Registers: id, scope, reason, time, priority, extra.
#[wasm_bindgen]
pub fn event(room: u32) -> u32 {
    let Some(event) = with(room, None, |room| room.gate.event()) else {
        return 0;
    };
    let reason = event.reason.map_or(0, |reason| reason as u32);
    let numbers = [event.id, event.scope, reason].map(f64::from);
    let rest = [
        moment(event.at),
        f64::from(event.priority),
        f64::from(event.extra),
    ];
    fill([numbers, rest].concat());
    event.kind as u32
}

/// Reads what a response says, for `readHints`: answers how many quotas. Registers: wait, retry, overloaded, load,
/// then four a quota (limit, remaining, reset, window); NaN: unknown.
#[wasm_bindgen]
pub fn read(status: u32, wall: f64, len: u32) -> u32 {
    let Reading { hint, source, .. } = text::read(len, |fields| {
        hint::read_text(status.min(999) as u16, fields, WallTime(wall as i64))
    });
    let optional = |number: Option<f64>| number.unwrap_or(f64::NAN);
    let mut registers = Vec::new();
    registers.push(optional(hint.wait_ms.map(f64::from)));
    registers.push(optional(hint.retry.map(|retry| f64::from(u8::from(retry)))));
    registers.push(f64::from(u8::from(hint.overloaded)));
    registers.push(optional(hint.load));
    let mut said = Vec::new();
    for quota in &hint.quotas {
        let reset = quota.reset_ms.map(f64::from);
        registers.extend([quota.limit, quota.remaining, reset, quota.window_ms].map(optional));
        for word in [&quota.name, &quota.unit] {
            said.extend_from_slice(word.as_bytes());
            said.push(b'\n');
        }
    }
    said.extend_from_slice(source.unwrap_or_default().as_bytes());
    fill(registers);
    SAID.set(text::write(&said));
    hint.quotas.len() as u32
}

/// How many bytes of text `read` left in the buffer: name and unit of each quota and last the field that the wait
/// was read from, separated by line feeds.
#[wasm_bindgen]
pub fn said() -> u32 {
    SAID.with_borrow(|len| *len)
}
