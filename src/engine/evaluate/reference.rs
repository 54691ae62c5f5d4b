//! The reference's own values, which have no window.

use super::super::config;
use super::super::stream::Watch;
use super::derived::report_derived_reference;
use super::latency::report_latency_reference;
use super::performance::performance_of;
use super::push::{class_name, with_class};
use crate::aggregate::{Column, Role, Totals};
use crate::report::families as family;
use crate::report::{Labels, Of, Report};
use crate::statistics::quality::Side;
use crate::statistics::{Companion, moments, performance, quality};

/// Whether the reference has records of a column: not every reference has latencies.
pub(super) fn has_records(column: &Column, reference: &Totals) -> bool {
    Side::new(column, reference).is_some_and(|side| side.records() > 0)
}

/// Adds what the reference's own columns and pairs say.
pub(super) fn report_reference(watch: &Watch, settings: &config::Performance, labels: &Labels, report: &mut Report) {
    let reference = &watch.reference;
    let observer = &reference.observer;
    let sides = [(&observer.inputs.columns, &reference.inputs), (&observer.pairs.columns, &reference.pairs)];
    for (columns, totals) in sides {
        let shown = |column: &&Column| column.role != Role::Derived || has_records(column, totals);
        for column in columns.iter().filter(shown) {
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
    for ((name, _), share) in observer.frame.features.iter().zip(&reference.findings.importance) {
        let mut labels = labels.clone();
        labels.push(("feature", name.clone()));
        labels.push(("role", Role::Input.as_str().into()));
        report.push(Of::Family(&family::FEATURE_IMPORTANCE), labels, *share);
    }
    if let Some(latency) = observer.inputs.columns.get(observer.latency()) {
        report_latency_reference(latency, &reference.inputs, labels, report);
    }
    report_derived_reference(reference, labels, report);
    let performance = performance_of(&observer.pairs, &reference.pairs, settings).into_iter().find(|p| p.pairs() > 0);
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
