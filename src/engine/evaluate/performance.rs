//! The statistics of a window's pairs.

use super::super::config::{self, Axis};
use super::super::stream::{Stream, Watch};
use super::coverage::{Coverage, report_coverage};
use super::errors::Errors;
use super::fleet::report_fleet_pairs;
use super::push::{class_name, push_companion, push_interval, push_outcome, with_class};
use crate::aggregate::{Layout, Totals};
use crate::report::families as family;
use crate::report::{Labels, Of, Reading, Report};
use crate::statistics::interval::Level;
use crate::statistics::performance::{self, Evaluate, Performance};
use crate::statistics::{Companion, Undefined};
use crate::window::WindowPlan;
use std::sync::Arc;

/// The pairs of a window and, of a task with classes, all of its predictions. Empty when the layout keeps none.
pub(super) fn performance_of<'a>(
    layout: &'a Layout,
    totals: &'a Totals,
    settings: &config::Performance,
) -> Vec<Performance<'a>> {
    let pairs = Performance::new(layout, totals).map(|window| window.with_interval_level(settings.interval_level));
    pairs.into_iter().chain(Performance::cohort(layout, totals, settings.axis == Axis::Arrival)).collect()
}

/// Whether actuals come later than the windows of pairs reach back.
pub(super) fn is_too_late(stream: &Stream, plan: &WindowPlan, index: usize) -> bool {
    let length = plan.windows.get(index).map_or(0.0, |window| window.length.seconds());
    let reach = length + stream.model.performance.maturity.seconds();
    stream.counts.scored > 0 && stream.counts.delay.median_bound().is_none_or(|delay| delay > reach)
}

pub(super) fn report_performance(
    stream: &Stream,
    watch: &Watch,
    index: usize,
    plan: &WindowPlan,
    totals: &Totals,
    at: &Labels,
    report: &mut Report,
) -> (Vec<Reading>, u64) {
    let settings = &stream.model.performance;
    let observer = &watch.reference.observer;
    let windows = performance_of(&observer.pairs, totals, settings);
    let Some(pairs) = windows.first().map(Performance::pairs) else { return (Vec::new(), 0) };
    let mut labels = at.clone();
    if settings.axis == Axis::Arrival {
        labels.push(("axis", "arrival".into()));
    }
    report.push(Of::Family(&family::WINDOW_PAIRS), labels.clone(), pairs as f64);
    for window in &windows {
        report_fleet_pairs(watch, &stream.model.fleet, window, &labels, report);
    }
    let coverage = Coverage::of(watch, plan, index, totals, pairs);
    report_coverage(watch, settings, &coverage, at, &labels, report);
    let too_few =
        settings.axis == Axis::Prediction && coverage.ratio().is_some_and(|ratio| ratio < settings.coverage_min);
    let too_late = is_too_late(stream, plan, index);
    let references = performance_of(&observer.pairs, &watch.reference.pairs, settings);
    let references: Vec<_> = references.into_iter().filter(|window| window.pairs() > 0).collect();
    let (level, level_text) = (Level::new(settings.level), Arc::from(settings.level.to_string()));
    let jackknife = watch.errors.get(index).and_then(Errors::jackknife);
    let mut readings = Vec::new();
    for (place, entry) in performance::ENTRIES.iter().enumerate() {
        let references: Vec<_> = references.iter().flat_map(|reference| entry.values(reference)).collect();
        // Bounds hold however many actuals are missing: they have no interval.
        let is_bound = matches!(entry.evaluate, Evaluate::Cohort(_)) && entry.spec.companions.is_empty();
        for window in &windows {
            for (class, outcome) in entry.values(window) {
                let outcome = match outcome {
                    Err(Undefined::NoActuals) if too_late => Err(Undefined::ActualsTooLate),
                    _ if too_few && !is_bound => Err(Undefined::CoverageBelowMinimum),
                    outcome => outcome,
                };
                let class_text = class_name(watch, class);
                let own = Arc::new(with_class(&labels, class_text.clone()));
                push_outcome(&entry.spec, outcome, &own, report);
                let interval = outcome.ok().and_then(|o| entry.interval(window, class, o.value, jackknife, level));
                if let Some(interval) = interval {
                    push_interval(&entry.spec, interval, &level_text, &labels, class_text.clone(), report);
                }
                let reference = references.iter().find(|(known, _)| *known == class);
                let reference = reference.and_then(|(_, outcome)| outcome.as_ref().ok()).map(|outcome| outcome.value);
                let threshold = outcome.ok().and_then(|_| watch.limits.performance(place, class, reference));
                push_companion(&entry.spec, Companion::Threshold, threshold, &own, report);
                readings.push(Reading { spec: &entry.spec, class: class_text, outcome, reference, threshold });
            }
        }
    }
    (readings, pairs)
}
