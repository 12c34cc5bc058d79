//! Points in time: HTTP-date in its three forms (RFC 9110 section 5.6.7) and ISO 8601 (RFC 3339 section 5.6).
//!
//! One small interpreter reads all of them by template: `a` to `f` is a digit of the year, month, day, hour, minute
//! or second; `_` a digit of the day or a space; `N` the name of a month; `w` a letter and `W` six or more of a
//! weekday, which is not checked; anything else stands for itself.

const IMF: &[u8] = b"www, cc N aaaa dd:ee:ff ";
const RFC850: &[u8] = b"W, cc-N-aa dd:ee:ff GMT";
const ASCTIME: &[u8] = b"www N _c dd:ee:ff aaaa";
const ISO: &[u8] = b"aaaa-bb-ccTdd:ee";

const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// Year, month, day, hour, minute, second.
type Parts = [i32; 6];

/// An HTTP-date in epoch milliseconds. In the first form `UTC`, `+0000` and `-0000` pass for `GMT`, as servers send
/// them. `now`, in epoch milliseconds, places two-digit years.
pub fn http_date(text: &[u8], now: f64) -> Option<f64> {
    for (form, template) in [IMF, RFC850, ASCTIME].into_iter().enumerate() {
        let mut parts = Parts::default();
        let Some(rest) = scan(template, super::field::trim(text), &mut parts) else {
            continue;
        };
        if form == 1 {
            place(&mut parts, now);
        }
        let zone = matches!(rest, b"GMT" | b"UTC" | b"+0000" | b"-0000");
        return moment(&parts).filter(|_| if form == 0 { zone } else { rest.is_empty() });
    }
    None
}

/// `YYYY-MM-DDThh:mm[:ss[.fraction]]` and `Z`, `+hh:mm` or `+hhmm`, in epoch milliseconds.
pub fn iso(text: &[u8]) -> Option<f64> {
    let mut parts = Parts::default();
    let mut rest = scan(ISO, super::field::trim(text), &mut parts)?;
    let mut fraction = 0.0;
    if let Some(tail) = scan(b":ff", rest, &mut parts) {
        rest = tail;
        if let [b'.', digits @ ..] = tail {
            rest = digits;
            let mut worth = 100.0;
            while let [digit @ b'0'..=b'9', tail @ ..] = rest {
                fraction += f64::from(digit - b'0') * worth;
                worth /= 10.0;
                rest = tail;
            }
            if rest.len() == digits.len() {
                return None;
            }
        }
    }
    Some(moment(&parts)? + fraction - offset(rest)?)
}

/// A zone's distance from UTC, in milliseconds.
fn offset(zone: &[u8]) -> Option<f64> {
    let (sign, digits) = match zone {
        b"Z" => return Some(0.0),
        [b'+', digits @ ..] => (60_000.0, digits),
        [b'-', digits @ ..] => (-60_000.0, digits),
        _ => return None,
    };
    let mut parts = Parts::default();
    let template: &[u8] = if digits.len() == 5 { b"dd:ee" } else { b"ddee" };
    scan(template, digits, &mut parts).filter(|rest| rest.is_empty())?;
    let [.., hour, minute, _] = parts;
    (hour < 24 && minute < 60).then_some(sign * f64::from(hour * 60 + minute))
}

/// Fills `parts` by a template and answers what follows.
fn scan<'a>(template: &[u8], mut text: &'a [u8], parts: &mut Parts) -> Option<&'a [u8]> {
    for &mark in template {
        let (&byte, tail) = text.split_first()?;
        text = tail;
        match (mark, byte) {
            (b'a'..=b'f', b'0'..=b'9') => digit(parts, mark - b'a', byte),
            (b'_', b'0'..=b'9') => digit(parts, 2, byte),
            (b'_', b' ') => {}
            (b'N', _) => {
                let [second, third, tail @ ..] = tail else {
                    return None;
                };
                let name = [byte, *second, *third];
                let month = MONTHS.chunks(3).position(|month| *month == name)?;
                parts[1] = month as i32 + 1;
                text = tail;
            }
            (b'w', b'a'..=b'z' | b'A'..=b'Z') => {}
            (b'W', _) => {
                let letters = tail.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                text = tail
                    .get(letters..)
                    .filter(|_| letters >= 5 && byte.is_ascii_alphabetic())?;
            }
            (b'a'..=b'f' | b'w', _) => return None,
            _ if mark == byte => {}
            _ => return None,
        }
    }
    Some(text)
}

fn digit(parts: &mut Parts, part: u8, byte: u8) {
    if let Some(part) = parts.get_mut(usize::from(part)) {
        *part = *part * 10 + i32::from(byte - b'0');
    }
}

/// Gives a two-digit year its century: the last in which the date is at most 50 years ahead of `now`.
fn place(parts: &mut Parts, now: f64) {
    let mut year = parts[0];
    while year < 10_000 {
        if epoch(&[year - 50, parts[1], parts[2], parts[3], parts[4], parts[5]]) <= now {
            parts[0] = year;
        }
        year += 100;
    }
}

/// Epoch milliseconds of a day and time that exist; 23:59:60 does, as a leap second.
fn moment(parts: &Parts) -> Option<f64> {
    let &[year, month, day, hour, minute, second] = parts;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = if month == 2 {
        28 + i32::from(leap)
    } else {
        30 + (month + (month >> 3)) % 2
    };
    let real = (1..=12).contains(&month) && (1..=last).contains(&day) && hour < 24 && minute < 60;
    let whole = second < 60 || (hour == 23 && minute == 59 && second == 60);
    (real && whole).then(|| epoch(parts))
}

/// Epoch milliseconds in the proleptic Gregorian calendar, counting years from March (H. Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms"). One cycle of 400 years is added first, so that no division rounds upwards.
fn epoch(parts: &Parts) -> f64 {
    let &[year, month, day, hour, minute, second] = parts;
    let (year, month) = if month < 3 {
        (year + 399, month + 9)
    } else {
        (year + 400, month - 3)
    };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    f64::from(days - 719_468 - 146_097) * 86_400_000.0
        + f64::from((hour * 60 + minute) * 60 + second) * 1000.0
}
