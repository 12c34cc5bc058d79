//! The fleet: many simulated humans, each with a page and a client, before one backend that can be overloaded.
//!
//! A seeded discrete-event simulation in whole microseconds: no clock, no floats that decide between machines' roundings
//! but those that draw the humans, which are drawn once. The same seed and scenario give the same humans with the same
//! intents to every kind of client, so that their goodputs can be compared intent by intent.
//!
//! Rooms: `clock` the agenda; `human` who wants what and when, and what they do while they wait; `backend` the one
//! server; `clients` what stands between page and server; `page` and `world` which bring them together; `bound` what
//! was possible; `measure` what came of it; `scenario` what happens to the backend; `fleet` many runs on all cores;
//! `report` tables and curves.

#![allow(
    clippy::disallowed_methods,
    reason = "draws of humans and services need logarithms; nothing here ships"
)]

pub mod backend;
pub mod bound;
pub mod chance;
pub mod clients;
pub mod clock;
pub mod fleet;
pub mod herd;
pub mod human;
pub mod measure;
pub mod page;
pub mod params;
pub mod scenario;
pub mod table;
pub mod world;
