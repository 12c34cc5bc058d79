//! The page's features: declared, switched by hand, and how they are.

use wasm_bindgen::prelude::*;

use super::{text, with};
use crate::scope::PlaceId;
use crate::time::Instant;

/// Declares a feature: its scope's handle (0: the worst of all), the state from which on it is off (1 to 3), its importance,
/// and its name, the first `len` bytes of the buffer. Answers its handle, from 1 in the order of declaration; 0: too many.
#[wasm_bindgen]
pub fn feature(room: u32, now: f64, scope: u32, shed_at: u32, importance: f64, len: u32) -> u32 {
    with(room, 0.0, &mut |room| {
        text::read(len, &mut |name| {
            let (now, scope) = (Instant::from_ms(now), PlaceId(scope));
            f64::from(room.gate.feature(now, scope, name, shed_at.min(3) as u8, importance))
        })
    }) as u32
}

/// Switches a feature by hand: 0 by the state again, 1 on, 2 off; answers flags only. 3 does nothing, and answers
/// whether the page is to do without it: 1 or 0.
#[wasm_bindgen]
pub fn force(room: u32, now: f64, feature: u32, how: u32) -> f64 {
    let now = Instant::from_ms(now);
    with(room, 0.0, &mut |room| {
        f64::from(if how > 2 {
            room.gate.follow(now);
            u32::from(room.gate.is_off(feature))
        } else {
            room.gate.force(now, feature, (how > 0).then_some(how == 1));
            room.flags(now)
        })
    })
}
