//! P-value of the chi-square statistic.
//!
//! **What it answers.** If nothing had changed, how often would the shares differ as much as they do?
//!
//! **Definition.** The probability that a chi-square variable with `B - 1` degrees of freedom exceeds the chi-square
//! statistic of the 2 x B table (its sibling), `B` being the cells that are not empty on both sides.
//!
//! **Range and direction.** 0 to 1; lower is worse. Without drift it is uniform: it falls below 0.05 in one window of
//! 20.
//!
//! **Empty cells, ties, missing, not finite.** As for the statistic: the cells of PSI, MISSING among them; a cell empty
//! on both sides is left out. Sparse cells are not pooled.
//!
//! **Least data.** One observation on each side and two cells that are not empty. The law is good while most expected
//! counts are 5 or more.
//!
//! **Known bias.** With many expected counts below 5 it is too small or too large; with rows that come in bursts it is
//! too small. With enough rows it is near 0 for a difference nobody cares about: prefer PSI or Jensen-Shannon.
//!
//! **Choosing a threshold.** Not 0.05 on every window of every column: with 100 columns and a window a minute that is
//! 300 alarms an hour without any drift.
//!
//! **References.** Pearson 1900; SciPy, `chi2_contingency(correction=False)`.
//!
//! **Example.** 3 of 4 against 1 of 4: the statistic is 2 with one degree of freedom, `erfc(1) = 0.1573`.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, chi_square_pvalue};
//! let probability = chi_square_pvalue(&Cells::new([(3, 1), (1, 3)])).unwrap();
//! assert!((probability - 0.15729920705).abs() < 1e-10);
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold, chi_square};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "chi_square_pvalue",
        name: "driftgauge_feature_chi_square_pvalue",
        help: "P-value of the chi-square statistic of reference and window by cell.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["Agresti 2002, Categorical Data Analysis, section 3.2"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Significance,
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    chi_square_pvalue(&comparison.cells).map(Into::into)
}

/// The p-value of Pearson's statistic; undefined with fewer than two cells.
pub fn chi_square_pvalue(cells: &Cells) -> Result<f64, Undefined> {
    let freedom = cells.len().saturating_sub(1) as f64;
    let law = ChiSquared::new(freedom).map_err(|_| Undefined::TooFew)?;
    let statistic = chi_square(cells);
    Ok(if statistic > 0.0 { law.sf(statistic).clamp(0.0, 1.0) } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let probability = chi_square_pvalue(&Cells::new(reference.into_iter().zip(current))).unwrap();
        assert!((probability / 6.5739e-11 - 1.0).abs() < 1e-5, "{probability}");
    }

    #[test]
    fn one_cell_has_no_degree_of_freedom() {
        assert_eq!(Err(Undefined::TooFew), chi_square_pvalue(&Cells::new([(3, 5)])));
    }
}
