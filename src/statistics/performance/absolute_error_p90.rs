//! 90th percentile of the absolute error.
//!
//! **What it answers.** How bad are the bad predictions, short of the very worst?
//!
//! **Definition.** The 0.9 quantile of `|e|`, `e` prediction minus actual, linear between neighbouring ranks; from the
//! cells of the column `absolute_error`. The value is interpolated inside its cell, and the exact one is within the
//! bound, in units of the actual.
//!
//! **Range and direction.** In the units of the actual, from 0; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out. Infinite errors
//! are left out. Undefined while no reference with actuals gave the errors a grid (`no_reference`).
//!
//! **Least data.** One pair.
//!
//! **Known bias.** None beyond the bound. In the cell above the last edge the bound comes from the sum of what is in
//! it, and is wide.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Hyndman and Fan 1996, Sample quantiles in statistical packages (type 7); numpy, `quantile`.
//!
//! **Example.** Error sizes 0, 1, 2, 3, 5: 3 + 0.6 * 2 = 4.2, within one cell of 0.1.
//!
//! ```
//! # use driftgauge::aggregate::residuals::Residuals;
//! # use driftgauge::aggregate::{Delta, FixedPoint, Grid, Layout, Observed, PerformanceShape, Role, Shape, Totals};
//! # use driftgauge::statistics::performance::{ABSOLUTE_ERROR, Performance, entry};
//! // (actual, prediction) on a grid of tenths.
//! let rows = [(1.0, 1.0), (1.0, 3.0), (5.0, 4.0), (7.0, 2.0), (2.0, 5.0)];
//! # let mut layout = Layout::default();
//! # let grid = Grid::new((0..=60).map(|i| f64::from(i) / 10.0).collect(), &[]).into();
//! # layout.push(ABSOLUTE_ERROR.into(), Role::Derived, Shape::Numeric { grid, fixed: FixedPoint::UNIT });
//! # let residuals = Residuals::new(&mut layout, FixedPoint::UNIT);
//! # let mut totals = Totals::new(layout.counts(), layout.sums());
//! # for (actual, predicted) in rows {
//! #     let mut delta = Delta::default();
//! #     residuals.observe(actual, predicted, &mut delta);
//! #     layout.columns[0].observe(Observed::Number(f64::abs(predicted - actual)), &mut delta);
//! #     totals.apply(&delta);
//! # }
//! # layout.performance = Some(PerformanceShape::Regression(residuals));
//! # let window = Performance::new(&layout, &totals).unwrap();
//! let (_, value) = entry("absolute_error_p90").unwrap().values(&window)[0];
//! let outcome = value.unwrap();
//! assert!((outcome.value - 4.2).abs() <= outcome.error_bound.unwrap() + 1e-12);
//! assert!(outcome.error_bound.unwrap() <= 0.1 + 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "absolute_error_p90",
        name: "driftgauge_absolute_error_p90",
        help: "Size that nine of ten errors do not exceed, in units of the actual.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[
            Companion::ErrorBound,
            Companion::Reference,
            Companion::Threshold,
            Companion::Lower,
            Companion::Upper,
        ],
        references: &["Hyndman and Fan 1996, Sample quantiles in statistical packages"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    window.absolute_error_quantile(0.9)
}
