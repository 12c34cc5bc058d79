//! A service that bounds its queue by waiting time, drops the work of clients that have gone, and says so.

use std::{env, error::Error, net::SocketAddr, sync::Arc};

use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::{BoxError, Json, Router, routing::get};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};
use tokio::{net::TcpListener, sync::Semaphore};
use tower::{ServiceBuilder, limit::GlobalConcurrencyLimitLayer};
use tower_governor::{GovernorError, GovernorLayer, governor::GovernorConfigBuilder};
use tower_http::{cors::CorsLayer, set_header::SetResponseHeaderLayer};

const WORKERS: usize = 4;
/// Working and waiting together, whatever the patience: memory is bounded too.
const INSIDE: usize = 1000;
/// A burst of so many; two more every second.
const QUOTA: u32 = 20;
const PAGE: HeaderValue = HeaderValue::from_static("https://app.example");

struct Service {
    backend: String,
    client: Client<HttpConnector, Body>,
    patience: Duration,
    workers: Semaphore,
    inside: Arc<Semaphore>,
}

/// The queue: first come, first served, and nobody longer than `patience`. When a client hangs up, hyper drops this
/// future wherever it stands, and with it the place in the queue, the permit, and the request to the backend.
async fn in_turn(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let since = Instant::now();
    match tokio::time::timeout(service.patience, service.workers.acquire()).await {
        Ok(Ok(_permit)) => {
            let waited = since.elapsed();
            backpressure(next.run(request).await, waited.as_secs_f64() / service.patience.as_secs_f64())
        }
        _ => overloaded("no turn in time".into()).await,
    }
}

/// `load`: how long this request stood in the queue, against the longest that any may.
fn backpressure(mut answer: Response, load: f64) -> Response {
    let value = match load {
        ..0.01 => return answer, // nothing to say
        ..0.5 => format!("load={load:.2}, state=fair"),
        ..1.0 => format!("load={load:.2}, state=serious, off=(related)"),
        _ => "load=1, state=critical".to_owned(),
    };
    answer.headers_mut().insert("backpressure", value.parse().expect("ASCII"));
    answer
}

/// Too late for a turn, or refused by tower: `Overloaded` of load_shed, `Elapsed` of timeout.
async fn overloaded(_: BoxError) -> Response {
    backpressure(refusal(StatusCode::SERVICE_UNAVAILABLE, "temporary-reduced-capacity", 2), 1.0)
}

/// tower_governor rounds its wait down to whole seconds: a client that obeys would come too early.
fn over_quota(error: GovernorError) -> Response {
    let GovernorError::TooManyRequests { wait_time, .. } = error else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut answer = refusal(StatusCode::TOO_MANY_REQUESTS, "quota-exceeded", wait_time + 1);
    answer.headers_mut().insert("x-ratelimit-remaining", 0.into());
    answer
}

/// Whole seconds, and up to half as many again: not everybody comes back at once.
fn refusal(status: StatusCode, kind: &str, seconds: u64) -> Response {
    let wait = seconds + rand::random_range(0..=seconds.div_ceil(2));
    let kind = format!("https://iana.org/assignments/http-problem-types#{kind}");
    let problem = json!({ "type": kind, "status": status.as_u16(), "retry_after": wait });
    let fields = [("content-type", "application/problem+json"), ("retry-after", &wait.to_string())];
    (status, fields, problem.to_string()).into_response()
}

/// The structured fields from the count that tower_governor leaves.
async fn rate_limit(mut answer: Response) -> Response {
    let fields = answer.headers_mut();
    fields.remove("x-ratelimit-limit");
    if let Some(left) = fields.remove("x-ratelimit-remaining").and_then(|v| v.to_str().ok()?.parse().ok()) {
        let full_in = QUOTA.saturating_sub(left).div_ceil(2);
        for (name, value) in [
            ("ratelimit", format!("\"default\";r={left};t={full_in}")),
            ("ratelimit-policy", format!("\"default\";q={QUOTA};w={}", QUOTA / 2)),
        ] {
            fields.insert(HeaderName::from_static(name), value.parse().expect("ASCII"));
        }
    }
    answer
}

async fn health(State(service): State<Arc<Service>>) -> Json<Value> {
    let running = WORKERS - service.workers.available_permits();
    let inside = INSIDE - service.inside.available_permits();
    Json(json!({ "running": running, "waiting": inside.saturating_sub(running) }))
}

async fn search(State(service): State<Arc<Service>>, request: Request) -> Result<Body, StatusCode> {
    let url = format!("{}{}", service.backend, request.uri()).parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let answer = service.client.get(url).await.map_err(|_| StatusCode::BAD_GATEWAY)?;
    Ok(Body::new(answer.into_body()))
}

fn app(service: Arc<Service>) -> Router {
    let quota =
        GovernorConfigBuilder::default().per_millisecond(500).burst_size(QUOTA).use_headers().finish();
    let limits = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(overloaded))
        .load_shed()
        // Global: Router::layer would give every route a limit of its own.
        .layer(GlobalConcurrencyLimitLayer::with_semaphore(service.inside.clone()))
        // Of the whole answer. It does not run while a concurrency limit below it makes the request wait.
        .timeout(Duration::from_secs(10));
    let exposed =
        ["retry-after", "ratelimit", "ratelimit-policy", "backpressure", "date"].map(HeaderName::from_static);
    let tao = HeaderName::from_static("timing-allow-origin");

    Router::new()
        .route("/search", get(search))
        .layer(from_fn_with_state(service.clone(), in_turn))
        .layer(limits)
        .layer(GovernorLayer::new(quota.expect("a quota above zero")).error_handler(over_quota))
        .route("/health", get(health)) // below the limits: neither counted nor queued
        .layer(map_response(rate_limit))
        .layer(SetResponseHeaderLayer::overriding(tao, PAGE))
        // Last is outermost: all refusals above carry it, and preflights end here.
        .layer(CorsLayer::new().allow_origin(PAGE).expose_headers(exposed).max_age(Duration::from_secs(7200)))
        .with_state(service)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let patience = env::var("PATIENCE_MS").map_or(Ok(1000), |ms| ms.parse())?;
    let port = env::var("PORT").map_or(Ok(0), |port| port.parse())?;
    let service = Service {
        backend: env::var("BACKEND")?,
        client: Client::builder(TokioExecutor::new()).build_http(),
        patience: Duration::from_millis(patience),
        workers: Semaphore::new(WORKERS),
        inside: Arc::new(Semaphore::new(INSIDE)),
    };
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    println!("http://{}", listener.local_addr()?);
    let app = app(Arc::new(service)).into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}
