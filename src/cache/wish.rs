//! What a request accepts of a stored response: Fetch's cache mode and the request directives (RFC 9111 section 5.2.1).

use super::control::{Control, Word, lines, starts};

/// Fetch's cache mode, by its code at the boundary.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Mode {
    /// As HTTP has it.
    #[default]
    Default,
    /// Neither looked up nor stored.
    NoStore,
    /// Not looked up.
    Reload,
    /// Confirmed by the origin first; but a fresh response that is `immutable` needs none (RFC 8246 section 2).
    NoCache,
    /// Whatever its age.
    ForceCache,
    /// Whatever its age, and nothing else.
    OnlyIfCached,
}

impl Mode {
    /// By its code, 0 to 5; anything else is [`Mode::Default`].
    pub fn from_code(code: u32) -> Self {
        match code {
            1 => Self::NoStore,
            2 => Self::Reload,
            3 => Self::NoCache,
            4 => Self::ForceCache,
            5 => Self::OnlyIfCached,
            _ => Self::Default,
        }
    }
}

/// What one request accepts; times in seconds.
#[derive(Clone, Copy, Debug)]
pub struct Wish {
    pub(super) mode: Mode,
    /// Younger than this.
    pub(super) max_age: f64,
    /// Stale for less than this.
    pub(super) max_stale: f64,
    /// Fresh for at least this.
    pub(super) min_fresh: f64,
    /// Only confirmed.
    pub(super) confirmed: bool,
    only: bool,
}

impl Wish {
    /// Reads what a request's script set. A value that is no number of seconds counts as the strictest. `no-store`, a
    /// range and a condition of the caller's own are not for a cache (Fetch, "HTTP-network-or-cache fetch").
    pub fn read(mode: Mode, request: &[u8]) -> Self {
        let asked = Control::asked(request);
        let seconds = |word, endless| if endless { f64::INFINITY } else { asked.seconds(word) };
        let past = asked.has(Word::NoStore) || asked.spoiled() || special(request);
        Self {
            mode: if past { Mode::NoStore } else { mode },
            max_age: seconds(Word::MaxAge, !asked.has(Word::MaxAge)),
            max_stale: seconds(Word::MaxStale, asked.bare(Word::MaxStale)),
            min_fresh: seconds(Word::MinFresh, asked.vague(Word::MinFresh)),
            confirmed: asked.has(Word::NoCache),
            only: mode == Mode::OnlyIfCached || asked.has(Word::OnlyIfCached),
        }
    }

    /// Of a request that says nothing.
    pub fn plain() -> Self {
        Self::read(Mode::Default, &[])
    }

    /// Does it want the origin's confirmation, and nothing without?
    pub fn insists(&self) -> bool {
        self.confirmed || self.mode == Mode::NoCache
    }

    /// Must the network be left alone (RFC 9111 section 5.2.1.7)? Then what cannot be answered is a 504, or in Fetch's
    /// mode a network error.
    pub fn only_if_cached(&self) -> bool {
        self.only
    }
}

/// How a stored response and a request fit together.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fit {
    /// Fresh.
    Fresh,
    /// Stale, and the request accepts that (`max-stale`, `force-cache`, `only-if-cached`).
    Stale,
    /// Stale, served while one asks again (`stale-while-revalidate`).
    Meanwhile,
    /// The origin must confirm it first; or it may stand in.
    Ask,
    /// Not to be looked at (`no-store`, `reload`).
    Pass,
}

/// Does a request ask for a range, or bring its own condition?
fn special(request: &[u8]) -> bool {
    let mut found = false;
    lines(request, &mut |name, _| {
        found |= starts(name, b"if-") || name.eq_ignore_ascii_case(b"range");
    });
    found
}
