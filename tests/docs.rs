//! What the docs say about figures is what the core does.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use tidegate::policy::{TEXTS, defaults::RANGES};

const BEGIN: &str = "<!-- settings: written by `cargo test --test docs`, from src/policy/defaults.rs -->\n";
const END: &str = "<!-- end of settings -->";

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

/// Fails when the page is stale, after bringing it up to date: look at the difference and commit it.
#[test]
fn the_settings_in_the_docs_are_those_of_the_core() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/behaviour.md");
    let page = fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(BEGIN).expect("the page has its mark");
    let (told, tail) = rest.split_once(END).expect("the page has its end mark");
    let table = table();
    if told != table {
        fs::write(&path, format!("{head}{BEGIN}{table}{END}{tail}")).unwrap();
        panic!("docs/behaviour.md was stale and has been rewritten");
    }
}

/// The contract's comments name defaults too.
#[test]
fn the_defaults_in_the_declarations_are_those_of_the_core() {
    let types = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("pkg/tidegate.d.ts")).unwrap();
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
