//! What is fuzzed, as plain functions: `cargo fuzz` gives them bytes of its own, `tests/fuzz_corpus.rs` those of the
//! corpus.
//!
//! Each panics when what it checks does not hold, and says otherwise whether the bytes were taken for what they are
//! meant to be, so that a corpus that does not reach its target any more can be told.

pub mod config;
pub mod container;
pub mod decoders;
pub mod exposition;
pub mod http;
pub mod learned;
mod model;
pub mod profile;
#[path = "../../tests/support/prom_text.rs"]
mod prom_text;
pub mod state;
mod values;

/// A target.
pub type Check = fn(&[u8]) -> bool;

/// Every target by its name, which is that of its corpus.
pub const TARGETS: &[(&str, Check)] = &[
    ("config", config::check),
    ("container", container::check),
    ("decoders", decoders::check),
    ("exposition", exposition::check),
    ("http", http::check),
    ("learned", learned::check),
    ("profile", profile::check),
    ("state", state::check),
];
