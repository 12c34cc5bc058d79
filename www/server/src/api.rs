//! The endpoints. Those that cost something go through trouble, quota and pool; the two that watch and steer never do.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Query, State, rejection::JsonRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::{
    catalogue::{Catalogue, SaveError},
    hints::Said,
    pool::{Limits, Pool, Refused},
    quota::{Quota, whole_seconds},
    stats::{Endpoint, Stats},
    trouble::{Settings, Trouble},
};

/// Longest note and longest idempotency key that are taken, in bytes.
const TEXT_BYTES: usize = 500;
/// Largest body that is read, in bytes.
const BODY_BYTES: usize = 4_096;

/// Marks a response that must not be sent: the connection is closed instead.
#[derive(Clone, Copy, Debug)]
pub struct CloseConnection;

/// What a worker brings back: an answer, or a status and why.
type Done = Result<Value, (StatusCode, String)>;

/// The server's state.
pub struct Api {
    catalogue: Arc<Catalogue>,
    pool: Pool<Done>,
    trouble: Arc<Trouble>,
    quota: Quota,
    stats: Stats,
    turn: AtomicU64,
}

/// All endpoints over a fresh catalogue.
///
/// # Errors
/// When the catalogue cannot be made.
pub fn router(limits: Limits) -> rusqlite::Result<Router> {
    let trouble = Arc::new(Trouble::default());
    let api = Arc::new(Api {
        catalogue: Arc::new(Catalogue::open()?),
        pool: Pool::new(limits, Arc::clone(&trouble)),
        trouble,
        quota: Quota::default(),
        stats: Stats::default(),
        turn: AtomicU64::new(0),
    });
    Ok(Router::new()
        .route("/api/search", get(search))
        .route("/api/save", post(save))
        .route("/api/recommendations", get(recommendations))
        .route("/api/trending", get(trending))
        .route("/api/reviews", get(reviews))
        .merge(watch_and_steer())
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(api))
}

/// Open to the page under this server's other name too (localhost and 127.0.0.1): a browser opens six connections to a
/// host, and watching must not wait behind what is watched. No other origin may steer.
fn watch_and_steer() -> Router<Arc<Api>> {
    let own = AllowOrigin::predicate(|origin, request| {
        let port = request.headers.get(header::HOST).and_then(|host| host.to_str().ok()?.rsplit_once(':'));
        port.is_some_and(|(_, port)| {
            ["127.0.0.1", "localhost"].iter().any(|name| origin == format!("http://{name}:{port}").as_str())
        })
    });
    let cors = CorsLayer::new().allow_origin(own).allow_methods([Method::GET, Method::POST]);
    Router::new()
        .route("/api/stats", get(stats))
        .route("/api/trouble", post(trouble_set))
        .layer(cors.allow_headers([header::CONTENT_TYPE]))
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    q: String,
}

async fn search(State(api): State<Arc<Api>>, Query(Search { q }): Query<Search>) -> Response {
    let catalogue = Arc::clone(&api.catalogue);
    api.serve(Endpoint::Search, move || answer(catalogue.search(&q))).await
}

async fn recommendations(State(api): State<Arc<Api>>) -> Response {
    let (catalogue, turn) = (Arc::clone(&api.catalogue), api.turn());
    api.serve(Endpoint::Recommendations, move || answer(catalogue.recommendations(turn))).await
}

async fn trending(State(api): State<Arc<Api>>) -> Response {
    let catalogue = Arc::clone(&api.catalogue);
    api.serve(Endpoint::Trending, move || answer(catalogue.trending())).await
}

async fn reviews(State(api): State<Arc<Api>>) -> Response {
    let (catalogue, turn) = (Arc::clone(&api.catalogue), api.turn());
    api.serve(Endpoint::Reviews, move || answer(catalogue.reviews(turn))).await
}

#[derive(Deserialize)]
struct Save {
    item: i64,
    #[serde(default)]
    note: String,
}

async fn save(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    body: Result<Json<Save>, JsonRejection>,
) -> Response {
    let Json(Save { item, note }) = match body {
        Ok(body) => body,
        Err(why) => return problem(why.status(), &why.body_text()),
    };
    let key = match headers.get("idempotency-key").map(HeaderValue::to_str).transpose() {
        Ok(key) => key.map(str::to_owned),
        Err(_) => return problem(StatusCode::BAD_REQUEST, "the Idempotency-Key is not ASCII"),
    };
    if note.len() > TEXT_BYTES || key.as_ref().is_some_and(|key| key.len() > TEXT_BYTES) {
        return problem(StatusCode::PAYLOAD_TOO_LARGE, "note and Idempotency-Key may have 500 bytes");
    }
    let catalogue = Arc::clone(&api.catalogue);
    let work = move || match catalogue.save(item, &note, key.as_deref()) {
        Ok(Err(SaveError::NoSuchItem)) => Err((StatusCode::NOT_FOUND, "no such book".into())),
        Ok(Err(SaveError::KeyReused)) => {
            Err((StatusCode::UNPROCESSABLE_ENTITY, "this Idempotency-Key was used for another book".into()))
        }
        Ok(Ok(saved)) => answer(Ok(saved)),
        Err(error) => answer::<()>(Err(error)),
    };
    api.serve(Endpoint::Save, work).await
}

/// The server as it sees itself; the settings in force are part of it.
async fn stats(State(api): State<Arc<Api>>) -> Response {
    let (settings, ends_in) = api.trouble.remaining();
    let load = api.pool.load();
    let body = Json(json!({
        "hits": api.stats.hits(),
        "inFlight": load.running,
        "queued": load.queued,
        "capacity": api.pool.limits().capacity(&settings),
        "serviceMs": api.pool.limits().service(&settings).as_millis() as u64,
        "served": load.served,
        "refused": api.stats.refused(),
        "dropped": api.stats.dropped(),
        "gone": load.gone,
        "wasted": load.wasted,
        "trouble": settings,
        "endsInMs": ends_in.map(|time| time.as_millis() as u64),
    }));
    ([(header::CACHE_CONTROL, "no-store")], body).into_response()
}

async fn trouble_set(State(api): State<Arc<Api>>, body: Result<Json<Settings>, JsonRejection>) -> Response {
    let settings = match body {
        Ok(Json(settings)) => settings.check(),
        Err(why) => return problem(why.status(), &why.body_text()),
    };
    match settings {
        Ok(settings) => {
            api.trouble.set(settings.clone());
            Json(settings).into_response()
        }
        Err(why) => problem(StatusCode::UNPROCESSABLE_ENTITY, why),
    }
}

impl Api {
    fn turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    /// One request: counted first, then whatever the trouble in force does to it, then the pool.
    async fn serve(&self, endpoint: Endpoint, work: impl FnOnce() -> Done + Send + 'static) -> Response {
        self.stats.hit(endpoint);
        if self.trouble.drops() {
            self.stats.drop_connection();
            return (axum::Extension(CloseConnection), StatusCode::BAD_GATEWAY).into_response();
        }
        let settings = self.trouble.get();
        let limits = self.pool.limits();
        let quota = self.quota.take(limits, &settings);
        let spent = quota.filter(|quota| quota.remaining.is_none());
        let result = if let Some(quota) = spent {
            Err((quota.reset, "the quota is spent"))
        } else if self.trouble.refuses() {
            let drain = limits.drain(&settings, self.pool.load().queued + 1);
            Err((whole_seconds(drain), "refused"))
        } else {
            match self.pool.submit(endpoint.cost(), work).await {
                Ok(done) => Ok(done),
                Err(Refused::Full(drain)) => Err((whole_seconds(drain), "the queue is full")),
                Err(Refused::Late(drain)) => Err((whole_seconds(drain), "the queue is too slow")),
                Err(Refused::Broken) => return problem(StatusCode::INTERNAL_SERVER_ERROR, "the work failed"),
            }
        };
        let load = self.pool.load();
        let wait = |estimate| settings.retry_after.map_or(estimate, u64::from);
        let said = Said {
            hint: settings.hint,
            retry_after: result.as_ref().err().map(|(estimate, _)| wait(*estimate)),
            quota,
            utilization: (load.running + load.queued) as f64 / limits.capacity(&settings) as f64,
        };
        let mut response = match result {
            Ok(Ok(value)) => ([(header::CACHE_CONTROL, "no-store")], Json(value)).into_response(),
            Ok(Err((status, why))) => problem(status, &why),
            Err((_, why)) => {
                self.stats.refuse();
                problem(said.refusal(), why)
            }
        };
        said.write(response.headers_mut());
        response
    }
}

fn answer<T: Serialize>(result: rusqlite::Result<T>) -> Done {
    let failed = |why: String| (StatusCode::INTERNAL_SERVER_ERROR, why);
    result
        .map_err(|error| failed(error.to_string()))
        .and_then(|value| serde_json::to_value(value).map_err(|error| failed(error.to_string())))
}

/// An error as RFC 9457 has it.
fn problem(status: StatusCode, detail: &str) -> Response {
    let body = json!({ "status": status.as_u16(), "title": status.canonical_reason(), "detail": detail });
    let fields = [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")];
    (status, fields, body.to_string()).into_response()
}
