//! The channel between tabs of one origin. Any call may fail at any time; everything else goes on, and it is counted.
//!
//! It is closed while the page is left, so that no browser has a reason not to keep the page for its return. Nothing
//! here is called while a room is borrowed: a stand-in may deliver at once.

use alloc::string::String;

use js_sys::Function;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::with;
use crate::gate::Fault;
use crate::time::Instant;

#[wasm_bindgen]
extern "C" {
    /// The platform's `BroadcastChannel`.
    #[derive(Clone)]
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
pub fn share(room: u32, now: f64, name: JsValue, wake: Function) {
    with(room, 0.0, &mut |room| {
        room.tabs = Some(Tabs { name: name.clone(), wake: wake.clone(), channel: None });
        0.0
    });
    meet(room, Instant::from_ms(now));
}

/// The user of a room has left: other tabs are told to forget him. Answers flags only.
#[wasm_bindgen]
pub fn forget(room: u32, now: f64) -> f64 {
    let now = Instant::from_ms(now);
    super::act(room, 0.0, now, &mut |room| {
        room.gate.tell_clear();
        f64::from(room.flags(now))
    })
}

/// Opens the channel, and says hello.
pub(super) fn meet(room: u32, now: Instant) {
    let mut named = None;
    with(room, 0.0, &mut |room| {
        named = room.tabs.as_ref().map(|tabs| (tabs.name.clone(), tabs.wake.clone()));
        0.0
    });
    let Some((name, wake)) = named else {
        return;
    };
    let channel = Channel::new(&name).ok().filter(|channel| {
        let target: &EventTarget = channel.unchecked_ref();
        target.add_event_listener_with_callback("message", &wake).is_ok()
    });
    if let Some(channel) = &channel {
        let _ = channel.unref();
    }
    super::act(room, 0.0, now, &mut |room| {
        match (&mut room.tabs, &channel) {
            (Some(tabs), Some(_)) => {
                tabs.channel = channel.clone();
                room.gate.greet(now);
            }
            _ => room.gate.failed(Fault::Channel),
        }
        room.look(now);
        0.0
    });
}

/// Says what is due.
pub(super) fn speak(room: u32, now: Instant) {
    let (mut channel, mut text) = (None, String::new());
    with(room, 0.0, &mut |room| {
        channel = room.tabs.as_ref().and_then(|tabs| tabs.channel.clone());
        text = room.gate.message(now, room.wall(now));
        0.0
    });
    post(room, channel, &text);
}

/// Says bye, and closes the channel.
pub(super) fn part(room: u32, now: Instant) {
    let (mut channel, mut text) = (None, String::new());
    with(room, 0.0, &mut |room| {
        channel = room.tabs.as_mut().and_then(|tabs| tabs.channel.take());
        text = room.gate.bye(now, room.wall(now));
        0.0
    });
    let last = channel.clone();
    post(room, channel, &text);
    if let Some(channel) = last {
        let _ = channel.close();
    }
}

fn post(room: u32, channel: Option<Channel>, text: &str) {
    if channel.is_some_and(|channel| channel.post_message(text).is_err()) {
        with(room, 0.0, &mut |room| {
            room.gate.failed(Fault::Channel);
            0.0
        });
    }
}
