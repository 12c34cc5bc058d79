//! What the fuzz targets share with the tests.

#[path = "../../tests/rfc9111/any.rs"]
pub mod any;
#[path = "../../tests/twin/mod.rs"]
pub mod twin;
