//! Page lifecycle: a page that is hidden gives up what nobody waits for, one that is left writes down what it knows, and
//! one that comes back from a hidden tab, sleep or the back-forward cache is woken at once, and what is overdue then
//! leaves spread. Outside a document (worker, server) there is nothing to listen to.

use crate::time::Duration;

use js_sys::Function;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::{store, tabs, text};
use crate::time::Instant;

#[wasm_bindgen]
extern "C" {
    type Document;
    // By their global names: finding one through the other costs four times the code.
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<Document>;
    #[wasm_bindgen(thread_local_v2, js_name = window)]
    static WINDOW: Option<EventTarget>;
    #[wasm_bindgen(method, getter, catch)]
    fn hidden(this: &Document) -> Result<bool, JsValue>;
}

/// Hidden tabs run timers once a second, later once a minute: a wake-up this late means that the page was away.
const AWAY: Duration = Duration::from_secs(2);

/// Listens while it lives. The listener is the page's own function: an instance that trapped is never entered.
pub struct Attention {
    wake: Function,
    targets: [Option<EventTarget>; 3],
}

const EVENTS: [&str; 3] = ["visibilitychange", "pagehide", "pageshow"];

impl Attention {
    /// Calls `wake` when the page becomes visible or hidden, when it is left, and when it is back.
    pub fn new(wake: Function) -> Self {
        let document =
            DOCUMENT.with(|document| document.as_ref().map(|d| d.unchecked_ref::<EventTarget>().clone()));
        let window = if document.is_some() { WINDOW.with(Clone::clone) } else { None };
        let targets = [document, window.clone(), window];
        for (target, event) in targets.iter().zip(EVENTS) {
            if let Some(target) = target {
                // A page that refuses listeners is woken by its timer alone.
                let _ = target.add_event_listener_with_callback(event, &wake);
            }
        }
        Self { wake, targets }
    }

    /// Whether this is a document.
    pub fn is_page(&self) -> bool {
        self.targets[0].is_some()
    }

    /// Whether nobody can see it.
    pub fn is_hidden() -> bool {
        DOCUMENT.with(|document| document.as_ref().is_some_and(|document| document.hidden() == Ok(true)))
    }

    /// Whether a wake-up that was armed for `due` comes so late that the page was away.
    pub fn was_away(due: Instant, now: Instant) -> bool {
        now.since(due) > AWAY
    }
}

impl Drop for Attention {
    fn drop(&mut self) {
        for (target, event) in self.targets.iter().zip(EVENTS) {
            if let Some(target) = target {
                let _ = target.remove_event_listener_with_callback(event, &self.wake);
            }
        }
    }
}

/// An event of the page, by the fifth letter of its type: visi**b**ilitychange, page**h**ide, page**s**how, and
/// mess**a**ge of another tab, whose text is the first `len` bytes of the buffer. Answers flags, and 8: forget the user.
#[wasm_bindgen]
pub fn woke(room: u32, now: f64, wall: f64, what: u32, len: u32) -> f64 {
    let (ahead, now, what) = (wall - now, Instant::from_ms(now), what as u8);
    let mut back = false;
    let answer = super::act(room, 0.0, now, &mut |room| {
        room.ahead = ahead;
        let mut forget = 0;
        match what {
            b'a' => {
                let wall = room.wall(now);
                let heard =
                    text::read(len, &mut |said| f64::from(u8::from(room.gate.hear_peer(now, wall, said))));
                forget = 8 * heard as u32;
            }
            b's' => {
                back = core::mem::take(&mut room.left);
                room.gate.set_hidden(now, Attention::is_hidden());
                if back {
                    room.gate.resume(now);
                }
            }
            b'h' | b'b' => {
                room.gate.set_hidden(now, what == b'h' || Attention::is_hidden());
                // It may not come back.
                room.owes.0 |= room.gate.is_hidden() && !room.left && room.gate.to_store(now, true);
            }
            _ => {}
        }
        f64::from(room.flags(now) | forget)
    });
    if what == b'h' {
        tabs::part(room, now);
        super::with(room, 0.0, &mut |room| {
            room.left = true;
            0.0
        });
    } else if back {
        store::take(room, now);
        tabs::meet(room, now);
    }
    answer
}
