//! Mean absolute percentage error.
//!
//! **What it answers.** By which share of the actual are predictions off?
//!
//! **Definition.** `sum |e| / |y|` over the pairs with `|y| >= 2.2e-16`, divided by their number; `e` prediction minus
//! actual, `y` the actual. A ratio: 0.1 is 10 %.
//!
//! **Range and direction.** From 0; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out. Pairs whose
//! actual is zero are left out; scikit-learn divides by 2.2e-16 there, which makes the mean meaningless. Undefined
//! when all are zero (`zero_denominator`).
//!
//! **Least data.** One pair with an actual other than zero.
//!
//! **Known bias.** Small actuals decide it, and predictions that are too low are punished less (at most 1). See the
//! weighted and the symmetric form.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Hyndman and Koehler 2006, Another look at measures of forecast accuracy; scikit-learn,
//! `mean_absolute_percentage_error`.
//!
//! **Example.** Actuals 10, 20, 0 with errors 1, -1, 5: (0.1 + 0.05) / 2 = 0.075.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums { n: 3, n_relative: 2, relative_error: 0.15, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("mean_absolute_percentage_error_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.075).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "mean_absolute_percentage_error_ratio",
        name: "driftgauge_mean_absolute_percentage_error_ratio",
        help: "Mean of error size over actual size, over pairs with an actual other than zero.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Hyndman and Koehler 2006, Another look at measures of forecast accuracy"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    window.pairs()?;
    ratio(window.sums.relative_error, window.sums.n_relative as f64, Undefined::ZeroDenominator)
}
