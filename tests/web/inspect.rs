//! Development build: one error that names every faulty path and what is accepted.

use js_sys::JSON;
use tidegate::web::inspect::check;
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

fn faults(json: &str) -> String {
    let options = JSON::parse(json).expect("the test's own JSON");
    check(options).err().map(|error| error.message().into()).unwrap_or_default()
}

#[wasm_bindgen_test]
fn what_can_be_used_is_no_fault() {
    assert!(check(JsValue::UNDEFINED).is_ok());
    for good in [
        "{}",
        r#"{"mode":"observe","deadline":0,"retry":{"attempts":0,"budget":{"percent":0.01,"cap":3}}}"#,
        r#"{"retry":false,"breaker":false,"concurrency":false,"cache":false,"pace":false,"coalesce":true}"#,
        r#"{"queue":{"drop":"newest","size":1},"storage":null,"channel":null,"onShed":"error","seed":-1.5}"#,
    ] {
        assert_eq!(faults(good), "", "{good}");
    }
}

#[wasm_bindgen_test]
fn every_faulty_path_is_named_with_what_is_accepted() {
    let said = faults(
        r#"{"mode":"maybe","deadline":-1,"retry":{"attempts":2.5,"budget":{"percent":101}},"breaker":true,
            "queue":{"drop":3},"onShed":"shrug","fetch":"x","maxHint":"long","sede":1}"#,
    );
    for (path, accepted) in [
        ("mode", "\"observe\""),
        ("deadline", "86400000"),
        ("retry.attempts", "0 to 14"),
        ("retry.budget.percent", "0 to 100"),
        ("breaker", "an object or false"),
        ("queue.drop", "\"newest\""),
        ("onShed", "\"response\""),
        ("fetch", "a function"),
        ("maxHint", "milliseconds"),
        ("sede", "is not an option"),
    ] {
        assert!(said.contains(path) && said.contains(accepted), "{path} in: {said}");
    }
}

#[wasm_bindgen_test]
fn options_that_are_no_object_are_one_fault() {
    for wrong in ["3", "\"x\"", "true", "null"] {
        assert!(faults(wrong).contains("options"), "{wrong}: {}", faults(wrong));
    }
}
