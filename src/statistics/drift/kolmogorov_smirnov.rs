//! Kolmogorov-Smirnov distance.
//!
//! **What it answers.** By which share of the rows do the two distributions differ at the value where they differ most?
//!
//! **Definition.** `max over edges of |F_k - G_k|`, `F_k` and `G_k` being the shares of reference and window up to the
//! right edge of fine cell `k`. The exact maximum over all values lies in [value, value + bound]:
//! `value + bound = max over cells that hold more than one value of max(F_k - G_{k-1}, G_k - F_{k-1})`.
//!
//! **Range and direction.** 0 (the same) to 1 (all values of one side below all of the other); higher is worse.
//!
//! **Empty cells, ties, missing, not finite.** A cell empty on both sides adds nothing. A frequent value has a cell of
//! its own, where the distance is exact. Missing and invalid values are left out of both sides; the infinities count as
//! smallest and largest.
//!
//! **Least data.** One value on each side. From chance alone expect `0.87 sqrt(1/n + 1/m)`: 0.039 at `n` = `m` = 1000.
//!
//! **Known bias.** Upwards by that expectation. Slow to see the tails: prefer Wasserstein or Anderson-Darling there.
//!
//! **Choosing a threshold.** `1.36 sqrt(1/n + 1/m)` is passed by one window in 20 without any drift, `1.63` by one in
//! 100.
//!
//! **References.** Smirnov 1948, Table for Estimating the Goodness of Fit of Empirical Distributions.
//!
//! **Example.** Edges 0 and 1, reference 3, 1, 0 and window 1, 2, 1: at the edges 3/4 - 1/4 and 1 - 3/4 give 0.5;
//! inside the first cell the reference may be ahead by 3/4, so the bound is 0.25.
//!
//! ```
//! use driftgauge::aggregate::{FixedPoint, Grid, numeric::Numbers};
//! use driftgauge::statistics::drift::kolmogorov_smirnov;
//! let grid = Grid::new(vec![0.0, 1.0], &[]);
//! let reference = Numbers::from_parts(&grid, FixedPoint::UNIT, &[3, 1, 0, 0, 0, 0, 0], &[0; 5]).unwrap();
//! let current = Numbers::from_parts(&grid, FixedPoint::UNIT, &[1, 2, 1, 0, 0, 0, 0], &[0; 5]).unwrap();
//! let outcome = kolmogorov_smirnov(&reference, &current);
//! assert_eq!((0.5, Some(0.25)), (outcome.value, outcome.error_bound));
//! ```

use super::{Comparison, Default, Entry, Threshold, fine_cells, share_moved};
use crate::aggregate::numeric::Numbers;
use crate::statistics::null::Constant;
use crate::statistics::{Companion, Evaluated, Outcome, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "kolmogorov_smirnov",
        name: "driftgauge_feature_kolmogorov_smirnov",
        help: "Kolmogorov-Smirnov distance of the window from the reference.",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::ErrorBound, Companion::Threshold],
        references: &["Smirnov 1948, Table for Estimating the Goodness of Fit of Empirical Distributions"],
    },
    default: Default::Numeric,
    evaluate,
    threshold: Threshold::Distance {
        constants: [Constant::KolmogorovSmirnov; 2],
        shift: share_moved,
        unit: |_| Some(1.0),
    },
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    let (reference, current) = comparison.numbers()?;
    Ok(kolmogorov_smirnov(&reference, &current))
}

/// The largest difference of the shares up to an edge, and by how much it may be exceeded between edges.
pub fn kolmogorov_smirnov(reference: &Numbers<'_>, current: &Numbers<'_>) -> Outcome {
    let (mut value, mut highest) = (0.0f64, 0.0f64);
    for cell in fine_cells(reference, current) {
        value = value.max((cell.reference.1 - cell.current.1).abs());
        if !cell.atomic {
            let (above, below) = cell.extremes();
            highest = highest.max(above).max(below);
        }
    }
    Outcome { value, error_bound: Some((highest - value).max(0.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{FixedPoint, Grid};

    #[test]
    fn golden_vector() {
        let grid = Grid::new((1..8).map(f64::from).collect(), &[]);
        let reference = [50, 100, 150, 200, 200, 150, 100, 50, 0, 0, 0, 0];
        let current = [80, 120, 140, 180, 170, 150, 110, 0, 0, 0, 0, 0];
        let reference = Numbers::from_parts(&grid, FixedPoint::UNIT, &reference, &[0; 10]).unwrap();
        let current = Numbers::from_parts(&grid, FixedPoint::UNIT, &current, &[0; 10]).unwrap();
        let outcome = kolmogorov_smirnov(&reference, &current);
        assert!((outcome.value - 0.06052631579).abs() < 1e-10, "{outcome:?}");
        assert!((outcome.value + outcome.error_bound.unwrap() - 0.24736842105).abs() < 1e-10, "{outcome:?}");
    }

    #[test]
    fn frequent_values_are_exact() {
        let grid = Grid::new(vec![0f64.next_down(), 0.0, 1f64.next_down(), 1.0], &[]);
        let reference = Numbers::from_parts(&grid, FixedPoint::UNIT, &[0, 3, 0, 1, 0, 0, 0, 0, 0], &[0; 7]).unwrap();
        let current = Numbers::from_parts(&grid, FixedPoint::UNIT, &[0, 1, 0, 3, 0, 0, 0, 0, 0], &[0; 7]).unwrap();
        assert_eq!(Outcome { value: 0.5, error_bound: Some(0.0) }, kolmogorov_smirnov(&reference, &current));
    }
}
