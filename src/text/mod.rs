//! The text of header fields: the tokenizer under every grammar, and dates. A leaf: hints and the cache read by it.

pub mod date;
pub mod scan;
