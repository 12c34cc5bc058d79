//! The npm tarball.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use xshell::cmd;

use crate::bundle;
use crate::house::{House, step};

/// Files of the repository that belong in the package beside `pkg/dist`.
const BESIDE: [&str; 4] = ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// Builds, packs, prints sizes, and as the last line the tarball's path.
pub fn pack(house: &House) -> Result<()> {
    bundle::build(house)?;
    let tarball = step("Packing", || tarball(house))?;
    bundle::sizes(house)?;
    println!("{}", tarball.display());
    Ok(())
}

/// Packs what was built, from a folder that holds exactly what is published, so that nothing is copied into `pkg` itself.
pub fn tarball(house: &House) -> Result<PathBuf> {
    let out = house.target.join("package");
    let stage = out.join("stage");
    let _ = fs::remove_dir_all(&out);
    fs::create_dir_all(stage.join("dist"))?;
    for name in BESIDE {
        copy(&house.at(name), &stage.join(name))?;
    }
    copy(&house.at("pkg/package.json"), &stage.join("package.json"))?;
    for entry in fs::read_dir(house.at("pkg/dist"))? {
        let path = entry?.path();
        let name = path.file_name().context("a file has a name")?;
        copy(&path, &stage.join("dist").join(name))?;
    }
    let sh = &house.sh;
    let _there = sh.push_dir(&stage);
    cmd!(sh, "npm pkg delete devDependencies").run()?;
    let name = cmd!(sh, "npm pack --silent --pack-destination {out}").read()?;
    Ok(out.join(name.lines().last().unwrap_or_default().trim()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}
