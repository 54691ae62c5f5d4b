//! Pearson's chi-square statistic of the table of both sides and all cells.
//!
//! **What it answers.** Could the window and the reference be drawn from the same shares?
//!
//! **Definition.** `sum over both sides and cells b of (observed - expected)^2 / expected` of the 2 x B table of the
//! counts `r_b` (sum `m`) and `c_b` (sum `n`), the expected counts being those of independence; the same as
//! `n m / (n + m) * sum of (q_b - p_b)^2 / w_b` with `w_b = (r_b + c_b) / (m + n)`. No correction by Yates.
//!
//! **Range and direction.** 0 (the same shares) to `n + m`; higher is worse. It grows with the number of rows.
//!
//! **Empty cells, ties, missing, not finite.** The cells of PSI, their counts as they are; a cell empty on both sides
//! is left out. Missing values have a cell (unless `missing_as_category = false`), infinities fall into the end cells.
//!
//! **Least data.** One observation on each side. From chance alone expect about `B - 1`: 9 at `B` = 10, whatever the
//! sizes.
//!
//! **Known bias.** None worth naming. It is a measure of evidence, not of size: for the size prefer PSI or
//! Jensen-Shannon.
//!
//! **Choosing a threshold.** None fits all `B` and `n`; use the p-value beside it.
//!
//! **References.** Pearson 1900; Agresti 2002, Categorical Data Analysis, section 3.2.
//!
//! **Example.** 3 of 4 against 1 of 4 in two cells: all expected counts are 2, all differ by 1, 4 * 1/2 = 2.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, chi_square};
//! assert_eq!(2.0, chi_square(&Cells::new([(3, 1), (1, 3)])));
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "chi_square",
        name: "driftgauge_feature_chi_square",
        help: "Pearson's chi-square statistic of reference and window by cell, without Yates' correction.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["Agresti 2002, Categorical Data Analysis, section 3.2"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Divergence(|psi, comparison| psi * comparison.cells.effective()),
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    Ok(chi_square(&comparison.cells).into())
}

/// Pearson's statistic of the 2 x B table; 0 when either side is empty.
pub fn chi_square(cells: &Cells) -> f64 {
    if cells.n == 0 || cells.m == 0 {
        return 0.0;
    }
    let total = (cells.n + cells.m) as f64;
    let pooled = cells.reference.iter().zip(&cells.current).map(|(r, c)| (r + c) as f64 / total);
    cells.effective() * cells.raw().zip(pooled).map(|((p, q), w)| (q - p) * (q - p) / w).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let statistic = chi_square(&Cells::new(reference.into_iter().zip(current)));
        assert!((statistic - 61.8059245919).abs() < 1e-9, "{statistic}");
    }
}
