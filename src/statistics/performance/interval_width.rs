//! Mean width of prediction intervals.
//!
//! **What it answers.** How sure does the model say it is?
//!
//! **Definition.** `sum (upper - lower) / n` over the `n` pairs with an interval.
//!
//! **Range and direction.** In the units of the actual, from 0; higher is worse at the same coverage.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side or an end of the interval is missing or not finite are
//! left out; without any interval it is undefined (`no_intervals`). An actual on an end is inside. Crossed ends are
//! zero wide.
//!
//! **Least data.** One interval.
//!
//! **Known bias.** None. A model may narrow its intervals without knowing more: read it beside the coverage, or take
//! the pinball loss, which weighs both.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Gneiting and Raftery 2007, section 6.2 (sharpness).
//!
//! **Example.** Widths 1, 2, 3 and 2: 8 / 4 = 2.
//!
//! ```
//! use driftgauge::aggregate::intervals::IntervalSums;
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let intervals = IntervalSums { n: 4, width: 8.0, ..Default::default() };
//! let sums = ResidualSums { n: 4, intervals, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("interval_width").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 2.0).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "interval_width",
        name: "driftgauge_interval_width",
        help: "Mean width of the intervals logged with predictions whose actual is known, in units of the actual.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: None,
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Gneiting and Raftery 2007, Strictly Proper Scoring Rules, Prediction, and Estimation"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    window.interval_mean(window.sums.intervals.width)
}
