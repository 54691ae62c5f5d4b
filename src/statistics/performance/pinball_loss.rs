//! Pinball loss of the two quantiles that are the ends of prediction intervals.
//!
//! **What it answers.** How good are the intervals, narrowness and coverage weighed together?
//!
//! **Definition.** `(L(y, lower, a) + L(y, upper, 1 - a)) / 2`, mean over the `n` pairs with an interval, with `L(y, q,
//! t) = t max(y - q, 0) + (1 - t) max(q - y, 0)` and `a = (1 - level) / 2` by `performance.interval_level`.
//!
//! **Range and direction.** In the units of the actual, from 0; higher is worse. In expectation it is smallest for the
//! true quantiles.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side or an end of the interval is missing or not finite are
//! left out; without any interval it is undefined (`no_intervals`). An actual on an end is inside. Crossed ends count
//! as the two quantiles they are.
//!
//! **Least data.** One interval.
//!
//! **Known bias.** None; with another level than the intervals were made for it is the loss of something else.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Koenker and Bassett 1978, Regression Quantiles; scikit-learn, `mean_pinball_loss`.
//!
//! **Example.** Level 0.8; actual 5 in [4, 8]: `(0.1 * 1 + 0.1 * 3) / 2 = 0.2`; actual 9 in [4, 8]: `(0.1 * 5 + 0.9 *
//! 1) / 2 = 0.7`; the mean is 0.45.
//!
//! ```
//! use driftgauge::aggregate::intervals::IntervalSums;
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let intervals = IntervalSums { n: 2, above_lower: 6.0, above_upper: 1.0, below_upper: 3.0, level: 0.8, ..Default::default() };
//! let sums = ResidualSums { n: 4, intervals, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("pinball_loss").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.45).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "pinball_loss",
        name: "driftgauge_pinball_loss",
        help: "Mean pinball loss of the two quantiles logged as an interval (performance.interval_level), in units of the actual.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Koenker and Bassett 1978, Regression Quantiles", "scikit-learn mean_pinball_loss"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    let sums = &window.sums.intervals;
    let (low, high) = ((1.0 - sums.level) / 2.0, (1.0 + sums.level) / 2.0);
    let lower = low * sums.above_lower + high * sums.below_lower;
    let upper = high * sums.above_upper + low * sums.below_upper;
    window.interval_mean((lower + upper) / 2.0)
}
