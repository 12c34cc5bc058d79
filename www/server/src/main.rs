//! `tidegate-demo --assets FOLDER [--port N] [--workers N] [--queue N] [--service-ms N]`

use std::{error::Error, net::Ipv4Addr, path::PathBuf, time::Duration};

use lexopt::{Parser, ValueExt, prelude::*};
use tidegate_demo::{api, pool::Limits, serve};
use tokio::net::TcpListener;

const USAGE: &str = "tidegate-demo [--assets FOLDER] [--port N] [--workers N] [--queue N] [--service-ms N]

  --assets FOLDER  the built page; without it only /api/ is served
  --port N         default 0: any free port; always on 127.0.0.1
  --workers N      requests in service at once, 1 to 64 (default 4)
  --queue N        requests that wait, at most 10000 (default 32)
  --service-ms N   time a request takes, 1 to 60000 (default 60)";

struct Args {
    assets: Option<PathBuf>,
    port: u16,
    limits: Limits,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let Some(args) = parse(Parser::from_env())? else {
        println!("{USAGE}");
        return Ok(());
    };
    let mut app = api::router(args.limits)?;
    if let Some(folder) = &args.assets {
        app = serve::with_assets(app, folder);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, args.port)).await?;
    println!("tidegate demo: http://{}/", listener.local_addr()?);
    match serve::serve(listener, app).await? {}
}

/// `None` when only help was asked for.
fn parse(mut parser: Parser) -> Result<Option<Args>, Box<dyn Error>> {
    let limits = Limits { workers: 4, queue: 32, service: Duration::from_millis(60) };
    let mut args = Args { assets: None, port: 0, limits };
    while let Some(arg) = parser.next()? {
        match arg {
            Long("assets") => args.assets = Some(parser.value()?.into()),
            Long("port") => args.port = parser.value()?.parse()?,
            Long("workers") => args.limits.workers = within(parser.value()?.parse()?, 1, 64)?,
            Long("queue") => args.limits.queue = within(parser.value()?.parse()?, 0, 10_000)?,
            Long("service-ms") => {
                let ms = within(parser.value()?.parse()?, 1, 60_000)?;
                args.limits.service = Duration::from_millis(ms as u64);
            }
            Short('h') | Long("help") => return Ok(None),
            _ => return Err(format!("{}\n\n{USAGE}", arg.unexpected()).into()),
        }
    }
    Ok(Some(args))
}

fn within(n: usize, least: usize, most: usize) -> Result<usize, String> {
    match (least..=most).contains(&n) {
        true => Ok(n),
        false => Err(format!("{n} is not from {least} to {most}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_out_of_range_are_refused() {
        for bad in [["--workers", "0"], ["--port", "65536"], ["--service-ms", "0"], ["--colour", "red"]] {
            assert!(parse(Parser::from_args(bad)).is_err(), "{bad:?}");
        }
        let args =
            parse(Parser::from_args(["--port", "0", "--queue", "5"])).expect("fine").expect("not help");
        assert_eq!((args.port, args.limits.queue, args.limits.workers), (0, 5, 4));
    }
}
