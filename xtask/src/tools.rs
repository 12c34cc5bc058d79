//! What must be installed before anything can be built or tested. Each check costs milliseconds when all is there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use xshell::cmd;

use crate::house::{House, files, step};

/// Only wasm-bindgen's test runner needs it, to drive Firefox.
const GECKODRIVER: &str = "0.37.1";

/// The browsers' build target.
pub const WASM: &str = "wasm32-unknown-unknown";

/// Lets rustc build for browsers.
pub fn wasm_target(house: &House) -> Result<()> {
    let sh = &house.sh;
    let lib = cmd!(sh, "rustc --print target-libdir --target {WASM}").quiet().ignore_stderr().read()?;
    if Path::new(&lib).is_dir() {
        return Ok(());
    }
    step("Adding the wasm32 target", || Ok(cmd!(sh, "rustup target add {WASM}").run()?))
}

/// rustfmt and clippy, which a minimal rustup leaves out.
pub fn components(house: &House) -> Result<()> {
    let sh = &house.sh;
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if cmd!(sh, "cargo {tool} --version").quiet().ignore_stdout().ignore_stderr().run().is_err() {
            step("Adding a component", || Ok(cmd!(sh, "rustup component add {component}").run()?))?;
        }
    }
    Ok(())
}

/// The folder with `wasm-bindgen` and its test runner, of exactly the version that the crate is linked with:
/// the two speak a private format.
pub fn wasm_bindgen(house: &House) -> Result<PathBuf> {
    let lock = fs::read_to_string(house.at("Cargo.lock")).context("Cargo.lock is missing")?;
    let version = locked(&lock, "wasm-bindgen").context("Cargo.lock names no wasm-bindgen")?;
    installed(house, "wasm-bindgen-cli", version, "wasm-bindgen")
}

/// The folder with `geckodriver`.
pub fn geckodriver(house: &House) -> Result<PathBuf> {
    installed(house, "geckodriver", GECKODRIVER, "geckodriver")
}

/// A program from the registry, built once per user. Not `--locked`: the command line's own lock file names
/// a crate version that some registries no longer carry.
fn installed(house: &House, package: &str, version: &str, program: &str) -> Result<PathBuf> {
    let root = house.cache.join(format!("{package}-{version}"));
    let bin = root.join("bin");
    if !bin.join(program).is_file() {
        let sh = &house.sh;
        let title = format!("Building {package} {version} (once, some minutes)");
        step(&title, || Ok(cmd!(sh, "cargo install {package} --version {version} --root {root}").run()?))?;
    }
    Ok(bin)
}

/// The version of a package in the text of a Cargo.lock.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name).skip(1);
    lines.next()?.strip_prefix("version = \"")?.strip_suffix('"')
}

/// Runs `npm ci` in a folder when its lock file is not the one that was installed last.
pub fn npm(house: &House, folder: &str) -> Result<()> {
    let at = house.at(folder);
    let lock = fs::read(at.join("package-lock.json"))
        .with_context(|| format!("{folder}/package-lock.json is missing"))?;
    let stamp = at.join("node_modules/.tidegate-lock");
    if fs::read(&stamp).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    step(&format!("Installing npm packages of {folder}"), || {
        node(house)?;
        let sh = &house.sh;
        let _there = sh.push_dir(&at);
        cmd!(sh, "npm ci --no-audit --no-fund").run()?;
        Ok(fs::write(&stamp, &lock)?)
    })
}

/// Refuses an absent or old Node with a sentence instead of a syntax error.
fn node(house: &House) -> Result<()> {
    let sh = &house.sh;
    let version = cmd!(sh, "node --version").quiet().read().context("Node 20 or newer is needed")?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|n| n.parse::<u32>().ok());
    ensure!(major.is_some_and(|n| n >= 20), "Node 20 or newer is needed; this is {version}");
    Ok(())
}

/// Browsers and drivers, with the Debian package of each.
const BROWSERS: [(&str, &str); 3] =
    [("chromium", "chromium"), ("chromedriver", "chromium-driver"), ("firefox-esr", "firefox-esr")];

/// What the FastAPI snippet imports, and where Debian's own Python finds it.
const PYTHON: [(&str, &str); 4] = [
    ("/usr/lib/python3/dist-packages/fastapi", "python3-fastapi"),
    ("/usr/lib/python3/dist-packages/httpx", "python3-httpx"),
    ("/usr/lib/python3/dist-packages/limits", "python3-limits"),
    ("/usr/lib/python3/dist-packages/uvicorn", "python3-uvicorn"),
];

/// Installs browsers and drivers from Debian's packages when they are not on the path.
pub fn browsers(house: &House) -> Result<()> {
    debian(house, &BROWSERS)
}

/// Installs what the FastAPI snippet imports.
pub fn python(house: &House) -> Result<()> {
    debian(house, &PYTHON)
}

/// Installs the packages whose programs (names) or files (absolute paths) are absent.
fn debian(house: &House, needed: &[(&str, &str)]) -> Result<()> {
    let there = |sought: &str| match Path::new(sought) {
        path if path.is_absolute() => path.exists(),
        _ => on_path(sought).is_some(),
    };
    let packages = needed.iter().filter(|(sought, _)| !there(sought)).map(|(_, package)| *package);
    let missing: Vec<&str> = packages.collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    step(&format!("Installing {names}"), || {
        apt(house, &["update"]).with_context(|| format!("these Debian packages are needed: {names}"))?;
        apt(house, &[&["install", "--no-install-recommends"], &missing[..]].concat())
    })
}

/// Runs apt-get as root.
fn apt(house: &House, words: &[&str]) -> Result<()> {
    if on_path("apt-get").is_none() {
        bail!("there is no apt-get");
    }
    let sh = &house.sh;
    let root = cmd!(sh, "id -u").quiet().read()? == "0";
    let sudo: &[&str] = match (root, env::var_os("CI")) {
        (true, _) => &[],
        (false, None) => &["sudo"],
        // Nobody is there to type a password: sudo must not wait for one.
        (false, Some(_)) => &["sudo", "-n"],
    };
    let apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"];
    let all: Vec<&str> = sudo.iter().chain(&apt).chain(words).copied().collect();
    let (program, rest) = (all[0], &all[1..]);
    Ok(cmd!(sh, "{program} {rest...}").run()?)
}

/// nginx: the installed one, else Debian's package unpacked into the cache. Installing it would start a server on port 80.
pub fn nginx(house: &House) -> Result<PathBuf> {
    // Not on everybody's path.
    let installed = on_path("nginx").into_iter().chain([PathBuf::from("/usr/sbin/nginx")]);
    let folder = house.cache.join("nginx-debian");
    let unpacked = folder.join("usr/sbin/nginx");
    if let Some(found) = installed.chain([unpacked.clone()]).find(|path| path.is_file()) {
        return Ok(found);
    }
    step("Unpacking Debian's nginx", || {
        apt(house, &["update"]).context("nginx is needed")?;
        let sh = &house.sh;
        sh.remove_path(&folder)?;
        sh.create_dir(&folder)?;
        let _there = sh.push_dir(&folder);
        cmd!(sh, "apt-get -q download nginx").run()?;
        let package = files(&folder, ".deb").pop().context("apt-get downloaded nothing")?;
        cmd!(sh, "dpkg -x {package} {folder}").run()?;
        cmd!(sh, "{unpacked} -v").run().context("please install nginx")?;
        Ok(unpacked)
    })
}

/// Where a program is.
pub fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_tells_the_version_of_exactly_the_named_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked(lock, "js-sys"), None);
    }
}
