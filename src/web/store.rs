//! Where the record lives that survives a reload: `localStorage`, or what the application gave. Any call may fail at any
//! time; everything else goes on, and it is counted.

use alloc::vec::Vec;

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use super::{Room, with};
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
        room.take(Instant::from_ms(now));
        0.0
    });
}

/// Forgets the record of a room, and keeps none any more.
#[wasm_bindgen]
pub fn wipe(room: u32) {
    with(room, 0.0, &mut |room| {
        if let Some(store) = room.store.take() {
            store.write("");
        }
        0.0
    });
}

impl Room {
    /// What stands in its storage.
    fn stored(&mut self) -> Vec<u8> {
        let Some(store) = &self.store else {
            return Vec::new();
        };
        let text = store.read();
        if text.is_none() {
            self.gate.failed(Fault::Storage);
        }
        text.unwrap_or_default()
    }

    /// Takes over what stands in its storage.
    pub(super) fn take(&mut self, now: Instant) {
        self.now = now;
        let text = self.stored();
        self.gate.take_stored(now, self.wall(), &text);
        self.look(now);
    }

    /// Writes its record.
    pub(super) fn write(&mut self) {
        let old = self.stored();
        let text = self.gate.record(self.now, self.wall(), &old);
        if self.store.as_ref().is_some_and(|store| !store.write(&text)) {
            self.gate.failed(Fault::Storage);
        }
    }
}
