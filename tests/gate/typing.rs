//! What a box that is typed into goes by: its scope's state, and what its own human waits for.

use tidegate::pressure::State;
use tidegate::scope::PlaceId;
use tidegate::verdict::How;

use crate::world::*;

const SEARCH: &str = "/search";

/// Answers everything in a tenth of a second, but nothing that comes after the ninth second.
fn silent(hit: &Hit) -> Answer {
    Answer(200, String::new(), if hit.at < at(9_000) { ms(100) } else { secs(60) })
}

/// One page that has searched once a second, and had its answers.
fn searched() -> World<'static> {
    let mut world = World::alone(&[], silent);
    for second in 0..5 {
        world.ask(at(second * 1_000), SEARCH, GET);
    }
    world.run_until(at(9_000));
    world
}

fn typing(world: &mut World, when: u64) -> (State, State) {
    world.run_until(at(when));
    let scope = world.scope(0, ORIGIN);
    (world.gate().typing(at(when), scope), world.gate().pressure(at(when), scope).state)
}

#[test]
fn it_waits_while_its_own_answer_takes_longer_than_twice_what_is_usual() {
    let mut world = searched();
    world.ask(at(10_000), SEARCH, GET);
    assert_eq!(typing(&mut world, 10_200), (State::Nominal, State::Nominal));
    assert_eq!(
        typing(&mut world, 10_201),
        (State::Serious, State::Nominal),
        "long before the scope is serious"
    );
}

#[test]
fn another_scope_and_what_no_human_waits_for_and_what_is_slow_by_nature_say_nothing() {
    let others = [("/other", BACKGROUND), (SEARCH, GET | How::UNTIMED), ("https://b.example/search", GET)];
    for (path, how) in others {
        let mut world = World::alone(&[], silent);
        for path in [SEARCH, "https://b.example/search"] {
            world.ask(at(0), path, GET);
        }
        let asked = world.ask(at(10_000), path, how);
        assert_eq!(typing(&mut world, 10_800).0, State::Nominal, "{path} {how}");
        assert_eq!((world.call(asked).sent.len(), world.call(asked).end), (1, None), "it is under way");
    }
}

#[test]
fn a_class_never_answered_is_measured_by_the_slowest_of_its_scope() {
    let mut world = World::alone(&[], |hit| {
        // Another scope's is no measure for this one.
        let usual = [("https://b.example/slow", 1_000), ("https://a.example/slow", 400)];
        let usual = usual.iter().find(|(url, _)| *url == hit.url).map_or(50, |(_, usual)| *usual);
        Answer(200, String::new(), if hit.at < at(9_000) { ms(usual) } else { secs(60) })
    });
    for path in ["/slow", "/quick", "https://b.example/slow"] {
        world.ask(at(0), path, GET);
    }
    world.ask(at(10_000), "/new", GET);
    assert_eq!(typing(&mut world, 10_800).0, State::Nominal);
    assert_eq!(typing(&mut world, 10_801).0, State::Serious);
    world.ask(at(11_000), "/quick", GET);
    world.abort(at(11_000), 3);
    assert_eq!(typing(&mut world, 11_100).0, State::Nominal);
    assert_eq!(typing(&mut world, 11_101).0, State::Serious, "and one with its own measure by that");
}

#[test]
fn where_nothing_was_ever_answered_there_is_no_measure() {
    let mut world = World::alone(&[], |_| Answer(200, String::new(), secs(60)));
    world.ask(at(0), SEARCH, GET);
    assert_eq!(typing(&mut world, 1_500).0, State::Nominal);
}

#[test]
fn a_scope_that_is_worse_stays_so_and_one_that_is_not_known_is_nominal() {
    let mut world = World::alone(&[], |hit| match hit.at {
        when if when < at(9_000) => ok(),
        when if when == at(9_000) => Answer(200, "backpressure: state=critical, for=30\n".into(), ms(20)),
        _ => Answer(200, String::new(), secs(60)),
    });
    for second in [0, 1_000, 9_000, 10_000] {
        world.ask(at(second), SEARCH, GET);
    }
    assert_eq!(typing(&mut world, 10_900), (State::Critical, State::Critical));
    assert_eq!(world.gate().typing(at(10_900), PlaceId::NONE), State::Nominal);
}
