//! What is known of sources: counts of lines, which are state, and gauges of the moment, which are not.

use super::config::{Causes, Drift, Fleet, Model, Performance, Segments, Thresholds};
use crate::derive::Wanted;
use crate::event::Task;
use crate::profile::{Resolved, Standing};
use crate::schema::LineCounts;
use crate::time::Length;
use std::sync::Arc;

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

    /// Adds counts of lines and takes over how far files were read.
    pub(super) fn add(&mut self, counts: &LineCounts) {
        self.counts.add(counts);
        self.counts.positions.retain(|_, position| position.is_some());
    }

    /// Counts lines from zero again; positions stay.
    pub(super) fn reset_counts(&mut self) {
        let LineCounts { positions, .. } = std::mem::take(&mut self.counts);
        self.counts = LineCounts { positions, ..LineCounts::default() };
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
        causes: Causes::default(),
        thresholds: Thresholds::default(),
        multivariate: Wanted::default(),
        segments: Segments::default(),
        fleet: Fleet::default(),
    };
    Resolved { model: Arc::new(model), standing: Standing::Unavailable }
}
