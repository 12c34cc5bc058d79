//! Trying again: how often at most ([`budget`]) and after how long ([`backoff`]).

pub mod backoff;
pub mod budget;
