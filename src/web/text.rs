//! The one buffer in which text crosses, both ways.

use alloc::vec::Vec;
use core::cell::RefCell;

use super::std::thread_local;
use wasm_bindgen::prelude::*;

/// More text than this never crosses: 64 header fields of 8 KiB.
const LONGEST: usize = 512 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for `len` bytes (at most 512 KiB) and answers where: the page writes them there, or reads them.
#[wasm_bindgen]
pub fn buffer(len: u32) -> u32 {
    BUFFER.with_borrow_mut(|buffer| {
        let len = (len as usize).min(LONGEST);
        if buffer.len() < len {
            buffer.resize(len, 0);
        }
        buffer.as_ptr() as usize as u32
    })
}

/// The first `len` bytes, or as many as there are.
pub fn read(len: u32, act: &mut dyn FnMut(&[u8]) -> f64) -> f64 {
    BUFFER.with_borrow(|buffer| act(buffer.get(..len as usize).unwrap_or(buffer)))
}

/// Leaves text for the page; answers its length.
pub fn write(said: &[u8]) -> u32 {
    BUFFER.with_borrow_mut(|buffer| {
        let len = said.len().min(LONGEST);
        if buffer.len() < len {
            buffer.resize(len, 0);
        }
        for (to, from) in buffer.iter_mut().zip(said) {
            *to = *from;
        }
        len as u32
    })
}
