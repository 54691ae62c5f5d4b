//! Population stability index.
//!
//! **What it answers.** Has the distribution of this column moved away from the reference, in the number that credit
//! risk has used for decades?
//!
//! **Definition.** `PSI = sum over cells b of (q_b - p_b) ln(q_b / p_b)`, with `p_b = (r_b + 1/2) / (m + B/2)` and
//! `q_b = (c_b + 1/2) / (n + B/2)`: Jeffreys smoothing of the reference counts `r_b` (sum `m`) and the window counts
//! `c_b` (sum `n`) in `B` cells. For a number the cells are the reference deciles, a value of a tenth of the
//! reference or more having a cell of its own; for a category each of its own plus OTHER and UNSEEN; MISSING and
//! INVALID are cells too. A column constant at `a` in the reference has the cells below `a`, `a` itself and above
//! `a`, so that a move to either side is seen.
//!
//! **Range and direction.** 0 (the same shares) to infinity; higher is worse.
//!
//! **Empty cells, ties, missing, not finite.** A cell empty on both sides is left out and not counted in `B`. A cell
//! empty on one side counts as half an observation there. Equal values share a cell. Missing values have a cell
//! (unless `missing_as_category = false`), infinities fall into the end cells.
//!
//! **Least data.** One observation on each side. From chance alone expect `(B - 1)(1/n + 1/m)`: 0.018 at `B` = 10 and
//! `n` = `m` = 1000.
//!
//! **Known bias.** Upwards by that expectation; see the debiased sibling. Insensitive to a move inside a cell: see
//! Wasserstein.
//!
//! **Choosing a threshold.** The common 0.1 and 0.2 (0.25) come from scorecards with thousands of rows and rest on no
//! error rate; at `n` = 100 and ten cells the 0.1 is passed without any drift in a third of all windows against a huge
//! reference, and in four fifths against one of 100 rows.
//!
//! **References.** Kullback 1959, Information Theory and Statistics (the symmetric divergence J); Yurdakul 2018,
//! Statistical Properties of the Population Stability Index (the null law); Jeffreys 1946 (the half).
//!
//! **Example.** 3 of 4 against 1 of 4 in two cells: `p = (3.5/5, 1.5/5)`, `q = (1.5/5, 3.5/5)`,
//! `PSI = 2 * 0.4 * ln(7/3) = 0.6778`.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, population_stability_index};
//! let psi = population_stability_index(&Cells::new([(3, 1), (1, 3)]));
//! assert!((psi - 0.8 * (7.0f64 / 3.0).ln()).abs() < 1e-12);
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "psi",
        name: "driftgauge_feature_psi",
        help: "Population stability index of the window against the reference (Jeffreys smoothing).",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold, Companion::Sigma],
        references: &["Yurdakul 2018, Statistical Properties of the Population Stability Index"],
    },
    default: Default::Every,
    evaluate,
    threshold: Threshold::Divergence(|psi, _| psi),
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    Ok(population_stability_index(&comparison.cells).into())
}

/// The population stability index of two sets of counts; 0 when there are none.
pub fn population_stability_index(cells: &Cells) -> f64 {
    cells.smoothed().map(|(p, q)| (q - p) * (q / p).ln()).sum()
}

/// How many standard deviations the index is above what chance alone would give, by the cube root of Wilson and
/// Hilferty (1931, The Distribution of Chi-Square); `None` with fewer than two cells or an empty side.
pub fn sigma(cells: &Cells, index: f64, dispersion: f64) -> Option<f64> {
    let freedom = cells.len().checked_sub(1).filter(|freedom| *freedom > 0)? as f64;
    let spread = 2.0 / (9.0 * freedom);
    let root = (cells.effective() * index / dispersion / freedom).cbrt();
    (cells.effective() > 0.0).then(|| (root - (1.0 - spread)) / spread.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        // Computed by numpy from the definition; ten digits.
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let psi = population_stability_index(&Cells::new(reference.into_iter().zip(current)));
        assert!((psi - 0.25654155696).abs() < 1e-10, "{psi}");
        let cells = Cells::new(reference.into_iter().zip(current));
        let sigma = sigma(&cells, psi, 1.0).unwrap();
        assert!((sigma - 9.23483428).abs() < 1e-8, "{sigma}");
    }
}
