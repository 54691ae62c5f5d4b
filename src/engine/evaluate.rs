//! Engine -> Report: every number with its labels.
//!
//! What is said of a stream is made in parts (`kept`). [`Engine::evaluate`] makes all of them, [`Engine::update`] only those
//! that changed of late: one that has been the same for two calls is kept.

mod causes;
mod columns;
mod coverage;
mod derived;
mod errors;
mod estimates;
mod evidence;
mod fleet;
mod global;
mod kept;
mod latency;
mod performance;
mod push;
mod reference;
mod segments;

use super::Engine;
use super::names::OTHER;
use super::sources::Live;
use super::stream::{Against, Stream, Watch};
use crate::aggregate::{Column, Role};
use crate::report::families as family;
use crate::report::{
    Edition, Labels, Of, Part, ReferenceView, Report, Sample, StreamEdition, StreamView, WarmupView, WindowView,
};
use crate::statistics::Undefined;
use crate::statistics::estimates::ENTRIES as ESTIMATES;
use crate::statistics::performance::ENTRIES as PERFORMANCE;
use causes::report_causes;
use columns::{column_specs, report_column};
use derived::report_derived;
use estimates::report_estimates;
use evidence::report_evidence;
use fleet::{report_fleet, report_fleet_counters, report_fleet_reference};
use latency::report_latency;
use performance::{is_too_late, report_performance};
use push::push_outcome;
use reference::{has_records, report_reference};
use segments::{report_segments, report_segments_reference, segment_specs};
use std::sync::Arc;

pub(super) use errors::Errors;
pub(super) use kept::Kept;

impl Engine {
    /// Everything as of now, all of it computed.
    pub fn evaluate(&mut self, live: &Live) -> Report {
        self.edition(live, false).into_report()
    }

    /// The same in parts. A part that has not changed for two calls is the same one as in the last.
    pub fn update(&mut self, live: &Live) -> Edition {
        self.edition(live, true)
    }

    fn edition(&mut self, live: &Live, keep: bool) -> Edition {
        let mut rest = Report { at: self.now, ..Report::default() };
        self.report_sources(live, &mut rest);
        self.report_actuals(&mut rest);
        let drifted = self.drifted_ratios();
        let mut streams = Vec::with_capacity(self.streams.len());
        for index in 0..self.streams.len() {
            let Some(stream) = self.streams.get_mut(index).filter(|stream| !stream.is_vacant) else { continue };
            // Pairs stand where their predictions stand: their windows end where those of predictions do.
            if let Against::Reference(watch) = &mut stream.against
                && let Some(head) = watch.inputs.head()
            {
                watch.pairs.advance(head);
            }
            stream.refresh_errors(&self.plan, keep);
            let mut kept = if keep { std::mem::take(&mut stream.kept) } else { Kept::default() };
            let skew = stream.skew.take();
            let ratio = drifted.get(index).copied().flatten();
            if let Some(stream) = self.streams.get(index) {
                let parts = self.parts(stream, skew, ratio, &mut kept);
                streams.push(StreamEdition { view: view(stream), parts });
            }
            if let Some(stream) = self.streams.get_mut(index).filter(|_| keep) {
                stream.kept = kept;
            }
        }
        streams.sort_by(|a, b| a.view.key.cmp(&b.view.key));
        Edition { rest, streams }
    }

    /// What is said of a stream; its windows in the order of the config.
    fn parts(&self, stream: &Stream, skew: Option<f64>, drifted: Option<f64>, kept: &mut Kept) -> Vec<Arc<Part>> {
        let labels: Labels = vec![("model", stream.key.model.clone()), ("version", stream.key.version.clone())];
        let mut parts = vec![
            kept.counts(stream, |report| self.report_counts(stream, skew, &labels, report)),
            kept.evidence(stream, self.budget.alarm(), drifted, |report| {
                report_evidence(stream, self.budget.alarm(), drifted, &labels, report);
            }),
            kept.reference(|report| report_against(stream, &labels, report)),
        ];
        if let Against::Reference(watch) = &stream.against {
            let windows = 0..self.plan.windows.len();
            parts.push(kept.ends(watch, windows.clone(), |report| {
                windows.clone().for_each(|window| self.report_ends(watch, window, &labels, report));
            }));
            for window in windows {
                let too_late = is_too_late(stream, &self.plan, window);
                parts.push(kept.window(watch, &self.plan, window, too_late, || {
                    self.report_window(stream, watch, window, &labels)
                }));
            }
        }
        parts
    }

    /// What is counted of a stream, and how far its warm-up is.
    fn report_counts(&self, stream: &Stream, skew: Option<f64>, labels: &Labels, report: &mut Report) {
        let with = |name: &'static str, value: Arc<str>| {
            let mut labels = labels.clone();
            labels.push((name, value));
            labels
        };
        if let Some(skew) = skew {
            report.push(Of::Family(&family::CLOCK_SKEW), labels.clone(), skew);
        }
        let counts = &stream.counts;
        report.push(Of::Family(&family::PREDICTIONS), labels.clone(), counts.predictions as f64);
        for (error, count) in &counts.failures {
            report.push(Of::Family(&family::FAILURES), with("error", self.errors.text(*error)), *count as f64);
        }
        for (class, count) in self.limited_classes(stream) {
            report.push(Of::Family(&family::PREDICTED_CLASS), with("class", class), count as f64);
        }
        for (family, value) in [(&family::LATENCY, &counts.latency), (&family::ACTUAL_DELAY, &counts.delay)] {
            let labels = labels.clone().into();
            report.samples.push(Sample { of: Of::Family(family), labels, value: value.value() });
        }
        for (family, time) in [(&family::LAST_PREDICTION, stream.last), (&family::FIRST_SEEN, stream.first)] {
            if let Some(time) = time {
                report.push(Of::Family(family), labels.clone(), time.seconds());
            }
        }
        for (outcome, count) in [("applied", counts.late_applied), ("dropped", counts.late_dropped)] {
            report.push(Of::Family(&family::LATE), with("outcome", outcome.into()), count as f64);
        }
        report.push(Of::Family(&family::FUTURE), labels.clone(), counts.future as f64);
        report.push(Of::Family(&family::REPEATED), labels.clone(), counts.repeated as f64);
        report.push(Of::Family(&family::ACTUALS_SCORED), labels.clone(), counts.scored as f64);
        if stream.model.task.is_classification() {
            report.push(Of::Family(&family::ACTUALS_CORRECT), labels.clone(), counts.correct as f64);
        }
        report.push(Of::Family(&family::REFERENCE_LOAD), labels.clone(), f64::from(u8::from(!stream.stale)));
        match &stream.against {
            Against::Reference(watch) => report_fleet_counters(stream, watch, labels, report),
            Against::Learning { .. } => {
                let progress = warmup(stream).map_or(0.0, |warmup| warmup.progress);
                report.push(Of::Family(&family::WARMUP), labels.clone(), progress);
            }
            Against::Pending(_) | Against::Nothing => {}
        }
    }

    /// Where a window ends, and how full it is.
    fn report_ends(&self, watch: &Watch, index: usize, labels: &Labels, report: &mut Report) {
        let Some(window) = self.plan.windows.get(index) else { return };
        let mut at = labels.clone();
        at.push(("window", window.name.as_str().into()));
        if let Some(end) = watch.inputs.end(index) {
            report.push(Of::Family(&family::WINDOW_END), at.clone(), end.seconds());
        }
        if let Some(filled) = watch.inputs.filled(index) {
            report.push(Of::Family(&family::WINDOW_FILLED), at.clone(), filled);
        }
        if let Some(end) = watch.pairs.end(index).filter(|_| watch.reference.observer.pairs.performance.is_some()) {
            report.push(Of::Family(&family::PERFORMANCE_WINDOW_END), at, end.seconds());
        }
    }

    /// Counts of predicted classes: those of the reference always, others up to the limit.
    fn limited_classes(&self, stream: &Stream) -> Vec<(Arc<str>, u64)> {
        let known: &[Arc<str>] = match &stream.against {
            Against::Reference(watch) => &watch.reference.observer.frame.classes,
            _ => &[],
        };
        let mut counts: Vec<(Arc<str>, u64)> = known.iter().map(|class| (class.clone(), 0)).collect();
        let mut room = self.config.limits.label_values;
        let mut other = 0;
        for (class, count) in &stream.counts.classes {
            let class = self.classes.text(*class);
            if let Some((_, known)) = counts.iter_mut().find(|(known, _)| *known == class) {
                *known = *count;
            } else if room > 0 && &*class != OTHER {
                room -= 1;
                counts.push((class, *count));
            } else {
                other += count;
            }
        }
        if other > 0 {
            counts.push((OTHER.into(), other));
        }
        counts
    }

    /// What a window holds.
    fn report_window(&self, stream: &Stream, watch: &Watch, index: usize, labels: &Labels) -> Part {
        let mut part = Report::default();
        let window = self.fill_window(stream, watch, index, labels, &mut part);
        Part::new(part.samples, window)
    }

    fn fill_window(
        &self,
        stream: &Stream,
        watch: &Watch,
        index: usize,
        labels: &Labels,
        report: &mut Report,
    ) -> Option<WindowView> {
        let observer = &watch.reference.observer;
        let inputs = watch.inputs.window(index)?;
        let pairs = watch.pairs.window(index)?;
        let name: Arc<str> = self.plan.windows.get(index)?.name.as_str().into();
        let mut at = labels.clone();
        at.push(("window", name.clone()));
        let answered = inputs.counts.get(observer.answered()).copied().unwrap_or(0);
        let failed = inputs.counts.get(observer.failed()).copied().unwrap_or(0);
        report.push(Of::Family(&family::WINDOW_OBSERVATIONS), at.clone(), answered as f64);
        report.push(Of::Family(&family::WINDOW_FAILED), at.clone(), failed as f64);
        if let Some(latency) = observer.inputs.columns.get(observer.latency()) {
            report_latency(latency, &inputs, &at, report);
        }
        report_derived(&watch.reference, &inputs, &at, report);
        if answered == 0 {
            let specs = column_specs();
            let at = Arc::new(at.clone());
            specs.for_each(|spec| push_outcome(spec, Err(Undefined::NoObservations), &at, report));
        }
        let mut columns = Vec::new();
        let sides = [
            (&observer.inputs.columns, &watch.reference.inputs, &inputs),
            (&observer.pairs.columns, &watch.reference.pairs, &pairs),
        ];
        let known = watch.cell_names.iter().zip(&watch.limits.columns);
        for ((layout, reference, current), (names, limits)) in sides.into_iter().zip(known) {
            let shown = |column: &Column| column.role != Role::Derived || has_records(column, reference);
            let known = layout.iter().zip(names).zip(limits);
            for ((column, names), limits) in known.filter(|((column, _), _)| shown(column)) {
                let settings = &stream.model.drift;
                columns.extend(report_column(column, names, limits, [reference, current], settings, &at, report));
            }
        }
        if answered > 0 {
            let (causes, drift) = (&stream.model.causes, &stream.model.drift);
            report_causes(watch, causes, drift, (&inputs, &pairs), &at, report);
        }
        let (fleet, missing) = (&stream.model.fleet, stream.model.drift.missing_as_category);
        report_fleet(watch, fleet, missing, (&inputs, &pairs), &at, report);
        let performance = report_performance(stream, watch, index, &self.plan, &pairs, &at, report);
        let (readings, scored) = performance;
        report_estimates(watch, &inputs, &pairs, answered, &at, report);
        let too_late = is_too_late(stream, &self.plan, index);
        report_segments(&watch.segments, &stream.model.segments, (&inputs, &pairs), too_late, &at, report);
        Some(WindowView { name, observations: answered, failed, pairs: scored, columns, performance: readings })
    }
}

/// The reference of a stream, or that it has none.
fn report_against(stream: &Stream, labels: &Labels, report: &mut Report) {
    let Against::Reference(watch) = &stream.against else {
        let at = Arc::new(labels.clone());
        let judged = PERFORMANCE.iter().map(|entry| &entry.spec).chain(ESTIMATES.iter().map(|entry| &entry.spec));
        let specs = column_specs().chain(judged).chain(segment_specs(&stream.model.segments));
        specs.for_each(|spec| push_outcome(spec, Err(Undefined::NoReference), &at, report));
        return;
    };
    let (reference, model) = (&watch.reference, &stream.model);
    let mut with_sha = labels.clone();
    with_sha.push(("sha", reference.sha.as_str().into()));
    report.push(Of::Family(&family::REFERENCE_INFO), with_sha, 1.0);
    report.push(Of::Family(&family::REFERENCE_TIMESTAMP), labels.clone(), reference.created.seconds());
    report.push(Of::Family(&family::REFERENCE_ROWS), labels.clone(), reference.rows as f64);
    report_reference(watch, &model.performance, labels, report);
    report_fleet_reference(watch, &model.fleet, model.drift.missing_as_category, labels, report);
    report_segments_reference(&watch.segments, model.segments.least, labels, report);
}

/// What the status page shows of a stream, without its windows.
fn view(stream: &Stream) -> StreamView {
    let reference = match &stream.against {
        Against::Reference(watch) => {
            let reference = &watch.reference;
            Some(ReferenceView { sha: reference.sha.clone(), created: reference.created, rows: reference.rows })
        }
        _ => None,
    };
    StreamView {
        key: stream.key.clone(),
        task: stream.model.task,
        reference,
        warmup: warmup(stream),
        predictions: stream.counts.predictions,
        failures: stream.counts.failures.values().sum(),
        last_prediction: stream.last,
        windows: Vec::new(),
    }
}

/// How far the warm-up of a stream is, if it has one.
fn warmup(stream: &Stream) -> Option<WarmupView> {
    let Against::Learning { warmup, since } = &stream.against else { return None };
    let passed = match (stream.last, since) {
        (Some(last), Some(since)) => last.seconds_since(*since),
        _ => 0.0,
    };
    let length = stream.model.warmup;
    let progress = (passed / length.seconds().max(1e-9)).clamp(0.0, 1.0);
    Some(WarmupView { rows: warmup.rows(), progress, length })
}
