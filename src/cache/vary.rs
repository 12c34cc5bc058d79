//! Which requests a stored response answers: Vary and the selecting fields (RFC 9111 section 4.1).

use alloc::vec::Vec;

use super::control::{field, first, lines, starts};
use crate::num::{FNV_BASIS, fnv};
use crate::policy::defaults::{VARY_BYTES, VARY_NAMES};
use crate::text::scan::{self, class};

/// Stands for every field: RFC 9111 section 4.1 keeps a response that varies on `*` from being stored, so it is free.
const ALL: &[u8] = b"*";

/// The selecting fields of a response and what its request said in them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Selection {
    /// Names, in lower case, with commas between.
    names: Vec<u8>,
    /// As [`key`] has it.
    key: u64,
}

impl Selection {
    /// Reads them; none when no request would be known to select this response again: `*`, a name that is no token, a
    /// field that changes while the page lives and that no script sees, more names or text than are kept. Where Vary
    /// itself is `hidden`, every field that the script set selects. Authorization always does.
    pub fn read(request: &[u8], response: &[u8], hidden: bool) -> Option<Self> {
        let mut names = b"authorization".to_vec();
        let mut left = VARY_NAMES;
        let mut known = true;
        field(response, b"vary", &mut |list| {
            scan::each(list, &mut |name| {
                if name.is_empty() {
                    return;
                }
                let token =
                    name.iter().all(|byte| scan::is(*byte, class::DIGIT | class::LETTER | class::TOKEN));
                let same = || seen(name) || first(request, name).is_some();
                known = known && left > 0 && token && name != ALL && same();
                if known {
                    left -= 1;
                    names.push(b',');
                    names.extend(name.iter().map(u8::to_ascii_lowercase));
                }
            });
        });
        if hidden && first(response, b"vary").is_none() {
            names = ALL.to_vec();
        }
        let key = key(&names, request);
        (known && names.len() <= VARY_BYTES).then_some(Self { names, key })
    }

    /// Would a request without fields of its own have selected the response?
    pub fn suits_any(&self) -> bool {
        self.key == FNV_BASIS
    }

    /// Would this request have selected the response too?
    pub fn suits(&self, request: &[u8]) -> bool {
        key(&self.names, request) == self.key
    }
}

/// Is a field that the script did not set the same in all requests of a page? Cookies and the address change, and so do
/// client hints (width, colour scheme).
fn seen(name: &[u8]) -> bool {
    !starts(name, b"sec-ch-")
        && !name.eq_ignore_ascii_case(b"cookie")
        && !name.eq_ignore_ascii_case(b"referer")
}

/// What a request says in these fields, normalised so that equal keys mean the same: lines combined, no blanks around
/// commas; in `Accept-Language` and its kin neither case, blanks nor order count (RFC 9110 sections 12.5.2 to 12.5.4).
/// A field that is absent leaves nothing. FNV-1a, 64 bits: only the page's own script could make two alike.
fn key(names: &[u8], request: &[u8]) -> u64 {
    let mut key = FNV_BASIS;
    for name in names.split(|byte| *byte == b',') {
        let (mut there, mut sum) = (false, 0_u64);
        lines(request, &mut |own, mut value| {
            if name != ALL && !own.eq_ignore_ascii_case(name) {
                return;
            }
            if !there || name == ALL {
                key = fnv(fnv(key, b"\n"), if name == ALL { own } else { name });
            }
            there = true;
            let accept = starts(own, b"accept-");
            loop {
                let member = scan::part(&mut value, b',');
                if accept {
                    sum = sum.wrapping_add(folded(member));
                } else {
                    key = fnv(fnv(key, b","), member);
                }
                if value.is_empty() {
                    break;
                }
            }
        });
        if sum > 0 {
            key = fnv(key, &sum.to_le_bytes());
        }
    }
    key
}

/// A sum over a member without its blanks and its case.
fn folded(member: &[u8]) -> u64 {
    let told = member.iter().filter(|byte| !scan::is(**byte, class::BLANK));
    told.fold(FNV_BASIS, |sum, byte| fnv(sum, &[byte.to_ascii_lowercase()]))
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn reads(vary: &str, request: &str) -> Option<Selection> {
        Selection::read(request.as_bytes(), format!("vary: {vary}").as_bytes(), false)
    }

    #[test]
    fn what_is_kept_is_bounded() {
        assert!(reads(&"a,".repeat(VARY_NAMES as usize), "").is_some());
        assert!(reads(&"a,".repeat(VARY_NAMES as usize + 1), "").is_none());
        assert!(reads(&",".repeat(100_000), "").is_some(), "empty members are none");
        assert!(reads(&"a".repeat(VARY_BYTES), "").is_none());
    }

    #[test]
    fn a_key_tells_fields_members_and_absence_apart() {
        let keys = ["", "a:", "a: b", "a: b, c", "a: \"b, c\"", "b: a", "a: b\nb: c", "a: a", "b:", "a:\nb:"];
        for (n, one) in keys.iter().enumerate() {
            for other in &keys[n + 1..] {
                assert_ne!(key(b"a,b", one.as_bytes()), key(b"a,b", other.as_bytes()), "{one:?} {other:?}");
            }
        }
        assert_eq!(key(b"a", b"a: b\na: c"), key(b"a", b"A:b ,\tc"));
    }
}
