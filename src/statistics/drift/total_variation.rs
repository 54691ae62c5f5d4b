//! Total variation.
//!
//! **What it answers.** Which share of the window would have to be something else for it to look like the reference?
//!
//! **Definition.** `1/2 sum over cells b of |q_b - p_b|`, with the shares `p_b = r_b / m` of the reference and
//! `q_b = c_b / n` of the window as they are, in the cells of PSI.
//!
//! **Range and direction.** 0 (the same shares) to 1 (no cell in common); higher is worse.
//!
//! **Empty cells, ties, missing, not finite.** An empty cell has the share 0. Equal values share a cell. Missing values
//! have a cell (unless `missing_as_category = false`), infinities fall into the end cells.
//!
//! **Least data.** One observation on each side. From chance alone expect
//! `sum of sqrt(p_b (1 - p_b)(1/n + 1/m) / (2 pi))`: 0.054 at ten equal cells and `n` = `m` = 1000.
//!
//! **Known bias.** Upwards by that expectation; against differences inside a cell it is blind, so it never exceeds the
//! total variation of the values themselves.
//!
//! **Choosing a threshold.** Read it as a share of the rows; PSI is at least about four times its square.
//!
//! **References.** Levin, Peres and Wilmer 2009, Markov Chains and Mixing Times, proposition 4.2.
//!
//! **Example.** 3 of 4 against 1 of 4 in two cells: 0.5.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, total_variation};
//! assert_eq!(0.5, total_variation(&Cells::new([(3, 1), (1, 3)])));
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold, share_moved};
use crate::statistics::null::Constant;
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "total_variation",
        name: "driftgauge_feature_total_variation",
        help: "Half the sum of the absolute differences of the cells' shares.",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["Levin, Peres and Wilmer 2009, Markov Chains and Mixing Times"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Distance {
        constants: [Constant::TotalVariation, Constant::PresentTotalVariation],
        shift: share_moved,
        unit: |_| Some(1.0),
    },
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    Ok(total_variation(&comparison.cells).into())
}

/// Half the sum of the absolute differences of the raw shares; both sides have observations.
pub fn total_variation(cells: &Cells) -> f64 {
    (cells.raw().map(|(p, q)| (q - p).abs()).sum::<f64>() / 2.0).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let variation = total_variation(&Cells::new(reference.into_iter().zip(current)));
        assert!((variation - 0.08421052632).abs() < 1e-10, "{variation}");
    }
}
