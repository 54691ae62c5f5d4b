//! Root mean squared error.
//!
//! **What it answers.** How far off are predictions, large errors weighing most?
//!
//! **Definition.** `sqrt(sum e^2 / n)` with `e` prediction minus actual; its square is
//! `mean_error^2 + error_variance`.
//!
//! **Range and direction.** In the units of the actual, from 0; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out.
//!
//! **Least data.** One pair.
//!
//! **Known bias.** One outlier can decide it; see the mean and the median absolute error.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** scikit-learn, `root_mean_squared_error`.
//!
//! **Example.** Errors 3, 0, -4, 0: sqrt(25 / 4) = 2.5.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums { n: 4, squared_error: 25.0, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("root_mean_squared_error").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 2.5).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "root_mean_squared_error",
        name: "driftgauge_root_mean_squared_error",
        help: "Square root of the mean squared error, in units of the actual.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn root_mean_squared_error"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    let mean = window.sums.squared_error / window.pairs()?;
    Ok(mean.max(0.0).sqrt().into())
}
