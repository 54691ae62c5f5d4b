//! How many of a window's predictions have an actual.

use super::super::config::{self, Axis};
use super::super::stream::Watch;
use super::performance::performance_of;
use super::push::{class_name, with_class};
use crate::aggregate::Totals;
use crate::aggregate::cohort::Stratum;
use crate::report::families as family;
use crate::report::{Family, Labels, Of, Report};
use crate::statistics::Undefined;
use crate::statistics::performance::Performance;
use crate::window::WindowPlan;

/// Answered predictions and pairs of a window, and of the longest window inside of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Coverage<'a> {
    totals: Option<&'a Totals>,
    answered: u64,
    pairs: u64,
    inner: (u64, u64),
}

impl<'a> Coverage<'a> {
    pub(super) fn of(watch: &Watch, plan: &WindowPlan, index: usize, totals: &'a Totals, pairs: u64) -> Coverage<'a> {
        let layout = &watch.reference.observer.pairs;
        let answered = |totals: &Totals| {
            let read = layout.cohort.as_ref().and_then(|cohort| cohort.read(totals));
            read.map_or(0, |cohort| cohort.answered)
        };
        let inner = inside(plan, index).and_then(|inner| watch.pairs.window(inner)).map(|totals| {
            let pairs = Performance::new(layout, &totals).map_or(0, |window| window.pairs());
            (answered(&totals), pairs)
        });
        Coverage { totals: Some(totals), answered: answered(totals), pairs, inner: inner.unwrap_or_default() }
    }

    /// The share with an actual; `None` without predictions.
    pub(super) fn ratio(&self) -> Option<f64> {
        share(self.pairs, self.answered)
    }

    /// The same of the predictions that are in no shorter window.
    fn of_age(&self) -> Option<f64> {
        share(self.pairs.saturating_sub(self.inner.1), self.answered.saturating_sub(self.inner.0))
    }
}

/// A share; pairs whose predictions came before the windows began do not make it more than all.
fn share(pairs: u64, answered: u64) -> Option<f64> {
    (answered > 0).then(|| pairs.min(answered) as f64 / answered as f64)
}

/// The longest window that lies inside this one, whatever the time: shorter by a pane at least.
pub(super) fn inside(plan: &WindowPlan, index: usize) -> Option<usize> {
    let own = plan.windows.get(index)?;
    let pane = plan.levels.get(own.level)?.pane;
    let fits = |length: i64| length <= own.length.nanos() - pane.nanos();
    let shorter = plan.windows.iter().enumerate().filter(|(_, window)| fits(window.length.nanos()));
    shorter.max_by_key(|(_, window)| window.length.nanos()).map(|(index, _)| index)
}

/// `at` are the labels of the window, `labels` those of its performance.
pub(super) fn report_coverage(
    watch: &Watch,
    settings: &config::Performance,
    coverage: &Coverage<'_>,
    at: &Labels,
    labels: &Labels,
    report: &mut Report,
) {
    if settings.axis == Axis::Arrival {
        for key in ["actual_coverage_ratio", "actual_coverage_age_ratio"] {
            let mut labels = labels.clone();
            labels.push(("statistic", key.into()));
            labels.push(("reason", Undefined::ArrivalAxis.as_str().into()));
            report.push(Of::Family(&family::UNDEFINED), labels, 1.0);
        }
        return;
    }
    let mut push = |family: &'static Family, labels: Labels, value: Option<f64>| {
        if let Some(value) = value {
            report.push(Of::Family(family), labels, value);
        }
    };
    push(&family::ACTUAL_COVERAGE, at.clone(), coverage.ratio());
    push(&family::ACTUAL_COVERAGE_AGE, at.clone(), coverage.of_age());
    let layout = &watch.reference.observer.pairs;
    let cohort = coverage.totals.and_then(|totals| {
        performance_of(layout, totals, settings).into_iter().find_map(|window| match window {
            Performance::Cohort(cohort) => Some(cohort),
            _ => None,
        })
    });
    let Some(cohort) = cohort else { return };
    push(&family::ACTUAL_COVERAGE_LEAST, at.clone(), cohort.totals.least_coverage());
    let weight = cohort.expected().ok().filter(|expected| expected.all > 0.0);
    push(&family::POSTSTRATIFIED_WEIGHT, at.clone(), weight.map(|expected| expected.own / expected.all));
    for row in 0..cohort.totals.rows {
        let labels = with_class(at, class_name(watch, Some(row)));
        push(&family::ACTUAL_COVERAGE_CLASS, labels, Stratum::coverage(cohort.totals.of_class(row)));
    }
}
