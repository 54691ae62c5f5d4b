//! What performance is expected of a window's predictions.

use super::super::stream::Watch;
use super::push::{class_name, push_outcome, with_class};
use crate::aggregate::Totals;
use crate::report::{Labels, Of, Report};
use crate::statistics::basis::Estimated;
use crate::statistics::estimates::{ENTRIES, accuracy_limits};
use crate::statistics::{Companion, Undefined};
use std::sync::Arc;

/// The chance that the limits hold the accuracy: the label `level`.
const LEVEL: &str = "0.95";

pub(super) fn report_estimates(
    watch: &Watch,
    inputs: &Totals,
    pairs: &Totals,
    answered: u64,
    at: &Labels,
    report: &mut Report,
) {
    let observer = &watch.reference.observer;
    let window = watch.basis.read(&observer.inputs, inputs, &observer.pairs, pairs);
    for entry in ENTRIES {
        for (class, outcome) in entry.values(&window) {
            let outcome = match outcome {
                Err(Undefined::NoScores) if answered == 0 => Err(Undefined::NoObservations),
                outcome => outcome,
            };
            let labels = with_class(at, class_name(watch, class));
            push_outcome(&entry.spec, outcome, &Arc::new(labels.clone()), report);
            if let (true, Ok(_), Estimated::Classification(window)) =
                (entry.spec.companions.contains(&Companion::Lower), outcome, &window)
                && let Ok(expected) = &window.expected
            {
                let sides = [Companion::Lower, Companion::Upper];
                for (side, limit) in sides.into_iter().zip(accuracy_limits(expected)) {
                    let mut labels = labels.clone();
                    labels.push(("level", LEVEL.into()));
                    report.push(Of::Companion(&entry.spec, side), labels, limit);
                }
            }
        }
    }
}
