//! Wasserstein distance of order 1, in standard deviations of the reference.
//!
//! **What it answers.** By how much, on average, would the values have to be moved to look like the reference?
//!
//! **Definition.** `sum over fine cells of |A_k|`, over the reference's standard deviation (dividing by `m`). `A_k` is
//! the integral of `F - G` over the cell: `w_k (F_k - G_k) - (U_k - V_k)` with the width `w_k`, the shares `F_k`,
//! `G_k` of reference and window up to its right edge and their sums of offsets from its left edge `U_k`, `V_k`, over
//! `m` and `n`; in the tails `U - V`. The sum is the integral of `|F - G|` unless the sign changes inside a cell; the
//! exact distance is at most the bound above it (the smallest of three limits for each cell) and never below it but
//! for the rounding of offsets, which the bound covers too.
//!
//! **Range and direction.** 0 (the same) to infinity; higher is worse. 1 is a move of all values by one deviation.
//!
//! **Empty cells, ties, missing, not finite.** A cell empty on both sides has its width times the difference. Equal
//! values need no care. Missing and invalid values are left out. An infinity has no distance from anything: it counts
//! as if it stood on the outermost edge (by default eight times as far from the median as the reference ever went), so
//! that it is seen and the number stays finite. Values over `2^36` deviations away count as that far.
//!
//! **Least data.** One value on each side. From chance alone expect, for a normal column, `1.28 sqrt(1/n + 1/m)`: 0.057
//! at `n` = `m` = 1000. A column constant in the reference has no deviation: undefined (`constant_reference`).
//!
//! **Known bias.** Upwards by that expectation; downwards by at most the bound, which is small but where few values
//! stand in wide cells, as in a heavy tail. An outlier in the reference enlarges the deviation and hides moves of the
//! rest: prefer Kolmogorov-Smirnov there.
//!
//! **Choosing a threshold.** 0.1 is common and means a tenth of a deviation.
//!
//! **References.** Vallender 1974, Calculation of the Wasserstein Distance between Probability Distributions on the
//! Line; the bound by Chebyshev's integral inequality.
//!
//! **Example.** Reference 1 and 3, window 3 and 5: all move by 2, the deviation is 1, the distance 2.
//!
//! ```
//! use driftgauge::aggregate::{Column, Delta, FixedPoint, Grid, Layout, Observed, Role, Shape, Totals};
//! use driftgauge::statistics::drift::{Comparison, entry};
//! let mut layout = Layout::default();
//! let grid = std::sync::Arc::new(Grid::new(vec![0.0, 2.0, 4.0], &[]));
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
//! let (reference, current) = (totals([1.0, 3.0]), totals([3.0, 5.0]));
//! let comparison = Comparison::new(&layout.columns[0], &reference, &current, true).unwrap();
//! assert_eq!(2.0, (entry("wasserstein").unwrap().evaluate)(&comparison).unwrap().value);
//! ```

use super::{Comparison, Default, Entry, Threshold, deviation, fine_cells, spread_share};
use crate::aggregate::numeric::Numbers;
use crate::statistics::null::Constant;
use crate::statistics::{Companion, Evaluated, Outcome, Spec, Worse, finite};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "wasserstein",
        name: "driftgauge_feature_wasserstein_sd",
        help: "Wasserstein distance of order 1 over the standard deviation of the reference.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::ErrorBound, Companion::Threshold],
        references: &["Vallender 1974, Calculation of the Wasserstein Distance between Probability Distributions"],
    },
    default: Default::Numeric,
    evaluate,
    threshold: Threshold::Distance { constants: [Constant::Wasserstein; 2], shift: |shift| shift, unit: |_| Some(1.0) },
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    let (reference, current) = comparison.numbers()?;
    wasserstein(&reference, &current)
}

/// The distance over the reference's deviation, with its bound; undefined for a constant reference.
pub fn wasserstein(reference: &Numbers<'_>, current: &Numbers<'_>) -> Evaluated {
    let deviation = deviation(reference)?;
    let Outcome { value, error_bound } = moved(reference, current);
    finite(Outcome { value: value / deviation, error_bound: error_bound.map(|bound| bound / deviation) })
}

/// The distance in the column's own unit, with its bound.
pub(super) fn moved(reference: &Numbers<'_>, current: &Numbers<'_>) -> Outcome {
    let cells = fine_cells(reference, current);
    let value: f64 = cells.iter().map(|cell| cell.area.abs()).sum();
    let slack: f64 = cells.iter().map(|cell| cell.slack()).sum();
    // A rounded offset moves each |A_k| by that much at most, and the slack by twice that.
    let rounding = 3.0 * reference.fixed().offset_error() * spread_share(&cells);
    Outcome { value, error_bound: Some(slack + rounding) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{FixedPoint, Grid};

    #[test]
    fn crossing_inside_a_cell_stays_inside_the_bound() {
        // Reference 0.4 and 0.6, window 0.2 and 0.8 in one cell: the exact distance is 0.2, the area 0.
        let grid = Grid::new(vec![0.0, 1.0], &[]);
        let totals = |values: [f64; 2]| {
            let offsets = values.iter().map(|x| FixedPoint::UNIT.offset(*x)).sum();
            let (first, second) =
                values.iter().map(|x| FixedPoint::UNIT.moments(*x)).fold((0, 0), |(s, q), m| (s + m.0, q + m.1));
            [0, offsets, 0, first, second]
        };
        let (a, b) = (totals([0.4, 0.6]), totals([0.2, 0.8]));
        let counts = [0, 2, 0, 0, 0, 0, 0];
        let reference = Numbers::from_parts(&grid, FixedPoint::UNIT, &counts, &a).unwrap();
        let current = Numbers::from_parts(&grid, FixedPoint::UNIT, &counts, &b).unwrap();
        let outcome = wasserstein(&reference, &current).unwrap();
        // Deviation 0.1; Chebyshev: 2 * 1/2 * (1 - 1/2) = 0.5.
        assert!(outcome.value.abs() < 1e-8, "{outcome:?}");
        assert!((outcome.error_bound.unwrap() - 5.0).abs() < 1e-6, "{outcome:?}");
    }
}
