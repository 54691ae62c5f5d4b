//! Line -> Record: one decoder per log format, driven by a compiled plan of the fields somebody wants.
//!
//! A decoder knows bytes and fields, nothing of models or windows. [`FieldPlan`] says which fields are wanted and
//! gives each a slot; a decoder fills the slots of a [`Record`] that is used again for every line, so that nothing is
//! allocated and no name is looked up per value.

use std::fmt;
use std::sync::Arc;

mod csv;
#[cfg(test)]
mod flat_tests;
mod json;
mod jsonl;
mod known;
mod learned;
mod leaves;
mod line;
mod logfmt;
mod number;
mod passage;
mod plan;
mod record;
mod trie;
mod untyped;

pub use plan::{FieldPath, FieldPlan};
use record::LAST_RANK;
pub use record::{Record, SlotSet, Span, Value};

/// Why a line could not be decoded: a closed set, the `reason` of `driftgauge_decode_failures_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DecodeReason {
    /// Not the grammar of the format.
    Syntax,
    /// JSON, but not an object.
    NotAnObject,
    /// Not valid UTF-8.
    InvalidUtf8,
    /// Nested deeper than [`MAX_DEPTH`].
    TooDeep,
    /// A CSV row with another number of columns than the header.
    ColumnCount,
    /// A CSV row before any header.
    NoHeader,
}

/// How deep objects and arrays may nest.
pub const MAX_DEPTH: usize = 64;

impl DecodeReason {
    /// Every reason, in the order they are listed in.
    pub const ALL: &'static [DecodeReason] = &[
        DecodeReason::Syntax,
        DecodeReason::NotAnObject,
        DecodeReason::InvalidUtf8,
        DecodeReason::TooDeep,
        DecodeReason::ColumnCount,
        DecodeReason::NoHeader,
    ];

    /// As the value of the label `reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            DecodeReason::Syntax => "syntax",
            DecodeReason::NotAnObject => "not_an_object",
            DecodeReason::InvalidUtf8 => "invalid_utf8",
            DecodeReason::TooDeep => "too_deep",
            DecodeReason::ColumnCount => "column_count",
            DecodeReason::NoHeader => "no_header",
        }
    }
}

/// A line that could not be decoded, with the byte of the line at which it was noticed (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} at byte {offset}", reason.as_str())]
pub struct DecodeError {
    /// Why.
    pub reason: DecodeReason,
    /// Where in the line.
    pub offset: usize,
}

/// What a decoded line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decoded {
    /// The record's slots are filled.
    Record,
    /// The line belongs to the format itself (a CSV header, an empty line) and holds no record.
    Skipped,
}

/// Sees every leaf of a record: its path from the outermost key, and its value.
pub type Visitor<'v> = dyn FnMut(&[&str], Value, &Record) + 'v;

/// Turns lines of one file into records. One decoder per file: a format may have a header.
pub trait Decoder: fmt::Debug + Send {
    /// Fills the wanted slots of `record` from `line` (without its line end). On an error the record's content is
    /// not to be used. Never panics, whatever the bytes.
    fn decode(&mut self, line: &[u8], record: &mut Record) -> Result<Decoded, DecodeError>;

    /// Shows every leaf of `line` (nested ones too, arrays by position), wanted or not; empty objects and arrays are
    /// shown as [`Value::Nested`]. Slower than [`Decoder::decode`]; for profiles, warm-up and `check`.
    fn visit(&mut self, line: &[u8], record: &mut Record, visitor: &mut Visitor<'_>) -> Result<Decoded, DecodeError>;

    /// Takes another plan from the next line on; what was learned of the file (its header) stays.
    fn set_plan(&mut self, plan: Arc<FieldPlan>);
}

/// A log format: its name in the config and how to make a decoder for one file of it.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// As in `[[source]] format`.
    pub key: &'static str,
    /// Whether records are flat: names without nesting, values without types.
    pub flat: bool,
    /// Makes a decoder for one file.
    pub build: fn(Arc<FieldPlan>) -> Box<dyn Decoder>,
}

/// Every log format.
pub static FORMATS: &[Format] = &[jsonl::FORMAT, csv::FORMAT, logfmt::FORMAT];

/// The format with this key.
pub fn format(key: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.key == key)
}

/// Decodes a JSON line by the grammar alone, whatever earlier lines were like: what decoders that learn are compared
/// with.
#[doc(hidden)]
pub fn decode_strictly(plan: &FieldPlan, line: &[u8], record: &mut Record) -> Result<Decoded, DecodeError> {
    jsonl::JsonLines::new(plan).decode_strictly(line, record)
}
