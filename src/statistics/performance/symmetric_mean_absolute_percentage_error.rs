//! Symmetric mean absolute percentage error.
//!
//! **What it answers.** By which share are predictions off, zero actuals included?
//!
//! **Definition.** `sum 2 |e| / (|y| + |z|) / n` with `e` prediction minus actual, `y` the actual, `z` the prediction;
//! 0/0 counts as 0.
//!
//! **Range and direction.** 0 to 2; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out. A pair of two
//! zeros counts as no error.
//!
//! **Least data.** One pair.
//!
//! **Known bias.** Not symmetric in truth: predictions that are too low cost more. A zero on one side always costs 2.
//! See the weighted form.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Hyndman and Koehler 2006, Another look at measures of forecast accuracy (section 2.2).
//!
//! **Example.** Actuals 10 and 0 with predictions 30 and 0: (2 * 20 / 40 + 0) / 2 = 0.5.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums { n: 2, symmetric_error: 1.0, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("symmetric_mean_absolute_percentage_error_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.5).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "symmetric_mean_absolute_percentage_error_ratio",
        name: "driftgauge_symmetric_mean_absolute_percentage_error_ratio",
        help: "Mean of error size over the mean size of actual and prediction.",
        range: (0.0, 2.0),
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
    window.mean(window.sums.symmetric_error)
}
