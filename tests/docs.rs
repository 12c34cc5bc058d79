//! What the docs say about figures is what the core does.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use tidegate::hint::{DIALECTS, Dialect};
use tidegate::policy::{TEXTS, defaults::RANGES};

const SETTINGS: &str =
    "<!-- settings: written by `cargo test --test docs`, from src/policy/defaults.rs -->\n";
const HINTS: &str = "<!-- dialects: written by `cargo test --test docs`, from src/hint -->\n";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Fails when what stands behind the mark is stale, after bringing it up to date: look at the difference and commit it.
fn check_page(name: &str, mark: &str, end: &str, fresh: &str) {
    let page = fs::read_to_string(path(name)).unwrap();
    let (head, rest) = page.split_once(mark).expect("the page has its mark");
    let (told, tail) = rest.split_once(end).expect("the page has its end mark");
    if told != fresh {
        fs::write(path(name), format!("{head}{mark}{fresh}{end}{tail}")).unwrap();
        panic!("{name} was stale and has been rewritten");
    }
}

fn table() -> String {
    let mut table = String::from("| option | accepted | default |\n| --- | --- | --- |\n");
    for ((path, want), range) in TEXTS.iter().zip(RANGES) {
        let words: Vec<&str> = want.split(" | ").filter(|word| word.starts_with('"')).collect();
        let default = match (words.get(range.default as usize), *want) {
            (Some(word), _) => (*word).to_owned(),
            (None, "true or false") => (range.default != 0.0).to_string(),
            (None, want) if want.starts_with("an object") => "on".to_owned(),
            (None, _) if !range.holds(range.default) => "none".to_owned(),
            (None, _) => range.default.to_string(),
        };
        writeln!(table, "| `{path}` | {} | {default} |", want.replace(" | ", " or ")).unwrap();
    }
    table
}

#[test]
fn the_settings_in_the_docs_are_those_of_the_core() {
    check_page("docs/behaviour.md", SETTINGS, "<!-- end of settings -->", &table());
}

/// The first paragraph of the head of the dialect's file.
fn meaning(dialect: &Dialect) -> String {
    let file = path("src/hint").join(dialect.name.replace('-', "_")).with_extension("rs");
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let head = text.lines().map_while(|line| line.strip_prefix("//! "));
    head.collect::<Vec<_>>().join("\n")
}

fn dialects() -> String {
    let mut page = String::new();
    for dialect in DIALECTS {
        let Dialect { name, spec, fields, families, members, bodies, .. } = dialect;
        writeln!(page, "## {name}\n\n{}\n\n- Specified in: {spec}", meaning(dialect)).unwrap();
        for (what, names) in
            [("Fields", fields), ("Families of fields", families), ("Members of a JSON body", members)]
        {
            if !names.is_empty() {
                writeln!(page, "- {what}: `{}`", names.join("`, `")).unwrap();
            }
        }
        if !bodies.is_empty() {
            writeln!(page, "- Other bodies: {bodies}").unwrap();
        }
        page.push('\n');
    }
    page
}

#[test]
fn the_dialects_in_the_docs_are_those_of_the_core() {
    check_page("docs/dialects.md", HINTS, "<!-- end of dialects -->", &dialects());
}

/// The contract's comments name defaults too.
#[test]
fn the_defaults_in_the_declarations_are_those_of_the_core() {
    let types = fs::read_to_string(path("pkg/tidegate.d.ts")).unwrap();
    let default = |name: &str| {
        let at = TEXTS.iter().position(|(path, _)| *path == name).unwrap();
        RANGES[at].default
    };
    let says = |option: &str, words: &str| {
        let line = types.lines().position(|line| line.trim_start().starts_with(option)).expect(option);
        let comment = types.lines().nth(line - 1).unwrap();
        assert!(comment.contains(words), "{option} should say {words:?}: {comment}");
    };
    says("deadline?: number | undefined;", &format!("Default {} s", default("deadline") / 1000.0));
    says("queue?:", &format!("Default {} places", default("queue.size")));
    says("queue?:", &format!("({} s for background", default("queue.maxWait") / 1000.0));
    says("maxHint?:", &format!("Default {} min", default("maxHint") / 60_000.0));
}
