//! How each suite is run.

use std::env;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use xshell::{Cmd, cmd};

use super::Counts;
use crate::house::{House, files};
use crate::{bundle, pack, tools};

/// Milliseconds after which a JavaScript test, and a file of them, counts as hung. Generous: one of them builds the
/// package anew, and two busy cores are common.
const HUNG: u32 = 900_000;

/// Seconds that wasm-bindgen's runner waits for a browser's report.
const WASM_PATIENCE: u32 = 180;

/// One call of `cargo xtask test`.
pub struct Run<'a> {
    house: &'a House,
    /// Whether the package could be built; none: not tried yet.
    built: Option<bool>,
}

impl<'a> Run<'a> {
    /// Nothing is prepared yet.
    pub fn new(house: &'a House) -> Self {
        Self { house, built: None }
    }

    /// Format, lints as errors, types of the face and of the demo's page. Each command counts as one test.
    pub fn checks(&mut self) -> Result<Counts> {
        tools::components(self.house)?;
        tools::wasm_target(self.house)?;
        let (sh, wasm, tsc) =
            (&self.house.sh, tools::WASM, self.house.at("pkg/node_modules/typescript/bin/tsc"));
        let mut commands = vec![
            cmd!(sh, "cargo fmt --all --check"),
            cmd!(sh, "cargo clippy --workspace --all-targets -- -D warnings"),
            cmd!(sh, "cargo clippy --package tidegate --target {wasm} --lib -- -D warnings"),
            cmd!(
                sh,
                "cargo clippy --package tidegate --target {wasm} --lib --features inspect -- -D warnings"
            ),
        ];
        // The frameworks that the package's ways in are written for live with the tests.
        let types = self.build().and_then(|()| tools::npm(self.house, "tests"));
        let built = types.inspect_err(|error| eprintln!("{error:#}")).is_ok();
        if built {
            commands.push(cmd!(sh, "node {tsc} --project pkg"));
            commands.push(cmd!(sh, "node {tsc} --project www/page"));
        }
        let mut counts = Counts { failed: u32::from(!built), ..Counts::default() };
        for command in commands {
            match command.run() {
                Ok(()) => counts.passed += 1,
                Err(error) => {
                    eprintln!("{error}");
                    counts.failed += 1;
                }
            }
        }
        Ok(counts)
    }

    /// Everything that runs without a browser, all packages of the workspace.
    pub fn native(&mut self) -> Result<Counts> {
        let sh = &self.house.sh;
        counted(cmd!(sh, "cargo test --workspace --no-fail-fast"))
    }

    /// `tests/web.rs` of both cores in the browser whose driver the environment variable names.
    pub fn wasm(&mut self, driver: &'static str) -> Result<Counts> {
        tools::wasm_target(self.house)?;
        tools::browsers(self.house)?;
        let program = match driver {
            "GECKODRIVER" => tools::geckodriver(self.house)?.join("geckodriver"),
            _ => tools::on_path("chromedriver").context("chromedriver is not on the path")?,
        };
        let runner = tools::wasm_bindgen(self.house)?.join("wasm-bindgen-test-runner");
        let (sh, wasm) = (&self.house.sh, tools::WASM);
        let development: &[&str] = &["--features", "inspect"];
        let mut counts = Counts::default();
        for features in [&[], development] {
            let command = cmd!(sh, "cargo test --package tidegate --target {wasm} --test web {features...}")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", &runner)
                .env("WASM_BINDGEN_TEST_TIMEOUT", WASM_PATIENCE.to_string())
                // The runner takes the first driver it finds named.
                .env_remove("CHROMEDRIVER")
                .env_remove("GECKODRIVER")
                .env(driver, &program);
            counts.add(&counted(command)?);
        }
        Ok(counts)
    }

    /// The scripts of a folder under Node's runner; `browser` tells them which one to drive.
    pub fn node(&mut self, folder: &str, browser: Option<&str>) -> Result<Counts> {
        self.build()?;
        tools::npm(self.house, "tests")?;
        if browser.is_some() {
            tools::browsers(self.house)?;
        }
        counted(self.scripts(folder)?.env("TIDEGATE_BROWSER", browser.unwrap_or_default()))
    }

    /// The snippets for servers, each started as a process of its own.
    pub fn servers(&mut self) -> Result<Counts> {
        self.build()?;
        tools::npm(self.house, "tests")?;
        tools::python(self.house)?;
        let nginx = tools::nginx(self.house)?;
        let (sh, package) = (&self.house.sh, "tidegate-advice-axum");
        cmd!(sh, "cargo build --package {package}").run()?;
        let axum = self.house.target.join("debug").join(package);
        counted(self.scripts("tests/servers")?.env("TIDEGATE_AXUM", axum).env("TIDEGATE_NGINX", nginx))
    }

    /// The tarball's tests. They get the tarball, and this program to make another.
    pub fn packaging(&mut self) -> Result<Counts> {
        self.build()?;
        tools::npm(self.house, "tests")?;
        tools::browsers(self.house)?;
        let tarball = pack::tarball(self.house)?;
        let scripts = self.scripts("tests/packaging")?;
        counted(scripts.env("TIDEGATE_TARBALL", tarball).env("TIDEGATE_XTASK", env::current_exe()?))
    }

    fn scripts(&self, folder: &str) -> Result<Cmd<'_>> {
        let found: Vec<PathBuf> = files(&self.house.at(folder), ".test.mjs");
        ensure!(!found.is_empty(), "{folder} holds no *.test.mjs");
        let (sh, hung) = (&self.house.sh, HUNG.to_string());
        // One file at a time: they share the machine's cores with browsers and measure servers' hits.
        let flags = ["--test", "--test-reporter=spec", "--test-concurrency=1"];
        Ok(cmd!(sh, "node {flags...} --test-timeout={hung} {found...}"))
    }

    /// Builds the package once per call; what failed is not tried again.
    fn build(&mut self) -> Result<()> {
        if self.built.is_none() {
            let made = bundle::build(self.house);
            self.built = Some(made.is_ok());
            return made;
        }
        ensure!(self.built == Some(true), "the package could not be built, see above");
        Ok(())
    }
}

/// Runs a command, shows its output as it comes, and reads the counts in it.
fn counted(command: Cmd<'_>) -> Result<Counts> {
    eprintln!("$ {command}");
    // Colours would hide the counts.
    let mut child = Command::from(command.env_remove("FORCE_COLOR"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("the suite's program did not start")?;
    let mut out = BufReader::new(child.stdout.take().context("its output is piped")?);
    let (mut counts, mut line) = (Counts::default(), Vec::new());
    while out.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        print!("{text}");
        counts.read(&text);
        line.clear();
    }
    let status = child.wait()?;
    Ok(counts.ended(status.success()))
}
