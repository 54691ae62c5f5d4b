//! Correlation of prediction and actual.
//!
//! **What it answers.** Do predictions go up when actuals go up?
//!
//! **Definition.** `cov(y, z) / sqrt(var(y) var(z))` with `y` the actual and `z` the prediction.
//!
//! **Range and direction.** -1 to 1; 0 is no relation, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out. Undefined when
//! all actuals (`constant_actual`) or all predictions (`zero_denominator`) are equal.
//!
//! **Least data.** Two pairs that differ on both sides; the standard error is about `(1 - r^2) / sqrt(n)`.
//!
//! **Known bias.** Blind to bias and to scale: twice the actual correlates perfectly. Outliers can decide it.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Pearson 1896; numpy, `corrcoef`.
//!
//! **Example.** Actuals 1, 2, 3 with predictions 1, 3, 2: 1 / 2 = 0.5.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums {
//!     n: 3,
//!     actual: 6.0,
//!     actual_squared: 14.0,
//!     predicted: 6.0,
//!     predicted_squared: 14.0,
//!     product: 13.0,
//!     ..Default::default()
//! };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("correlation").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.5).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "correlation",
        name: "driftgauge_correlation",
        help: "Pearson correlation of prediction and actual.",
        range: (-1.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["numpy corrcoef"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    let (n, sums) = (window.pairs()?, &window.sums);
    let covariance = sums.product / n - sums.actual / n * (sums.predicted / n);
    let scale = window.actual_variance()?.sqrt() * window.predicted_variance()?.sqrt();
    Ok((covariance / scale).clamp(-1.0, 1.0).into())
}
