//! Explained variance.
//!
//! **What it answers.** How much of the actuals' movement do predictions follow, a constant shift forgiven?
//!
//! **Definition.** `1 - var(e) / var(y)` with `e` prediction minus actual and `y` the actual, both dividing by `n`.
//!
//! **Range and direction.** Minus infinity to 1; lower is worse. Never below `r_squared`; the difference is the bias.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out. Undefined when
//! all actuals are equal (`constant_actual`).
//!
//! **Least data.** Two pairs of different actuals.
//!
//! **Known bias.** As of `r_squared`; blind to bias, see the mean error.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** scikit-learn, `explained_variance_score`.
//!
//! **Example.** Actuals 1, 2, 3, all predicted 1 too high: 1 - 0 / (2/3) = 1.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums {
//!     n: 3,
//!     error: 3.0,
//!     squared_error: 3.0,
//!     actual: 6.0,
//!     actual_squared: 14.0,
//!     ..Default::default()
//! };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("explained_variance_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 1.0).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "explained_variance_ratio",
        name: "driftgauge_explained_variance_ratio",
        help: "Share of the actuals' variance that is left out of the errors' variance.",
        range: (f64::NEG_INFINITY, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn explained_variance_score"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    Ok((1.0 - window.error_variance()? / window.actual_variance()?).into())
}
