//! Kullback-Leibler divergence of the window from the reference.
//!
//! **What it answers.** How badly would the reference's shares encode what arrives now?
//!
//! **Definition.** `KL = sum over cells b of q_b ln(q_b / p_b)` in nats, with the Jeffreys-smoothed shares `p_b` of the
//! reference and `q_b` of the window in the cells of PSI. The window comes first: KL(window || reference).
//!
//! **Range and direction.** 0 (the same shares) to infinity; higher is worse.
//!
//! **Empty cells, ties, missing, not finite.** As for PSI: a cell empty on one side counts as half an observation
//! there, one empty on both sides is left out; missing values have a cell, infinities fall into the end cells.
//!
//! **Least data.** One observation on each side. From chance alone expect `(B - 1)/2 (1/n + 1/m)`: 0.009 at `B` = 10
//! and `n` = `m` = 1000.
//!
//! **Known bias.** Upwards by that expectation. Not symmetric: a cell that empties weighs little, a cell that fills
//! weighs much. PSI is the sum of both directions.
//!
//! **Choosing a threshold.** For small moves half of PSI, so its thresholds halve. `2 KL / (1/n + 1/m)` is the G
//! statistic, chi-square with `B - 1` degrees of freedom under no drift.
//!
//! **References.** Kullback and Leibler 1951, On Information and Sufficiency; Jeffreys 1946 (the half).
//!
//! **Example.** 3 of 4 against 1 of 4 in two cells: `p = (0.7, 0.3)`, `q = (0.3, 0.7)`, `KL = 0.4 ln(7/3) = 0.3389`.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, kullback_leibler_divergence};
//! let divergence = kullback_leibler_divergence(&Cells::new([(3, 1), (1, 3)]));
//! assert!((divergence - 0.4 * (7.0f64 / 3.0).ln()).abs() < 1e-12);
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "kullback_leibler",
        name: "driftgauge_feature_kullback_leibler_divergence",
        help: "Kullback-Leibler divergence of the window from the reference in nats (Jeffreys smoothing).",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["Kullback and Leibler 1951, On Information and Sufficiency"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Divergence(|psi, _| psi / 2.0),
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    Ok(kullback_leibler_divergence(&comparison.cells).into())
}

/// The divergence of the window's smoothed shares from the reference's, in nats; 0 when there are no cells.
pub fn kullback_leibler_divergence(cells: &Cells) -> f64 {
    let sum: f64 = cells.smoothed().map(|(p, q)| q * (q / p).ln()).sum();
    sum.max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let divergence = kullback_leibler_divergence(&Cells::new(reference.into_iter().zip(current)));
        assert!((divergence - 0.06294702133).abs() < 1e-10, "{divergence}");
    }
}
