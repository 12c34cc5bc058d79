//! The corpora: `seeds` writes what the vectors give into `work/TARGET/`, `unpack` what is committed, `pack` commits
//! what is there, the shortest first: `corpus/TARGET.base64`, one input a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tidegate_fuzz::twin::{vectors, wire};

/// No more than this is committed for a target, in bytes of its file.
const LARGEST: usize = 8_192;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::args().nth(1).as_deref() {
        Some("seeds") => seeds(root),
        Some("unpack") => unpack(root),
        Some("pack") => pack(root),
        _ => panic!("seeds, unpack or pack"),
    }
}

fn put(root: &Path, target: &str, number: usize, bytes: &[u8]) {
    let folder = root.join("work").join(target);
    fs::create_dir_all(&folder).expect("a folder to write to");
    fs::write(folder.join(format!("seed-{number:04}")), bytes).expect("a file to write to");
}

fn seeds(root: &Path) {
    let mut all: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for path in vectors::files(&root.join("..")) {
        let dialect = path.file_stem().expect("a name").to_string_lossy().into_owned();
        for case in vectors::cases(&path) {
            let seed = wire::seed(&case);
            all.entry(dialect.clone()).or_default().push(seed.clone());
            all.entry("hint".to_owned()).or_default().push(seed);
            all.entry("json".to_owned()).or_default().extend(case.body());
            let structured = ["ratelimit", "ratelimit-policy", "backpressure"];
            let values = case
                .headers()
                .into_iter()
                .filter(|(name, _)| structured.iter().any(|s| s.as_bytes() == name));
            all.entry("structured".to_owned()).or_default().extend(values.map(|(_, value)| value));
        }
    }
    // The twin's input are choices: a counter in several steps chooses each at least once.
    let choices = |step: usize| (0..128).map(|place| (place * step + step) as u8).collect();
    all.insert("twin".to_owned(), (1..128).map(choices).collect());
    all.insert("store".to_owned(), (1..128).map(choices).collect());
    all.insert("cache".to_owned(), cache());
    for (target, inputs) in all {
        for (number, bytes) in inputs.iter().enumerate() {
            put(root, &target, number, bytes);
        }
    }
}

/// An exchange for every rule that an input of `cache` has a field for.
fn cache() -> Vec<Vec<u8>> {
    let told = [
        "0max-age=60\n310",
        "0max-age=60, no-store",
        "0no-cache, max-age=9\n6\"1\"",
        "0max-age=1, must-revalidate",
        "0stale-if-error=60, stale-while-revalidate=30",
        "0max-age=60, immutable",
        "0no-store, must-understand, max-age=9",
        "1Sun, 22 Nov 2026 12:01:00 GMT\n2Sun, 22 Nov 2026 12:00:00 GMT",
        "1Sunday, 22-Nov-26 12:01:00 GMT",
        "1Sun Nov 22 12:01:00 2026",
        "4Sun, 22 Nov 2020 12:00:00 GMT",
        "0max-age=\"60\", a=\"b, c\"\n5accept-language, foo",
        "0private=\"a\", public, s-maxage=1, max-age=99999999999\n5Cookie",
        "0max-age=60\n5*",
        "37200, 0\n0max-age=9000",
    ];
    let asks = [
        "",
        "7en, de",
        "0max-age=9",
        "0max-stale",
        "0min-fresh=10, max-stale=9",
        "0no-cache",
        "pragma: no-cache",
        "range: bytes=0-",
    ];
    let seed = |(place, told): (usize, &&str)| {
        let ask = asks[place % asks.len()];
        [&[(place as u8) << 4, place as u8, 0, 200], format!("7de;q=1, en\n\n{told}\n\n{ask}").as_bytes()]
            .concat()
    };
    told.iter().cycle().take(60).enumerate().map(seed).collect()
}

fn unpack(root: &Path) {
    for entry in fs::read_dir(root.join("corpus")).expect("the corpora").flatten() {
        // `cargo fuzz run` keeps what it finds in folders beside.
        if entry.path().is_dir() {
            continue;
        }
        let target = entry.path().file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(entry.path()).expect("text");
        for (number, line) in text.lines().enumerate() {
            put(root, &target, number, &STANDARD.decode(line).expect("base64"));
        }
    }
}

fn pack(root: &Path) {
    for entry in fs::read_dir(root.join("work")).expect("inputs to pack").flatten() {
        if !entry.path().is_dir() {
            continue;
        }
        let files: Vec<PathBuf> =
            fs::read_dir(entry.path()).expect("a folder").flatten().map(|f| f.path()).collect();
        let mut lines: Vec<String> =
            files.iter().map(|path| STANDARD.encode(fs::read(path).expect("bytes"))).collect();
        lines.sort_by_key(|line| (line.len(), line.clone()));
        lines.dedup();
        let mut text = String::new();
        for line in lines.iter().filter(|line| !line.is_empty()) {
            if text.len() + line.len() < LARGEST {
                text += line;
                text.push('\n');
            }
        }
        fs::create_dir_all(root.join("corpus")).expect("a folder to write to");
        fs::write(root.join("corpus").join(entry.file_name()).with_extension("base64"), text)
            .expect("a file");
    }
}
