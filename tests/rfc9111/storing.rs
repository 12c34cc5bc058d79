//! RFC 9111 section 3, and the directives that decide on storing.

use super::{Row, got, row};

pub fn rows() -> Vec<Row> {
    let fresh = || got("cache-control: max-age=60");
    vec![
        row(
            "9111 3",
            "The method is understood: GET, and HEAD.",
            [fresh().stored(), fresh().head().stored()],
        ),
        row("9111 3", "The status is final.", [fresh().status(103).unstored(), fresh().status(0).unstored()]),
        row(
            "9111 3",
            "206 and 304 are stored only by a cache that understands them; this one does not combine parts.",
            [fresh().status(206).unstored(), fresh().status(304).unstored()],
        ),
        row(
            "9111 3",
            "Any other final status is stored where the origin says for how long.",
            [
                fresh().status(201).stored(),
                fresh().status(299).stored(),
                fresh().status(403).stored(),
                fresh().status(500).stored(),
                fresh().status(503).stored(),
                fresh().status(599).stored(),
            ],
        ),
        row(
            "9111 3",
            "Explicit are public, private, Expires and max-age ...",
            [
                got("cache-control: public\netag: \"1\"").status(302).stored(),
                got("cache-control: private\netag: \"1\"").status(302).stored(),
                got("expires: Sun, 22 Nov 2026 12:01:00 GMT").status(302).stored(),
                fresh().status(302).stored(),
            ],
        ),
        row(
            "9111 3",
            "... or the status is heuristically cacheable (9110 15.1) ...",
            [
                got("etag: \"1\"").stored(),
                got("etag: \"1\"").status(203).stored(),
                got("etag: \"1\"").status(204).stored(),
                got("etag: \"1\"").status(300).stored(),
                got("etag: \"1\"").status(301).stored(),
                got("etag: \"1\"").status(308).stored(),
                got("etag: \"1\"").status(404).stored(),
                got("etag: \"1\"").status(405).stored(),
                got("etag: \"1\"").status(410).stored(),
                got("etag: \"1\"").status(414).stored(),
                got("etag: \"1\"").status(501).stored(),
            ],
        ),
        row(
            "9111 3",
            "... or else it is not stored.",
            [
                got("etag: \"1\"").status(201).unstored(),
                got("etag: \"1\"").status(302).unstored(),
                got("etag: \"1\"").status(307).unstored(),
                got("etag: \"1\"").status(403).unstored(),
                got("etag: \"1\"").status(500).unstored(),
                got("etag: \"1\"").status(599).unstored(),
            ],
        ),
        row(
            "9111 5.2.2.5",
            "no-store is obeyed, whatever else is said, in any case of letters.",
            [
                got("cache-control: no-store").unstored(),
                got("cache-control: max-age=60, no-store").unstored(),
                got("cache-control: No-StOrE\nexpires: Sun, 22 Nov 2026 13:00:00 GMT").unstored(),
                got("cache-control: max-age=60\nCache-Control: no-store").unstored(),
                got("cache-control: no-store=1, max-age=60").unstored(),
            ],
        ),
        row(
            "9111 5.2.1.5",
            "no-store of the request is obeyed.",
            [fresh().to("cache-control: no-store").unstored()],
        ),
        row(
            "9111 5.2.2.3",
            "must-understand lifts no-store from a status that is understood, and forbids others. Understood are those that are heuristically cacheable (our choice).",
            [
                got("cache-control: max-age=60, no-store, must-understand").stored(),
                got("cache-control: max-age=60, no-store, must-understand").status(599).unstored(),
                got("cache-control: max-age=60, must-understand").status(599).unstored(),
                got("cache-control: max-age=60, must-understand").status(302).unstored(),
                got("cache-control: max-age=60, must-understand").status(404).stored(),
            ],
        ),
        row(
            "9111 5.2.2.7",
            "private does not concern a private cache, with names of fields or without.",
            [
                got("cache-control: private, max-age=60").until(60),
                got("cache-control: private=\"x-a, x-b\", max-age=60").until(60),
            ],
        ),
        row(
            "9111 5.2.2.9",
            "public makes any status storable, and its freshness may be guessed.",
            [got("cache-control: public\nlast-modified: Sun, 22 Nov 2026 11:50:00 GMT")
                .status(599)
                .until(60)],
        ),
        row(
            "9111 3.5",
            "Authorization restricts shared caches only; here it selects (see below).",
            [fresh().to("authorization: Bearer a").stored()],
        ),
        row(
            "9111 7.3",
            "Set-Cookie does not keep a private cache from storing.",
            [got("cache-control: max-age=60\nset-cookie: a=b").until(60)],
        ),
        row(
            "9111 5.2",
            "Unknown directives are ignored; known ones are found behind them.",
            [
                got("cache-control: foo, bar=1, baz=\"a, no-store\", max-age=60").until(60),
                got("cache-control: no-storeage, xno-store, max-age=60").until(60),
            ],
        ),
        row(
            "9111 5.2",
            "A quotation mark out of place may have swallowed a directive: not stored (our choice).",
            [
                got("cache-control: max-age=60, foo=\"bar, no-store").unstored(),
                got("cache-control: max-age=60, foo=b\"c, no-store, d=\"e").unstored(),
                got("cache-control: max-age=60, foo=\"a\\\", no-store, b=\"").unstored(),
                got("cache-control: max-age=60, must-understand, foo=\"bar").unstored(),
                got("cache-control: max-age=60, \"no-store\"").unstored(),
            ],
        ),
        row(
            "9111 4.1",
            "`Vary: *` is never selected again.",
            [
                got("cache-control: max-age=60\nvary: *").unstored(),
                got("cache-control: max-age=60\nvary: , *").unstored(),
                got("cache-control: max-age=60\nvary: Foo, *").unstored(),
                got("cache-control: max-age=60\nvary:\nvary: *").unstored(),
            ],
        ),
        row(
            "9111 4.1",
            "Nor is what varies on a field that changes while a page lives and that no script sees (our choice).",
            [
                got("cache-control: max-age=60\nvary: Cookie").unstored(),
                got("cache-control: max-age=60\nvary: Accept, referer").unstored(),
                got("cache-control: max-age=60\nvary: Sec-CH-Width").unstored(),
                got("cache-control: max-age=60\nvary: Cookie").to("cookie: a=b").stored(),
                got("cache-control: max-age=60\nvary: Accept-Encoding, User-Agent, Origin, Sec-Fetch-Mode")
                    .stored(),
            ],
        ),
        row(
            "9111 4.1",
            "Nor on what is no name of a field, nor on more than 16 (our choice).",
            [
                got("cache-control: max-age=60\nvary: Accept Language").unstored(),
                got("cache-control: max-age=60\nvary: a;b").unstored(),
                got("cache-control: max-age=60\nvary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p").stored(),
                got("cache-control: max-age=60\nvary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q").unstored(),
            ],
        ),
        row(
            "9110 14.2",
            "A request for a range, or with a condition of its own, is not for this cache.",
            [
                fresh().to("range: bytes=0-1").unstored(),
                fresh().to("if-none-match: \"1\"").unstored(),
                fresh().to("If-Modified-Since: Sun, 22 Nov 2026 11:00:00 GMT").unstored(),
            ],
        ),
        row(
            "9111 3",
            "What would never be used is not kept: no freshness, no validator, no leave to stand in (our choice).",
            [
                got("").unstored(),
                got("cache-control: no-cache").unstored(),
                got("cache-control: max-age=0, must-revalidate").unstored(),
                got("cache-control: max-age=10\nage: 10").unstored(),
                got("").wanted().stored(),
                got("cache-control: no-cache").wanted().unstored(),
                got("cache-control: max-age=0, must-revalidate").wanted().unstored(),
                got("cache-control: max-age=0").status(500).wanted().unstored(),
                got("cache-control: no-cache\netag: \"1\"").stored(),
                got("cache-control: no-cache\nlast-modified: Sun, 22 Nov 2026 11:00:00 GMT").stored(),
            ],
        ),
    ]
}
