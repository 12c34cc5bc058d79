//! What a page would do: timers held by hand, a counting `wake`, text written where the core reads it.

use js_sys::{Function, Uint8Array, WebAssembly};
use tidegate::web::text;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(inline_js = r#"
export class Timers {
    constructor() {
        [this.armed, this.delays, this.cleared] = [new Map(), [], 0];
        this.real = [globalThis.setTimeout, globalThis.clearTimeout];
        globalThis.setTimeout = (work, delay) => (this.delays.push(delay), this.armed.set(this.delays.length, work), this.delays.length);
        globalThis.clearTimeout = (id) => void (this.cleared += this.armed.delete(id));
    }
    last() { return this.delays.at(-1) ?? NaN; }
    count() { return this.delays.length; }
    pending() { return this.armed.size; }
    fire() {
        const [id, work] = [...this.armed].at(-1);
        this.armed.delete(id);
        work();
    }
    restore() { [globalThis.setTimeout, globalThis.clearTimeout] = this.real; }
}
export class Wake {
    constructor() { this.called = 0; this.first = new Promise((resolve) => (this.wake = () => resolve(++this.called))); }
    function() { return this.wake; }
    count() { return this.called; }
}
export const now = () => performance.now();
export const change_visibility = () => void document.dispatchEvent(new Event("visibilitychange"));
"#)]
extern "C" {
    /// The page's timers, held by hand from `new` to `restore`.
    pub type Timers;
    /// Takes the place of `setTimeout` and `clearTimeout`.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Timers;
    /// Milliseconds of the timer that was set last.
    #[wasm_bindgen(method)]
    pub fn last(this: &Timers) -> f64;
    /// How many were set.
    #[wasm_bindgen(method)]
    pub fn count(this: &Timers) -> u32;
    /// How many would still fire.
    #[wasm_bindgen(method)]
    pub fn pending(this: &Timers) -> u32;
    /// The newest one fires.
    #[wasm_bindgen(method)]
    pub fn fire(this: &Timers);
    /// Gives the platform's back.
    #[wasm_bindgen(method)]
    pub fn restore(this: &Timers);

    /// A function of the page that counts its calls.
    pub type Wake;
    /// Not called yet.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Wake;
    /// The function itself.
    #[wasm_bindgen(method)]
    pub fn function(this: &Wake) -> Function;
    /// How often it was called.
    #[wasm_bindgen(method)]
    pub fn count(this: &Wake) -> u32;
    /// Settled by the first call.
    #[wasm_bindgen(method, getter)]
    pub fn first(this: &Wake) -> js_sys::Promise;

    /// The page's monotonic clock, milliseconds.
    pub fn now() -> f64;
    /// Tells the document's listeners that the tab was hidden or shown.
    pub fn change_visibility();
}

/// A view of the text buffer, as the page has it.
pub fn view(len: u32) -> Uint8Array {
    let at = text::buffer(len);
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    Uint8Array::new_with_byte_offset_and_length(&memory.buffer(), at, len)
}

/// Writes text where the core reads it; answers its length.
pub fn put(said: &str) -> u32 {
    let len = said.len() as u32;
    view(len).copy_from(said.as_bytes());
    len
}

/// The first `len` bytes of the buffer.
pub fn take(len: u32) -> String {
    String::from_utf8(view(len).to_vec()).expect("the core writes UTF-8")
}
