//! What the page may see, read number by number from registers: pressure, events, and a response's hints.

use alloc::vec;
use alloc::vec::Vec;
use core::cell::RefCell;

use super::std::thread_local;
use wasm_bindgen::prelude::*;

use super::{heard, moment, text, with};
use crate::hint::Reading;
use crate::scope::PlaceId;
use crate::time::Instant;

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

/// What belongs to the last answers of a room: 0 the time of the last wait, held or shed (NaN: none), 1 the flight that
/// the last `join` of a poll shares, 2 how many wait, 3 how many are in flight, 4 malformed members of hints so far.
#[wasm_bindgen]
pub fn told(room: u32, what: u32) -> f64 {
    with(room, f64::NAN, &mut |room| match what {
        0 => moment(room.until),
        1 => f64::from(room.leader.0),
        2 => room.gate.queued() as f64,
        3 => f64::from(room.gate.in_flight()),
        _ => f64::from(room.gate.malformed()),
    })
}

/// State in bits 0–1, reason in bits 4–7, level in ten-thousandths from bit 8.
#[wasm_bindgen]
pub fn pressure(room: u32, now: f64, scope: u32) -> f64 {
    with(room, 0.0, &mut |room| {
        let report = room.gate.pressure(Instant::from_ms(now), PlaceId(scope));
        f64::from(report.state as u32 | report.reason.map_or(0, |r| r as u32) << 4 | report.value << 8)
    })
}

/// Before when nothing but probes is sent; NaN: open.
#[wasm_bindgen]
pub fn closed(room: u32, now: f64, scope: u32) -> f64 {
    with(room, f64::NAN, &mut |room| {
        room.gate.pressure(Instant::from_ms(now), PlaceId(scope)).closed_until.map_or(f64::NAN, moment)
    })
}

/// Which kinds of event are recorded, one bit each.
#[wasm_bindgen]
pub fn listen(room: u32, mask: u32) {
    with(room, 0.0, &mut |room| {
        room.gate.listen(mask);
        0.0
    });
}

/// Takes the oldest event: its kind, 0 when there is none. Registers: id, scope, reason, time, priority, extra.
#[wasm_bindgen]
pub fn event(room: u32) -> u32 {
    with(room, 0.0, &mut |room| {
        let Some(event) = room.gate.event() else {
            return 0.0;
        };
        let reason = event.reason.map_or(0, |reason| reason as u32);
        let [id, scope, reason] = [event.id, event.scope, reason].map(f64::from);
        let [priority, extra] = [u32::from(event.priority), event.extra].map(f64::from);
        fill([id, scope, reason, moment(event.at), priority, extra].to_vec());
        f64::from(event.kind as u32)
    }) as u32
}

/// Reads what a response says, for `readHints`: answers how many quotas. Registers: wait, retry, overloaded, load, the
/// length of the source's name, how many members were malformed; advice: its state, share, batch, the length of the names
/// of features, for how long it holds (NaN: there is none); then six a quota (limit, remaining, reset, window, the lengths
/// of its name and unit). NaN: unknown.
#[wasm_bindgen]
pub fn read(status: u32, wall: f64, len: u32) -> u32 {
    let Reading { hint, source, malformed } = heard(status.min(999) as u16, wall, len);
    let optional = |number: Option<f64>| number.unwrap_or(f64::NAN);
    let source = source.unwrap_or_default();
    let mut registers = vec![
        optional(hint.wait_ms.map(f64::from)),
        optional(hint.retry.map(|retry| f64::from(u8::from(retry)))),
        f64::from(u8::from(hint.overloaded)),
        optional(hint.load),
        source.len() as f64,
        f64::from(malformed),
    ];
    let holds = hint.advice.as_ref().map(|advice| f64::from(advice.for_ms));
    let advice = hint.advice.unwrap_or_default();
    registers.extend([
        optional(advice.state.map(f64::from)),
        optional(advice.share),
        optional(advice.batch.map(f64::from)),
        optional(advice.off.as_ref().map(|names| names.len() as f64)),
        optional(holds),
    ]);
    let mut said = Vec::new();
    for quota in &hint.quotas {
        let reset = quota.reset_ms.map(f64::from);
        registers.extend([quota.limit, quota.remaining, reset, quota.window_ms].map(optional));
        for word in [&quota.name, &quota.unit] {
            said.extend_from_slice(word.as_bytes());
            registers.push(word.len() as f64);
        }
    }
    for text in [advice.off.as_deref().unwrap_or_default(), source] {
        said.extend_from_slice(text.as_bytes());
    }
    fill(registers);
    SAID.set(text::write(&said));
    hint.quotas.len() as u32
}

/// How many bytes of text `read` left in the buffer: name and unit of each quota, the names of features, a line each, and last the
/// field or member that the wait was read from, one behind the other.
#[wasm_bindgen]
pub fn said() -> u32 {
    SAID.with_borrow(|len| *len)
}
