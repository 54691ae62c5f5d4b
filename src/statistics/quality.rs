//! Statistics of one side of a column about the state of the data: each is a ratio, exposed for the window and for
//! the reference.

mod invalid_ratio;
mod missing_ratio;
mod out_of_range_ratio;
mod unseen_ratio;

use super::{Evaluated, Spec};
use crate::aggregate::numeric::{Categories, Numbers};
use crate::aggregate::{Column, Shape, Totals};

/// Every quality statistic, in the order they are shown in.
pub static ENTRIES: &[Entry] =
    &[missing_ratio::ENTRY, invalid_ratio::ENTRY, unseen_ratio::ENTRY, out_of_range_ratio::ENTRY];

/// One statistic of one side.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is.
    pub spec: Spec,
    /// Computes it.
    pub evaluate: fn(&Side<'_>) -> Evaluated,
}

/// One side of a column.
#[derive(Clone, Copy, Debug)]
pub enum Side<'a> {
    /// Numbers.
    Numeric(Numbers<'a>),
    /// Categories.
    Categorical(Categories<'a>),
}

impl<'a> Side<'a> {
    /// Reads a column from totals; `None` when they are of another layout.
    pub fn new(column: &'a Column, totals: &'a Totals) -> Option<Side<'a>> {
        match column.shape {
            Shape::Numeric { .. } => Numbers::of(column, totals).map(Side::Numeric),
            Shape::Categorical { .. } => Categories::of(column, totals).map(Side::Categorical),
        }
    }

    /// Values present and of the right kind.
    pub fn present(&self) -> u64 {
        match self {
            Side::Numeric(side) => side.present(),
            Side::Categorical(side) => side.present(),
        }
    }

    /// Values missing.
    pub fn missing(&self) -> u64 {
        match self {
            Side::Numeric(side) => side.missing(),
            Side::Categorical(side) => side.missing(),
        }
    }

    /// Values of the wrong kind.
    pub fn invalid(&self) -> u64 {
        match self {
            Side::Numeric(side) => side.invalid(),
            Side::Categorical(side) => side.invalid(),
        }
    }

    /// Records: values present, missing and invalid.
    pub fn records(&self) -> u64 {
        self.present() + self.missing() + self.invalid()
    }
}

/// The entry with this key.
pub fn entry(key: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.spec.key == key)
}
