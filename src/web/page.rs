//! Page lifecycle: a page that is hidden gives up what nobody waits for, one that is left writes down what it knows, and
//! one that comes back from a hidden tab, sleep or the back-forward cache is woken at once, and what is overdue then
//! leaves spread. Outside a document (worker, server) there is nothing to listen to.

use crate::time::Duration;

use js_sys::Function;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use super::{Room, text, with};
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
    targets: [Option<EventTarget>; 6],
}

const EVENTS: [&str; 6] = ["visibilitychange", "pagehide", "pageshow", "focus", "online", "offline"];

impl Attention {
    /// Calls `wake` when the page becomes visible or hidden, when it is left, when it is back, and when the browser goes
    /// online or offline: before the page's own listeners, which ask for something then.
    pub fn new(wake: Function) -> Self {
        let document =
            DOCUMENT.with(|document| document.as_ref().map(|d| d.unchecked_ref::<EventTarget>().clone()));
        let window = if document.is_some() { WINDOW.with(Clone::clone) } else { None };
        let targets = core::array::from_fn(|place| if place > 0 { window.clone() } else { document.clone() });
        for (target, event) in targets.iter().zip(EVENTS) {
            if let Some(target) = target {
                // A page that refuses listeners is woken by its timer alone.
                let _ = target.add_event_listener_with_callback_and_bool(event, &wake, true);
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
                let _ = target.remove_event_listener_with_callback_and_bool(event, &self.wake, true);
            }
        }
    }
}

/// An event of the page, by the fifth letter of its type: visi**b**ilitychange, page**h**ide, page**s**how, focu**s**,
/// onli**n**e, offl**i**ne, and mess**a**ge of another tab, whose text is the first `len` bytes of the buffer; or unde**f**ined,
/// the timer's call, which no event comes with. Answers flags, and 8: forget the user.
#[wasm_bindgen]
pub fn woke(room: u32, now: f64, wall: f64, what: u32, len: u32) -> f64 {
    with(room, 0.0, &mut |room| {
        if what as u8 == b'f' {
            room.alarm.fired();
            return 0.0;
        }
        room.ahead = wall - now;
        let now = Instant::from_ms(now);
        room.now = now;
        let mut forget = 0.0;
        if what as u8 == b'a' {
            forget = text::read(len, &mut |said| {
                if room.gate.hear_peer(now, room.wall(), said) { 8.0 } else { 0.0 }
            });
        } else {
            room.attend(now, what as u8);
        }
        f64::from(room.flags(now)) + forget
    })
}

impl Room {
    /// The page is hidden or seen, left or back, online or not.
    fn attend(&mut self, now: Instant, what: u8) {
        let (leaves, shows) = (what == b'h', what == b's');
        let hidden = leaves || Attention::is_hidden();
        self.gate.set_hidden(now, hidden);
        if matches!(what, b'i' | b'n') {
            self.gate.set_offline(now, what == b'i');
        } else if shows {
            self.gate.returned(now);
        }
        if leaves {
            self.leave(now);
        } else if (shows || !hidden) && core::mem::take(&mut self.left) {
            // Perhaps in a tab that nobody looks at.
            self.gate.storing(self.store.is_some());
            self.take(now);
            self.meet(now);
        } else if hidden {
            // It may not come back.
            self.owes.0 |= self.gate.to_store(now, true);
        }
    }
}
