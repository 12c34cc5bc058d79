//! `src/web` in real browsers: the timer, the page's events, the text buffer, rooms, and whole conversations through the
//! exported functions, in virtual time.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::wasm_bindgen_test_configure;

wasm_bindgen_test_configure!(run_in_browser);

#[path = "web/conversation.rs"]
mod conversation;
#[cfg(feature = "inspect")]
#[path = "web/inspect.rs"]
mod inspect;
#[path = "web/page.rs"]
mod page;
#[path = "web/rooms.rs"]
mod rooms;
#[path = "web/support.rs"]
mod support;
#[path = "web/text.rs"]
mod text;
#[path = "web/timer.rs"]
mod timer;
