//! Energy distance, in the column's own unit.
//!
//! **What it answers.** How much further apart are a value of the window and one of the reference than two of the same
//! side?
//!
//! **Definition.** `2 E|X - Y| - E|X - X'| - E|Y - Y'| = 2 * integral of (F - G)^2`, not its square root. In a fine
//! cell of width `w_k`, `F - G` is taken to run straight from `a` to `b`, which gives `w_k (a^2 + a b + b^2) / 3`,
//! held to what the cell's mean difference (from the sums of offsets) allows. In a tail, of which the sums are all
//! that is known, it is taken to fall off exponentially: half of `(p - q)(U - V)`. The exact number is within the
//! bound.
//!
//! **Range and direction.** 0 (the same) to infinity, in the unit of the column; higher is worse.
//!
//! **Empty cells, ties, missing, not finite.** A cell empty on both sides is exact, as is one that holds one value
//! only. Missing and invalid values are left out; an infinity counts as if it stood on the outermost edge.
//!
//! **Least data.** One value on each side. From chance alone expect `(1/n + 1/m) E|X - X'|`; for a normal column of
//! deviation 1 that is 0.0023 at `n` = `m` = 1000.
//!
//! **Known bias.** Upwards by that expectation. Values of different columns do not compare: prefer Wasserstein, which
//! is in standard deviations.
//!
//! **Choosing a threshold.** None is common. For a small move `s` of a normal column of deviation 1 it is `0.56 s^2`.
//!
//! **References.** Szekely and Rizzo 2013, Energy Statistics: A Class of Statistics Based on Distances; the bound by
//! Bhatia and Davis 2000, A Better Bound on the Variance.
//!
//! **Example.** Reference 0, window 3, each in a cell of its own: `2 * 3 - 0 - 0 = 6`.
//!
//! ```
//! use driftgauge::aggregate::{FixedPoint, Grid, numeric::Numbers};
//! use driftgauge::statistics::drift::energy_distance;
//! let grid = Grid::new(vec![0f64.next_down(), 0.0, 3f64.next_down(), 3.0], &[]);
//! let reference = Numbers::from_parts(&grid, FixedPoint::UNIT, &[0, 1, 0, 0, 0, 0, 0, 0, 0], &[0; 7]).unwrap();
//! let current = Numbers::from_parts(&grid, FixedPoint::UNIT, &[0, 0, 0, 1, 0, 0, 0, 0, 0], &[0; 7]).unwrap();
//! let outcome = energy_distance(&reference, &current).unwrap();
//! assert!((outcome.value - 6.0).abs() < 1e-12 && outcome.error_bound.unwrap() < 1e-12);
//! ```

use super::{Comparison, Default, Entry, FineCell, Threshold, fine_cells, spread_share};
use crate::aggregate::numeric::Numbers;
use crate::statistics::null::Constant;
use crate::statistics::{Companion, Evaluated, Outcome, Spec, Worse, finite};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "energy_distance",
        name: "driftgauge_feature_energy_distance",
        help: "Energy distance of the window from the reference, in the unit of the column.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::ErrorBound, Companion::Threshold],
        references: &["Szekely and Rizzo 2013, Energy Statistics: A Class of Statistics Based on Distances"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Squared { constant: Constant::Energy, shift: moved, grows: false },
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    let (reference, current) = comparison.numbers()?;
    energy_distance(&reference, &current)
}

/// What a shift of a normal column of the reference's deviation makes of the root.
fn moved(shift: f64, comparison: &Comparison<'_>) -> f64 {
    let deviation = comparison.numbers().ok().and_then(|(reference, _)| reference.variance(0)).map_or(0.0, f64::sqrt);
    // The fourth root of 1/pi.
    0.751_125_54 * shift * deviation.sqrt()
}

/// Twice the integral of the squared difference, with its bound.
pub fn energy_distance(reference: &Numbers<'_>, current: &Numbers<'_>) -> Evaluated {
    let cells = fine_cells(reference, current);
    let (value, bound) = cells.iter().map(squared).fold((0.0, 0.0), |(v, b), (value, bound)| (v + value, b + bound));
    // A rounded offset moves the limits of a cell by twice that much at most.
    let rounding = 4.0 * reference.fixed().offset_error() * spread_share(&cells);
    finite(Outcome { value: 2.0 * value, error_bound: Some(2.0 * bound + rounding) })
}

/// The integral of `(F - G)^2` over a cell, and how far off it may be.
fn squared(cell: &FineCell) -> (f64, f64) {
    let (p, q) = cell.shares();
    let (least, estimate, most) = if cell.width.is_infinite() {
        let (u, v) = cell.offsets;
        (0.0, (p - q) * (u - v) / 2.0, p * u + q * v)
    } else {
        let (a, b) = (cell.reference.0 - cell.current.0, cell.reference.1 - cell.current.1);
        if cell.atomic || (p == 0.0 && q == 0.0) {
            return (cell.width * a * a, 0.0);
        }
        let (above, below) = cell.extremes();
        let mean = (cell.area / cell.width).max(-below).min(above);
        let least = cell.width * mean * mean;
        let spread = cell.width * (above - mean) * (mean + below);
        (least, cell.width * (a * a + a * b + b * b) / 3.0, least + spread)
    };
    let held = estimate.max(least).min(most);
    (held, (held - least).max(most - held))
}
