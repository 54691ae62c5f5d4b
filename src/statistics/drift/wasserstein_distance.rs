//! Wasserstein distance of order 1, in the column's own unit.
//!
//! **What it answers.** By how much, on average, would the values have to be moved to look like the reference?
//!
//! **Definition.** `sum over fine cells of |A_k|`, `A_k` being the integral of `F - G` over the cell, as for the distance
//! in standard deviations, which is this over the deviation of the reference.
//!
//! **Range and direction.** 0 (the same) to infinity; higher is worse.
//!
//! **Empty cells, ties, missing, not finite.** As for the distance in standard deviations.
//!
//! **Least data.** One value on each side. From chance alone expect, for a normal column, `1.28 sqrt(1/n + 1/m)`
//! deviations. A column constant in the reference has a distance, too.
//!
//! **Known bias.** Upwards by that expectation; downwards by at most the bound.
//!
//! **Choosing a threshold.** What a move of the column by so much would cost. It does not compare between columns:
//! prefer the distance in standard deviations there.
//!
//! **References.** Vallender 1974, Calculation of the Wasserstein Distance between Probability Distributions on the
//! Line.
//!
//! **Example.** Reference 1 and 5, window 3 and 7: all move by 2.
//!
//! ```
//! use driftgauge::aggregate::{Column, Delta, FixedPoint, Grid, Layout, Observed, Role, Shape, Totals};
//! use driftgauge::statistics::drift::{Comparison, entry};
//! let mut layout = Layout::default();
//! let grid = std::sync::Arc::new(Grid::new(vec![0.0, 2.0, 4.0, 6.0], &[]));
//! layout.push("x".into(), Role::Input, Shape::Numeric { grid, fixed: FixedPoint::UNIT });
//! let totals = |values: [f64; 2]| {
//!     let mut totals = Totals::new(layout.counts(), layout.sums());
//!     for x in values {
//!         let mut delta = Delta::default();
//!         layout.columns[0].observe(Observed::Number(x), &mut delta);
//!         totals.apply(&delta);
//!     }
//!     totals
//! };
//! let (reference, current) = (totals([1.0, 5.0]), totals([3.0, 7.0]));
//! let comparison = Comparison::new(&layout.columns[0], &reference, &current, true).unwrap();
//! assert_eq!(2.0, (entry("wasserstein_distance").unwrap().evaluate)(&comparison).unwrap().value);
//! ```

use super::wasserstein::moved;
use super::{Comparison, Default, Entry, Threshold, deviation};
use crate::statistics::null::Constant;
use crate::statistics::{Companion, Evaluated, Spec, Worse, finite};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "wasserstein_distance",
        name: "driftgauge_feature_wasserstein_distance",
        help: "Wasserstein distance of order 1 in the unit of the column.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::ErrorBound, Companion::Threshold],
        references: &["Vallender 1974, Calculation of the Wasserstein Distance between Probability Distributions"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Distance {
        constants: [Constant::Wasserstein; 2],
        shift: |shift| shift,
        unit: |comparison| deviation(&comparison.numbers().ok()?.0).ok(),
    },
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    let (reference, current) = comparison.numbers()?;
    finite(moved(&reference, &current))
}
