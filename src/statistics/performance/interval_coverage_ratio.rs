//! Coverage of prediction intervals.
//!
//! **What it answers.** Do the intervals hold as many of the actuals as they promise?
//!
//! **Definition.** `#(lower <= actual <= upper) / n` over the `n` pairs with an interval.
//!
//! **Range and direction.** 0 to 1. Neither way is better by itself: right is the level the intervals are made for
//! (`performance.interval_level`); below it they are too narrow, above it too wide.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side or an end of the interval is missing or not finite are
//! left out; without any interval it is undefined (`no_intervals`). An actual on an end is inside. Crossed ends cover
//! nothing.
//!
//! **Least data.** One interval. From chance alone the standard deviation is `sqrt(level (1 - level) / n)`: 0.03 at
//! level 0.9 and `n` = 100.
//!
//! **Known bias.** None. It says nothing of single regions: a coverage right on average may be too high for some inputs
//! and too low for others.
//!
//! **Choosing a threshold.** The level less three of those standard deviations.
//!
//! **References.** Gneiting and Raftery 2007, Strictly Proper Scoring Rules, Prediction, and Estimation, section 6.2.
//!
//! **Example.** 3 of 4 actuals inside: 0.75.
//!
//! ```
//! use driftgauge::aggregate::intervals::IntervalSums;
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let intervals = IntervalSums { n: 4, covered: 3, ..Default::default() };
//! let sums = ResidualSums { n: 4, intervals, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("interval_coverage_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.75).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "interval_coverage_ratio",
        name: "driftgauge_interval_coverage_ratio",
        help: "Share of the actuals that lie in the interval logged with their prediction.",
        range: (0.0, 1.0),
        worse: Worse::Neither,
        ideal: None,
        least: 1,
        companions: &[Companion::Reference, Companion::Lower, Companion::Upper],
        references: &["Gneiting and Raftery 2007, Strictly Proper Scoring Rules, Prediction, and Estimation"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::Share(|window, _| window.regression().map(|w| (w.sums.intervals.covered, w.sums.intervals.n))),
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    window.interval_mean(window.sums.intervals.covered as f64)
}
