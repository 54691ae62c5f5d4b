//! One stream as a state file keeps it.

use super::super::companions::Companions;
use super::super::config::Config;
use super::super::counters::{DELAY_BOUNDS, Histogram, LATENCY_BOUNDS, SavedHistogram};
use super::super::evidence;
use super::super::names::Names;
use super::super::stream::{Against, Counts, Past, Stream, Watch, warmup_options};
use crate::aggregate::Role;
use crate::event::StreamKey;
use crate::profile::{Resolved, SavedWarmup, Warmup};
use crate::time::{Length, Timestamp};
use crate::window::{Ring, SavedPane, SavedRing, WindowPlan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Everything of a stream but its closed panes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SavedStream {
    model: Arc<str>,
    version: Arc<str>,
    /// It was dropped; only its epoch means anything.
    is_vacant: bool,
    model_name: u32,
    epoch: u32,
    counts: SavedCounts,
    companions: Companions,
    /// What the detectors against earlier references counted, those against this one as well, and what of it was
    /// before the counters began.
    past: Past,
    counted: Past,
    before: Past,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    silent: i64,
    against: SavedAgainst,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedCounts {
    predictions: u64,
    failures: Vec<(u32, u64)>,
    classes: Vec<(u32, u64)>,
    latency: SavedHistogram,
    late_applied: u64,
    late_dropped: u64,
    future: u64,
    repeated: u64,
    scored: u64,
    correct: u64,
    delay: SavedHistogram,
    /// By name and role of a column.
    #[serde(default)]
    bins: Vec<(Arc<str>, Role, Vec<u64>)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum SavedAgainst {
    Nothing,
    Learning { since: Option<Timestamp>, warmup: Box<SavedWarmup> },
    Reference(Box<SavedWatch>),
}

/// The windows against one reference, without their closed panes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::engine) struct SavedWatch {
    sha: String,
    settings: String,
    inputs: SavedRing,
    pairs: SavedRing,
    evidence: evidence::Saved,
}

/// Windows of a state file whose reference could not be loaded yet.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Pending {
    watch: SavedWatch,
    /// Of predictions, and of pairs.
    panes: [Vec<SavedPane>; 2],
    past: Past,
}

impl Watch {
    /// These empty windows with what was pending, when that is of the same reference and settings. With it comes what
    /// earlier detectors counted.
    pub(in crate::engine) fn resume(mut self, pending: Option<Box<Pending>>) -> (Watch, Option<Past>) {
        let Some(pending) = pending else { return (self, None) };
        let Pending { watch, panes: [inputs, pairs], past } = *pending;
        if watch.sha != self.reference.sha || watch.settings != self.settings {
            return (self, None);
        }
        let restored = (|| {
            let evidence = self.evidence.clone().restore(watch.evidence)?;
            let inputs = self.inputs.clone().restore(watch.inputs, inputs)?;
            Some((evidence, inputs, self.pairs.clone().restore(watch.pairs, pairs)?))
        })();
        let Some((evidence, inputs, pairs)) = restored else { return (self, None) };
        (self.evidence, self.inputs, self.pairs) = (evidence, inputs, pairs);
        (self, Some(past))
    }

    fn save(&self) -> SavedWatch {
        SavedWatch {
            sha: self.reference.sha.clone(),
            settings: self.settings.clone(),
            inputs: self.inputs.save(),
            pairs: self.pairs.save(),
            evidence: self.evidence.save(),
        }
    }
}

impl Stream {
    /// Everything but the closed panes.
    pub(super) fn save(&self) -> SavedStream {
        let (past, counted, against) = match &self.against {
            Against::Reference(watch) => {
                (self.past.clone(), self.counted(), SavedAgainst::Reference(Box::new(watch.save())))
            }
            Against::Pending(pending) => {
                (pending.past.clone(), self.past.clone(), SavedAgainst::Reference(Box::new(pending.watch.clone())))
            }
            Against::Learning { warmup, since } => {
                let against = SavedAgainst::Learning { since: *since, warmup: Box::new(warmup.save()) };
                (self.past.clone(), self.past.clone(), against)
            }
            Against::Nothing => (self.past.clone(), self.past.clone(), SavedAgainst::Nothing),
        };
        SavedStream {
            model: self.key.model.clone(),
            version: self.key.version.clone(),
            is_vacant: self.is_vacant,
            model_name: self.model_name,
            epoch: self.epoch,
            counts: SavedCounts::of(&self.counts),
            companions: self.companions.clone(),
            past,
            counted,
            before: self.before.clone(),
            first: self.first,
            last: self.last,
            silent: self.silent.nanos(),
            against,
        }
    }

    /// The closed panes that changed since the last call, or `all` of them, with whether they are of pairs.
    pub(super) fn save_panes(&mut self, all: bool, pane: &mut dyn FnMut(bool, SavedPane)) {
        let mut ring = |pairs: bool, ring: &mut Ring| {
            ring.save_panes(all).into_iter().for_each(|saved| pane(pairs, saved));
        };
        match &mut self.against {
            Against::Reference(watch) => {
                ring(false, &mut watch.inputs);
                ring(true, &mut watch.pairs);
            }
            Against::Pending(pending) if all => {
                for (pairs, panes) in [false, true].into_iter().zip(&pending.panes) {
                    panes.iter().for_each(|saved| pane(pairs, saved.clone()));
                }
            }
            _ => {}
        }
    }
}

impl SavedStream {
    pub(super) fn key(&self) -> StreamKey {
        StreamKey { model: self.model.clone(), version: self.version.clone() }
    }

    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The stream again, against what is known of its reference now.
    pub(super) fn restore(
        self,
        panes: [Vec<SavedPane>; 2],
        resolved: &Resolved,
        plan: &Arc<WindowPlan>,
        shared: &Config,
    ) -> Stream {
        if self.is_vacant {
            return Stream::vacant(self.epoch);
        }
        let key = self.key();
        let against = match self.against {
            SavedAgainst::Nothing => Against::Nothing,
            SavedAgainst::Learning { since, warmup } => {
                match Warmup::restore(warmup_options(&resolved.model), shared.limits.features, *warmup) {
                    Some(warmup) => Against::Learning { warmup: Box::new(warmup), since },
                    None => Against::Nothing,
                }
            }
            SavedAgainst::Reference(watch) => {
                Against::Pending(Box::new(Pending { watch: *watch, panes, past: self.past }))
            }
        };
        let mut stream = Stream::bare(key, self.model_name, resolved);
        stream.against = against;
        stream.past = self.counted;
        stream.before = self.before;
        stream.epoch = self.epoch;
        stream.counts = self.counts.restore();
        stream.companions = self.companions;
        (stream.first, stream.last) = (self.first, self.last);
        stream.silent = Length::from_nanos(self.silent);
        stream.settle(resolved, plan, shared);
        stream
    }
}

impl SavedStream {
    /// The same with one count for each text of these tables.
    pub(super) fn canonical(mut self, errors: &Names, classes: &Names) -> SavedStream {
        for (names, counts) in [(errors, &mut self.counts.failures), (classes, &mut self.counts.classes)] {
            let mut by_text = BTreeMap::<u32, u64>::new();
            for (index, count) in counts.drain(..) {
                let sum = by_text.entry(names.canonical(index)).or_default();
                *sum = sum.saturating_add(count);
            }
            counts.extend(by_text);
        }
        self
    }
}

impl SavedCounts {
    fn of(counts: &Counts) -> SavedCounts {
        SavedCounts {
            predictions: counts.predictions,
            failures: counts.failures.iter().map(|(name, count)| (*name, *count)).collect(),
            classes: counts.classes.iter().map(|(name, count)| (*name, *count)).collect(),
            latency: counts.latency.save(),
            late_applied: counts.late_applied,
            late_dropped: counts.late_dropped,
            future: counts.future,
            repeated: counts.repeated,
            scored: counts.scored,
            correct: counts.correct,
            delay: counts.delay.save(),
            bins: counts.bins.iter().map(|((name, role), counts)| (name.clone(), *role, counts.clone())).collect(),
        }
    }

    fn restore(self) -> Counts {
        Counts {
            predictions: self.predictions,
            failures: self.failures.into_iter().collect(),
            classes: self.classes.into_iter().collect(),
            latency: Histogram::restore(LATENCY_BOUNDS, self.latency),
            late_applied: self.late_applied,
            late_dropped: self.late_dropped,
            future: self.future,
            repeated: self.repeated,
            scored: self.scored,
            correct: self.correct,
            delay: Histogram::restore(DELAY_BOUNDS, self.delay),
            bins: self.bins.into_iter().map(|(name, role, counts)| ((name, role), counts)).collect(),
        }
    }
}
