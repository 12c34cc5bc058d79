//! What only a real connection shows.

use std::{sync::Arc, time::Duration};

use axum::Router;
use tidegate_demo::{
    api,
    pool::Limits,
    serve::{serve, with_assets},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

async fn start(service: Duration, wrap: impl FnOnce(Router) -> Router) -> u16 {
    let app = wrap(api::router(Limits { workers: 1, queue: 8, service }).expect("catalogue"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("address").port();
    tokio::spawn(serve(listener, app));
    port
}

/// Sends one request and reads to the end; what a dropped connection leaves is empty.
async fn talk(port: u16, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    // A reset is one of the ways in which a connection ends.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("UTF-8")
}

#[tokio::test]
async fn a_dropped_connection_ends_without_a_byte() {
    let port = start(Duration::from_millis(1), |api| api).await;
    assert!(talk(port, "GET /api/trending", "").await.starts_with("HTTP/1.1 200 OK"));
    talk(port, "POST /api/trouble", r#"{"drop": 1}"#).await;
    assert_eq!(talk(port, "GET /api/trending", "").await, "");
    assert!(talk(port, "GET /api/stats", "").await.contains(r#""dropped":1"#));
}

#[tokio::test]
async fn a_client_that_hangs_up_frees_its_worker() {
    let port = start(Duration::from_secs(600), |api| api).await;
    let mut leaving = TcpStream::connect(("127.0.0.1", port)).await.expect("connected");
    leaving.write_all(b"GET /api/trending HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("sent");
    while !talk(port, "GET /api/stats", "").await.contains(r#""inFlight":1"#) {}
    drop(leaving);
    // Ten minutes of service end when the server notices; each look is a round trip, so this is no busy loop.
    while !talk(port, "GET /api/stats", "").await.contains(r#""gone":1"#) {}
    assert!(talk(port, "GET /api/stats", "").await.contains(r#""inFlight":0"#));
}

#[tokio::test]
async fn the_page_is_served_with_a_policy_that_allows_webassembly() {
    let folder = std::env::temp_dir().join(format!("tidegate-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("index.html"), "<!doctype html><title>hello</title>").expect("a file");
    let path = Arc::new(folder);
    let port = start(Duration::from_millis(1), |api| with_assets(api, &path)).await;
    let page = talk(port, "GET /", "").await;
    assert!(page.contains("<title>hello") && page.contains("wasm-unsafe-eval"), "{page}");
    assert!(page.contains("cache-control: no-cache"), "{page}");
    assert!(talk(port, "GET /../Cargo.toml", "").await.starts_with("HTTP/1.1 404"));
    assert!(talk(port, "GET /api/trending", "").await.contains("cache-control: no-store"));
    std::fs::remove_dir_all(&*path).expect("removed");
}
