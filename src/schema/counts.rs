//! Counts of lines and how far files were read, which travel with the events the lines held.

use super::RejectReason;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How far a file was read, in a form that only its reader understands.
pub type Position = Arc<[u8]>;

/// Counts of lines, as a batch brings them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Complete lines read.
    pub lines: u64,
    /// Their bytes, line ends included.
    pub bytes: u64,
    /// Lines that held no event, by reason.
    pub rejected: BTreeMap<RejectReason, u64>,
    /// Lines that were never decoded, by reason.
    pub lost: BTreeMap<Cow<'static, str>, u64>,
    /// How far each file was read: by its number, or `None` when that is to be forgotten.
    pub positions: BTreeMap<u64, Option<Position>>,
}

impl LineCounts {
    /// Adds other counts.
    pub fn add(&mut self, other: &LineCounts) {
        self.lines += other.lines;
        self.bytes += other.bytes;
        for (reason, count) in &other.rejected {
            *self.rejected.entry(*reason).or_insert(0) += count;
        }
        for (reason, count) in &other.lost {
            *self.lost.entry(reason.clone()).or_insert(0) += count;
        }
        self.positions.extend(other.positions.iter().map(|(file, position)| (*file, position.clone())));
    }
}
