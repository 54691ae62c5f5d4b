//! Which features account for what changed.

use super::super::config::{Causes, Drift};
use super::super::stream::Watch;
use crate::aggregate::{Role, Totals};
use crate::report::families as family;
use crate::report::{Labels, Of, Report};
use crate::statistics::causes::{Cause, ENTRIES};
use crate::statistics::drift::Cells;
use crate::statistics::{Outcome, Undefined};
use std::sync::Arc;

/// Adds, for each statistic of causes, the features with the largest values.
pub(super) fn report_causes(
    watch: &Watch,
    settings: &Causes,
    drift: &Drift,
    (inputs, pairs): (&Totals, &Totals),
    at: &Labels,
    report: &mut Report,
) {
    let reference = &watch.reference;
    let observer = &reference.observer;
    let features = observer.frame.features.len();
    let mut values: Vec<Vec<(usize, Outcome)>> = vec![Vec::new(); ENTRIES.len()];
    let mut reasons: Vec<Option<Undefined>> = vec![None; ENTRIES.len()];
    for feature in 0..features {
        let coarse = |totals: &Totals| observer.coarse.counts(feature, totals);
        let (Some(before), Some(after)) = (coarse(&reference.inputs), coarse(inputs)) else { continue };
        let cells = drift_cells(&before, &after, drift.missing_as_category);
        let responses: Vec<f64> = reference
            .findings
            .responses
            .get(feature)
            .map(|means| means.iter().map(|mean| mean.unwrap_or(f64::NAN)).collect())
            .unwrap_or_default();
        let cause = Cause {
            drift: &cells,
            importance: reference.findings.importance.get(feature).copied(),
            responses: &responses,
            reference_counts: &before,
            current_counts: &after,
            reference: observer.losses.read(feature, &reference.pairs),
            current: observer.losses.read(feature, pairs).filter(|_| watch.losses),
        };
        if let (0, true, Some(l_ref), Some(l_live)) = (feature, settings.losses, cause.reference, cause.current) {
            report.push(Of::Family(&family::LOSS_SHIFT), at.clone(), l_live.overall() - l_ref.overall());
        }
        let wanted = ENTRIES.iter().zip(values.iter_mut().zip(&mut reasons));
        for (entry, (values, reason)) in wanted.filter(|(entry, _)| settings.losses || !entry.needs_losses) {
            match (entry.evaluate)(&cause) {
                Ok(outcome) => values.push((feature, outcome)),
                Err(Undefined::NotApplicable) => {}
                Err(why) => *reason = Some(why),
            }
        }
    }
    for (entry, (mut values, reason)) in ENTRIES.iter().zip(values.into_iter().zip(reasons)) {
        let size = |outcome: &Outcome| outcome.value.abs();
        values.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)).then(a.0.cmp(&b.0)));
        for (feature, outcome) in values.iter().take(settings.top) {
            let Some((name, _)) = observer.frame.features.get(*feature) else { continue };
            let mut labels = at.clone();
            labels.push(("feature", name.clone()));
            labels.push(("role", Role::Input.as_str().into()));
            report.push(Of::Statistic(&entry.spec), labels, outcome.value);
        }
        if let (true, Some(reason)) = (values.is_empty(), reason) {
            super::push_outcome(&entry.spec, Err(reason), &Arc::new(at.clone()), report);
        }
    }
}

/// The coarse cells of both sides; the last two are MISSING and INVALID.
fn drift_cells(reference: &[u64], current: &[u64], missing_as_category: bool) -> Cells {
    let kept = if missing_as_category { reference.len() } else { reference.len().saturating_sub(2) };
    Cells::new(reference.iter().copied().zip(current.iter().copied()).take(kept))
}
