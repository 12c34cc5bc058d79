//! Pace: even spacing ([`gcra`]), and how much of a server's quota is left to space ([`quota`]).

pub mod gcra;
pub mod quota;
