//! Whole conversations through the exported functions: packed answers, one timer, virtual time.

use tidegate::web::page::woke;
use tidegate::web::report::{at, closed, event, listen, pressure, told};
use tidegate::web::{ask, key, open, poll, scope, set_mode, settle, shut};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Timers, Wake, put};

const GO: u32 = 1;
const WAIT: u32 = 2;
const SHED: u32 = 3;
const JOIN: u32 = 4;
const DONE: u32 = 5;
const HELD: u32 = 6;
const PASS: u32 = 7;
const DUE: u32 = 256;
const EVENTS: u32 = 512;
const CHANGED: u32 = 1_024;

const RETRY_AFTER: u32 = 1;
const GET: u32 = 1 | 4 | 8 | 16;
const POST: u32 = 1;
const WALL: f64 = 1_700_000_000_000.0;

/// A packed answer, taken apart.
struct Answer {
    kind: u32,
    why: u32,
    flags: u32,
    ticket: u32,
}

fn unpack(packed: f64) -> Answer {
    let low = (packed % 2048.0) as u32;
    Answer {
        kind: low & 15,
        why: low >> 4 & 15,
        flags: low & (DUE | EVENTS | CHANGED),
        ticket: (packed / 2048.0) as u32,
    }
}

/// A room, as the face has it.
struct Page {
    timers: Timers,
    wake: Wake,
    room: u32,
    scope: u32,
}

impl Page {
    fn new() -> Self {
        let (timers, wake) = (Timers::new(), Wake::new());
        let room = open(1.0, wake.function());
        let scope = scope(room, 0.0, put("https://a.example"));
        Self { timers, wake, room, scope }
    }

    fn key(&self, line: &str) -> u32 {
        key(self.room, 0.0, self.scope, put(line))
    }

    fn ask(&self, now: f64, key: u32, how: u32) -> Answer {
        unpack(ask(self.room, now, key, how, f64::NAN))
    }

    fn settle(&self, now: f64, ticket: u32, status: u32, fields: &str) -> Answer {
        unpack(settle(self.room, now, WALL + now, ticket, status, put(fields)))
    }

    fn poll(&self, now: f64) -> Answer {
        unpack(poll(self.room, now))
    }

    /// The newest timer fires, and the page says so.
    fn fire(&self, now: f64) {
        self.timers.fire();
        woke(self.room, now, WALL + now, u32::from(b'f'), 0);
    }

    fn close(self) {
        shut(self.room, 0.0);
        assert_eq!(self.timers.pending(), 0, "a shut room has no timer");
        self.timers.restore();
    }
}

#[wasm_bindgen_test]
fn a_request_goes_and_is_done_and_one_timer_looks_whether_it_is_late() {
    let page = Page::new();
    let go = page.ask(0.0, page.key("GET\nhttps://a.example/x"), GET);
    assert_eq!((go.kind, go.why, go.flags), (GO, 0, 0));
    assert_eq!((told(page.room, 2), told(page.room, 3)), (0.0, 1.0));
    let done = page.settle(50.0, go.ticket, 200, "");
    assert_eq!((done.kind, done.ticket, done.flags & DUE), (DONE, go.ticket, 0));
    assert_eq!((told(page.room, 2), told(page.room, 3)), (0.0, 0.0));
    assert_eq!((page.timers.count(), page.timers.last()), (1, 2_000.0), "a spare look, for the next one too");
    page.close();
}

#[wasm_bindgen_test]
fn a_refused_one_is_held_until_the_servers_time_and_goes_again_when_the_timer_wakes() {
    let page = Page::new();
    // 64: untimed, so that no look whether it is late comes between.
    let go = page.ask(1_000.0, page.key("GET\nhttps://a.example/x"), GET | 64);
    let held = page.settle(1_100.0, go.ticket, 503, "retry-after: 2\n");
    assert_eq!((held.kind, held.why, held.ticket), (HELD, RETRY_AFTER, go.ticket));
    assert_ne!(held.flags & CHANGED, 0);
    let until = told(page.room, 0);
    assert!((3_100.0..=4_100.0).contains(&until), "{until}");
    assert_eq!(closed(page.room, 1_200.0, page.scope), until);
    assert_eq!(pressure(page.room, 1_200.0, page.scope) as u32 >> 4 & 15, RETRY_AFTER);
    assert_eq!((page.timers.last(), page.timers.pending()), ((until - 1_100.0).ceil(), 1));

    // A moment early: nothing is due, and the timer is there again.
    page.fire(until - 0.5);
    assert_eq!(page.wake.count(), 1);
    assert_eq!(page.poll(until - 0.5).kind, 0);
    assert_eq!((page.timers.last(), page.timers.pending()), (1.0, 1));

    page.fire(until);
    let again = page.poll(until);
    assert_eq!((again.kind, again.ticket), (GO, go.ticket));
    assert_eq!(page.settle(until + 10.0, go.ticket, 200, "").kind, DONE);
    assert_eq!(page.poll(until + 10.0).kind, 0);
    assert!(closed(page.room, until + 10.0, page.scope).is_nan());
    page.close();
}

#[wasm_bindgen_test]
fn beyond_patience_it_is_shed_with_the_time_and_its_ticket_is_free() {
    let page = Page::new();
    let post = page.ask(0.0, page.key("POST\nhttps://a.example/save"), POST);
    assert_eq!(
        page.settle(0.0, post.ticket, 503, "retry-after: 60\n").kind,
        DONE,
        "an unsafe one is handed over"
    );
    let shed = page.ask(10.0, page.key("GET\nhttps://a.example/x"), GET);
    assert_eq!((shed.kind, shed.why), (SHED, RETRY_AFTER));
    assert!((60_000.0..=72_000.0).contains(&told(page.room, 0)));
    assert_eq!(page.settle(20.0, shed.ticket, 200, "").kind, DONE, "a stale ticket changes nothing");
    assert!(closed(page.room, 20.0, page.scope) >= 60_000.0);
    page.close();
}

#[wasm_bindgen_test]
fn equal_ones_join_at_once_and_when_they_are_released() {
    let page = Page::new();
    let key = page.key("GET\nhttps://a.example/x");
    let leader = page.ask(0.0, key, GET);
    let joiner = page.ask(1.0, key, GET);
    assert_eq!((joiner.kind, joiner.ticket), (JOIN, leader.ticket));
    assert_eq!(page.settle(2.0, leader.ticket, 200, "").kind, DONE);
    let post = page.ask(3.0, page.key("POST\nhttps://a.example/save"), POST);
    assert_eq!(page.settle(3.0, post.ticket, 503, "retry-after: 1\n").kind, DONE);
    let waits = [4.0, 5.0].map(|now| page.ask(now, key, GET));
    assert!(waits.iter().all(|wait| wait.kind == WAIT && wait.why == RETRY_AFTER));
    assert_eq!(told(page.room, 2), 2.0);
    let until = told(page.room, 0);
    let (first, second) = (page.poll(until), page.poll(until));
    assert_eq!((first.kind, second.kind), (GO, JOIN));
    assert_eq!(told(page.room, 1), f64::from(first.ticket), "whose flight it joins");
    assert_ne!(second.ticket, first.ticket);
    page.close();
}

#[wasm_bindgen_test]
fn an_abort_frees_its_place_in_every_phase() {
    let page = Page::new();
    let key = page.key("POST\nhttps://a.example/save");
    let flying = page.ask(0.0, key, POST);
    assert_eq!(page.settle(1.0, flying.ticket, 1, "").kind, DONE);
    assert_eq!(told(page.room, 3), 0.0);
    assert_eq!(pressure(page.room, 1.0, page.scope), 0.0, "it says nothing about the server");
    let refused = page.ask(2.0, key, POST);
    let _ = page.settle(2.0, refused.ticket, 503, "retry-after: 1\n");
    let waiting = page.ask(3.0, key, POST);
    assert_eq!((waiting.kind, told(page.room, 2)), (WAIT, 1.0));
    assert_eq!(page.settle(4.0, waiting.ticket, 1, "").kind, DONE);
    assert_eq!(told(page.room, 2), 0.0);
    assert_eq!(page.poll(10_000.0).kind, 0, "it never leaves");
    page.close();
}

#[wasm_bindgen_test]
fn events_are_recorded_for_those_who_listen_and_taken_in_order() {
    let page = Page::new();
    let key = page.key("GET\nhttps://a.example/x");
    let quiet = page.ask(0.0, key, GET);
    let _ = page.settle(0.0, quiet.ticket, 200, "");
    assert_eq!(event(page.room), 0);
    listen(page.room, 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4);
    let go = page.ask(1.0, key, GET);
    let held = page.settle(1.0, go.ticket, 503, "retry-after: 2\n");
    assert_eq!(held.kind, HELD);
    assert_ne!(held.flags & EVENTS, 0);
    let mut kinds = Vec::new();
    while event(page.room) != 0 {
        let kind = at(6) as u32;
        kinds.push(kind);
        assert_eq!(at(1), f64::from(page.scope));
        if kind == 4 {
            assert_eq!([at(0), at(2), at(5)], [f64::from(go.ticket), f64::from(RETRY_AFTER), 1.0]);
            assert_eq!(at(3), told(page.room, 0));
        }
    }
    kinds.sort_unstable();
    assert_eq!(kinds, [1, 4], "the state and the retry");
    assert_eq!(event(page.room), 0);
    page.close();
}

#[wasm_bindgen_test]
fn switched_off_who_waits_leaves_spaced_and_who_comes_passes() {
    let page = Page::new();
    let key = page.key("POST\nhttps://a.example/save");
    let refused = page.ask(0.0, key, POST);
    let _ = page.settle(0.0, refused.ticket, 503, "retry-after: 5\n");
    let waiting = [1.0, 2.0, 3.0].map(|now| page.ask(now, key, POST).ticket);
    let flags = unpack(set_mode(page.room, 10.0, 2)).flags;
    assert_ne!(flags & DUE, 0);
    let mut left = Vec::new();
    let mut now = 10.0;
    while left.len() < waiting.len() {
        let next = page.poll(now);
        match next.kind {
            GO => left.push((now, next.ticket)),
            0 => now += page.timers.last(),
            _ => {}
        }
        assert!(now < 1_000.0, "they all leave");
    }
    assert_eq!(left.iter().map(|(_, ticket)| *ticket).collect::<Vec<_>>(), waiting);
    assert!(left.windows(2).all(|pair| pair[0].0 < pair[1].0), "not in a burst: {left:?}");
    assert_eq!(page.ask(now, key, POST).kind, PASS);
    page.close();
}
