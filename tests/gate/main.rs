//! The gate in whole conversations, each a claim: pages, a server that answers by the time, and virtual time between.

mod backpressure_field;
mod bounds;
mod copies;
mod copies_more;
mod features;
mod forgotten;
mod guess;
mod hold;
mod join;
mod late;
mod late_more;
mod later_word;
mod leave;
mod quota;
mod reloaded;
mod room;
mod throttle;
mod typing;
mod whom;
mod word;
mod world;
