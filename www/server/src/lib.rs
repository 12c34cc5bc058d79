//! The demo's backend: a searchable library behind a hard capacity, with trouble and manners that can be switched.
//!
//! It is a server like any other: a client sees only HTTP. Nothing here knows of tidegate.

pub mod api;
pub mod books;
pub mod catalogue;
pub mod hints;
pub mod pool;
pub mod quota;
pub mod serve;
pub mod stats;
pub mod trouble;
mod words;
