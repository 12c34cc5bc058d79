//! What may be used stale: RFC 9111 section 4.2.4, RFC 5861, and what a write changes (4.4).

use tidegate::cache::freshness::Fit::{Ask, Fresh, Meanwhile};
use tidegate::cache::freshness::Mode;

use super::{Row, got, row};

pub fn rows() -> Vec<Row> {
    [prohibited(), allowed()].into_iter().flatten().collect()
}

fn prohibited() -> Vec<Row> {
    vec![
        row(
            "9111 5.2.2.4",
            "no-cache: never without confirmation, fresh or not, whatever else is said; so with names of fields (our choice).",
            [
                got("cache-control: no-cache, max-age=60\netag: \"1\"").at(0, Ask).stands_in(
                    0,
                    Some(9999),
                    false,
                ),
                got("cache-control: no-cache, stale-if-error=60\netag: \"1\"").stands_in(0, None, false),
                got("cache-control: no-cache, stale-while-revalidate=60\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=60, no-cache=\"set-cookie, x-a\"\netag: \"1\"").at(0, Ask),
                got("cache-control: No-CaChE=, max-age=60\netag: \"1\"").at(0, Ask),
            ],
        ),
        row(
            "9111 5.2.2.2",
            "must-revalidate: as it may while fresh, never stale.",
            [
                got("cache-control: max-age=60, must-revalidate").until(60).stands_in(59, None, true),
                got("cache-control: max-age=60, must-revalidate").stands_in(60, Some(9999), false),
                got("cache-control: max-age=60, must-revalidate, stale-if-error=60")
                    .stands_in(60, None, false),
                got("cache-control: max-age=60, must-revalidate, stale-while-revalidate=60").at(60, Ask),
            ],
        ),
        row(
            "9111 5.2.2.8",
            "proxy-revalidate and s-maxage forbid it to shared caches only.",
            [got("cache-control: max-age=60, proxy-revalidate, s-maxage=1, stale-if-error=60")
                .stands_in(61, None, true)],
        ),
        row(
            "9111 4.2.4",
            "Without leave it is not used stale.",
            [
                got("cache-control: max-age=60\netag: \"1\"")
                    .stands_in(59, None, true)
                    .stands_in(60, None, false),
                got("etag: \"1\"").stands_in(0, None, false),
            ],
        ),
        row(
            "9111 4.4",
            "What a write has outdated is confirmed before anything else.",
            [
                got("cache-control: max-age=60").outdated().at(0, Ask),
                got("cache-control: max-age=60").outdated().mode(Mode::ForceCache).at(0, Ask),
                got("cache-control: max-age=60, immutable").outdated().mode(Mode::NoCache).at(0, Ask),
                got("cache-control: max-age=0, stale-while-revalidate=60, stale-if-error=60")
                    .outdated()
                    .at(1, Ask)
                    .stands_in(1, Some(9999), false),
            ],
        ),
        row(
            "4.2.4",
            "An answer that was a failure or a refusal does not stand in for one (our choice).",
            [
                got("cache-control: max-age=60, stale-if-error=60").status(500).stands_in(
                    0,
                    Some(9999),
                    false,
                ),
                got("cache-control: max-age=60, stale-if-error=60").status(403).stands_in(
                    0,
                    Some(9999),
                    false,
                ),
                got("cache-control: max-age=60, stale-if-error=60").status(404).stands_in(61, None, true),
                got("cache-control: max-age=60, stale-if-error=60").status(301).stands_in(61, None, true),
            ],
        ),
    ]
}

fn allowed() -> Vec<Row> {
    vec![
        row(
            "5861 3",
            "stale-while-revalidate: served for so long after it was fresh, while one asks again.",
            [
                got("cache-control: max-age=60, stale-while-revalidate=30")
                    .at(59, Fresh)
                    .at(60, Meanwhile)
                    .at(89, Meanwhile)
                    .at(90, Ask),
                got("cache-control: stale-while-revalidate=30").at(29, Meanwhile).at(30, Ask),
                got("cache-control: max-age=60, stale-while-revalidate=30")
                    .stands_in(89, None, true)
                    .stands_in(90, None, false),
            ],
        ),
        row(
            "5861 3",
            "Not where the request wants it fresh.",
            [
                got("cache-control: max-age=60, stale-while-revalidate=30")
                    .asks("cache-control: no-cache")
                    .at(60, Ask),
                got("cache-control: max-age=60, stale-while-revalidate=30")
                    .asks("cache-control: min-fresh=1")
                    .at(60, Ask),
                got("cache-control: max-age=60, stale-while-revalidate=30").mode(Mode::NoCache).at(60, Ask),
            ],
        ),
        row(
            "5861 4",
            "stale-if-error: in the place of an error for so long after it was fresh.",
            [
                got("cache-control: max-age=60, stale-if-error=30")
                    .at(60, Ask)
                    .stands_in(89, None, true)
                    .stands_in(90, None, false),
                got("cache-control: max-age=60, stale-if-error=30\nage: 10")
                    .stands_in(79, None, true)
                    .stands_in(80, None, false),
                got("cache-control: max-age=60, stale-if-error=30, stale-while-revalidate=10")
                    .stands_in(89, None, true),
            ],
        ),
        row(
            "5861",
            "Of no number of seconds, neither is there.",
            [
                got("cache-control: max-age=60, stale-if-error").stands_in(60, None, false),
                got("cache-control: max-age=60, stale-if-error=x").stands_in(60, None, false),
                got("cache-control: max-age=60, stale-while-revalidate=-1").at(60, Ask),
                got("cache-control: max-age=60, stale-if-error=0").stands_in(60, None, false),
                got("cache-control: max-age=60, stale-if-error=99999999999").stands_in(
                    2_147_483_647,
                    None,
                    true,
                ),
            ],
        ),
        row(
            "9111 4.2.4",
            "The application allows it, up to an age.",
            [
                got("cache-control: max-age=60\netag: \"1\"").stands_in(300, Some(300), true).stands_in(
                    301,
                    Some(300),
                    false,
                ),
                got("").wanted().at(0, Ask).stands_in(300, Some(300), true).stands_in(0, None, false),
                got("cache-control: max-age=60\nage: 200\netag: \"1\"").stands_in(101, Some(300), false),
            ],
        ),
        row(
            "9111 4.2.4",
            "An age that nobody knows is beyond any of these.",
            [
                got("cache-control: max-age=60, stale-if-error=2147483648").held(None).wanted().stands_in(
                    0,
                    Some(86_400),
                    false,
                ),
                got(
                    "cache-control: max-age=60, stale-if-error=2147483648, stale-while-revalidate=2147483648",
                )
                .held(None)
                .wanted()
                .stands_in(0, None, false)
                .at(0, Ask),
            ],
        ),
        row(
            "Fetch",
            "Of an answer whose age CORS hides, it is counted from when it came (our choice).",
            [
                got("cache-control: max-age=60, stale-if-error=30")
                    .hidden()
                    .at(0, Ask)
                    .stands_in(89, None, true)
                    .stands_in(90, None, false),
                got("cache-control: max-age=60, stale-while-revalidate=30")
                    .hidden()
                    .at(60, Ask)
                    .stands_in(61, None, true),
                got("cache-control: max-age=60, stale-if-error=30")
                    .hidden()
                    .asks("cache-control: max-stale=9999")
                    .at(61, Ask),
            ],
        ),
    ]
}
