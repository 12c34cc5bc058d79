//! The channel between tabs of one origin. Any call may fail at any time; everything else goes on, and it is counted.
//!
//! It is closed while the page is left, so that no browser has a reason not to keep the page for its return.

use js_sys::Function;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::{Room, with};
use crate::gate::Fault;
use crate::time::Instant;

#[wasm_bindgen]
extern "C" {
    /// The platform's `BroadcastChannel`.
    #[wasm_bindgen(js_name = BroadcastChannel)]
    pub type Channel;
    #[wasm_bindgen(constructor, catch, js_class = BroadcastChannel)]
    fn new(name: &JsValue) -> Result<Channel, JsValue>;
    #[wasm_bindgen(method, catch, js_name = postMessage)]
    fn post_message(this: &Channel, text: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn close(this: &Channel) -> Result<(), JsValue>;
    // Node only: an open channel keeps no process alive.
    #[wasm_bindgen(method, catch)]
    fn unref(this: &Channel) -> Result<(), JsValue>;
}

/// A channel's name, who listens, and the channel while it is open.
pub struct Tabs {
    name: JsValue,
    wake: Function,
    channel: Option<Channel>,
}

/// Opens a channel of this name for a room. `wake` is called with each message.
#[wasm_bindgen]
pub fn share(room: u32, now: f64, wall: f64, name: JsValue, wake: Function) {
    with(room, 0.0, &mut |room| {
        room.ahead = wall - now;
        room.tabs = Some(Tabs { name: name.clone(), wake: wake.clone(), channel: None });
        room.meet(Instant::from_ms(now));
        0.0
    });
}

/// The user of a room has left: other tabs are told to forget him. Answers flags only.
#[wasm_bindgen]
pub fn forget(room: u32, now: f64) -> f64 {
    with(room, 0.0, &mut |room| {
        room.gate.tell_clear();
        f64::from(room.flags(Instant::from_ms(now)))
    })
}

impl Room {
    /// Opens its channel, if it has one, and says hello.
    pub(super) fn meet(&mut self, now: Instant) {
        let Some(tabs) = &mut self.tabs else {
            return;
        };
        let opened = Channel::new(&tabs.name).ok().filter(|channel| {
            let target: &EventTarget = channel.unchecked_ref();
            let _ = channel.unref();
            target.add_event_listener_with_callback("message", &tabs.wake).is_ok()
        });
        if opened.is_some() {
            self.gate.greet(now);
        } else {
            self.gate.failed(Fault::Channel);
        }
        tabs.channel = opened;
        self.look(now);
    }

    /// Says something.
    pub(super) fn say(&mut self, text: &str) {
        let channel = self.tabs.as_ref().and_then(|tabs| tabs.channel.as_ref());
        if channel.is_some_and(|channel| channel.post_message(text).is_err()) {
            self.gate.failed(Fault::Channel);
        }
    }

    /// Says bye, and closes its channel.
    pub(super) fn part(&mut self) {
        let text = self.gate.bye(self.now, self.wall());
        self.say(&text);
        if let Some(channel) = self.tabs.as_mut().and_then(|tabs| tabs.channel.take()) {
            let _ = channel.close();
        }
    }
}
