//! Weighted absolute percentage error.
//!
//! **What it answers.** By which share of the whole volume are predictions off?
//!
//! **Definition.** `sum |e| / sum |y|` with `e` prediction minus actual and `y` the actual.
//!
//! **Range and direction.** From 0; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out. Undefined when
//! all actuals are zero (`zero_denominator`).
//!
//! **Least data.** One pair with an actual other than zero.
//!
//! **Known bias.** Large actuals decide it. Meaningless for quantities without a natural zero, such as temperatures.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Kolassa and Schuetz 2007, Advantages of the MAD/Mean ratio over the MAPE.
//!
//! **Example.** Actuals 10, 20, 0 with errors 1, -1, 1: 3 / 30 = 0.1.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums { n: 3, absolute_error: 3.0, absolute_actual: 30.0, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("weighted_absolute_percentage_error_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.1).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "weighted_absolute_percentage_error_ratio",
        name: "driftgauge_weighted_absolute_percentage_error_ratio",
        help: "Sum of the error sizes over the sum of the actual sizes.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Kolassa and Schuetz 2007, Advantages of the MAD/Mean ratio over the MAPE"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    window.pairs()?;
    ratio(window.sums.absolute_error, window.sums.absolute_actual, Undefined::ZeroDenominator)
}
