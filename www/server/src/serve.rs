//! Listening, and the one thing that axum alone cannot do: closing a connection instead of answering.

use std::{convert::Infallible, io, path::Path};

use axum::{
    Router,
    body::Body,
    http::{HeaderName, HeaderValue, Request, Response, header},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt;
use tower_http::{services::ServeDir, set_header::SetResponseHeaderLayer};

use crate::api::CloseConnection;

/// What the page may do: its own files, its own server (which has two names), and WebAssembly.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; \
    connect-src 'self' http://localhost:* http://127.0.0.1:*; frame-ancestors 'none'";

/// Adds the page's files to the endpoints.
pub fn with_assets(api: Router, folder: &Path) -> Router {
    let field = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    api.fallback_service(ServeDir::new(folder))
        .layer(field(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .layer(field(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        // The page is rebuilt between visits; a browser must ask whether it changed.
        .layer(field(header::CACHE_CONTROL, "no-cache"))
}

/// Serves until the listener fails.
///
/// # Errors
/// What accepting a connection fails with, other than a client that has left already.
pub async fn serve(listener: TcpListener, app: Router) -> io::Result<Infallible> {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(stream, app.clone()))),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

/// One connection, to its end. A client that goes away drops the handlers of its requests.
async fn connection(stream: TcpStream, app: Router) {
    // Answers are small: waiting to fill a packet would only add its delay. Without it the demo is merely slower.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request: Request<Incoming>| answer(app.clone(), request));
    // What ends a connection is the client's affair, or the trouble that was asked for.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(app: Router, request: Request<Incoming>) -> Result<Response<Body>, io::Error> {
    let response = match app.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match response.extensions().get::<CloseConnection>() {
        Some(CloseConnection) => Err(io::ErrorKind::ConnectionAborted.into()),
        None => Ok(response),
    }
}
