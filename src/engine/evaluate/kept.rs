//! The parts of what is reported of a stream. One that was the same twice is kept until something of it changes.
//!
//! The reference, the settings and what the detectors are change only where a stream settles or its counts begin anew,
//! which forgets everything that is kept. Besides, a part is told by its key: counts by the numbers of events, windows by
//! the changes their rings have seen, what moves with the time by its values.

use super::super::stream::{Stream, Watch};
use super::coverage::inside;
use crate::report::{Part, Report};
use crate::time::Timestamp;
use crate::window::{Changes, WindowPlan};
use std::ops::Range;
use std::sync::Arc;

/// The parts of one stream.
#[derive(Debug, Default)]
pub(in crate::engine) struct Kept {
    /// Every count of a stream changes with one of these: its predictions, its pairs, ids that came again.
    counts: Held<[u64; 3]>,
    evidence: Held<OfEvidence>,
    reference: Held<()>,
    ends: Held<Vec<End>>,
    windows: Vec<Held<OfWindow>>,
}

/// What evidence is told by: detectors change when they take a pane, those of the field with every pair.
#[derive(Clone, Copy, Debug, PartialEq)]
struct OfEvidence {
    panes: u64,
    excluded: u64,
    pairs: u64,
    threshold: f64,
    drifted: Option<f64>,
}

/// Where a window of predictions and that of pairs end, and how full it is.
type End = (Option<Timestamp>, Option<Timestamp>, Option<f64>);

/// What a window is told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OfWindow {
    inputs: Option<Changes>,
    pairs: Option<Changes>,
    /// Those of the window inside of it, by which coverage goes.
    inner: Option<Changes>,
    /// How often the standard errors of its performance were computed.
    errors: u64,
    too_late: bool,
}

impl Kept {
    pub(super) fn counts(&mut self, stream: &Stream, fill: impl FnOnce(&mut Report)) -> Arc<Part> {
        let counts = &stream.counts;
        self.counts.part([counts.predictions, counts.scored, counts.repeated], || filled(fill))
    }

    pub(super) fn evidence(
        &mut self,
        stream: &Stream,
        threshold: f64,
        drifted: Option<f64>,
        fill: impl FnOnce(&mut Report),
    ) -> Arc<Part> {
        let (panes, excluded) = stream.evidence_seen();
        let key = OfEvidence { panes, excluded, pairs: stream.counts.scored, threshold, drifted };
        self.evidence.part(key, || filled(fill))
    }

    pub(super) fn reference(&mut self, fill: impl FnOnce(&mut Report)) -> Arc<Part> {
        self.reference.part((), || filled(fill))
    }

    pub(super) fn ends(&mut self, watch: &Watch, windows: Range<usize>, fill: impl FnOnce(&mut Report)) -> Arc<Part> {
        let end = |index| (watch.inputs.end(index), watch.pairs.end(index), watch.inputs.filled(index));
        self.ends.part(windows.map(end).collect(), || filled(fill))
    }

    pub(super) fn window(
        &mut self,
        watch: &Watch,
        plan: &WindowPlan,
        index: usize,
        too_late: bool,
        make: impl FnOnce() -> Part,
    ) -> Arc<Part> {
        let key = OfWindow {
            inputs: watch.inputs.changes(index),
            pairs: watch.pairs.changes(index),
            inner: inside(plan, index).and_then(|inner| watch.pairs.changes(inner)),
            errors: watch.errors.get(index).map_or(0, super::Errors::computed),
            too_late,
        };
        if self.windows.len() <= index {
            self.windows.resize_with(index + 1, Held::default);
        }
        match self.windows.get_mut(index) {
            Some(held) => held.part(key, make),
            None => Arc::new(make()),
        }
    }
}

fn filled(fill: impl FnOnce(&mut Report)) -> Part {
    let mut report = Report::default();
    fill(&mut report);
    Part::new(report.samples, None)
}

/// What a part was told by the last time and, when it was told by the same twice, the part: one that changes from look
/// to look is not worth its memory.
#[derive(Debug)]
struct Held<K>(Option<(K, Option<Arc<Part>>)>);

impl<K> Default for Held<K> {
    fn default() -> Held<K> {
        Held(None)
    }
}

impl<K: PartialEq> Held<K> {
    /// The part that is held, or another one when it is of something else.
    fn part(&mut self, key: K, make: impl FnOnce() -> Part) -> Arc<Part> {
        let known = self.0.take().filter(|(known, _)| *known == key);
        let is_known = known.is_some();
        let part = known.and_then(|(_, part)| part).unwrap_or_else(|| Arc::new(make()));
        self.0 = Some((key, is_known.then(|| Arc::clone(&part))));
        part
    }
}
