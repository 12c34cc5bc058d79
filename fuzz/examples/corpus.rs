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
    for (target, inputs) in all {
        for (number, bytes) in inputs.iter().enumerate() {
            put(root, &target, number, bytes);
        }
    }
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
