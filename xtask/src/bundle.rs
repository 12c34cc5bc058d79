//! The npm package's files: both cores, the names they share with the face, and the face bundled around them.

use anyhow::{Result, ensure};
use xshell::cmd;

use crate::house::{House, files, step};
use crate::wasm::{self, Core};
use crate::{names, tools};

/// Builds everything in `pkg/dist`. What has not changed since the last time is not made again.
pub fn build(house: &House) -> Result<()> {
    let _alone = house.alone()?;
    tools::wasm_target(house)?;
    tools::npm(house, "pkg")?;
    wasm::build(house, Core::Production)?;
    wasm::build(house, Core::Development)?;
    names::write_names(house)?;
    step("Bundling", || Ok(house.node("pkg/build.mjs").run()?))
}

/// Prints the size of each build and of each of its parts.
pub fn sizes(house: &House) -> Result<()> {
    Ok(house.node("pkg/sizes.mjs").quiet().run()?)
}

/// Runs the overhead benches, each a script that prints its own ratios.
pub fn bench(house: &House, words: &[String]) -> Result<()> {
    build(house)?;
    tools::npm(house, "tests")?;
    let mut scripts = files(&house.at("benches"), ".mjs");
    scripts.retain(|path| {
        words.is_empty() || words.iter().any(|word| path.to_string_lossy().contains(word.as_str()))
    });
    ensure!(!scripts.is_empty(), "benches/ has no such script");
    for script in scripts {
        let sh = &house.sh;
        step(&script.display().to_string(), || Ok(cmd!(sh, "node {script}").run()?))?;
    }
    Ok(())
}
