//! Engine -> Report: every number with its labels.

use super::cells;
use super::names::OTHER;
use super::sources::Live;
use super::stream::{Against, Stream, Watch};
use super::{Engine, config};
use crate::aggregate::numeric::Numbers;
use crate::aggregate::{Column, Layout, Role, Totals};
use crate::pairing::Unmatched;
use crate::report::families as family;
use crate::report::{
    ColumnView, Labels, Of, Reading, ReferenceView, Report, Sample, SourceView, StreamView, WarmupView, WindowView,
};
use crate::schema::RejectReason;
use crate::statistics::drift::Comparison;
use crate::statistics::performance::Performance;
use crate::statistics::quality::Side;
use crate::statistics::{Companion, Evaluated, Spec, Undefined, drift, moments, performance, quality};
use std::sync::Arc;

/// Quantiles shown of a window's latency.
const LATENCY_LEVELS: &[(f64, &str)] = &[(0.5, "0.5"), (0.9, "0.9"), (0.95, "0.95"), (0.99, "0.99")];

impl Engine {
    /// Everything as of now.
    pub fn evaluate(&mut self, live: &Live) -> Report {
        let mut report = Report { at: self.now, ..Report::default() };
        self.report_sources(live, &mut report);
        self.report_actuals(&mut report);
        for index in 0..self.streams.len() {
            // Pairs stand where their predictions stand: their windows end where those of predictions do.
            if let Against::Reference(watch) = &mut self.streams[index].against
                && let Some(head) = watch.inputs.head()
            {
                watch.pairs.advance(head);
            }
            let view = self.report_stream(index, &mut report);
            report.streams.push(view);
        }
        report.streams.sort_by(|a, b| a.key.cmp(&b.key));
        report
    }

    fn report_sources(&self, live: &Live, report: &mut Report) {
        for (index, source) in self.sources.iter().enumerate() {
            let labels = || vec![("source", source.name.clone())];
            let reasoned = |reason: &'static str| vec![("source", source.name.clone()), ("reason", reason.into())];
            let (lag, files, unreadable) = live.sources.get(index).copied().unwrap_or_default();
            report.push(Of::Family(&family::SOURCE_LINES), labels(), source.counts.lines as f64);
            report.push(Of::Family(&family::SOURCE_BYTES), labels(), source.counts.bytes as f64);
            report.push(Of::Family(&family::SOURCE_LAG), labels(), lag as f64);
            report.push(Of::Family(&family::SOURCE_FILES), labels(), files as f64);
            report.push(Of::Family(&family::SOURCE_PROBLEMS), labels(), unreadable as f64);
            for reason in RejectReason::all() {
                let count = source.counts.rejected.get(&reason).copied().unwrap_or(0);
                report.push(Of::Family(&family::DECODE_FAILURES), reasoned(reason.as_str()), count as f64);
            }
            for reason in live.lost_reasons {
                let count = source.counts.lost.get(reason).copied().unwrap_or(0);
                report.push(Of::Family(&family::LINES_LOST), reasoned(reason), count as f64);
            }
            report.sources.push(SourceView {
                name: source.name.clone(),
                lines: source.counts.lines,
                rejected: source.counts.rejected.values().sum(),
                lost: source.counts.lost.values().sum(),
                lag_bytes: lag,
                files,
            });
        }
    }

    fn report_actuals(&self, report: &mut Report) {
        let left = self.pairing.left();
        report.push(Of::Family(&family::ACTUALS), Vec::new(), self.actuals as f64);
        for reason in Unmatched::ALL {
            let count = match reason {
                Unmatched::NoPrediction => left.actuals_expired,
                Unmatched::Evicted => left.actuals_evicted,
                other => self.unmatched.get(other).copied().unwrap_or(0),
            };
            let labels = vec![("reason", Arc::from(reason.as_str()))];
            report.push(Of::Family(&family::ACTUALS_UNMATCHED), labels, count as f64);
        }
        for (reason, count) in [("expired", left.predictions_expired), ("evicted", left.predictions_evicted)] {
            report.push(Of::Family(&family::PREDICTIONS_UNJOINED), vec![("reason", reason.into())], count as f64);
        }
        report.push(Of::Family(&family::WAITING), Vec::new(), self.pairing.len() as f64);
        for (label, count) in [
            ("stream", self.streams_overflowed),
            ("error", self.errors.overflowed()),
            ("class", self.classes.overflowed()),
            ("model", self.models.overflowed()),
        ] {
            report.push(Of::Family(&family::OVERFLOW), vec![("label", label.into())], count as f64);
        }
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
                for window in 0..self.plan.windows.len() {
                    view.windows.extend(self.report_window(stream, watch, window, &labels(), report));
                }
            }
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
            let specs = column_specs().chain(performance::ENTRIES.iter().map(|entry| &entry.spec));
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
        for ((layout, reference, current), names) in sides.into_iter().zip(&watch.cell_names) {
            let columns_named = layout.iter().zip(names).filter(|(column, _)| column.role != Role::Derived);
            for (column, names) in columns_named {
                let settings = &stream.model.drift;
                columns.extend(report_column(column, names, reference, current, settings, &at, report));
            }
        }
        let late = stream
            .counts
            .delay
            .median_bound()
            .is_none_or(|delay| delay > self.plan.windows.get(index).map_or(0.0, |window| window.length.seconds()));
        let too_late = stream.counts.scored > 0 && late;
        let (readings, scored) = report_performance(watch, &stream.model.performance, &pairs, too_late, &at, report);
        report.push(Of::Family(&family::WINDOW_PAIRS), at.clone(), scored as f64);
        if answered > 0 {
            report.push(Of::Family(&family::ACTUAL_COVERAGE), at, scored as f64 / answered as f64);
        }
        Some(WindowView { name, observations: answered, failed, pairs: scored, columns, performance: readings })
    }
}

/// The reference's own values, which have no window.
fn report_reference(watch: &Watch, settings: &config::Performance, labels: &Labels, report: &mut Report) {
    let reference = &watch.reference;
    let observer = &reference.observer;
    let sides = [(&observer.inputs.columns, &reference.inputs), (&observer.pairs.columns, &reference.pairs)];
    for (columns, totals) in sides {
        for column in columns.iter().filter(|column| column.role != Role::Derived) {
            let Some(side) = Side::new(column, totals) else { continue };
            for entry in quality::ENTRIES.iter().chain(moments::ENTRIES) {
                if let (true, Ok(outcome)) =
                    (entry.spec.companions.contains(&Companion::Reference), (entry.evaluate)(&side))
                {
                    let mut labels = labels.clone();
                    labels.push(("feature", column.name.clone()));
                    labels.push(("role", column.role.as_str().into()));
                    report.push(Of::Companion(&entry.spec, Companion::Reference), labels, outcome.value);
                }
            }
        }
    }
    let performance = performance_of(&observer.pairs, &reference.pairs, settings).filter(|p| p.pairs() > 0);
    let Some(performance) = performance else { return };
    for entry in performance::ENTRIES.iter().filter(|e| e.spec.companions.contains(&Companion::Reference)) {
        for (class, outcome) in entry.values(&performance) {
            if let Ok(outcome) = outcome {
                let labels = with_class(labels, class_name(watch, class));
                report.push(Of::Companion(&entry.spec, Companion::Reference), labels, outcome.value);
            }
        }
    }
}

/// The statistics of columns.
fn column_specs() -> impl Iterator<Item = &'static Spec> {
    let one_sided = quality::ENTRIES.iter().chain(moments::ENTRIES).map(|entry| &entry.spec);
    drift::ENTRIES.iter().map(|entry| &entry.spec).chain(one_sided)
}

fn class_name(watch: &Watch, class: Option<usize>) -> Option<Arc<str>> {
    let classes = &watch.reference.observer.frame.classes;
    class.map(|class| classes.get(class).cloned().unwrap_or_else(|| OTHER.into()))
}

fn with_class(labels: &Labels, class: Option<Arc<str>>) -> Labels {
    let mut labels = labels.clone();
    labels.extend(class.map(|class| ("class", class)));
    labels
}

fn report_column(
    column: &Column,
    names: &[Arc<str>],
    reference: &Totals,
    current: &Totals,
    settings: &config::Drift,
    at: &Labels,
    report: &mut Report,
) -> Option<ColumnView> {
    let comparison = Comparison::new(column, reference, current, settings.missing_as_category)?;
    let side = Side::new(column, current)?;
    let mut labels = at.clone();
    labels.push(("feature", column.name.clone()));
    labels.push(("role", column.role.as_str().into()));
    let labels = Arc::new(labels);
    let observations = side.present();
    report.push(Of::Family(&family::FEATURE_OBSERVATIONS), labels.clone(), observations as f64);
    let mut readings = Vec::new();
    let window_is_empty = Side::new(column, current).is_some_and(|side| side.records() == 0);
    let has_reference = Side::new(column, reference).is_some_and(|side| side.records() > 0);
    for entry in drift::ENTRIES {
        let wanted = match &settings.statistics {
            _ if column.role != Role::Input => true,
            Some(keys) => keys.iter().any(|key| key == entry.spec.key),
            None => entry.default.includes(&column.shape),
        };
        if wanted {
            let outcome = if has_reference { (entry.evaluate)(&comparison) } else { Err(Undefined::NoReference) };
            push_column_outcome(&entry.spec, outcome, &labels, window_is_empty, report);
            readings.push(Reading { spec: &entry.spec, class: None, outcome, reference: None });
        }
    }
    let reference_side = Side::new(column, reference);
    for entry in quality::ENTRIES.iter().chain(moments::ENTRIES) {
        let outcome = (entry.evaluate)(&side);
        push_column_outcome(&entry.spec, outcome, &labels, window_is_empty, report);
        let reference = reference_side.and_then(|side| (entry.evaluate)(&side).ok()).map(|outcome| outcome.value);
        readings.push(Reading { spec: &entry.spec, class: None, outcome, reference });
    }
    Some(ColumnView {
        name: column.name.clone(),
        role: column.role,
        observations,
        readings,
        cells: cells::shares(column, names, reference, current),
    })
}

/// As [`push_outcome`]; that all of the window has no observations is said once for all columns.
fn push_column_outcome(
    spec: &'static Spec,
    outcome: Evaluated,
    labels: &Arc<Labels>,
    window_is_empty: bool,
    report: &mut Report,
) {
    if !(window_is_empty && outcome == Err(Undefined::NoObservations)) {
        push_outcome(spec, outcome, labels, report);
    }
}

fn push_outcome(spec: &'static Spec, outcome: Evaluated, labels: &Arc<Labels>, report: &mut Report) {
    match outcome {
        Ok(outcome) => {
            report.push(Of::Statistic(spec), labels.clone(), outcome.value);
            if let Some(bound) = outcome.error_bound {
                report.push(Of::Companion(spec, Companion::ErrorBound), labels.clone(), bound);
            }
        }
        // What does not fit the column needs no explanation.
        Err(Undefined::NotApplicable) => {}
        Err(reason) => {
            let mut labels = Labels::clone(labels);
            labels.push(("statistic", spec.key.into()));
            labels.push(("reason", reason.as_str().into()));
            report.push(Of::Family(&family::UNDEFINED), labels, 1.0);
        }
    }
}

fn performance_of<'a>(
    layout: &'a Layout,
    totals: &'a Totals,
    settings: &config::Performance,
) -> Option<Performance<'a>> {
    Performance::new(layout, totals).map(|performance| performance.with_interval_level(settings.interval_level))
}

fn report_performance(
    watch: &Watch,
    settings: &config::Performance,
    pairs: &Totals,
    too_late: bool,
    at: &Labels,
    report: &mut Report,
) -> (Vec<Reading>, u64) {
    let observer = &watch.reference.observer;
    let Some(current) = performance_of(&observer.pairs, pairs, settings) else { return (Vec::new(), 0) };
    let reference = performance_of(&observer.pairs, &watch.reference.pairs, settings).filter(|p| p.pairs() > 0);
    let mut readings = Vec::new();
    for entry in performance::ENTRIES {
        let references = reference.as_ref().map(|reference| entry.values(reference)).unwrap_or_default();
        for (class, outcome) in entry.values(&current) {
            let outcome = match outcome {
                Err(Undefined::NoActuals) if too_late => Err(Undefined::ActualsTooLate),
                outcome => outcome,
            };
            let class_text = class_name(watch, class);
            push_outcome(&entry.spec, outcome, &Arc::new(with_class(at, class_text.clone())), report);
            let reference = references.iter().find(|(known, _)| *known == class);
            let reference = reference.and_then(|(_, outcome)| outcome.as_ref().ok()).map(|outcome| outcome.value);
            readings.push(Reading { spec: &entry.spec, class: class_text, outcome, reference });
        }
    }
    (readings, current.pairs())
}

fn report_latency(column: &Column, inputs: &Totals, at: &Labels, report: &mut Report) {
    let Some(numbers) = Numbers::of(column, inputs).filter(|numbers| numbers.present() > 0) else { return };
    for (level, text) in LATENCY_LEVELS {
        // numpy's linear interpolation looks at the values of rank floor and ceil of level (n - 1).
        let rank = level * (numbers.present() - 1) as f64;
        let (low, high) = (numbers.rank_interval(rank.floor() as u64), numbers.rank_interval(rank.ceil() as u64));
        if let (Some((low, _)), Some((_, high))) = (low, high) {
            let mut labels = at.clone();
            labels.push(("level", (*text).into()));
            report.push(Of::Family(&family::WINDOW_LATENCY), labels.clone(), (low + high) / 2.0);
            report.push(Of::Family(&family::WINDOW_LATENCY_BOUND), labels, (high - low) / 2.0);
        }
    }
}
