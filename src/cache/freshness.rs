//! stub
use crate::time::{Duration, Instant, WallTime};
#[derive(Clone, Copy, Debug)]
pub enum Mode { Default, NoStore, Reload, NoCache, ForceCache, OnlyIfCached }
impl Mode { pub fn from_code(_: u32) -> Self { Self::Default } }
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> { pub head: bool, pub status: u16, pub request: &'a [u8], pub response: &'a [u8], pub wall: WallTime, pub took: Duration, pub held: Option<Duration>, pub hidden: bool, pub wanted: bool }
#[derive(Clone, Debug)]
pub struct Term;
pub fn judge(_now: Instant, _e: &Exchange<'_>) -> Option<Term> { None }
impl Term {
  pub fn age(&self, _: Instant) -> Duration { Duration::ZERO }
  pub fn suits(&self, _: &[u8]) -> bool { true }
  pub fn fit(&self, _: Instant, _: &Wish) -> Fit { Fit::Fresh }
  pub fn stands_in(&self, _: Instant, _: Option<Duration>) -> bool { false }
  pub fn outdate(&mut self) {}
  pub fn alike(&self, _: &Self) -> bool { true }
}
pub struct Wish;
impl Wish { pub fn read(_: Mode, _: &[u8]) -> Self { Self } }
pub enum Fit { Fresh, Stale, Meanwhile, Ask, Pass }
