//! tidegate: client-side backpressure for the web.
//!
//! The rooms, from the leaves to the door. Dependencies run one way: leaves, then policies and hints, then
//! pressure and scope, then the gate, then the browser. Everything outside `web` is pure: time and chance are arguments.
#![no_std]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;
// Linked for its panic handler, nameless so that no room can reach it: `std::time` does not resolve in this crate.
#[cfg(not(target_arch = "wasm32"))]
extern crate std as _;

pub mod breaker;
pub mod brownout;
pub mod cache;
pub mod coalesce;
pub mod event;
pub mod gate;
pub mod hint;
pub mod limit;
pub mod num;
pub mod packed;
pub mod policy;
pub mod pressure;
pub mod queue;
pub mod rate;
pub mod reason;
pub mod retry;
pub mod rng;
pub mod scope;
pub mod snapshot;
mod text;
pub mod tickets;
pub mod time;
pub mod verdict;
#[cfg(target_arch = "wasm32")]
pub mod web;
