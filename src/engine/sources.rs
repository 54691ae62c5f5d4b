//! What is known of sources: counts of lines, which are state, and gauges of the moment, which are not.

use super::config::{Drift, Model, Performance};
use crate::event::Task;
use crate::profile::{Resolved, Standing};
use crate::schema::RejectReason;
use crate::time::Length;
use std::collections::BTreeMap;
use std::sync::Arc;

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
    pub lost: BTreeMap<&'static str, u64>,
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
            *self.lost.entry(reason).or_insert(0) += count;
        }
    }
}

/// One source.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: Arc<str>,
    pub(super) counts: LineCounts,
}

impl Source {
    pub(super) fn new(name: Arc<str>) -> Source {
        Source { name, counts: LineCounts::default() }
    }
}

/// What is true only now: gauges that are shown and never saved.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// By source: bytes not read yet, files followed, files that could not be read.
    pub sources: Vec<(u64, u64, u64)>,
    /// Reasons for which lines can be lost, so that each is shown from the start.
    pub lost_reasons: &'static [&'static str],
}

/// What a stream of no configured model is treated as: counted, compared with nothing.
pub(super) fn unconfigured() -> Resolved {
    let model = Model {
        name: super::names::OTHER.to_owned(),
        task: Task::Multiclass,
        profile: None,
        warmup: Length::ZERO,
        drift: Drift::default(),
        performance: Performance::default(),
    };
    Resolved { model: Arc::new(model), standing: Standing::Unavailable }
}
