//! The statistics of a window's pairs.

use super::super::config;
use super::super::stream::Watch;
use super::errors::Errors;
use super::push::{class_name, push_companion, push_interval, push_outcome, with_class};
use crate::aggregate::{Layout, Totals};
use crate::report::{Labels, Reading, Report};
use crate::statistics::interval::Level;
use crate::statistics::performance::{self, Performance};
use crate::statistics::{Companion, Undefined};
use std::sync::Arc;

pub(super) fn performance_of<'a>(
    layout: &'a Layout,
    totals: &'a Totals,
    settings: &config::Performance,
) -> Option<Performance<'a>> {
    Performance::new(layout, totals).map(|performance| performance.with_interval_level(settings.interval_level))
}

pub(super) fn report_performance(
    watch: &Watch,
    settings: &config::Performance,
    index: usize,
    pairs: &Totals,
    too_late: bool,
    at: &Labels,
    report: &mut Report,
) -> (Vec<Reading>, u64) {
    let observer = &watch.reference.observer;
    let Some(current) = performance_of(&observer.pairs, pairs, settings) else { return (Vec::new(), 0) };
    let reference = performance_of(&observer.pairs, &watch.reference.pairs, settings).filter(|p| p.pairs() > 0);
    let (level, level_text) = (Level::new(settings.level), Arc::from(settings.level.to_string()));
    let jackknife = watch.errors.get(index).and_then(Errors::jackknife);
    let mut readings = Vec::new();
    for (place, entry) in performance::ENTRIES.iter().enumerate() {
        let references = reference.as_ref().map(|reference| entry.values(reference)).unwrap_or_default();
        for (class, outcome) in entry.values(&current) {
            let outcome = match outcome {
                Err(Undefined::NoActuals) if too_late => Err(Undefined::ActualsTooLate),
                outcome => outcome,
            };
            let class_text = class_name(watch, class);
            let labels = Arc::new(with_class(at, class_text.clone()));
            push_outcome(&entry.spec, outcome, &labels, report);
            let interval = outcome.ok().and_then(|o| entry.interval(&current, class, o.value, jackknife, level));
            if let Some(interval) = interval {
                push_interval(&entry.spec, interval, &level_text, at, class_text.clone(), report);
            }
            let reference = references.iter().find(|(known, _)| *known == class);
            let reference = reference.and_then(|(_, outcome)| outcome.as_ref().ok()).map(|outcome| outcome.value);
            let threshold = outcome.ok().and_then(|_| watch.limits.performance(place, class, reference));
            push_companion(&entry.spec, Companion::Threshold, threshold, &labels, report);
            readings.push(Reading { spec: &entry.spec, class: class_text, outcome, reference, threshold });
        }
    }
    (readings, current.pairs())
}
