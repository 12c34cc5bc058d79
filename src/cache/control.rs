//! Cache-Control (RFC 9111 section 5.2) and the lines that it stands in.

use crate::text::scan::{self, Scan, class};

/// The directives that a private cache obeys, in the order of [`WORDS`]. `s-maxage` and `proxy-revalidate` speak to
/// shared caches only (sections 5.2.2.10 and 5.2.2.8), `no-transform` to those that transform.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Word {
    /// Sections 5.2.1.5 and 5.2.2.5.
    NoStore,
    /// Sections 5.2.1.4 and 5.2.2.4; with names of fields it counts as without.
    NoCache,
    /// Section 5.2.2.2.
    MustRevalidate,
    /// Section 5.2.2.3.
    MustUnderstand,
    /// Section 5.2.2.9.
    Public,
    /// Section 5.2.2.7.
    Private,
    /// RFC 8246 section 2.
    Immutable,
    /// Section 5.2.1.7.
    OnlyIfCached,
    /// Sections 5.2.1.1 and 5.2.2.1.
    MaxAge,
    /// RFC 5861 section 3.
    StaleWhileRevalidate,
    /// RFC 5861 section 4.
    StaleIfError,
    /// Section 5.2.1.2.
    MaxStale,
    /// Section 5.2.1.3.
    MinFresh,
}

const WORDS: &[u8] =
    b"no-store no-cache must-revalidate must-understand public private immutable only-if-cached \
max-age stale-while-revalidate stale-if-error max-stale min-fresh";

/// So many are there.
const COUNT: usize = Word::MinFresh as usize + 1;

/// More seconds than this are as good as this (RFC 9111 section 1.2.2).
pub const LONGEST: f64 = 2_147_483_648.0;
/// What stands for a directive that has no value, or one that is no number of seconds; NaN for one that is not there.
const BARE: f64 = -1.0;
const INVALID: f64 = -2.0;

/// The directives of one message, each by its first occurrence (RFC 9111 section 4.2.1).
#[derive(Clone, Copy, Debug)]
pub struct Control {
    slots: [f64; COUNT],
    spoiled: bool,
}

impl Control {
    /// Of a response.
    pub fn told(response: &[u8]) -> Self {
        Self::read(response, b"cache-control")
    }

    /// Of a request. `Pragma` counts where there is no Cache-Control (RFC 7234 section 5.4; RFC 9111 leaves it open).
    pub fn asked(request: &[u8]) -> Self {
        let name: &[u8] =
            if first(request, b"cache-control").is_some() { b"cache-control" } else { b"pragma" };
        Self::read(request, name)
    }

    fn read(text: &[u8], name: &[u8]) -> Self {
        let mut control = Self { slots: [f64::NAN; COUNT], spoiled: false };
        field(text, name, &mut |mut list| {
            while !list.is_empty() {
                control.take(scan::part(&mut list, b','));
            }
        });
        control
    }

    /// Takes one directive.
    fn take(&mut self, member: &[u8]) {
        let (name, rest) = scan::cut(member, b"=");
        let value = rest.get(1..).unwrap_or_default();
        let inner = if let [b'"', inner @ .., b'"'] = value { inner } else { value };
        let quotes = |text| !scan::cut(text, b"\"").1.is_empty();
        self.spoiled |= quotes(name) || quotes(inner);
        let word = scan::trim(name);
        let told = match () {
            () if rest.is_empty() => BARE,
            // No blank stands around the sign.
            () if word.len() < name.len() => INVALID,
            () => seconds(inner),
        };
        if let Some(slot) = self.slots.get_mut(scan::place_of(WORDS, word, true))
            && slot.is_nan()
        {
            *slot = told;
        }
    }

    /// Is a quotation mark out of place? It may have swallowed any directive: such a message is not for a cache.
    pub fn spoiled(&self) -> bool {
        self.spoiled
    }

    fn slot(&self, word: Word) -> f64 {
        self.slots.get(word as usize).copied().unwrap_or(f64::NAN)
    }

    /// Is it there, with whatever value?
    pub fn has(&self, word: Word) -> bool {
        !self.slot(word).is_nan()
    }

    /// Its seconds, 0 to 2^31; zero when it is not there, has none, or they are no number.
    pub fn seconds(&self, word: Word) -> f64 {
        self.slot(word).max(0.0)
    }

    /// Is it there without a value?
    pub fn bare(&self, word: Word) -> bool {
        self.slot(word) == BARE
    }

    /// Is it there without seconds, be they missing or invalid?
    pub fn vague(&self, word: Word) -> bool {
        self.slot(word) < 0.0
    }
}

/// Delta-seconds (RFC 9111 section 1.2.2): digits and nothing else, at most [`LONGEST`]; below zero otherwise.
pub fn seconds(text: &[u8]) -> f64 {
    let mut rest = Scan(text);
    let digits = rest.run(class::DIGIT);
    if !rest.0.is_empty() || text.is_empty() {
        return INVALID;
    }
    digits.iter().fold(0.0, |sum, digit| (sum * 10.0 + f64::from(digit & 15)).min(LONGEST))
}

/// Hands over name and value of every line of a text.
pub fn lines<'a>(mut text: &'a [u8], take: &mut dyn FnMut(&'a [u8], &'a [u8])) {
    while !text.is_empty() {
        let mut value = scan::part(&mut text, b'\n');
        let name = scan::part(&mut value, b':');
        take(name, value);
    }
}

/// Hands over every value of a field.
pub fn field<'a>(text: &'a [u8], name: &[u8], take: &mut dyn FnMut(&'a [u8])) {
    lines(text, &mut |own, value| {
        if own.eq_ignore_ascii_case(name) {
            take(value);
        }
    });
}

/// Does a name begin so?
pub fn starts(name: &[u8], with: &[u8]) -> bool {
    name.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// The first value of a field.
pub fn first<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let mut found = None;
    field(text, name, &mut |value| found = found.or(Some(value)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_by_its_name() {
        let all = [
            ("no-store", Word::NoStore),
            ("no-cache", Word::NoCache),
            ("must-revalidate", Word::MustRevalidate),
            ("must-understand", Word::MustUnderstand),
            ("public", Word::Public),
            ("private", Word::Private),
            ("immutable", Word::Immutable),
            ("only-if-cached", Word::OnlyIfCached),
            ("max-age", Word::MaxAge),
            ("stale-while-revalidate", Word::StaleWhileRevalidate),
            ("stale-if-error", Word::StaleIfError),
            ("max-stale", Word::MaxStale),
            ("min-fresh", Word::MinFresh),
        ];
        assert_eq!(all.len(), COUNT);
        for (name, word) in all {
            let text = [b"cache-control: ", name.as_bytes(), b"=7"].concat();
            let control = Control::told(&text);
            for (_, other) in all {
                assert_eq!(control.has(other), other == word, "{name}");
            }
            assert_eq!(control.seconds(word), 7.0, "{name}");
        }
    }

    #[test]
    fn values_are_told_apart() {
        let value = |text: &[u8]| {
            let control = Control::told(text);
            let word = Word::MaxAge;
            (control.has(word), control.bare(word), control.vague(word), control.seconds(word))
        };
        assert_eq!(value(b""), (false, false, false, 0.0));
        assert_eq!(value(b"cache-control: max-age"), (true, true, true, 0.0));
        assert_eq!(value(b"cache-control: max-age=x"), (true, false, true, 0.0));
        assert_eq!(value(b"cache-control: max-age=4294967295"), (true, false, false, LONGEST));
        assert_eq!(value(b"cache-control: max-age=9, max-age"), (true, false, false, 9.0));
    }

    #[test]
    fn seconds_never_overflow() {
        assert_eq!(seconds(b"2147483647"), LONGEST - 1.0);
        assert_eq!(seconds(&[b'9'; 4096]), LONGEST);
        assert_eq!(seconds(b""), INVALID);
        assert_eq!(seconds(b"1 "), INVALID);
    }
}
