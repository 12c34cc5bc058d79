//! The one buffer in which text crosses: whole up to its bound, and never beyond it.

use tidegate::web::text;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::support::{put, take};

const BOUND: usize = 512 * 1024;

fn heard(len: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    text::read(len, &mut |read| {
        bytes = read.to_vec();
        0.0
    });
    bytes
}

#[wasm_bindgen_test]
fn text_goes_there_and_back_unchanged() {
    for said in ["", "retry-after: 3\n", "ü — 漢字", "\0", &"x".repeat(BOUND)] {
        assert_eq!(heard(put(said)), said.as_bytes());
        let len = text::write(said.as_bytes());
        assert_eq!(take(len), said);
    }
}

#[wasm_bindgen_test]
fn a_shorter_text_leaves_nothing_of_the_longer_one_before_it() {
    put("a longer one");
    assert_eq!(heard(put("short")), b"short");
}

#[wasm_bindgen_test]
fn more_than_the_bound_is_cut_and_more_than_is_there_is_not_read() {
    let _ = text::buffer(u32::MAX);
    assert_eq!(heard(u32::MAX).len(), BOUND);
    assert_eq!(text::write(&vec![b'x'; BOUND + 1]), BOUND as u32);
}
