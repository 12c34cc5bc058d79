//! The endpoints, without a network.

use std::time::Duration;

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode},
    response::Response,
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tidegate_demo::{api, pool::Limits};
use tower::ServiceExt;

fn app(workers: usize, queue: usize) -> Router {
    api::router(Limits { workers, queue, service: Duration::from_millis(50) }).expect("catalogue")
}

async fn get(app: &Router, path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).expect("request");
    app.clone().oneshot(request).await.expect("infallible")
}

async fn post(app: &Router, path: &str, key: Option<&str>, body: Value) -> Response {
    let mut request = Request::post(path).header("content-type", "application/json");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let request = request.body(Body::from(body.to_string())).expect("request");
    app.clone().oneshot(request).await.expect("infallible")
}

async fn body(response: Response) -> Value {
    let bytes = response.into_body().collect().await.expect("body").to_bytes();
    serde_json::from_slice(&bytes).expect("JSON")
}

fn field<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name).map(|value| value.to_str().expect("ASCII"))
}

async fn stats(app: &Router) -> Value {
    body(get(app, "/api/stats").await).await
}

#[tokio::test(start_paused = true)]
async fn a_healthy_server_answers_everything_and_says_nothing_of_load() {
    let app = app(4, 32);
    for path in ["/api/search?q=lighthouse", "/api/recommendations", "/api/trending", "/api/reviews"] {
        let response = get(&app, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        for hint in ["retry-after", "ratelimit", "ratelimit-policy", "endpoint-load-metrics"] {
            assert_eq!(field(&response, hint), None, "{path}");
        }
    }
    let found = body(get(&app, "/api/search?q=lighthouse").await).await;
    assert!(found["items"][0]["title"].as_str().expect("title").contains("Lighthouse"));
    assert_eq!(
        stats(&app).await["hits"],
        json!({
            "search": 2, "save": 0, "recommendations": 1, "trending": 1, "reviews": 1, "total": 5
        })
    );
}

#[tokio::test(start_paused = true)]
async fn saving_with_the_same_key_has_one_effect() {
    let app = app(4, 32);
    let book = json!({ "item": 12, "note": "for the ferry" });
    for repeated in [false, true, true] {
        let saved = body(post(&app, "/api/save", Some("press-1"), book.clone()).await).await;
        assert_eq!(saved, json!({ "item": 12, "times": 1, "repeated": repeated }));
    }
    let again = body(post(&app, "/api/save", None, book).await).await;
    assert_eq!(again["times"], 2);
    let other = post(&app, "/api/save", Some("press-1"), json!({ "item": 13 })).await;
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        post(&app, "/api/save", None, json!({ "item": 99_999 })).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_in_the_chosen_dialect() {
    let app = app(4, 32);
    for (hint, status, name, value) in [
        ("none", 503, "retry-after", None),
        ("retry-after", 503, "retry-after", Some("7")),
        ("ratelimit", 429, "ratelimit", Some("\"demo\";r=0;t=7")),
        ("load", 503, "endpoint-load-metrics", Some("TEXT application_utilization=0.00")),
    ] {
        let settings = json!({ "refuse": 1, "hint": hint, "retryAfter": 7 });
        assert_eq!(post(&app, "/api/trouble", None, settings).await.status(), StatusCode::OK);
        let response = get(&app, "/api/trending").await;
        assert_eq!(response.status().as_u16(), status, "{hint}");
        assert_eq!(field(&response, name), value, "{hint}");
        assert_eq!(field(&response, "content-type"), Some("application/problem+json"));
    }
    assert_eq!(stats(&app).await["refused"], 4);
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_names_the_time_until_it_is_empty() {
    for queue in [json!({ "length": 3 }), json!({ "wait": 100_000 / 2 })] {
        let app = app(1, 1);
        let settings = json!({ "slower": 100, "queue": queue, "hint": "retry-after" });
        assert_eq!(post(&app, "/api/trouble", None, settings).await.status(), StatusCode::OK);
        let (mut ok, mut waits) = (0, Vec::new());
        let mut clients = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let app = app.clone();
            clients.spawn(async move { get(&app, "/api/trending").await });
        }
        for response in clients.join_all().await {
            match field(&response, "retry-after") {
                Some(seconds) => waits.push(seconds.parse::<u64>().expect("whole seconds")),
                None => ok += 1,
            }
        }
        // Five seconds each: one in service; three places, or as many as start within fifty seconds.
        let let_in = if queue["length"].is_null() { 11 } else { 4 };
        assert_eq!((ok, waits.len()), (let_in, 20 - let_in), "{queue}");
        assert!(waits.iter().all(|&wait| wait == 5 * let_in as u64), "{queue}: {waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_is_refused_until_its_window_ends() {
    let app = app(1, 100);
    // One worker, five seconds each: two in a window of ten seconds.
    post(&app, "/api/trouble", None, json!({ "slower": 100, "hint": "ratelimit" })).await;
    let ask = || get(&app, "/api/trending");
    let (first, second, third) = tokio::join!(ask(), ask(), ask());
    assert_eq!(field(&first, "ratelimit-policy"), Some("\"demo\";q=2;w=10"));
    assert_eq!((first.status(), second.status()), (StatusCode::OK, StatusCode::OK));
    assert_eq!(field(&second, "ratelimit"), Some("\"demo\";r=0;t=10"));
    assert_eq!((third.status().as_u16(), field(&third, "ratelimit")), (429, Some("\"demo\";r=0;t=10")));
    // Serving the two took ten seconds: the window is over.
    assert_eq!(ask().await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn trouble_ends_by_itself_and_the_page_can_see_when() {
    let app = app(4, 32);
    post(&app, "/api/trouble", None, json!({ "refuse": 1, "seconds": 20 })).await;
    let now = stats(&app).await;
    assert_eq!((&now["trouble"]["refuse"], &now["endsInMs"]), (&json!(1.0), &json!(20_000)));
    assert_eq!(get(&app, "/api/reviews").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    tokio::time::advance(Duration::from_secs(20)).await;
    let later = stats(&app).await;
    assert_eq!((&later["trouble"]["refuse"], &later["endsInMs"]), (&json!(0.0), &Value::Null));
    assert_eq!(get(&app, "/api/reviews").await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn watching_and_steering_pass_by_a_pool_that_is_stuck() {
    let app = app(1, 0);
    post(&app, "/api/trouble", None, json!({ "slower": 100, "refuse": 0 })).await;
    let stuck = tokio::spawn({
        let app = app.clone();
        async move { get(&app, "/api/trending").await }
    });
    tokio::time::timeout(Duration::from_secs(1), stuck).await.expect_err("five seconds of service");
    assert_eq!(get(&app, "/api/reviews").await.status(), StatusCode::SERVICE_UNAVAILABLE, "the pool is full");
    assert_eq!(get(&app, "/api/stats").await.status(), StatusCode::OK);
    assert_eq!(post(&app, "/api/trouble", None, json!({})).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn bad_input_is_told_and_costs_no_worker() {
    let app = app(1, 1);
    for (path, sent) in [
        ("/api/trouble", json!({ "slower": 0 })),
        ("/api/trouble", json!({ "slwer": 2 })),
        ("/api/trouble", json!({ "hint": "carrier-pigeon" })),
        ("/api/save", json!({ "item": "twelve" })),
        ("/api/save", json!({ "item": 1, "note": "x".repeat(501) })),
        ("/api/save", json!({ "item": 1, "note": "x".repeat(5_000) })),
    ] {
        let response = post(&app, path, None, sent.clone()).await;
        assert!(response.status().is_client_error(), "{path} {sent}");
        assert!(body(response).await["detail"].is_string(), "{path} {sent}");
    }
    assert_eq!(stats(&app).await["hits"]["total"], 0);
}

#[tokio::test]
async fn only_the_servers_own_two_names_may_steer_it() {
    let app = app(1, 1);
    for (origin, allowed) in [
        ("http://127.0.0.1:4000", true),
        ("http://localhost:4000", true),
        ("http://localhost:4001", false),
        ("https://localhost:4000", false),
        ("http://localhost:4000.evil.example", false),
        ("null", false),
    ] {
        let request = Request::get("/api/stats").header("host", "localhost:4000").header("origin", origin);
        let response =
            app.clone().oneshot(request.body(Body::empty()).expect("request")).await.expect("infallible");
        let want = allowed.then_some(origin);
        assert_eq!(field(&response, "access-control-allow-origin"), want, "{origin}");
    }
}
