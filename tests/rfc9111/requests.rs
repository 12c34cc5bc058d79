//! Whom a stored response answers: methods, Vary, request directives, Fetch's modes.

use tidegate::cache::freshness::Fit::{Ask, Fresh, Pass, Stale};
use tidegate::cache::freshness::Mode;

use super::{Row, got, row};

pub fn rows() -> Vec<Row> {
    [selection(), normalised(), directives(), modes()].into_iter().flatten().collect()
}

fn selection() -> Vec<Row> {
    let varied = |vary| got(vary).to("foo: 1\nbar: abc");
    vec![
        row(
            "9111 4",
            "The method allows it: GET answers GET and HEAD (9110 9.3.2), HEAD only HEAD.",
            [
                got("cache-control: max-age=60").answers(false, true).answers(true, true),
                got("cache-control: max-age=60").head().answers(false, false).answers(true, true),
            ],
        ),
        row(
            "9111 4.1",
            "Every field that Vary names is the same; the others do not count.",
            [
                varied("cache-control: max-age=60\nvary: Foo").asks("foo: 1").suits(true),
                varied("cache-control: max-age=60\nvary: Foo").asks("other: 3\nFOO: 1").suits(true),
                varied("cache-control: max-age=60\nvary: Foo").asks("foo: 2").suits(false),
                varied("cache-control: max-age=60\nvary: foo, BAR").asks("bar: abc\nfoo: 1").suits(true),
                varied("cache-control: max-age=60\nvary: foo, BAR").asks("bar: abcd\nfoo: 1").suits(false),
                varied("cache-control: max-age=60\nvary: foo\nvary: bar").asks("foo: 1\nbar: x").suits(false),
                varied("cache-control: max-age=60").asks("foo: 2").suits(true),
            ],
        ),
        row(
            "9111 4.1",
            "A field that was absent must be absent.",
            [
                varied("cache-control: max-age=60\nvary: foo").suits(false),
                varied("cache-control: max-age=60\nvary: baz").asks("foo: 1\nbar: abc").suits(true),
                varied("cache-control: max-age=60\nvary: baz").asks("baz: 1").suits(false),
                varied("cache-control: max-age=60\nvary: baz").asks("baz:").suits(false),
            ],
        ),
        row(
            "9111 3.5",
            "Authorization selects always, whatever Vary says (our choice).",
            [
                got("cache-control: max-age=60")
                    .to("authorization: Bearer a")
                    .asks("authorization: Bearer a")
                    .suits(true),
                got("cache-control: max-age=60")
                    .to("authorization: Bearer a")
                    .asks("authorization: Bearer b")
                    .suits(false),
                got("cache-control: max-age=60").to("authorization: Bearer a").suits(false),
                got("cache-control: max-age=60").asks("authorization: Bearer a").suits(false),
            ],
        ),
        row(
            "Fetch",
            "Where CORS hides Vary, every field that the script set selects (our choice).",
            [
                got("cache-control: stale-if-error=60")
                    .hidden()
                    .to("a: 1\nb: 2")
                    .asks("a: 1\nb: 2")
                    .suits(true),
                got("cache-control: stale-if-error=60")
                    .hidden()
                    .to("a: 1\nb: 2")
                    .asks("a: 1\nb: 3")
                    .suits(false),
                got("cache-control: stale-if-error=60").hidden().to("a: 1\nb: 2").asks("a: 1").suits(false),
                got("cache-control: stale-if-error=60\nvary: a")
                    .hidden()
                    .to("a: 1\nb: 2")
                    .asks("a: 1")
                    .suits(true),
            ],
        ),
    ]
}

fn normalised() -> Vec<Row> {
    let varied = |vary| got(vary).to("foo: 1, 2\naccept-language: en, de;q=0.5\nquoted: \"a, b\"");
    vec![
        row(
            "9111 4.1",
            "Blanks around commas do not count, but within quotes.",
            [
                varied("cache-control: max-age=60\nvary: foo").asks("foo:  1 ,2 ").suits(true),
                varied("cache-control: max-age=60\nvary: foo").asks("foo: 12").suits(false),
                varied("cache-control: max-age=60\nvary: foo").asks("foo: 2, 1").suits(false),
                varied("cache-control: max-age=60\nvary: quoted").asks("quoted: \"a, b\"").suits(true),
                varied("cache-control: max-age=60\nvary: quoted").asks("quoted: \"a,b\"").suits(false),
            ],
        ),
        row(
            "9111 4.1",
            "Lines of one name are one.",
            [
                varied("cache-control: max-age=60\nvary: foo").asks("foo: 1\nfoo: 2").suits(true),
                varied("cache-control: max-age=60\nvary: foo").asks("foo: 1\nbar: 2").suits(false),
            ],
        ),
        row(
            "9110 12.5",
            "In Accept-Language and its kin neither case nor order nor blanks count.",
            [
                varied("cache-control: max-age=60\nvary: accept-language")
                    .asks("accept-language: DE; q=0.5,EN")
                    .suits(true),
                varied("cache-control: max-age=60\nvary: accept-language")
                    .asks("accept-language: en;q=0.5, de")
                    .suits(false),
                varied("cache-control: max-age=60\nvary: accept-language")
                    .asks("accept-language: en")
                    .suits(false),
                varied("cache-control: max-age=60\nvary: accept-language").suits(false),
            ],
        ),
        row(
            "9111 4.1",
            "In other fields letters count by their case.",
            [got("cache-control: max-age=60\nvary: accept")
                .to("accept: a/b;p=X")
                .asks("accept: a/b;p=x")
                .suits(false)],
        ),
    ]
}

fn directives() -> Vec<Row> {
    let hour = || got("cache-control: max-age=3600\nage: 600");
    vec![
        row(
            "9111 5.2.1.1",
            "max-age: no older than this, and not stale. What is exactly as old is asked about (our choice).",
            [
                hour().asks("cache-control: max-age=700").at(99, Fresh).at(100, Ask),
                hour().asks("cache-control: max-age=9999").until(3000),
                got("cache-control: max-age=60").asks("cache-control: max-age=0").at(0, Ask),
                got("cache-control: max-age=0, stale-while-revalidate=60")
                    .asks("cache-control: max-age=99")
                    .at(0, Ask),
            ],
        ),
        row(
            "9111 5.2.1.2",
            "max-stale: stale for no longer than this; without a value for however long.",
            [
                got("cache-control: max-age=60")
                    .asks("cache-control: max-stale=10")
                    .at(59, Fresh)
                    .at(69, Stale)
                    .at(70, Ask),
                got("cache-control: max-age=60")
                    .asks("cache-control: max-stale")
                    .at(59, Fresh)
                    .at(99_999_999, Stale),
                got("cache-control: max-age=60, must-revalidate")
                    .asks("cache-control: max-stale")
                    .at(60, Ask),
                got("cache-control: max-age=60, no-cache\netag: \"1\"")
                    .asks("cache-control: max-stale")
                    .at(0, Ask),
                got("cache-control: max-age=60")
                    .asks("cache-control: max-stale, max-age=90")
                    .at(89, Stale)
                    .at(90, Ask),
            ],
        ),
        row(
            "9111 5.2.1.3",
            "min-fresh: fresh for at least this.",
            [
                hour().asks("cache-control: min-fresh=1000").at(2000, Fresh).at(2001, Ask),
                hour().asks("cache-control: min-fresh=1, max-stale").at(2999, Fresh).at(3000, Ask),
            ],
        ),
        row(
            "9111 5.2.1.4",
            "no-cache: only confirmed.",
            [
                hour().asks("cache-control: no-cache").at(0, Ask),
                hour().asks("cache-control: no-cache, max-stale").at(9999, Ask),
                hour().asks("cache-control: NO-CACHE=1").at(0, Ask),
            ],
        ),
        row(
            "9111 5.2.1.5",
            "no-store: nothing that is stored is used.",
            [hour().asks("cache-control: no-store").at(0, Pass)],
        ),
        row(
            "9111 5.2.1.7",
            "only-if-cached: as without, and else a 504, which is the caller's.",
            [hour().asks("cache-control: only-if-cached").until(3000)],
        ),
        row(
            "7234 5.4",
            "Pragma: no-cache is Cache-Control: no-cache where there is no Cache-Control (9111 5.4 leaves it open).",
            [
                hour().asks("pragma: no-cache").at(0, Ask),
                hour().asks("pragma: foo").at(0, Fresh),
                hour().asks("pragma: no-cache\ncache-control: max-age=9999").at(0, Fresh),
            ],
        ),
        row(
            "9111 4.2.1",
            "A value that is no number counts as the strictest (our choice).",
            [
                hour().asks("cache-control: max-age=x").at(0, Ask),
                hour().asks("cache-control: max-age").at(0, Ask),
                hour().asks("cache-control: min-fresh=x").at(0, Ask),
                hour().asks("cache-control: max-stale=x").at(3000, Ask),
                hour().asks("cache-control: a=\"b").at(0, Pass),
            ],
        ),
        row(
            "9110 13, 14",
            "Ranges and conditions of the caller's own pass.",
            [
                hour().asks("range: bytes=0-1").at(0, Pass),
                hour().asks("If-Range: \"1\"").at(0, Pass),
                hour().asks("if-none-match: \"1\"").at(0, Pass),
                hour().asks("if-modified-since: Sun, 22 Nov 2026 11:00:00 GMT").at(0, Pass),
            ],
        ),
    ]
}

fn modes() -> Vec<Row> {
    let hour = || got("cache-control: max-age=3600\netag: \"1\"");
    vec![
        row(
            "Fetch",
            "no-store and reload: not looked at.",
            [hour().mode(Mode::NoStore).at(0, Pass), hour().mode(Mode::Reload).at(0, Pass)],
        ),
        row("Fetch", "no-cache: confirmed.", [hour().mode(Mode::NoCache).at(0, Ask)]),
        row(
            "8246 2",
            "immutable: not asked about while fresh, not even by a reload; stale it is as any other.",
            [
                got("cache-control: max-age=60, immutable").mode(Mode::NoCache).until(60),
                got("cache-control: immutable\netag: \"1\"").at(0, Ask),
                got("cache-control: max-age=60, immutable").asks("cache-control: no-cache").at(0, Ask),
            ],
        ),
        row(
            "Fetch",
            "force-cache and only-if-cached: whatever its age ...",
            [
                hour().mode(Mode::ForceCache).at(3599, Fresh).at(3600, Stale),
                hour().mode(Mode::OnlyIfCached).at(3599, Fresh).at(9_999_999, Stale),
                got("cache-control: stale-if-error=60").hidden().mode(Mode::ForceCache).at(0, Stale),
            ],
        ),
        row(
            "9111 5.2.2.2",
            "... but not against the origin's word: the browser's own cache below answers those as Fetch has it.",
            [
                got("cache-control: max-age=60, must-revalidate")
                    .mode(Mode::ForceCache)
                    .at(59, Fresh)
                    .at(60, Ask),
                got("cache-control: no-cache\netag: \"1\"").mode(Mode::OnlyIfCached).at(0, Ask),
            ],
        ),
    ]
}
