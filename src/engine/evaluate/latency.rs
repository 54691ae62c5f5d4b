//! Quantiles of the latency of a window.

use crate::aggregate::numeric::Numbers;
use crate::aggregate::{Column, Totals};
use crate::report::families as family;
use crate::report::{Labels, Of, Report};

/// Quantiles shown of a window's latency.
const LATENCY_LEVELS: &[(f64, &str)] = &[(0.5, "0.5"), (0.9, "0.9"), (0.95, "0.95"), (0.99, "0.99")];

pub(super) fn report_latency(column: &Column, inputs: &Totals, at: &Labels, report: &mut Report) {
    quantiles(column, inputs, |level, low, high| {
        let mut labels = at.clone();
        labels.push(("level", level.into()));
        report.push(Of::Family(&family::WINDOW_LATENCY), labels.clone(), (low + high) / 2.0);
        report.push(Of::Family(&family::WINDOW_LATENCY_BOUND), labels, (high - low) / 2.0);
    });
}

pub(super) fn report_latency_reference(column: &Column, inputs: &Totals, at: &Labels, report: &mut Report) {
    quantiles(column, inputs, |level, low, high| {
        let mut labels = at.clone();
        labels.push(("level", level.into()));
        report.push(Of::Family(&family::WINDOW_LATENCY_REFERENCE), labels, (low + high) / 2.0);
    });
}

/// The quantiles shown, each by its level and the interval it lies in.
fn quantiles(column: &Column, inputs: &Totals, mut quantile: impl FnMut(&'static str, f64, f64)) {
    let Some(numbers) = Numbers::of(column, inputs).filter(|numbers| numbers.present() > 0) else { return };
    for (level, text) in LATENCY_LEVELS {
        // numpy's linear interpolation looks at the values of rank floor and ceil of level (n - 1).
        let rank = level * (numbers.present() - 1) as f64;
        let (low, high) = (numbers.rank_interval(rank.floor() as u64), numbers.rank_interval(rank.ceil() as u64));
        if let (Some((low, _)), Some((_, high))) = (low, high) {
            quantile(text, low, high);
        }
    }
}
