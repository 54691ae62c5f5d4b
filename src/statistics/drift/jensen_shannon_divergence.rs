//! Jensen-Shannon divergence.
//!
//! **What it answers.** How different are the two distributions, in the number that adds up as information does?
//!
//! **Definition.** `(KL(p || a) + KL(q || a)) / 2`, `a = (p + q)/2`, with the Jeffreys-smoothed shares `p_b` of the
//! reference and `q_b` of the window in the cells of PSI, in nats: the square of the Jensen-Shannon distance times
//! `ln 2`.
//!
//! **Range and direction.** 0 (the same shares) to `ln 2 = 0.693` (no cell in common); higher is worse.
//!
//! **Empty cells, ties, missing, not finite.** As for PSI: a cell empty on one side counts as half an observation
//! there, one empty on both sides is left out; missing values have a cell, infinities fall into the end cells.
//!
//! **Least data.** One observation on each side. From chance alone expect about `(B - 1)(1/n + 1/m) / 8`: 0.0023 at
//! `B` = 10 and `n` = `m` = 1000.
//!
//! **Known bias.** Upwards by that expectation. Its numbers are small: prefer the distance for people.
//!
//! **Choosing a threshold.** For small moves it is an eighth of PSI: PSI 0.1 is 0.0125. Limits in base 2 are larger by
//! the factor 1.443.
//!
//! **References.** Lin 1991, Divergence Measures Based on the Shannon Entropy.
//!
//! **Example.** 3 of 4 against 1 of 4 in two cells: `p = (0.7, 0.3)`, `q = (0.3, 0.7)`, `a = (0.5, 0.5)`:
//! `0.7 ln(1.4) + 0.3 ln(0.6) = 0.0823`.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, jensen_shannon_divergence};
//! let divergence = jensen_shannon_divergence(&Cells::new([(3, 1), (1, 3)]));
//! assert!((divergence - (0.7 * 1.4f64.ln() + 0.3 * 0.6f64.ln())).abs() < 1e-12);
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold, jensen_shannon_distance};
use crate::statistics::{Companion, Evaluated, Spec, Worse};
use std::f64::consts::LN_2;

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "jensen_shannon_divergence",
        name: "driftgauge_feature_jensen_shannon_divergence",
        help: "Jensen-Shannon divergence of the window from the reference, in nats (Jeffreys smoothing).",
        range: (0.0, LN_2),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["Lin 1991, Divergence Measures Based on the Shannon Entropy"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Divergence(|psi, _| psi / 8.0),
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    Ok(jensen_shannon_divergence(&comparison.cells).into())
}

/// The divergence of the smoothed shares; 0 when there are no cells.
pub fn jensen_shannon_divergence(cells: &Cells) -> f64 {
    jensen_shannon_distance(cells).powi(2) * LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let divergence = jensen_shannon_divergence(&Cells::new(reference.into_iter().zip(current)));
        assert!((divergence - 0.01979905035).abs() < 1e-10, "{divergence}");
    }
}
