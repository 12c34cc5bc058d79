//! Quotas: what the server says is left is kept to, the reserve belongs to humans, and nobody healthy is held.

use tidegate::reason::Reason;

use crate::world::*;

fn told(limit: u64, remaining: u64, reset: u64) -> Answer {
    let text = format!(
        "x-ratelimit-limit: {limit}\nx-ratelimit-remaining: {remaining}\nx-ratelimit-reset: {reset}\n"
    );
    Answer(200, text, ms(10))
}

/// A quota of `limit` in every half minute, counted by the server itself.
struct Window {
    used: u64,
    window: u64,
    refused: u32,
}

impl Window {
    fn new() -> Self {
        Self { used: 0, window: 0, refused: 0 }
    }

    fn answer(&mut self, hit: &Hit, limit: u64) -> Answer {
        let since = hit.at.since(at(0)).as_millis();
        if since / 30_000 != self.window {
            (self.window, self.used) = (since / 30_000, 0);
        }
        self.used += 1;
        let reset = 30 - (since / 1_000) % 30;
        if self.used > limit {
            self.refused += 1;
            return Answer(429, format!("retry-after: {reset}\n"), ms(10));
        }
        told(limit, limit - self.used, reset)
    }
}

#[test]
fn nothing_goes_before_the_reset_when_nothing_is_left() {
    let mut world = World::alone(&[], |hit| if hit.at == at(0) { told(10, 0, 5) } else { ok() });
    world.ask(at(0), "/a", GET);
    let held = world.ask(at(1_000), "/a", GET);
    let refused = world.ask_for(0, at(1_000), "/a", GET & !tidegate::verdict::How::JOIN, Some(secs(2)));
    let other = world.ask(at(1_000), "/other", GET);
    world.run();
    let call = world.call(held);
    assert_eq!(call.waits[0].1, Reason::Quota);
    assert!(call.sent[0] >= at(5_010) && call.sent[0] <= at(6_010), "{call:?}");
    assert!(matches!(world.call(refused).end(), End::Shed(Reason::Quota, until) if until >= at(5_010)));
    assert_eq!(world.call(other).sent, [at(1_000)], "another route has its own");
}

#[test]
fn one_who_comes_between_the_reset_and_the_spread_waits_for_the_spread_as_well() {
    let mut comebacks = Vec::new();
    for seed in 0..50 {
        let mut world = World::new(&[], |hit| if hit.at == at(0) { told(10, 0, 20) } else { ok() });
        world.page(seed);
        world.ask(at(0), "/a", GET);
        let early = world.ask(at(20_011), "/a", GET);
        world.run();
        comebacks.push(world.call(early).sent[0].since(at(20_010)).as_millis() / 500);
    }
    comebacks.sort_unstable();
    comebacks.dedup();
    assert!(comebacks.len() >= 6, "spread over four seconds: {comebacks:?}");
}

#[test]
fn a_quota_that_is_filled_up_again_frees_who_waits() {
    let mut world = World::alone(&[], |hit| match hit.at {
        t if t == at(0) => {
            Answer(200, "ratelimit: \"all\";r=0;t=60\nratelimit-policy: \"all\";q=9;w=60\n".into(), ms(10))
        }
        _ => Answer(200, "ratelimit: \"all\";r=9;t=60\nratelimit-policy: \"all\";q=9;w=60\n".into(), ms(500)),
    });
    world.ask(at(5), "/b", GET);
    world.ask(at(0), "/a", GET);
    let held = world.ask_for(0, at(20), "/a", GET, Some(secs(100)));
    world.run();
    assert_eq!(world.call(held).sent, [at(505)], "the other answer says that nine are left");
}

#[test]
fn a_named_quota_is_shared_by_the_routes_that_tell_of_it() {
    let mut left = 3;
    let mut world = World::alone(&[], |_| {
        left -= 1;
        Answer(200, format!("ratelimit: \"all\";r={left};t=5\nratelimit-policy: \"all\";q=3;w=5\n"), ms(10))
    });
    for (n, path) in ["/a", "/b", "/a"].iter().enumerate() {
        world.ask(at(n as u64 * 20), path, GET);
    }
    let held = world.ask(at(100), "/b", GET);
    world.run();
    assert!(world.call(held).sent[0] >= at(5_000), "{:?}", world.call(held));
    assert_eq!(world.call(held).waits[0].1, Reason::Quota);
}

#[test]
fn background_work_is_spread_over_the_window_and_leaves_a_fifth_to_humans() {
    let mut window = Window::new();
    let mut world = World::alone(&[], |hit| window.answer(hit, 100));
    for n in 0..300 {
        world.ask(at(n * 90), &format!("/{n}"), BACKGROUND);
    }
    for n in 0..10 {
        world.ask(at(1_000 + n * 2_500), &format!("/{}", 1_000 + n), GET);
    }
    world.run_until(at(29_000));
    let polls = world.hits.len();
    assert!(polls <= 100, "{polls}");
    let human = |c: &&Call| c.how == GET;
    for call in world.pages[0].calls.iter().filter(human).filter(|c| c.asked < at(27_000)) {
        assert_eq!((call.sent.first(), call.waits.len()), (Some(&call.asked), 0), "a human is not held");
    }
    let halves = world.hits.iter().filter(|h| h.at < at(15_000)).count();
    assert!(halves * 3 < polls * 2, "{halves} of {polls} in the first half");
    world.run();
    drop(world);
    assert_eq!(window.refused, 0);
}

#[test]
fn a_healthy_user_is_never_held_by_a_quota_whose_remaining_never_moves() {
    for remaining in [57, 3, 1] {
        let mut world = World::alone(&[], |_| told(60, remaining, 31));
        for n in 0..200 {
            world.ask(at(n * 40), "/a", GET);
        }
        world.run();
        assert!(world.pages[0].calls.iter().all(|c| c.waits.is_empty()), "{remaining}");
        assert_eq!(world.hits.len(), 200);
    }
}

#[test]
fn pacing_can_be_switched_off_but_not_the_servers_word() {
    let off = [(tidegate::policy::Setting::Pace, 0.0)];
    let mut world = World::alone(&off, |_| told(100, 10, 60));
    for n in 0..20 {
        world.ask(at(n * 20), "/a", BACKGROUND);
    }
    world.run();
    let paced = |c: &Call| c.waits.iter().any(|(_, why)| *why == Reason::Quota);
    assert!(!world.pages[0].calls.iter().any(paced));

    let mut world = World::alone(&off, |_| told(100, 0, 5));
    world.ask(at(0), "/a", BACKGROUND);
    let held = world.ask(at(100), "/a", BACKGROUND);
    world.run();
    assert!(world.call(held).sent[0] >= at(5_010));
}

#[test]
fn quotas_of_one_name_and_different_figures_are_different_quotas() {
    for other in ["q=1000;w=60", "q=10;w=3600"] {
        let mut world = World::alone(&[], |hit| {
            let (left, figures) = if hit.url.ends_with("/a") { (0, "q=10;w=60") } else { (9, other) };
            Answer(
                200,
                format!("ratelimit: \"all\";r={left};t=60\nratelimit-policy: \"all\";{figures}\n"),
                ms(10),
            )
        });
        world.ask(at(0), "/a", GET);
        world.ask(at(20), "/b", GET);
        let held = world.ask_for(0, at(100), "/a", GET, Some(secs(100)));
        world.run();
        assert!(world.call(held).sent[0] >= at(60_010), "{other}: {:?}", world.call(held));
    }
}

#[test]
fn a_human_is_held_by_a_quota_that_falls_fast_when_less_than_a_tenth_is_left() {
    for (left, goes) in [(11, true), (9, false)] {
        let mut world = World::alone(&[], |hit| told(100, if hit.at == at(0) { 100 } else { left }, 60));
        world.ask(at(0), "/a", GET);
        world.ask(at(1_000), "/a", GET);
        let calls = [2_000, 2_100, 2_200].map(|n| world.ask(at(n), "/a", GET));
        world.run();
        let waits = calls.iter().flat_map(|call| &world.call(*call).waits);
        assert_eq!(waits.filter(|(_, why)| *why == Reason::Quota).count() == 0, goes, "{left}");
    }
}
