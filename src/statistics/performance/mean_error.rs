//! Mean error: the bias.
//!
//! **What it answers.** Do predictions run too high or too low?
//!
//! **Definition.** `sum e / n` with `e` prediction minus actual.
//!
//! **Range and direction.** In the units of the actual; above 0 predictions are too high, below 0 too low.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out.
//!
//! **Least data.** One pair. The standard error is `sqrt(error_variance / n)`.
//!
//! **Known bias.** Errors of opposite sign cancel; see the mean absolute error.
//!
//! **Choosing a threshold.** Three standard errors around the reference's own value.
//!
//! **References.** The statistical bias; some tools have the opposite sign.
//!
//! **Example.** Errors 3, 0, -4, 0: -1 / 4 = -0.25.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums { n: 4, error: -1.0, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("mean_error").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - -0.25).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Moments, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "mean_error",
        name: "driftgauge_mean_error",
        help: "Mean of prediction minus actual, in units of the actual.",
        range: (f64::NEG_INFINITY, f64::INFINITY),
        worse: Worse::Away,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["the mean of prediction minus actual"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::Mean(|window, _| window.regression().map(moments)),
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    window.mean(window.sums.error)
}

fn moments(window: &Regression<'_>) -> Moments {
    Moments { n: window.sums.n, sum: window.sums.error, squares: window.sums.squared_error }
}
