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
}

/// One register, for tests; NaN: none.
pub fn at(index: u32) -> f64 {
    REGISTERS.with_borrow(|registers| registers.get(index as usize).copied().unwrap_or(f64::NAN))
}

/// Answers where in memory they stand, eight bytes each: valid until the core is entered again.
fn fill(registers: Vec<f64>) -> u32 {
    REGISTERS.with_borrow_mut(|place| {
        *place = registers;
        place.as_ptr() as usize as u32
    })
}

/// What belongs to the last answers of a room: 0 the time of the last wait, held or shed (NaN: none), 1 the flight that
/// the last `join` of a poll shares, 2 how many wait, 3 how many are in flight, 4 malformed members of hints so far, 5 messages of other
/// tabs that were ignored so far, 6 and 7 how often storage and channel failed, 8 how old the copy was that was
/// served last (milliseconds), 9 the heaviest answer that is kept (bytes), 10 how many other
/// tabs there are, 4 294 967 294 while nobody can know.
#[wasm_bindgen]
pub fn told(room: u32, what: u32) -> f64 {
    with(room, f64::NAN, &mut |room| match what {
        0 => moment(room.until),
        1 => f64::from(room.leader.0),
        2 => room.gate.queued() as f64,
        3 => f64::from(room.gate.in_flight()),
        4 => f64::from(room.gate.malformed()),
        5 => f64::from(room.gate.ignored()),
        8 => room.age.as_millis() as f64,
        9 => f64::from(room.gate.largest()),
        10 => f64::from(room.gate.others()),
        what => f64::from(room.gate.failures()[what as usize % 2]),
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

/// The state that type-ahead goes by: 0 nominal to 3 critical.
#[wasm_bindgen]
pub fn typing(room: u32, now: f64, scope: u32) -> f64 {
    with(room, 0.0, &mut |room| f64::from(room.gate.typing(Instant::from_ms(now), PlaceId(scope)) as u32))
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

/// Takes the oldest event: answers where its registers stand, 0 when there is none. Registers: id, scope, reason, time,
/// priority, extra, kind.
#[wasm_bindgen]
pub fn event(room: u32) -> u32 {
    with(room, 0.0, &mut |room| {
        let Some(event) = room.gate.event() else {
            return 0.0;
        };
        let reason = event.reason.map_or(0, |reason| reason as u32);
        let [id, scope, reason] = [event.id, event.scope, reason].map(f64::from);
        let [priority, extra, kind] =
            [u32::from(event.priority), event.extra, event.kind as u32].map(f64::from);
        f64::from(fill([id, scope, reason, moment(event.at), priority, extra, kind].to_vec()))
    }) as u32
}

/// How many units of UTF-16 a text has: its length in JavaScript.
fn units(text: &str) -> f64 {
    // One of four bytes is two of them; a byte that goes on is none.
    let units = |byte: u8| u32::from(byte & 0xc0 != 0x80) + u32::from(byte >= 0xf0);
    f64::from(text.bytes().map(units).sum::<u32>())
}

/// Reads what a response says, for `readHints`: answers where the registers stand. Registers: wait, retry, overloaded, load, the
/// length of the source's name, how many members were malformed; advice: its state, share, batch, the length of the names
/// of features, for how long it holds (NaN: there is none); where in memory the text is and how many bytes; how many
/// quotas, and six for each (limit, remaining, reset, window, the lengths of its name and unit). NaN: unknown. Lengths are in units of UTF-16.
///
/// The text is one behind the other: name and unit of each quota, the names of features, a line each, and last the field
/// or member that the wait was read from.
#[wasm_bindgen]
pub fn read(status: u32, wall: f64, len: u32) -> u32 {
    let Reading { hint, source, malformed } = heard(status.min(999) as u16, wall, len);
    let optional = |number: Option<f64>| number.unwrap_or(f64::NAN);
    let source = source.unwrap_or_default();
    let holds = hint.advice.as_ref().map(|advice| f64::from(advice.for_ms));
    let advice = hint.advice.unwrap_or_default();
    let off = advice.off.as_deref();
    let mut said = Vec::new();
    for quota in &hint.quotas {
        said.extend_from_slice(quota.name.as_bytes());
        said.extend_from_slice(quota.unit.as_bytes());
    }
    for text in [off.unwrap_or_default(), source] {
        said.extend_from_slice(text.as_bytes());
    }
    let length = text::write(&said);
    let mut registers = vec![
        optional(hint.wait_ms.map(f64::from)),
        optional(hint.retry.map(|retry| f64::from(u8::from(retry)))),
        f64::from(u8::from(hint.overloaded)),
        optional(hint.load),
        units(source),
        f64::from(malformed),
        optional(advice.state.map(f64::from)),
        optional(advice.share),
        optional(advice.batch.map(f64::from)),
        optional(off.map(units)),
        optional(holds),
        f64::from(text::buffer(0)),
        f64::from(length),
        hint.quotas.len() as f64,
    ];
    for quota in &hint.quotas {
        let reset = quota.reset_ms.map(f64::from);
        registers.extend([quota.limit, quota.remaining, reset, quota.window_ms].map(optional));
        registers.extend([&quota.name, &quota.unit].map(|text| units(text)));
    }
    fill(registers)
}
