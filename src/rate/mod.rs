//! Pace: even spacing ([`gcra`]), how much of a server's quota is left to space ([`quota`]), which part of the usual
//! rate it asks for ([`share`]), and how much of what it would refuse is not sent ([`throttle`]).

pub mod gcra;
pub mod quota;
pub mod share;
pub mod throttle;
