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
mod trie;
mod untyped;

/// Where a field is found: `features.age`, `features.embedding.3`, or a JSON pointer (`/features/a.b`) when a key
/// holds a dot. In flat formats (CSV, logfmt) the whole dotted text is the name of the column.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldPath {
    segments: Vec<String>,
}

impl FieldPath {
    /// Reads a dotted path, or a JSON pointer when the text begins with `/`.
    pub fn parse(text: &str) -> FieldPath {
        let segments = match text.strip_prefix('/') {
            Some(pointer) => pointer.split('/').map(|s| s.replace("~1", "/").replace("~0", "~")).collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        FieldPath { segments }
    }

    /// A path from its steps.
    pub fn from_segments(segments: Vec<String>) -> FieldPath {
        FieldPath { segments }
    }

    /// This path with one more step.
    pub fn child(&self, key: &str) -> FieldPath {
        let mut segments = self.segments.clone();
        segments.push(key.to_owned());
        FieldPath { segments }
    }

    /// The steps, outermost first.
    pub fn segments(&self) -> &[String] {
        &self.segments
    }
}

impl fmt::Display for FieldPath {
    /// Dotted, as the name of a column in a flat format.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("."))
    }
}

/// The fields somebody wants, each with a slot. A slot has one or more paths; of those present in a line the first
/// in the list wins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldPlan {
    slots: Vec<Vec<FieldPath>>,
    /// Whether a slot is one for a number.
    numbers: Vec<bool>,
}

impl FieldPlan {
    /// Asks for a field found at the first present of `alternatives`; returns its slot. The same list asked twice is
    /// one slot.
    pub fn slot(&mut self, alternatives: Vec<FieldPath>) -> usize {
        self.place(alternatives, false)
    }

    /// Asks for a field that most lines have a number in, whose text nobody wants to see: a slot for a
    /// [number](Record::number).
    pub fn number(&mut self, alternatives: Vec<FieldPath>) -> usize {
        self.place(alternatives, true)
    }

    fn place(&mut self, alternatives: Vec<FieldPath>, is_number: bool) -> usize {
        let mut known = self.slots.iter().zip(&self.numbers);
        match known.position(|(paths, number)| *paths == alternatives && *number == is_number) {
            Some(slot) => slot,
            None => {
                self.slots.push(alternatives);
                self.numbers.push(is_number);
                self.slots.len() - 1
            }
        }
    }

    /// Whether a slot is one for a number.
    pub fn is_number(&self, slot: usize) -> bool {
        self.numbers.get(slot).copied().unwrap_or(false)
    }

    /// The paths of each slot.
    pub fn slots(&self) -> &[Vec<FieldPath>] {
        &self.slots
    }
}

/// A piece of text of a record: in the line itself, or in the record's own buffer when it had to be unescaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Number of bytes.
    pub length: u32,
    /// Whether the bytes are in the record's buffer and not in the line.
    pub unescaped: bool,
}

/// One decoded field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// The line has no such field.
    Absent,
    /// The field is there and says nothing: `null`, or empty in a flat format.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number with its text as written; NaN and the infinities are possible, as Python writes them.
    Number {
        /// Correctly rounded.
        value: f64,
        /// As written.
        text: Span,
    },
    /// Text, unescaped, valid UTF-8.
    Text(Span),
    /// An object or an array, as written.
    Nested(Span),
}

/// The slots of one line, filled by a decoder and used again for the next line.
#[derive(Debug)]
pub struct Record {
    slots: Vec<Slot>,
    /// The numbers in slots for them, NaN where there is none: all of one rank.
    numbers: Vec<f64>,
    /// That rank: the one of the first number of the line.
    numbers_rank: u16,
    /// A bit for each block of them in which there are any, by its number modulo 64.
    touched: u64,
    /// Whether something else was put into one of these slots, or a number of another rank.
    has_others: bool,
    /// A bit for each slot that [`Record::set`] was called for in this line, by its number modulo 64.
    some: u64,
    /// The mark of this line with rank 0: lower than that of every line before, by one more than the highest rank.
    line: u64,
    buffer: Vec<u8>,
}

/// A slot: what was last put there, and in which line at which rank.
///
/// The lower of two marks is of the later line or, in the same line, of the earlier path. So one comparison tells
/// whether a slot is absent, and another one which value stays.
#[derive(Clone, Copy, Debug)]
struct Slot {
    value: Value,
    mark: u64,
}

/// Slots that are asked for together.
#[derive(Clone, Debug, Default)]
pub struct SlotSet {
    slots: Vec<usize>,
    bits: u64,
}

impl FromIterator<usize> for SlotSet {
    fn from_iter<I: IntoIterator<Item = usize>>(slots: I) -> SlotSet {
        let slots: Vec<usize> = slots.into_iter().collect();
        SlotSet { bits: slots.iter().fold(0, |bits, slot| bits | bit(*slot)), slots }
    }
}

/// The bit of a slot or a block: of two it may be the same.
#[inline]
fn bit(number: usize) -> u64 {
    1 << (number & 63)
}

/// Numbers that are emptied together.
const BLOCK: usize = 32;

/// The bits of a mark below those of its line.
const RANKS: u64 = u8::MAX as u64;
/// The rank of numbers when there are none.
const NO_RANK: u16 = u16::MAX;
/// The highest rank; paths behind it share it.
const LAST_RANK: u8 = u8::MAX;

impl Default for Record {
    fn default() -> Record {
        Record {
            slots: Vec::new(),
            numbers: Vec::new(),
            numbers_rank: NO_RANK,
            touched: 0,
            has_others: false,
            some: 0,
            line: u64::MAX - RANKS,
            buffer: Vec::new(),
        }
    }
}

impl Record {
    /// Empties the record and gives it `slots` absent slots.
    #[inline]
    pub fn reset(&mut self, slots: usize) {
        if self.slots.len() != slots {
            self.slots.resize(slots, Slot { value: Value::Absent, mark: u64::MAX });
            self.numbers.resize(slots, f64::NAN);
        }
        // A line has few of the numbers that are wanted of all streams.
        while self.touched != 0 {
            let first = self.touched.trailing_zeros() as usize;
            self.touched &= self.touched - 1;
            self.numbers.chunks_mut(BLOCK).skip(first).step_by(64).for_each(|block| block.fill(f64::NAN));
        }
        (self.numbers_rank, self.has_others, self.some) = (NO_RANK, false, 0);
        // More lines than a u64 has room for do not come.
        self.line = self.line.wrapping_sub(RANKS + 1);
        self.buffer.clear();
    }

    /// The value of a slot; absent when there is no such slot. Of a slot for a number, what is there but for [its
    /// number](Record::number).
    #[inline]
    pub fn value(&self, slot: usize) -> Value {
        *self.get(slot)
    }

    /// [`Record::value`] where it stands: only what is looked at is read, and nothing copied.
    #[inline]
    pub fn get(&self, slot: usize) -> &Value {
        self.present(slot).map_or(&Value::Absent, |slot| &slot.value)
    }

    /// The number in a slot for one. NaN when there is none: [`Record::value`] tells what is there instead.
    #[inline]
    pub fn number(&self, slot: usize) -> f64 {
        match self.present(slot) {
            Some(other) if other.mark & RANKS < u64::from(self.numbers_rank) => f64::NAN,
            _ => self.numbers.get(slot).copied().unwrap_or(f64::NAN),
        }
    }

    /// [`Record::number`] of `count` slots from `first` on, while none [has another value](Record::has_others); `None` when
    /// there are not so many.
    #[inline]
    pub fn numbers(&self, first: usize, count: usize) -> Option<&[f64]> {
        self.numbers.get(first..)?.get(..count)
    }

    /// Whether a slot for a number may have another value in this line.
    #[inline]
    pub fn has_others(&self) -> bool {
        self.has_others
    }

    /// [`Record::set`] of a slot for a number.
    #[inline]
    pub fn set_number(&mut self, slot: usize, rank: u8, value: Value) {
        match value {
            Value::Number { value, .. } if !value.is_nan() && self.put_number(slot, rank.into(), value) => {}
            value => self.set_other(slot, rank, value),
        }
    }

    /// Sets a slot for a number to one that is not NaN, when this is the rank of the numbers of the line.
    #[inline(always)]
    fn put_number(&mut self, slot: usize, rank: u16, value: f64) -> bool {
        let is_rank = self.numbers_rank == rank;
        if let Some(number) = self.numbers.get_mut(slot).filter(|_| is_rank) {
            *number = value;
            self.touched |= bit(slot / BLOCK);
        }
        is_rank
    }

    /// Takes the first number of a line, or what is none or has another rank.
    #[inline(never)]
    fn set_other(&mut self, slot: usize, rank: u8, value: Value) {
        let is_number = matches!(value, Value::Number { value, .. } if !value.is_nan());
        if is_number && self.numbers_rank == NO_RANK {
            self.numbers_rank = rank.into();
            return self.set_number(slot, rank, value);
        }
        // Of the same path the later one wins.
        if let Some(number) = self.numbers.get_mut(slot).filter(|_| self.numbers_rank == u16::from(rank)) {
            *number = f64::NAN;
        }
        self.set(slot, rank, value);
        self.has_others = true;
    }

    /// Sets a slot from the path with this rank (its place in the list of alternatives). A value from an earlier
    /// path stays; from the same path the later one wins, as in most JSON parsers.
    #[inline]
    pub fn set(&mut self, slot: usize, rank: u8, value: Value) {
        let mark = self.line | u64::from(rank);
        self.some |= bit(slot);
        if let Some(kept) = self.slots.get_mut(slot)
            && mark <= kept.mark
        {
            *kept = Slot { value, mark };
        }
    }

    /// Whether any of these slots has a value.
    #[inline]
    pub fn has_any(&self, slots: &SlotSet) -> bool {
        self.some & slots.bits != 0 && slots.slots.iter().any(|slot| self.present(*slot).is_some())
    }

    /// Which of a slot's paths its value was found at; `None` when it is absent.
    pub fn rank(&self, slot: usize) -> Option<usize> {
        self.present(slot).map(|slot| (slot.mark & RANKS) as usize)
    }

    #[inline]
    fn present(&self, slot: usize) -> Option<&Slot> {
        self.slots.get(slot).filter(|slot| slot.mark <= self.line | RANKS)
    }

    /// The buffer that unescaped text goes to.
    pub fn buffer_mut(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// The bytes of a span; `line` is the line the record was decoded from.
    pub fn bytes<'a>(&'a self, line: &'a [u8], span: Span) -> &'a [u8] {
        let from = if span.unescaped { &self.buffer } else { line };
        from.get(span.start as usize..span.start as usize + span.length as usize).unwrap_or_default()
    }

    /// The text of a span. Decoders check that text is UTF-8; what is not reads as empty.
    pub fn text<'a>(&'a self, line: &'a [u8], span: Span) -> &'a str {
        std::str::from_utf8(self.bytes(line, span)).unwrap_or_default()
    }
}

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
