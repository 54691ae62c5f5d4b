//! Mean absolute error.
//!
//! **What it answers.** How far off is a prediction on average?
//!
//! **Definition.** `sum |e| / n` with `e` prediction minus actual.
//!
//! **Range and direction.** In the units of the actual, from 0; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out.
//!
//! **Least data.** One pair.
//!
//! **Known bias.** None; less moved by outliers than the root mean squared error.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** scikit-learn, `mean_absolute_error`.
//!
//! **Example.** Errors 3, 0, -4, 0: 7 / 4 = 1.75.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums { n: 4, absolute_error: 7.0, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("mean_absolute_error").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 1.75).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Moments, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "mean_absolute_error",
        name: "driftgauge_mean_absolute_error",
        help: "Mean size of the errors, in units of the actual.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn mean_absolute_error"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::Mean(|window, _| window.regression().map(moments)),
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    window.mean(window.sums.absolute_error)
}

fn moments(window: &Regression<'_>) -> Moments {
    Moments { n: window.sums.n, sum: window.sums.absolute_error, squares: window.sums.squared_error }
}
