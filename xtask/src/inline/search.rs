//! Finds a table of signs by simulated annealing, for [`super::SIGNS`]. Run by hand after a build, when the module has
//! become another: `cargo test --release --package xtask -- --ignored --nocapture signs`.
//!
//! What is made small is the estimated length of the literals: characters that no repetition covers, counted by the
//! kinds of the two before them.

#![expect(clippy::disallowed_methods, reason = "a table that is committed may come from any libm")]

use std::collections::HashMap;

use super::{LEADS, SIGNS, codes, safe, streams};

/// Swaps that are tried.
const TRIES: u32 = 300_000;
/// Bits by which a swap may be worse, at first and at last.
const HEAT: (f64, f64) = (240.0, 1.0);

/// RFC 7932, section 7.1: what brotli tells apart of the last character, and of the one before it.
fn kinds(sign: u8) -> (usize, usize) {
    let last = match sign {
        b' ' => 2,
        b'%' => 5,
        b'(' | b'<' | b'[' | b'{' => 6,
        b')' | b'>' | b']' | b'}' => 7,
        b',' | b':' | b';' => 8,
        b'.' => 9,
        b'=' => 10,
        b'0'..=b'9' => 11,
        b'A' | b'E' | b'I' | b'O' | b'U' => 12,
        b'A'..=b'Z' => 13,
        b'a' | b'e' | b'i' | b'o' | b'u' => 14,
        b'a'..=b'z' => 15,
        _ => 3,
    };
    let before = match sign {
        b' ' => 0,
        b'0'..=b'9' | b'A'..=b'Z' => 2,
        b'a'..=b'z' => 3,
        _ => 1,
    };
    (last, before)
}

/// A character of the text: a byte's own, or fixed.
#[derive(Clone, Copy, Eq, Hash, PartialEq)]
enum Place {
    Own(u8),
    Fixed(u8),
}

/// Each literal with the two places before it. Repetitions of four and more are taken as brotli would: the longest.
fn literals(text: &[Place]) -> Vec<[Place; 3]> {
    let (mut seen, mut out, mut at) = (HashMap::<&[Place], Vec<usize>>::new(), vec![], 0);
    while at < text.len() {
        let here = text.get(at..at + 4);
        let earlier = here.and_then(|four| seen.get(four)).into_iter().flatten();
        let same = |&from: &usize| text[from..].iter().zip(&text[at..]).take_while(|(a, b)| a == b).count();
        let length = earlier.map(same).max().unwrap_or(0).max(1);
        if length == 1 && at >= 2 {
            out.push([text[at - 2], text[at - 1], text[at]]);
        }
        for from in at..at + length {
            if let Some(four) = text.get(from..from + 4) {
                seen.entry(four).or_default().push(from);
            }
        }
        at += length;
    }
    out
}

/// Estimated bits of the literals: entropy by context, and three bits for each character that a context's code holds.
fn cost(literals: &[[Place; 3]], signs: &[u8; 256]) -> f64 {
    let sign = |place: Place| match place {
        Place::Own(byte) => signs[usize::from(byte)],
        Place::Fixed(sign) => sign,
    };
    let mut counts = vec![[0u32; 128]; 64];
    for &[before, last, this] in literals {
        let context = kinds(sign(last)).0 * 4 + kinds(sign(before)).1;
        counts[context][usize::from(sign(this))] += 1;
    }
    let weight = |n: u32| f64::from(n) * f64::from(n.max(1)).log2();
    let context = |count: &[u32; 128]| {
        let each: f64 = count.iter().filter(|n| **n > 0).map(|&n| 3.0 - weight(n)).sum();
        weight(count.iter().sum()) + each
    };
    counts.iter().map(context).sum()
}

/// A table for this module: the most frequent bytes get characters, and all that a pair cannot write.
fn start(parts: &[Vec<u8>]) -> [u8; 256] {
    let mut count = [0usize; 256];
    parts.iter().flatten().for_each(|&byte| count[usize::from(byte)] += 1);
    let own: Vec<u8> = (b' '..=b'~').filter(|c| safe(*c) && !LEADS.contains(c)).collect();
    // Where only byte 0 has a character, all others show what pairs can write.
    let pairs = codes(&[own[0]; 256]);
    let mut order: Vec<usize> = (0..256).collect();
    order.sort_by_key(|&byte| (byte != 0 && !pairs[byte].is_empty(), usize::MAX - count[byte]));
    let mut signs = [0; 256];
    order.iter().zip(&own).for_each(|(&byte, &sign)| signs[byte] = sign);
    signs.map(|sign| if sign == 0 { signs[0] } else { sign })
}

fn places(parts: &[Vec<u8>], signs: &[u8; 256]) -> Vec<Place> {
    let codes = codes(signs);
    let place = |&byte: &u8| match &codes[usize::from(byte)][..] {
        [_] => vec![Place::Own(byte)],
        pair => pair.iter().map(|&sign| Place::Fixed(sign)).collect(),
    };
    let part =
        |part: &Vec<u8>| std::iter::once(Place::Fixed(b'|')).chain(part.iter().flat_map(place)).collect();
    parts.iter().flat_map::<Vec<Place>, _>(part).collect()
}

fn anneal(literals: &[[Place; 3]], signs: &mut [u8; 256]) -> f64 {
    let own: Vec<usize> = (0..256).filter(|&byte| byte == 0 || signs[byte] != signs[0]).collect();
    let mut rng = tidegate::rng::Rng::from_seed(1);
    let mut now = cost(literals, signs);
    for step in 0..TRIES {
        let [a, b] = [(); 2].map(|()| own[rng.below(own.len() as u64) as usize]);
        if kinds(signs[a]) == kinds(signs[b]) {
            continue;
        }
        let before = *signs;
        signs.swap(a, b);
        // The filler is whatever byte 0 shows.
        let filler = signs[0];
        (0..256).filter(|byte| !own.contains(byte)).for_each(|byte| signs[byte] = filler);
        let next = cost(literals, signs);
        let heat = HEAT.0 * (HEAT.1 / HEAT.0).powf(f64::from(step) / f64::from(TRIES));
        let chance = rng.below(1 << 32) as f64 / (1u64 << 32) as f64;
        if next <= now || ((now - next) / heat).exp() > chance {
            now = next;
        } else {
            *signs = before;
        }
    }
    now
}

#[test]
#[ignore = "minutes, and needs what `cargo xtask build` makes"]
fn signs_of_a_new_search_are_hardly_better() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../pkg/build/production/core_bg.wasm");
    let parts = streams::split(&std::fs::read(path).unwrap()).unwrap();
    let old = cost(&literals(&places(&parts, SIGNS)), SIGNS);
    let mut signs = start(&parts);
    let literals = literals(&places(&parts, &signs));
    let new = anneal(&literals, &mut signs);
    println!(
        "{}\n{:.0} bytes of literals, with the table in use {:.0}",
        String::from_utf8_lossy(&signs),
        new / 8.0,
        old / 8.0
    );
    assert!(new > 0.98 * old, "take the new table");
}
