//! Where the record lives that survives a reload: `localStorage`, or what the application gave. Any call may fail at any
//! time; everything else goes on, and it is counted.
//!
//! Nothing here is called while a room is borrowed: an application's own storage may call back.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use super::with;
use crate::gate::Fault;
use crate::time::Instant;

#[wasm_bindgen]
extern "C" {
    /// A `Storage`, or what behaves like one.
    #[derive(Clone)]
    pub type Keeper;
    #[wasm_bindgen(method, catch, js_name = getItem)]
    fn get_item(this: &Keeper, name: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = setItem)]
    fn set_item(this: &Keeper, name: &JsValue, text: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeItem)]
    fn remove_item(this: &Keeper, name: &JsValue) -> Result<(), JsValue>;
}

/// No record is longer, in characters.
const LONGEST: u32 = 8_192;

/// One record in a storage.
#[derive(Clone)]
pub struct Store {
    keeper: Keeper,
    name: JsValue,
}

impl Store {
    /// What stands there; none when it cannot be read, empty when it is no record of ours.
    fn read(&self) -> Option<Vec<u8>> {
        let said = self.keeper.get_item(&self.name).ok()?;
        let mut text = Vec::new();
        if said.is_string() {
            let said = JsString::from(said);
            // Longer ones, and what is no ASCII, are nobody's record: read as far as it takes to see that.
            for at in 0..said.length().min(LONGEST) {
                text.push(said.char_code_at(at) as u8);
            }
        }
        Some(text)
    }

    /// Puts a record in its place; an empty one removes it.
    fn write(&self, text: &str) -> bool {
        let done = match text {
            "" => self.keeper.remove_item(&self.name),
            text => self.keeper.set_item(&self.name, text),
        };
        done.is_ok()
    }
}

/// Keeps the record of a room in a storage from now on, under this name, and takes over what stands there. `lasting`:
/// timers may run as long as a closure does.
#[wasm_bindgen]
pub fn keep(room: u32, now: f64, wall: f64, keeper: Keeper, name: JsValue, lasting: bool) {
    with(room, 0.0, &mut |room| {
        room.store = Some(Store { keeper: keeper.clone(), name: name.clone() });
        room.gate.store(lasting);
        room.ahead = wall - now;
        0.0
    });
    take(room, Instant::from_ms(now));
}

/// Forgets the record of a room, and keeps none any more.
#[wasm_bindgen]
pub fn wipe(room: u32) {
    let mut store = None;
    with(room, 0.0, &mut |room| {
        store = room.store.take();
        0.0
    });
    if let Some(store) = store {
        store.write("");
    }
}

/// Takes over what stands in a room's storage.
pub(super) fn take(room: u32, now: Instant) {
    let Some((_, text)) = open(room) else {
        return;
    };
    super::act(room, 0.0, now, &mut |room| {
        let wall = room.wall(now);
        room.gate.take_stored(now, wall, &text);
        room.look(now);
        0.0
    });
}

/// Writes a room's record.
pub(super) fn write(room: u32, now: Instant) {
    let Some((store, old)) = open(room) else {
        return;
    };
    let mut text = String::new();
    with(room, 0.0, &mut |room| {
        let wall = room.wall(now);
        text = room.gate.record(now, wall, &old);
        0.0
    });
    if !store.write(&text) {
        failed(room);
    }
}

/// A room's store, and what stands there.
fn open(room: u32) -> Option<(Store, Vec<u8>)> {
    let mut store = None;
    with(room, 0.0, &mut |room| {
        store = room.store.clone();
        0.0
    });
    let store = store?;
    let text = store.read();
    if text.is_none() {
        failed(room);
    }
    Some((store, text.unwrap_or_default()))
}

fn failed(room: u32) {
    with(room, 0.0, &mut |room| {
        room.gate.failed(Fault::Storage);
        0.0
    });
}
