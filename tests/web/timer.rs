//! The one timer: never early, never longer than a browser counts, never forgotten.

use tidegate::time::Instant;
use tidegate::web::timer::Alarm;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{Timers, Wake, now};

const HOUR: f64 = 3_600_000.0;
/// Browsers round their clocks; none by more than this many milliseconds without isolation.
const GRAIN: f64 = 1.0;

fn at(ms: f64) -> Instant {
    Instant::from_ms(ms)
}

#[wasm_bindgen_test]
async fn an_alarm_wakes_and_not_before_its_time() {
    let wake = Wake::new();
    let mut alarm = Alarm::new(wake.function(), false);
    let start = now();
    alarm.arm(at(start), at(start + 30.0));
    wake.first().await.expect("it wakes");
    assert!(now() - start >= 30.0 - GRAIN, "after {} ms", now() - start);
    assert_eq!(wake.count(), 1);
}

#[wasm_bindgen_test]
fn part_of_a_millisecond_is_a_whole_one() {
    let (timers, wake) = (Timers::new(), Wake::new());
    let mut alarm = Alarm::new(wake.function(), false);
    alarm.arm(at(10.0), at(10.25));
    assert_eq!(timers.last(), 1.0);
    let mut other = Alarm::new(wake.function(), false);
    other.arm(at(10.0), at(15.001));
    assert_eq!(timers.last(), 6.0);
    drop((alarm, other));
    timers.restore();
}

#[wasm_bindgen_test]
fn a_long_wait_is_cut_to_an_hour_and_armed_again_when_it_wakes() {
    let (timers, wake) = (Timers::new(), Wake::new());
    let mut alarm = Alarm::new(wake.function(), false);
    let far = at(2.5 * HOUR);
    for passed in 0..2 {
        alarm.arm(at(f64::from(passed) * HOUR), far);
        assert_eq!((timers.last(), timers.pending()), (HOUR, 1));
        timers.fire();
        alarm.fired();
        assert_eq!(wake.count(), passed + 1);
    }
    alarm.arm(at(2.0 * HOUR), far);
    assert_eq!((timers.last(), timers.pending()), (HOUR / 2.0, 1));
    alarm.arm(at(0.0), at(1e15));
    assert_eq!(timers.last(), HOUR, "as long as time counts");
    drop(alarm);
    timers.restore();
}

#[wasm_bindgen_test]
fn a_timer_that_fired_a_moment_early_is_armed_again() {
    let (timers, wake) = (Timers::new(), Wake::new());
    let mut alarm = Alarm::new(wake.function(), false);
    alarm.arm(at(0.0), at(100.0));
    timers.fire();
    alarm.fired();
    alarm.arm(at(99.5), at(100.0));
    assert_eq!((timers.last(), timers.pending()), (1.0, 1), "else its waiter would wait for ever");
    drop(alarm);
    timers.restore();
}

#[wasm_bindgen_test]
fn one_timer_at_most_and_none_set_twice_for_one_time() {
    let (timers, wake) = (Timers::new(), Wake::new());
    let mut alarm = Alarm::new(wake.function(), false);
    alarm.arm(at(0.0), at(100.0));
    alarm.arm(at(1.0), at(100.0));
    assert_eq!((timers.count(), timers.pending()), (1, 1));
    alarm.arm(at(1.0), at(50.0));
    assert_eq!((timers.count(), timers.pending(), timers.last()), (2, 1, 49.0));
    alarm.arm(at(2.0), Instant::NEVER);
    assert_eq!((timers.pending(), timers.last()), (1, 0.0), "nobody needs it: gone with the next task");
    timers.fire();
    alarm.fired();
    alarm.arm(at(3.0), Instant::NEVER);
    assert_eq!((timers.count(), timers.pending()), (3, 0));
    alarm.arm(at(4.0), at(60.0));
    assert_eq!((timers.count(), timers.pending()), (4, 1), "and can be armed again");
    timers.restore();
}

#[wasm_bindgen_test]
fn a_page_leaves_a_timer_that_is_due_soon_and_no_other() {
    let (timers, wake) = (Timers::new(), Wake::new());
    let mut alarm = Alarm::new(wake.function(), true);
    alarm.arm(at(0.0), at(100.0));
    alarm.arm(at(1.0), Instant::NEVER);
    alarm.arm(at(2.0), at(700.0));
    assert_eq!((timers.count(), timers.pending()), (1, 1), "a spare look");
    timers.fire();
    alarm.fired();
    alarm.arm(at(100.0), at(60_000.0));
    alarm.arm(at(101.0), Instant::NEVER);
    assert_eq!((timers.count(), timers.pending()), (2, 0), "a minute is not soon");
    timers.restore();
}

#[wasm_bindgen_test]
fn a_dropped_alarm_does_not_wake() {
    let (timers, wake) = (Timers::new(), Wake::new());
    let mut alarm = Alarm::new(wake.function(), false);
    alarm.arm(at(0.0), at(100.0));
    drop(alarm);
    assert_eq!((timers.pending(), wake.count()), (0, 0));
    timers.restore();
}

#[wasm_bindgen_test]
fn what_is_overdue_wakes_at_once() {
    let (timers, wake) = (Timers::new(), Wake::new());
    let mut alarm = Alarm::new(wake.function(), false);
    alarm.arm(at(500.0), at(100.0));
    assert_eq!((timers.last(), timers.pending()), (0.0, 1));
    drop(alarm);
    timers.restore();
}
