//! What derived columns say beyond the statistics of any column.

use crate::aggregate::Totals;
use crate::derive::outlier::LEVELS;
use crate::derive::{OUTLIER_SCORE, mmd};
use crate::observe::Observer;
use crate::profile::Reference;
use crate::report::families as family;
use crate::report::{Family, Labels, Of, Report};
use crate::statistics::Undefined;

/// The maximum mean discrepancy, where it says that it has no value.
const DISCREPANCY: &str = "maximum_mean_discrepancy";

/// The shares of outliers in a window, and how far its rows are from the reference's as a whole.
pub(super) fn report_derived(reference: &Reference, inputs: &Totals, at: &Labels, report: &mut Report) {
    let observer = &reference.observer;
    report_outliers(observer, inputs, &family::OUTLIER_RATIO, at, report);
    let fitted = observer.frame.derived.fitted();
    let rows = |totals: &Totals| totals.counts.get(observer.answered()).copied().unwrap_or(0);
    if rows(inputs) == 0 {
        let families = [("outlier_ratio", fitted.outlier.is_some()), (DISCREPANCY, fitted.mmd.is_some())];
        for (statistic, _) in families.into_iter().filter(|(_, fitted)| *fitted) {
            let mut labels = at.clone();
            labels.push(("statistic", statistic.into()));
            labels.push(("reason", Undefined::NoObservations.as_str().into()));
            report.push(Of::Family(&family::UNDEFINED), labels, 1.0);
        }
        return;
    }
    let Some(fitted) = &fitted.mmd else { return };
    let means = |totals: &Totals| observer.random_features(totals);
    let (Some(current), Some(expected)) = (means(inputs), means(&reference.inputs)) else { return };
    let found = mmd::discrepancy(&current, rows(inputs), &expected, rows(&reference.inputs), fitted.traces);
    let Some(found) = found else { return };
    for (family, value) in [
        (&family::MMD, found.value),
        (&family::MMD_THRESHOLD, found.threshold),
        (&family::MMD_SIGMA, found.sigma),
        (&family::MMD_PVALUE, found.pvalue),
    ] {
        report.push(Of::Family(family), at.clone(), value);
    }
}

/// The shares of outliers in the reference.
pub(super) fn report_derived_reference(reference: &Reference, labels: &Labels, report: &mut Report) {
    let family = &family::OUTLIER_RATIO_REFERENCE;
    report_outliers(&reference.observer, &reference.inputs, family, labels, report);
}

fn report_outliers(observer: &Observer, totals: &Totals, family: &'static Family, at: &Labels, report: &mut Report) {
    let outlier = observer.frame.derived.fitted().outlier.as_ref();
    let ratios = outlier.zip(observer.derived(OUTLIER_SCORE)).and_then(|(fit, column)| fit.ratios(column, totals));
    for (ratio, (_, level)) in ratios.into_iter().flatten().zip(LEVELS) {
        let mut labels = at.clone();
        labels.push(("level", level.into()));
        report.push(Of::Family(family), labels, ratio);
    }
}
