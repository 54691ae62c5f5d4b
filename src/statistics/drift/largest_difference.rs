//! Largest difference of a cell's share (L-infinity).
//!
//! **What it answers.** How far has the one category, or the one tenth of the range, moved that moved most?
//!
//! **Definition.** `max over cells b of |q_b - p_b|`, with the shares `p_b = r_b / m` of the reference and
//! `q_b = c_b / n` of the window as they are, in the cells of PSI.
//!
//! **Range and direction.** 0 (the same shares) to 1 (all rows of one cell went to another); higher is worse.
//!
//! **Empty cells, ties, missing, not finite.** An empty cell has the share 0. Equal values share a cell. Missing values
//! have a cell (unless `missing_as_category = false`), infinities fall into the end cells.
//!
//! **Least data.** One observation on each side. From chance alone expect 0.025 at ten equal cells and
//! `n` = `m` = 1000, growing with `sqrt(1/n + 1/m)`.
//!
//! **Known bias.** Upwards by that; many small moves in one direction do not add up, prefer total variation for them.
//!
//! **Choosing a threshold.** Read it as a share of the rows. 0.1 is common for categories.
//!
//! **References.** The Chebyshev distance of two vectors of shares.
//!
//! **Example.** 3, 1, 0 of 4 against 1, 2, 1 of 4: the shares differ by 0.5, 0.25 and 0.25, the largest is 0.5.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, largest_difference};
//! assert_eq!(0.5, largest_difference(&Cells::new([(3, 1), (1, 2), (0, 1)])));
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold, share_moved};
use crate::statistics::null::Constant;
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "largest_difference",
        name: "driftgauge_feature_largest_difference",
        help: "Largest absolute difference of a cell's share (L-infinity).",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["the Chebyshev distance"],
    },
    default: Default::Categorical,
    evaluate,
    threshold: Threshold::Distance {
        constants: [Constant::LargestDifference, Constant::PresentLargestDifference],
        shift: share_moved,
        unit: |_| Some(1.0),
    },
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    Ok(largest_difference(&comparison.cells).into())
}

/// The largest absolute difference of the raw shares; both sides have observations.
pub fn largest_difference(cells: &Cells) -> f64 {
    cells.raw().map(|(p, q)| (q - p).abs()).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let difference = largest_difference(&Cells::new(reference.into_iter().zip(current)));
        assert!((difference - 0.05).abs() < 1e-10, "{difference}");
    }
}
