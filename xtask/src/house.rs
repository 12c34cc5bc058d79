//! Where things are, and how commands are run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use xshell::{Cmd, Shell};

/// The repository, its output folders, and a shell that stands at its root.
pub struct House {
    /// The repository.
    pub root: PathBuf,
    /// Cargo's output folder.
    pub target: PathBuf,
    /// Tools built from source, shared by all checkouts of this user.
    pub cache: PathBuf,
    /// Runs commands at the root, and prints each.
    pub sh: Shell,
}

impl House {
    /// The repository that this program was built in.
    pub fn find() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the repository")?;
        let sh = Shell::new()?;
        sh.change_dir(root);
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(named) => env::current_dir()?.join(named),
            None => root.join("target"),
        };
        fs::create_dir_all(&target)?;
        Ok(Self { root: root.to_owned(), target, cache: cache()?, sh })
    }

    /// A path inside the repository.
    pub fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Waits until no other xtask of this checkout writes to `pkg`; the lock is free when the file is dropped.
    pub fn alone(&self) -> Result<fs::File> {
        let path = self.at("pkg/build/.lock");
        fs::create_dir_all(self.at("pkg/build"))?;
        let file = fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        file.lock()?;
        Ok(file)
    }

    /// A script of this repository, run by Node.
    pub fn node(&self, script: &str) -> Cmd<'_> {
        self.sh.cmd("node").arg(self.at(script))
    }
}

/// `$TIDEGATE_CACHE`, else the user's cache folder by the XDG base directory specification.
fn cache() -> Result<PathBuf> {
    let folder = |name| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    folder("TIDEGATE_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|p| p.join("tidegate")))
        .or_else(|| folder("HOME").map(|p| p.join(".cache/tidegate")))
        .context("none of TIDEGATE_CACHE, XDG_CACHE_HOME and HOME is set")
}

/// Prints a step's headline, runs it, and prints how long it took when that was noticeable.
#[expect(clippy::disallowed_methods, reason = "this clock is for the reader of a terminal")]
pub fn step<T>(title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("== {title}");
    let start = Instant::now();
    let done = work().with_context(|| format!("failed: {title}"))?;
    let took = start.elapsed().as_secs_f64();
    if took >= 1.0 {
        eprintln!("   {took:.0} s");
    }
    Ok(done)
}

/// Writes a file unless it has these bytes already, so that what depends on its time stays fresh.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

/// The files of a folder whose names end so, sorted; none when there is no such folder.
pub fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect();
    found.sort();
    found
}
