//! Pace: even spacing ([`gcra`]), how much of a server's quota is left to space ([`quota`]), and which part of the usual
//! rate it asks for ([`share`]).

pub mod gcra;
pub mod quota;
pub mod share;
