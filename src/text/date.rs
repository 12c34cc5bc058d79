//! Points in time: HTTP-date in its three forms (RFC 9110 section 5.6.7) and ISO 8601 (RFC 3339 section 5.6).
//!
//! One small interpreter reads all of them by picture: `a` to `j` is a digit of the part of that place in [`MOST`],
//! `k` all digits of a fraction; `n` the name of a month; `w` a letter of a weekday, which is not checked, and `v`
//! its further letters; brackets hold what stands there if its first byte does; anything else stands for itself.

use super::scan::{self, Scan, class};

/// The first has a two-digit year.
const PICTURES: [&[u8]; 10] = [
    b"wwwwwwv, cc-n-aa dd:ee:ff GMT",
    b"www, cc n aaaa dd:ee:ff GMT",
    b"www n cc dd:ee:ff aaaa",
    b"www n  c dd:ee:ff aaaa",
    b"www, cc n aaaa dd:ee:ff UTC",
    b"www, cc n aaaa dd:ee:ff +0000",
    b"www, cc n aaaa dd:ee:ff -0000",
    b"aaaa-bb-ccTdd:ee[:ff[.k]]Z",
    b"aaaa-bb-ccTdd:ee[:ff[.k]]+gg[:]hh",
    b"aaaa-bb-ccTdd:ee[:ff[.k]]-ii[:]jj",
];

/// So many of them are HTTP-dates as they are specified.
pub const STRICT: usize = 4;
/// So many are HTTP-dates with those in which `UTC`, `+0000` and `-0000` pass for `GMT`, as servers send them.
pub const HTTP: usize = 7;
/// So many are points in time of any form.
pub const ANY: usize = PICTURES.len();

const MONTHS: &[u8] = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";

/// The most of each part: year, month, day, hour, minute, second, hours and minutes of a zone in the east, the same
/// in the west, milliseconds.
const MOST: Parts = [9999, 12, 31, 23, 59, 60, 23, 59, 23, 59, 999];

type Parts = [i32; 11];

/// Takes a date in one of the first so many forms off `text`: epoch milliseconds, NaN when it does not begin with one
/// that exists. `now`, in epoch milliseconds, places two-digit years. Letters count in their case unless strict ones
/// are wanted (RFC 9111 section 4.2: whatever the case, but only GMT).
pub fn take(text: &mut &[u8], forms: usize, now: f64) -> f64 {
    for (index, picture) in PICTURES.iter().enumerate().take(forms) {
        let mut parts = Parts::default();
        if let Some(rest) = fill(&mut parts, picture, text, forms == STRICT) {
            *text = rest;
            if index == 0 {
                place(&mut parts, now);
            }
            return moment(&parts);
        }
    }
    f64::NAN
}

/// Fills the parts by a picture and answers what follows.
fn fill<'a>(parts: &mut Parts, picture: &[u8], text: &'a [u8], fold: bool) -> Option<&'a [u8]> {
    let mut text = Scan(text);
    let mut marks = picture.iter();
    while let Some(&mark) = marks.next() {
        match mark {
            b'[' if marks.as_slice().first() != text.0.first() => {
                marks.find(|&&mark| mark == b']');
            }
            b'[' | b']' => {}
            b'n' => {
                let (name, rest) = text.0.split_at_checked(3)?;
                let place = scan::place_of(MONTHS, name, fold);
                if place == scan::NOWHERE {
                    return None;
                }
                parts[1] = place as i32 + 1;
                text.0 = rest;
            }
            b'v' => {
                text.run(class::LETTER);
            }
            b'k' => {
                let mut worth = 100;
                for digit in text.run(class::DIGIT) {
                    parts[10] += i32::from(digit & 15) * worth;
                    worth /= 10;
                }
                if worth == 100 {
                    return None;
                }
            }
            _ => {
                let byte = text.next()?;
                match mark {
                    b'a'..=b'j' if scan::is(byte, class::DIGIT) => {
                        let part = parts.get_mut(usize::from(mark - b'a'))?;
                        *part = *part * 10 + i32::from(byte & 15);
                    }
                    b'w' if scan::is(byte, class::LETTER) => {}
                    b'a'..=b'j' | b'w' => return None,
                    _ if mark == byte || fold && mark.eq_ignore_ascii_case(&byte) => {}
                    _ => return None,
                }
            }
        }
    }
    Some(text.0)
}

/// Gives a two-digit year its century: the last in which the date is at most 50 years ahead of `now`.
fn place(parts: &mut Parts, now: f64) {
    let mut earlier = *parts;
    earlier[0] += 50;
    while parts[0] < 9900 && epoch(&earlier) <= now {
        parts[0] += 100;
        earlier[0] += 100;
    }
}

/// Epoch milliseconds of a day and time that exist, NaN of others; 23:59:60 does, as a leap second.
fn moment(parts: &Parts) -> f64 {
    let &[_, month, day, hour, minute, second, ..] = parts;
    let at = epoch(parts);
    // No month has a day that does not come before the next month's first.
    let mut next = *parts;
    next[1] += 1;
    next[2] = 1;
    let real = month > 0 && day > 0 && at < epoch(&next) && (second < 60 || hour * 60 + minute == 1439);
    if real && parts.iter().zip(&MOST).all(|(part, most)| part <= most) { at } else { f64::NAN }
}

/// Epoch milliseconds in the proleptic Gregorian calendar, counting years from March (H. Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms"). One cycle of 400 years is added first, so that no division rounds upwards.
fn epoch(parts: &Parts) -> f64 {
    let &[year, month, day, hour, minute, second, east_h, east_m, west_h, west_m, ms] = parts;
    let (year, month) = if month < 3 { (year + 399, month + 9) } else { (year + 400, month - 3) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let minutes = (hour - east_h + west_h) * 60 + minute - east_m + west_m;
    f64::from(days - 719_468 - 146_097) * 86_400_000.0 + f64::from((minutes * 60 + second) * 1000 + ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2000-01-01, and the forms that are taken of a text.
    fn takes(text: &str) -> [bool; 3] {
        [STRICT, HTTP, ANY].map(|forms| {
            let mut rest = text.as_bytes();
            let at = take(&mut rest, forms, 0.0);
            assert!(at.is_nan() || at == 946_684_800_000.0, "{text}");
            !at.is_nan() && rest.is_empty()
        })
    }

    #[test]
    fn strict_forms_are_those_of_http_in_any_case() {
        let all = [
            ("Sat, 01 Jan 2000 00:00:00 GMT", [true, true, true]),
            ("Saturday, 01-Jan-00 00:00:00 GMT", [true, true, true]),
            ("Sat Jan  1 00:00:00 2000", [true, true, true]),
            ("Sat Jan 01 00:00:00 2000", [true, true, true]),
            ("sat, 01 JAN 2000 00:00:00 gmt", [true, false, false]),
            ("Sat, 01 Jan 2000 00:00:00 UTC", [false, true, true]),
            ("Sat, 01 Jan 2000 00:00:00 +0000", [false, true, true]),
            ("2000-01-01T00:00:00Z", [false, false, true]),
            ("Sat\u{c} 01 Jan 2000 00:00:00 GMT", [false, false, false]),
            ("Sat, 01 J\u{1}n 2000 00:00:00 GMT", [false, false, false]),
        ];
        for (text, forms) in all {
            assert_eq!(takes(text), forms, "{text}");
        }
    }
}
