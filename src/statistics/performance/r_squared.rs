//! Coefficient of determination.
//!
//! **What it answers.** How much better are predictions than always saying the window's mean?
//!
//! **Definition.** `1 - sum e^2 / sum (y - m)^2` with `e` prediction minus actual, `y` the actual and `m` its mean in
//! the window.
//!
//! **Range and direction.** Minus infinity to 1; 0 is no better than that mean, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out. Undefined when
//! all actuals are equal (`constant_actual`), which is what a variance within rounding (`2^-44` of the reference's
//! scale) is taken for.
//!
//! **Least data.** Two pairs of different actuals.
//!
//! **Known bias.** Falls when the actuals of a window happen to vary less although the errors are the same; look at
//! the root mean squared error beside it.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** scikit-learn, `r2_score`; Kvalseth 1985, Cautionary note about R squared (equation 1).
//!
//! **Example.** Actuals 1, 2, 3 with errors 0, 1, 0: 1 - 1 / 2 = 0.5.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums { n: 3, squared_error: 1.0, actual: 6.0, actual_squared: 14.0, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("r_squared").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.5).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "r_squared",
        name: "driftgauge_r_squared",
        help: "Share of the actuals' variance that the predictions explain.",
        range: (f64::NEG_INFINITY, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn r2_score"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    let mean = window.sums.squared_error / window.pairs()?;
    Ok((1.0 - mean / window.actual_variance()?).into())
}
