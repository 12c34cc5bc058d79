//! The demo: its page bundled against the built package, its server built and run.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use xshell::cmd;

use crate::bundle;
use crate::house::{House, step};

/// What the server prints before its address.
const GREETING: &str = "tidegate demo: ";

/// Builds and serves the demo until interrupted; with `once`, until the page and its script were fetched.
/// A taken `port` is replaced by a free one.
pub fn demo(house: &House, port: u16, once: bool) -> Result<()> {
    bundle::build(house)?;
    let assets = house.target.join("demo");
    step("Bundling the demo's page", || page(house, &assets))?;
    step("Building the demo's server", || {
        let sh = &house.sh;
        let target = &house.target;
        Ok(cmd!(sh, "cargo build --package tidegate-demo --target-dir {target}").run()?)
    })?;
    let port = if TcpListener::bind(("127.0.0.1", port)).is_ok() { port } else { 0 };
    let mut server = Command::new(house.target.join("debug/tidegate-demo"));
    server.arg("--assets").arg(&assets).arg("--port").arg(port.to_string());
    if once {
        return visit(server);
    }
    let status = server.status().context("the demo's server did not start")?;
    ensure!(status.success(), "the demo's server ended with {status}");
    Ok(())
}

/// Bundles `main.ts` as an application would, and copies what stands beside it.
fn page(house: &House, assets: &Path) -> Result<()> {
    let _ = fs::remove_dir_all(assets);
    fs::create_dir_all(assets)?;
    let from = house.at("www/page");
    let names = [("tidegate", "index.js"), ("tidegate/development", "dev.js"), ("tidegate/ui", "ui.js")];
    let alias = |(name, file)| format!("--alias:{name}={}", house.at("pkg/dist").join(file).display());
    let (main, sh) = (from.join("main.ts"), &house.sh);
    let esbuild = house.at("pkg/node_modules/esbuild/bin/esbuild");
    cmd!(sh, "{esbuild} {main} --bundle --format=esm --target=es2022 --sourcemap --log-level=warning --outdir={assets}")
        .args(names.map(alias))
        .run()?;
    for entry in fs::read_dir(&from)? {
        let path = entry?.path();
        let copied = path.is_file() && path.extension().is_some_and(|end| end != "ts" && end != "json");
        if let (true, Some(name)) = (copied, path.file_name()) {
            fs::copy(&path, assets.join(name))?;
        }
    }
    Ok(())
}

/// Starts the server, reads its address, fetches the page and its script, and ends it.
fn visit(mut server: Command) -> Result<()> {
    let mut server =
        Running(server.stdout(Stdio::piped()).spawn().context("the demo's server did not start")?);
    let out = server.0.stdout.take().context("its output is piped")?;
    for line in BufReader::new(out).lines() {
        let line = line?;
        println!("{line}");
        if let Some(address) = line.strip_prefix(GREETING) {
            let host = address.trim_start_matches("http://").trim_end_matches('/');
            for path in ["/", "/main.js", "/style.css", "/api/stats"] {
                let length = get(host, path)?;
                println!("{path}: {length} bytes");
            }
            return Ok(());
        }
    }
    bail!("the demo's server ended without naming its address")
}

/// Ends the server whatever happens to its visitor.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The length of what a GET answers, headers included; anything but 200 is an error.
fn get(host: &str, path: &str) -> Result<usize> {
    let mut stream = TcpStream::connect(host).with_context(|| format!("cannot reach {host}"))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let first =
        String::from_utf8_lossy(answer.split(|&c| c == b'\r').next().unwrap_or_default()).into_owned();
    ensure!(first.starts_with("HTTP/1.1 200"), "GET {path} answered {first:?}");
    Ok(answer.len())
}
