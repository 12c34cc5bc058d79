//! The two cores: cargo, then wasm-bindgen, and for production also snip and wasm-opt.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::cmd;

use crate::house::{House, step, write};
use crate::{inline, prune, shorten, snip, tools};

/// Which of the two builds of the one source.
#[derive(Clone, Copy, PartialEq)]
pub enum Core {
    /// Small: no messages, no checks of options by name.
    Production,
    /// Talks: the feature `inspect`, panic messages.
    Development,
}

/// What rustc and wasm-bindgen emit and every supported browser runs; `--all-features` would allow more.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Of this text the recipe is made: when it changes, what was made by an older one is stale.
const RECIPE: &[&str] = &[
    include_str!("wasm.rs"),
    include_str!("snip.rs"),
    include_str!("prune.rs"),
    include_str!("inline.rs"),
    include_str!("inline/streams.rs"),
    include_str!("shorten.rs"),
];

impl Core {
    /// The name of its folder in `pkg/build`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Development => "development",
        }
    }
}

/// Builds one core into `pkg/build/NAME`: `core.js`, `core.d.ts`, `core_bg.wasm`, `inline.js`, `inline.d.ts`.
/// Skips what follows cargo when cargo's module and the recipe are those of the last time.
pub fn build(house: &House, core: Core) -> Result<()> {
    let name = core.name();
    step(&format!("Building the {name} core"), || {
        let (target, features): (_, &[&str]) = match core {
            Core::Production => (house.target.clone(), &[]),
            Core::Development => (house.target.join("inspect"), &["--features", "inspect"]),
        };
        let cargo_wasm = fs::read(compile(house, &target, features, "")?)?;
        let bin = tools::wasm_bindgen(house)?;
        let out = house.at("pkg/build").join(name);
        let key = key(house, &bin, &cargo_wasm)?;
        let stamp = out.join(".made-from");
        if fs::read(&stamp).is_ok_and(|last| last == key) {
            return Ok(());
        }
        let _ = fs::remove_file(&stamp);
        bind(house, core, &bin, &cargo_wasm, &out)?;
        inlined(&out)?;
        write(&stamp, &key)
    })
}

/// The production module as it ships, but that the dialect of this name reads nothing, and of all when it is `all`.
pub fn without(house: &House, dialect: &str) -> Result<PathBuf> {
    let target = house.target.join("weigh");
    let out = house.at("pkg/build/weigh");
    let wasm = fs::read(compile(house, &target, &[], dialect)?)?;
    bind(house, Core::Production, &tools::wasm_bindgen(house)?, &wasm, &out)?;
    Ok(out.join("core_bg.wasm"))
}

/// Compressed the module is smallest with this much inlining (measured from 0 to 225 in steps), and with short branches
/// folded into selects a little more eagerly than by default (a tenth of a kilobyte).
const SHAPE: &str =
    "-Cllvm-args=-inline-threshold=15 -phi-node-folding-threshold=6 -two-entry-phi-node-folding-threshold=12";

/// Room for what functions keep in memory while they run. By default it is a megabyte, and every address behind it is
/// a byte longer; what overflows it traps, for it lies below all else.
const STACK: &str = "-Clink-arg=-zstack-size=65536";

/// Runs cargo. Each kind of core has its own folder, or they would overwrite each other's module. `without`: see
/// `src/hint/mod.rs`; empty is none.
fn compile(house: &House, target: &Path, features: &[&str], without: &str) -> Result<PathBuf> {
    let sh = &house.sh;
    let wasm = tools::WASM;
    // The cdylib alone: beside an rlib every function may have other callers, and none is inlined as its only call.
    cmd!(
        sh,
        "cargo rustc --package tidegate --profile page --target {wasm} --lib --crate-type cdylib --target-dir {target} {features...}"
    )
    // A maker's own paths would stand in panic messages, and no two machines would make the same bytes.
    .env("CARGO_ENCODED_RUSTFLAGS", format!("{SHAPE}\x1f{STACK}\x1f{}", remapped(house)))
    .env("TIDEGATE_WITHOUT", without)
    .run()?;
    Ok(target.join(tools::WASM).join("page/tidegate.wasm"))
}

/// Renames the maker's folders: the repository, and where cargo keeps dependencies, whose name tells the registry.
fn remapped(house: &House) -> String {
    let mut folders = vec![(house.root.clone(), "tidegate")];
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(Path::new(&env::var_os("HOME")?).join(".cargo")));
    if let Some(home) = home {
        let registries = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten();
        folders.push((home, "cargo"));
        // The last that fits is taken.
        folders.extend(registries.map(|entry| (entry.path(), "cargo")));
    }
    let flags: Vec<String> =
        folders.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
    flags.join("\x1f")
}

fn key(house: &House, bin: &Path, wasm: &[u8]) -> Result<Vec<u8>> {
    let mut key = bin.display().to_string().into_bytes();
    key.extend(fs::read(house.at("pkg/package-lock.json"))?);
    for text in RECIPE {
        key.extend(text.as_bytes());
    }
    key.extend(wasm);
    Ok(key)
}

fn bind(house: &House, core: Core, bin: &Path, wasm: &[u8], out: &Path) -> Result<()> {
    let sh = &house.sh;
    fs::create_dir_all(out)?;
    let raw = out.join("raw.wasm");
    if core == Core::Production {
        let (small, cut) = snip::snip(wasm)?;
        eprintln!("   {cut} panic functions cut");
        write(&raw, &small)?;
    } else {
        write(&raw, wasm)?;
    }
    let bindgen = bin.join("wasm-bindgen");
    let flags = ["--target", "web", "--omit-default-module-path", "--out-name", "core"];
    cmd!(sh, "{bindgen} {raw} {flags...} --out-dir {out}").run()?;
    fs::remove_file(&raw)?;
    let module = out.join("core_bg.wasm");
    if core == Core::Production {
        let glue = fs::read_to_string(out.join("core.js"))?;
        write(&module, &prune::prune(&fs::read(&module)?, &glue)?)?;
    }
    optimise(house, core, &module)?;
    if core == Core::Production {
        let glue = out.join("core.js");
        let (wasm, text) = shorten::shorten(&fs::read(&module)?, &fs::read_to_string(&glue)?)?;
        write(&module, &wasm)?;
        write(&glue, shorten::lighten(&text)?.as_bytes())?;
    }
    Ok(())
}

/// What one caller calls stays where it is: rustc has inlined what is worth it. Flattening first lets what rustc has nested
/// be nested anew, more alike: half a percent smaller, compressed.
const PASSES: [&str; 5] = [
    "--one-caller-inline-max-function-size=0",
    "--always-inline-max-function-size=4",
    "-Oz",
    "--flatten",
    "--rereloop",
];

/// Functions of one name's beginning are of one file, and alike.
const LAST: [&str; 4] =
    ["--reorder-functions-by-name", "--strip-debug", "--strip-producers", "--strip-target-features"];

fn optimise(house: &House, core: Core, module: &Path) -> Result<()> {
    let sh = &house.sh;
    let opt = house.at("pkg/node_modules/binaryen/bin/wasm-opt");
    let (passes, last): (&[&str], &[&str]) = match core {
        Core::Production => (&PASSES, &LAST),
        // A trap's stack trace is worth its names here.
        Core::Development => (&[], &["--strip-producers"]),
    };
    let features = FEATURES;
    // How an access is aligned is a hint that the text code of the module has no room for.
    let all = ["-Oz", "--low-memory-unused", "--zero-filled-memory", "--converge", "--dealign"];
    Ok(cmd!(sh, "node {opt} {passes...} {all...} {last...} {features...} {module} -o {module}").run()?)
}

/// Writes the module as text, for entries that carry it inside.
fn inlined(out: &Path) -> Result<()> {
    let wasm = fs::read(out.join("core_bg.wasm")).context("wasm-bindgen wrote no module")?;
    let text = inline::encode(&wasm)?;
    write(&out.join("inline.js"), format!("export const text = \"{text}\";\n").as_bytes())?;
    write(&out.join("inline.d.ts"), b"/** The module, as `decode` reads it. */\nexport const text: string;\n")
}
