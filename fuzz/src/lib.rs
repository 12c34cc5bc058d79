//! What the fuzz targets share with the tests.

#[path = "../../tests/rfc9111/any.rs"]
pub mod any;
#[path = "../../tests/twin/mod.rs"]
pub mod twin;

#[path = "../../tests/twin/cache_store.rs"]
pub mod store;
