//! The house keeps its own rules: purity, direction, size, and a reason for every number. The compiler enforces the
//! first, which is shown by builds that must fail.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Time, chance, numbers, words: what everything may use.
const LEAVES: [&str; 5] = ["time", "rng", "num", "reason", "text"];
/// None of these may know another.
const POLICIES: [&str; 10] =
    ["breaker", "brownout", "cache", "queue", "coalesce", "rate", "limit", "retry", "pressure", "hint"];
/// What policies may not know either.
const ABOVE: [&str; 5] = ["gate", "web", "packed", "scope", "tickets"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the house").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every file of the core with its room (`rate` for `src/rate/gcra.rs`) and its code: no comments, no text in quotes,
/// no tests.
fn rooms() -> Vec<(String, PathBuf, String)> {
    let src = root().join("src");
    let room = |path: &Path| {
        let first = path.strip_prefix(&src).unwrap().components().next().unwrap();
        first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
    };
    let files = rust_files(&src);
    let code = |p: &PathBuf| bare(shipped(&fs::read_to_string(p).unwrap()));
    files.into_iter().map(|p| (room(&p), p.clone(), code(&p))).collect()
}

/// What stands before the tests.
fn shipped(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// Code without comments and without what stands in double quotes; line breaks stay.
fn bare(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
            '\'' => {
                // A character in single quotes is no quote; a lifetime has no second tick.
                let ahead: Vec<char> = rest.clone().take(3).collect();
                let skip = match ahead[..] {
                    ['\\', _, '\''] => 3,
                    [_, '\'', ..] => 2,
                    _ => 0,
                };
                rest.by_ref().take(skip).for_each(drop);
            }
            '"' => {
                while let Some(c) = rest.next() {
                    match c {
                        '\\' => drop(rest.next()),
                        '"' => break,
                        '\n' => out.push('\n'),
                        _ => {}
                    }
                }
            }
            c => out.push(c),
        }
    }
    out
}

fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.split(move |c| !is_word(c))
        .filter(|w| !w.is_empty())
        .map(|w| (w.as_ptr() as usize - code.as_ptr() as usize, w))
}

/// The rooms that `crate::room`, `crate::{room, other::Thing}` and so on name.
fn imports(code: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in group.chars() {
                match c {
                    '}' if depth == 0 => break,
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        named.insert(first(&item));
                        item.clear();
                        continue;
                    }
                    _ => {}
                }
                item.push(c);
            }
            named.insert(first(&item));
        } else {
            named.insert(first(rest));
        }
    }
    named.remove("");
    named
}

fn first(path: &str) -> String {
    let name = path.trim_start().chars();
    name.take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[test]
fn the_reader_of_this_test_is_not_fooled() {
    let code = bare(
        "use crate::{num::ONE, time::{A, B}, hint}; // crate::web\n\"crate::gate\" '\"' crate::queue::X 'a",
    );
    let all: Vec<_> = imports(&code).into_iter().collect();
    assert_eq!(all, ["hint", "num", "queue", "time"]);
    assert_eq!(functions("fn a() {\n  b();\n\n  // why\n  c();\n}\nfn d();\n"), [("a".into(), 2)]);
}

#[test]
fn only_web_names_the_browser_the_clock_or_std() {
    let browser = ["web_sys", "js_sys", "wasm_bindgen", "gloo", "gloo_timers", "talc", "serde"];
    let mut seen = 0;
    for (room, path, code) in rooms() {
        if room == "web" {
            seen += usize::from(code.contains("web_sys") || code.contains("std::"));
            continue;
        }
        for (at, word) in words(&code) {
            let of_std = word == "std" && code[at + 3..].trim_start().starts_with("::");
            assert!(!browser.contains(&word) && !of_std, "{} names {word}", path.display());
        }
        assert!(!imports(&code).contains("web"), "{} goes through the door", path.display());
    }
    assert!(seen > 0, "the one impure room was looked at");
}

#[test]
fn leaves_import_only_leaves() {
    for (room, path, code) in rooms().iter().filter(|r| LEAVES.contains(&r.0.as_str())) {
        for import in imports(code) {
            assert!(LEAVES.contains(&import.as_str()) || import == *room, "{}: {import}", path.display());
        }
    }
}

#[test]
fn a_policy_never_imports_a_policy_nor_what_stands_above() {
    let mut seen = BTreeSet::new();
    for (room, path, code) in rooms().iter().filter(|r| POLICIES.contains(&r.0.as_str())) {
        seen.insert(room.clone());
        for import in imports(code).iter().filter(|import| *import != room) {
            let forbidden = POLICIES.contains(&import.as_str()) || ABOVE.contains(&import.as_str());
            assert!(!forbidden, "{} imports {import}", path.display());
        }
    }
    assert_eq!(seen.len(), POLICIES.len(), "every policy was looked at: {seen:?}");
}

#[test]
fn nothing_below_the_gate_imports_it() {
    for (room, path, code) in rooms() {
        let above = ["gate", "packed", "web", "lib"].contains(&room.as_str());
        assert!(above || !imports(&code).contains("gate"), "{}", path.display());
    }
}

/// Every function with its number of lines that hold code, head and closing brace left out.
fn functions(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in words(code).filter(|(_, w)| *w == "fn") {
        let name = first(&code[at + 2..]);
        let Some(open) = code[at..].find(['{', ';']).filter(|i| code.as_bytes()[at + i] == b'{') else {
            continue;
        };
        let mut depth = 0;
        let body = code[at + open..].split_inclusive('\n').take_while(|line| {
            let before = depth;
            depth += line.matches('{').count() as i32 - line.matches('}').count() as i32;
            before >= 0 && (before > 0 || line.contains('{')) && depth > 0
        });
        let lines = body.skip(1).filter(|line| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with("//")
        });
        if !name.is_empty() {
            found.push((name, lines.count()));
        }
    }
    found
}

#[test]
fn files_and_functions_are_short() {
    let mut lengths = Vec::new();
    for folder in ["src", "xtask/src", "www/server/src"] {
        for path in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            let lines = shipped(&text).lines().count();
            assert!(lines <= 500, "{} has {lines} lines without its tests", path.display());
            for (name, lines) in functions(&bare(shipped(&text))) {
                assert!(lines <= 60, "{name} in {} has {lines} lines", path.display());
            }
            lengths.push(lines);
        }
    }
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= 150, "the median of {} files is {median}", lengths.len());
}

#[test]
fn every_default_has_its_reason() {
    let text = fs::read_to_string(root().join("src/policy/defaults.rs")).unwrap();
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let after = text.lines().position(|l| l.starts_with("settings! {")).expect("the table");
    let mut seen = 0;
    for (n, line) in lines.iter().enumerate().skip(after + 1) {
        let number = line.ends_with(';') && line.contains(|c: char| c.is_ascii_digit());
        let field = line.ends_with(',') && line.contains(": ") && line.contains(|c: char| c.is_ascii_digit());
        if line.starts_with("//") || !(number || field) {
            continue;
        }
        seen += 1;
        // Two fields may share one reason.
        let reach = if field { 2 } else { 1 };
        let told = (1..=reach).any(|back| lines[n - back].starts_with("//"));
        assert!(told, "line {}: {line}", n + 1);
    }
    assert!(seen > 35, "the numbers were looked at: {seen}");
}

/// A copy of the core alone, with something added to the gate.
fn check(name: &str, added: &str) -> (bool, String) {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("house-{name}"));
    let _ = fs::remove_dir_all(&copy);
    for path in rust_files(&root().join("src")) {
        let to = copy.join(path.strip_prefix(root()).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&path, &to).unwrap();
    }
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let alone = manifest.lines().filter(|l| !l.starts_with("members") && !l.starts_with("default-members"));
    fs::write(copy.join("Cargo.toml"), alone.collect::<Vec<_>>().join("\n")).unwrap();
    fs::copy(root().join("Cargo.lock"), copy.join("Cargo.lock")).unwrap();
    let gate = copy.join("src/gate.rs");
    let text = fs::read_to_string(&gate).unwrap();
    fs::write(&gate, format!("{text}\n{added}\n")).unwrap();

    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("house-target");
    let out = Command::new(env!("CARGO"))
        .args(["check", "--lib", "--offline", "--quiet"])
        .current_dir(&copy)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo runs");
    (out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[test]
fn a_clock_or_a_browser_in_the_core_does_not_build() {
    let (builds, said) = check("as-it-is", "");
    assert!(builds, "the unmodified copy must build: {said}");

    let (builds, said) = check("clock", "pub fn f() { let _ = std::time::Instant::now(); }");
    assert!(!builds && said.contains("`std`"), "{said}");

    let (builds, said) = check("browser", "pub fn f() { let _ = web_sys::window(); }");
    assert!(!builds && said.contains("`web_sys`"), "{said}");

    let (builds, said) = check("unsafe", "pub fn f(p: *const u8) -> u8 { unsafe { *p } }");
    assert!(!builds && said.contains("unsafe"), "{said}");
}
