//! The statistics of a window's columns.

use super::super::limits::{ColumnLimits, has_threshold};
use super::super::{cells, config};
use super::push::{push_companion, push_outcome};
use crate::aggregate::{Column, Role, Totals};
use crate::report::families as family;
use crate::report::{ColumnView, Labels, Of, Reading, Report};
use crate::statistics::drift::Comparison;
use crate::statistics::quality::Side;
use crate::statistics::{Companion, Evaluated, Spec, Undefined, drift, moments, quality};
use std::sync::Arc;

/// The statistics of columns.
pub(super) fn column_specs() -> impl Iterator<Item = &'static Spec> {
    let one_sided = quality::ENTRIES.iter().chain(moments::ENTRIES).map(|entry| &entry.spec);
    drift::ENTRIES.iter().map(|entry| &entry.spec).chain(one_sided)
}

pub(super) fn report_column(
    column: &Column,
    names: &[Arc<str>],
    limits: &ColumnLimits,
    [reference, current]: [&Totals; 2],
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
    for (place, entry) in drift::ENTRIES.iter().enumerate() {
        let wanted = match &settings.statistics {
            _ if !matches!(column.role, Role::Input | Role::Derived) => true,
            Some(keys) => keys.iter().any(|key| key == entry.spec.key),
            None => entry.default.includes(&column.shape),
        };
        if wanted {
            let outcome = if has_reference { (entry.evaluate)(&comparison) } else { Err(Undefined::NoReference) };
            push_column_outcome(&entry.spec, outcome, &labels, window_is_empty, report);
            let known = outcome.ok().filter(|_| has_threshold(&entry.spec));
            let threshold = known.and_then(|_| limits.drift(place, &comparison));
            push_companion(&entry.spec, Companion::Threshold, threshold, &labels, report);
            if entry.spec.companions.contains(&Companion::Sigma) {
                let sigma = known.and_then(|outcome| limits.sigma(&comparison, outcome.value));
                push_companion(&entry.spec, Companion::Sigma, sigma, &labels, report);
            }
            readings.push(Reading { spec: &entry.spec, class: None, outcome, reference: None, threshold });
        }
    }
    let reference_side = Side::new(column, reference);
    for entry in quality::ENTRIES.iter().chain(moments::ENTRIES) {
        let outcome = (entry.evaluate)(&side);
        push_column_outcome(&entry.spec, outcome, &labels, window_is_empty, report);
        let reference = reference_side.and_then(|side| (entry.evaluate)(&side).ok()).map(|outcome| outcome.value);
        readings.push(Reading { spec: &entry.spec, class: None, outcome, reference, threshold: None });
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
