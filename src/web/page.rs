//! Page lifecycle: a page that comes back from a hidden tab, sleep or the back-forward cache is woken at once, and
//! what is overdue then leaves spread. Outside a document (worker, server) there is nothing to listen to.

use crate::time::Duration;

use js_sys::Function;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

use crate::time::Instant;

#[wasm_bindgen]
extern "C" {
    // By its global name: finding it through `window` costs four times the code.
    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<EventTarget>;
}

/// Hidden tabs run timers once a second, later once a minute: a wake-up this late means that the page was away.
const AWAY: Duration = Duration::from_secs(2);

/// Listens while it lives. The listener is the page's own function: an instance that trapped is never entered.
pub struct Attention {
    wake: Function,
    target: Option<EventTarget>,
}

impl Attention {
    /// Calls `wake` when the page becomes visible or hidden.
    pub fn new(wake: Function) -> Self {
        let target = DOCUMENT.with(Clone::clone);
        if let Some(target) = &target {
            // A page that refuses listeners is woken by its timer alone.
            let _ = target.add_event_listener_with_callback(EVENT, &wake);
        }
        Self { wake, target }
    }

    /// Whether this is a document.
    pub fn is_page(&self) -> bool {
        self.target.is_some()
    }

    /// Whether a wake-up that was armed for `due` comes so late that the page was away.
    pub fn was_away(due: Instant, now: Instant) -> bool {
        now.since(due) > AWAY
    }
}

impl Drop for Attention {
    fn drop(&mut self) {
        if let Some(target) = &self.target {
            let _ = target.remove_event_listener_with_callback(EVENT, &self.wake);
        }
    }
}

const EVENT: &str = "visibilitychange";
