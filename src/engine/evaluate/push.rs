//! A statistic and its companions become samples of a report.

use super::super::names::OTHER;
use super::super::stream::Watch;
use crate::report::families as family;
use crate::report::{Labels, Of, Report};
use crate::statistics::interval::Interval;
use crate::statistics::{Companion, Evaluated, Spec, Undefined};
use std::sync::Arc;

pub(super) fn class_name(watch: &Watch, class: Option<usize>) -> Option<Arc<str>> {
    let classes = &watch.reference.observer.frame.classes;
    class.map(|class| classes.get(class).cloned().unwrap_or_else(|| OTHER.into()))
}

pub(super) fn with_class(labels: &Labels, class: Option<Arc<str>>) -> Labels {
    let mut labels = labels.clone();
    labels.extend(class.map(|class| ("class", class)));
    labels
}

pub(super) fn push_outcome(spec: &'static Spec, outcome: Evaluated, labels: &Arc<Labels>, report: &mut Report) {
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

/// A companion of a statistic, when there is one.
pub(super) fn push_companion(
    spec: &'static Spec,
    companion: Companion,
    value: Option<f64>,
    labels: &Arc<Labels>,
    report: &mut Report,
) {
    if let Some(value) = value {
        report.push(Of::Companion(spec, companion), labels.clone(), value);
    }
}

/// The two limits of a confidence interval, with the level they are for.
pub(super) fn push_interval(
    spec: &'static Spec,
    interval: Interval,
    level: &Arc<str>,
    at: &Labels,
    class: Option<Arc<str>>,
    report: &mut Report,
) {
    let mut labels = at.clone();
    labels.push(("level", level.clone()));
    let labels = Arc::new(with_class(&labels, class));
    report.push(Of::Companion(spec, Companion::Lower), labels.clone(), interval.lower);
    report.push(Of::Companion(spec, Companion::Upper), labels, interval.upper);
}
