//! Engine -> Report: every number with its labels.

mod causes;
mod columns;
mod coverage;
mod derived;
mod errors;
mod estimates;
mod evidence;
mod fleet;
mod global;
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
use crate::report::{Labels, Of, ReferenceView, Report, Sample, StreamView, WarmupView, WindowView};
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

impl Engine {
    /// Everything as of now.
    pub fn evaluate(&mut self, live: &Live) -> Report {
        let mut report = Report { at: self.now, ..Report::default() };
        self.report_sources(live, &mut report);
        self.report_actuals(&mut report);
        let drifted = self.drifted_ratios();
        for index in 0..self.streams.len() {
            if self.streams[index].is_vacant {
                continue;
            }
            if let Some(skew) = self.streams[index].skew.take() {
                let key = &self.streams[index].key;
                let labels = vec![("model", key.model.clone()), ("version", key.version.clone())];
                report.push(Of::Family(&family::CLOCK_SKEW), labels, skew);
            }
            // Pairs stand where their predictions stand: their windows end where those of predictions do.
            if let Against::Reference(watch) = &mut self.streams[index].against
                && let Some(head) = watch.inputs.head()
            {
                watch.pairs.advance(head);
            }
            self.streams[index].refresh_errors();
            let stream = &self.streams[index];
            let labels = vec![("model", stream.key.model.clone()), ("version", stream.key.version.clone())];
            let ratio = drifted.get(index).copied().flatten();
            report_evidence(stream, self.budget.alarm(), ratio, &labels, &mut report);
            let view = self.report_stream(index, &mut report);
            report.streams.push(view);
        }
        report.streams.sort_by(|a, b| a.key.cmp(&b.key));
        report
    }

    fn report_stream(&self, index: usize, report: &mut Report) -> StreamView {
        let stream = &self.streams[index];
        let labels = || vec![("model", stream.key.model.clone()), ("version", stream.key.version.clone())];
        let with = |name: &'static str, value: Arc<str>| {
            let mut labels = labels();
            labels.push((name, value));
            labels
        };
        let counts = &stream.counts;
        report.push(Of::Family(&family::PREDICTIONS), labels(), counts.predictions as f64);
        for (error, count) in &counts.failures {
            report.push(Of::Family(&family::FAILURES), with("error", self.errors.text(*error)), *count as f64);
        }
        for (class, count) in self.limited_classes(stream) {
            report.push(Of::Family(&family::PREDICTED_CLASS), with("class", class), count as f64);
        }
        for (family, value) in [(&family::LATENCY, &counts.latency), (&family::ACTUAL_DELAY, &counts.delay)] {
            report.samples.push(Sample { of: Of::Family(family), labels: labels().into(), value: value.value() });
        }
        for (family, time) in [(&family::LAST_PREDICTION, stream.last), (&family::FIRST_SEEN, stream.first)] {
            if let Some(time) = time {
                report.push(Of::Family(family), labels(), time.seconds());
            }
        }
        for (outcome, count) in [("applied", counts.late_applied), ("dropped", counts.late_dropped)] {
            report.push(Of::Family(&family::LATE), with("outcome", outcome.into()), count as f64);
        }
        report.push(Of::Family(&family::FUTURE), labels(), counts.future as f64);
        report.push(Of::Family(&family::REPEATED), labels(), counts.repeated as f64);
        report.push(Of::Family(&family::ACTUALS_SCORED), labels(), counts.scored as f64);
        if stream.model.task.is_classification() {
            report.push(Of::Family(&family::ACTUALS_CORRECT), labels(), counts.correct as f64);
        }
        report.push(Of::Family(&family::REFERENCE_LOAD), labels(), f64::from(u8::from(!stream.stale)));
        let mut view = StreamView {
            key: stream.key.clone(),
            task: stream.model.task,
            reference: None,
            warmup: None,
            predictions: counts.predictions,
            failures: counts.failures.values().sum(),
            last_prediction: stream.last,
            windows: Vec::new(),
        };
        match &stream.against {
            Against::Reference(watch) => {
                let reference = &watch.reference;
                report.push(Of::Family(&family::REFERENCE_INFO), with("sha", reference.sha.as_str().into()), 1.0);
                report.push(Of::Family(&family::REFERENCE_TIMESTAMP), labels(), reference.created.seconds());
                report.push(Of::Family(&family::REFERENCE_ROWS), labels(), reference.rows as f64);
                view.reference = Some(ReferenceView {
                    sha: reference.sha.clone(),
                    created: reference.created,
                    rows: reference.rows,
                });
                report_reference(watch, &stream.model.performance, &labels(), report);
                let (fleet, missing) = (&stream.model.fleet, stream.model.drift.missing_as_category);
                report_fleet_counters(stream, watch, &labels(), report);
                report_fleet_reference(watch, fleet, missing, &labels(), report);
                report_segments_reference(&watch.segments, stream.model.segments.least, &labels(), report);
                for window in 0..self.plan.windows.len() {
                    view.windows.extend(self.report_window(stream, watch, window, &labels(), report));
                }
            }
            Against::Pending(_) => {}
            Against::Learning { warmup, since } => {
                let passed = match (stream.last, since) {
                    (Some(last), Some(since)) => last.seconds_since(*since),
                    _ => 0.0,
                };
                let length = stream.model.warmup;
                let progress = (passed / length.seconds().max(1e-9)).clamp(0.0, 1.0);
                report.push(Of::Family(&family::WARMUP), labels(), progress);
                view.warmup = Some(WarmupView { rows: warmup.rows(), progress, length });
            }
            Against::Nothing => {}
        }
        if view.reference.is_none() {
            let at = Arc::new(labels());
            let judged = PERFORMANCE.iter().map(|entry| &entry.spec).chain(ESTIMATES.iter().map(|entry| &entry.spec));
            let specs = column_specs().chain(judged).chain(segment_specs(&stream.model.segments));
            specs.for_each(|spec| push_outcome(spec, Err(Undefined::NoReference), &at, report));
        }
        view
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

    fn report_window(
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
        if let Some(end) = watch.inputs.end(index) {
            report.push(Of::Family(&family::WINDOW_END), at.clone(), end.seconds());
        }
        if let Some(filled) = watch.inputs.filled(index) {
            report.push(Of::Family(&family::WINDOW_FILLED), at.clone(), filled);
        }
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
