//! RFC 9111 sections 4.2, 5.1, 5.3 and the grammar of seconds and dates.

use tidegate::cache::freshness::Fit::{Ask, Fresh};

use super::{Row, got, row};

pub fn rows() -> Vec<Row> {
    [lifetimes(), seconds(), dates(), guesses(), ages()].into_iter().flatten().collect()
}

fn lifetimes() -> Vec<Row> {
    vec![
        row("9111 4.2", "It is fresh while its lifetime is greater than its age.", [
            got("cache-control: max-age=60").at(0, Fresh).until(60),
        ]),
        row("9111 4.2.1", "max-age before Expires, in whatever order, valid or not.", [
            got("cache-control: max-age=60\nexpires: Sun, 22 Nov 2026 11:00:00 GMT").until(60),
            got("expires: 0\ncache-control: max-age=60").until(60),
            got("expires: Sun, 22 Nov 2026 13:00:00 GMT\ncache-control: max-age=0\netag: \"1\"").at(0, Ask),
        ]),
        row("9111 5.2.2.10", "s-maxage is for shared caches.", [
            got("cache-control: s-maxage=3600, max-age=60").until(60),
            got("cache-control: max-age=60\ncache-control: s-maxage=1").until(60),
            got("cache-control: s-maxage=3600\netag: \"1\"").at(0, Ask),
        ]),
        row("9111 5.3", "Else Expires minus Date, and without a Date minus when it came (9110 6.6.1).", [
            got("expires: Sun, 22 Nov 2026 12:01:00 GMT\ndate: Sun, 22 Nov 2026 12:00:00 GMT").until(60),
            got("expires: Sun, 22 Nov 2026 12:02:00 GMT\ndate: Sun, 22 Nov 2026 12:01:00 GMT").until(60),
            got("expires: Sun, 22 Nov 2026 12:01:00 GMT").until(60),
            got("expires: Sun, 22 Nov 2026 12:01:00 GMT\ndate: foo").until(60),
        ]),
        row("9111 5.3", "An Expires that is past, or no later than Date, means stale.", [
            got("expires: Sun, 22 Nov 2026 12:00:00 GMT\ndate: Sun, 22 Nov 2026 12:00:00 GMT\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22 Nov 2026 12:05:00 GMT\ndate: Sun, 22 Nov 2026 12:10:00 GMT\netag: \"1\"").at(0, Ask),
        ]),
        row("9111 4.2.1", "Of a directive that stands there twice, the first counts (our choice of the two).", [
            got("cache-control: max-age=60, max-age=3600").until(60),
            got("cache-control: max-age=60\ncache-control: max-age=3600").until(60),
            got("cache-control: max-age=x, max-age=3600\netag: \"1\"").at(0, Ask),
        ]),
        row("9111 4.2.1", "Of directives that contradict, the most restrictive counts.", [
            got("cache-control: max-age=60, no-cache\netag: \"1\"").at(0, Ask),
            got("cache-control: public, immutable, max-age=60, no-store").unstored(),
        ]),
        row("9111 4.2.1", "Two Expires, or two Dates, are no date.", [
            got("expires: Sun, 22 Nov 2026 12:01:00 GMT\nexpires: Sun, 22 Nov 2026 12:02:00 GMT\netag: \"1\"")
                .at(0, Ask),
            got("expires: Sun, 22 Nov 2026 12:01:00 GMT, Sun, 22 Nov 2026 12:01:00 GMT\netag: \"1\"").at(0, Ask),
            got("date: Sun, 22 Nov 2026 11:00:00 GMT\ndate: Sun, 22 Nov 2026 11:00:00 GMT\ncache-control: max-age=60")
                .until(60),
        ]),
    ]
}

fn seconds() -> Vec<Row> {
    vec![
        row(
            "9111 1.2.2",
            "Seconds are digits; more than 2^31 are 2^31.",
            [
                got("cache-control: max-age=00060").until(60),
                got("cache-control: max-age=2147483648").at(2_147_483_647, Fresh).at(2_147_483_648, Ask),
                got("cache-control: max-age=99999999999").at(2_147_483_647, Fresh).at(2_147_483_648, Ask),
                got("cache-control: max-age=99999999999999999999999999999999").at(2_147_483_647, Fresh),
            ],
        ),
        row(
            "9111 4.2.1",
            "An invalid max-age means stale.",
            [
                got("cache-control: max-age\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=a60\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=60a\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=-60\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=+60\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=60.0\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age='60'\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=60;a=b\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=x\nexpires: Sun, 22 Nov 2026 13:00:00 GMT\netag: \"1\"")
                    .at(0, Ask),
            ],
        ),
        row(
            "9111 5.2",
            "Both forms of a value are accepted: token and quoted string.",
            [got("cache-control: max-age=\"60\"").until(60)],
        ),
        row(
            "9111 5.2",
            "No blanks stand around the sign: such a value is invalid.",
            [
                got("cache-control: max-age =60\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age= 60\netag: \"1\"").at(0, Ask),
            ],
        ),
        row(
            "9110 5.6.4",
            "What a quoted string holds is no directive.",
            [
                got("cache-control: a=\"max-age=3600\", max-age=60").until(60),
                got("cache-control: max-age=60, a=\"max-age=3600\"").until(60),
                got("cache-control: a=\"x, max-age=3600, y\", max-age=\"60\"").until(60),
            ],
        ),
        row(
            "9110 5.6.1",
            "A list may have empty members, and stands on any number of lines.",
            [
                got("cache-control: , ,max-age=60,,").until(60),
                got("cache-control:\nCACHE-CONTROL: \t max-AGE=60 \t").until(60),
            ],
        ),
    ]
}

fn dates() -> Vec<Row> {
    vec![
        row("9110 5.6.7", "Dates come in three forms.", [
            got("expires: Sun, 22 Nov 2026 12:01:00 GMT").until(60),
            got("expires: Sunday, 22-Nov-26 12:01:00 GMT").until(60),
            got("expires: Sun Nov 22 12:01:00 2026").until(60),
            got("expires: Tue Dec  1 12:00:00 2026").at(770_000, Fresh),
        ]),
        row("9110 5.6.7", "A two-digit year is at most 50 years ahead.", [
            got("expires: Thursday, 18-Aug-50 02:01:18 GMT").at(86_400, Fresh),
            got("expires: Thursday, 18-Aug-94 02:01:18 GMT\netag: \"1\"").at(0, Ask),
        ]),
        row("9111 4.2", "The case of letters does not count.", [
            got("expires: SUN, 22 nov 2026 12:01:00 gMT").until(60),
            got("expires: sunday, 22-NOV-26 12:01:00 gmt").until(60),
        ]),
        row("9111 4.2", "Another zone than GMT is invalid ...", [
            got("expires: Sun, 22 Nov 2026 13:00:00 UTC\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22 Nov 2026 13:00:00 AEST\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22 Nov 2026 13:00:00 +0000\netag: \"1\"").at(0, Ask),
        ]),
        row("9111 5.3", "... and an invalid date is past.", [
            got("expires: 0\netag: \"1\"").at(0, Ask),
            got("expires:\netag: \"1\"").at(0, Ask),
            got("expires: -1\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22 Nov 26 13:00:00 GMT\netag: \"1\"").at(0, Ask),
            got("expires: Sun 22 Nov 2026 13:00:00 GMT\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22  Nov  2026 13:00:00 GMT\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22-Nov-2026 13:00:00 GMT\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22 Nov 2026 13.00.00 GMT\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22 Nov 2026 2:00:00 GMT\netag: \"1\"").at(0, Ask),
            got("expires: Mon, 31 Nov 2026 13:00:00 GMT\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22 Nov 2026 13:00:00 GMT; x\netag: \"1\"").at(0, Ask),
            got("expires: 2026-11-22T13:00:00Z\netag: \"1\"").at(0, Ask),
        ]),
        row("9111 5.3", "Beyond 32 bits, and long before 1970.", [
            got("expires: Fri, 31 Dec 9999 23:59:59 GMT").at(2_147_483_647, Fresh),
            got("expires: Sat, 01 Jan 0001 00:00:00 GMT\netag: \"1\"").at(0, Ask),
            got("expires: Sun, 22 Nov 2026 13:00:00 GMT\ndate: Sat, 01 Jan 0001 00:00:00 GMT\netag: \"1\"")
                .at(0, Ask),
        ]),
    ]
}

fn guesses() -> Vec<Row> {
    const HALF: &str = "last-modified: Sun, 22 Nov 2026 11:50:00 GMT\ndate: Sun, 22 Nov 2026 12:00:00 GMT";
    vec![
        row(
            "9111 4.2.2",
            "Where nothing is said, a tenth of the time since the last change ...",
            [
                got(HALF).until(60),
                got(HALF).status(404).until(60),
                got("last-modified: Sun, 22 Nov 2026 11:50:00 GMT").until(60),
            ],
        ),
        row(
            "9111 4.2.2",
            "... at most a day (our choice).",
            [got("last-modified: Sun, 22 Nov 2020 12:00:00 GMT").until(86_400)],
        ),
        row(
            "9111 4.2.2",
            "No guess where an end was told, however badly.",
            [
                got("cache-control: max-age=0\nlast-modified: Sun, 22 Nov 2020 12:00:00 GMT").at(0, Ask),
                got("expires: 0\nlast-modified: Sun, 22 Nov 2020 12:00:00 GMT").at(0, Ask),
            ],
        ),
        row(
            "9111 4.2.2",
            "No guess for a status that is not heuristically cacheable, unless it is public.",
            [
                got("cache-control: private\nlast-modified: Sun, 22 Nov 2020 12:00:00 GMT")
                    .status(302)
                    .at(0, Ask),
                got("cache-control: public\nlast-modified: Sun, 22 Nov 2020 12:00:00 GMT")
                    .status(302)
                    .until(86_400),
            ],
        ),
        row(
            "9111 4.2.2",
            "No guess from a change in the future, or from what is no date.",
            [
                got("last-modified: Sun, 22 Nov 2026 13:00:00 GMT").at(0, Ask),
                got("last-modified: yesterday").at(0, Ask),
                got("etag: \"1\"").at(0, Ask),
            ],
        ),
        row(
            "9111 5.4",
            "Pragma of a response means nothing.",
            [got("cache-control: max-age=60\npragma: no-cache").until(60)],
        ),
    ]
}

fn ages() -> Vec<Row> {
    vec![
        row("9111 4.2.3", "Age and what it took to come count, and then our own clock.", [
            got("cache-control: max-age=60\nage: 10").aged(0, 10).aged(7, 17).until(50),
            got("cache-control: max-age=60\nage: 10").took(5).aged(7, 22).until(45),
            got("cache-control: max-age=60").took(5).until(55),
        ]),
        row("9111 4.2.3", "Or the time since Date, where that is longer; a Date in the future is none.", [
            got("cache-control: max-age=60\ndate: Sun, 22 Nov 2026 11:59:30 GMT").aged(0, 30).until(30),
            got("cache-control: max-age=60\ndate: Sun, 22 Nov 2026 11:59:30 GMT\nage: 40").took(5).aged(0, 45),
            got("cache-control: max-age=60\ndate: Sun, 22 Nov 2026 12:05:00 GMT").aged(0, 0).until(60),
            got("expires: Sun, 22 Nov 2026 12:00:20 GMT\ndate: Sun, 22 Nov 2026 12:00:10 GMT\nage: 15\netag: \"1\"")
                .at(0, Ask),
        ]),
        row("9111 5.1", "Of a list the first member counts, on one line or two.", [
            got("cache-control: max-age=60\nage: 10, 100").until(50),
            got("cache-control: max-age=60\nage: 10\nage: 100").until(50),
            got("cache-control: max-age=60\nage: 100, 10\netag: \"1\"").at(0, Ask),
        ]),
        row("9111 5.1", "An invalid Age is ignored.", [
            got("cache-control: max-age=60\nage: abc").until(60),
            got("cache-control: max-age=60\nage: -100").until(60),
            got("cache-control: max-age=60\nage: 100.0").until(60),
            got("cache-control: max-age=60\nage: 100;a=b").until(60),
            got("cache-control: max-age=60\nage:").until(60),
        ]),
        row("9111 1.2.2", "An Age beyond 2^31 is 2^31.", [
            got("cache-control: max-age=3600\nage: 2147483649\netag: \"1\"").at(0, Ask).aged(9, 2_147_483_648),
            got("cache-control: max-age=2147483648\nage: 99999999999999999999\netag: \"1\"").at(0, Ask),
        ]),
        row("9111 4.2.3", "The time that a copy was kept before a reload counts; when nobody knows it, it is stale.", [
            got("cache-control: max-age=60").held(Some(20)).aged(0, 20).until(40),
            got("cache-control: max-age=60\netag: \"1\"").held(None).at(0, Ask),
            got("cache-control: max-age=2147483648\netag: \"1\"").held(None).at(0, Ask),
        ]),
        row("Fetch", "CORS hides Date and Age: what has no known age is never fresh (our choice).", [
            got("cache-control: max-age=60").hidden().unstored(),
            got("cache-control: max-age=60").hidden().wanted().at(0, Ask),
            got("cache-control: max-age=60\ndate: Sun, 22 Nov 2026 12:00:00 GMT").hidden().until(60),
            got("cache-control: max-age=60\nage: 0").hidden().until(60),
        ]),
    ]
}
