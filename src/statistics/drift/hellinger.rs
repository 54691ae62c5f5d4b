//! Hellinger distance.
//!
//! **What it answers.** How different are the two distributions, without rare cells deciding it?
//!
//! **Definition.** `sqrt(1 - sum of sqrt(p_b q_b))`, which is `sqrt(1/2 sum of (sqrt(p_b) - sqrt(q_b))^2)`, with the
//! Jeffreys-smoothed shares `p_b` of the reference and `q_b` of the window in the cells of PSI.
//!
//! **Range and direction.** 0 (the same shares) to 1 (no cell in common, reached in the limit of many observations);
//! higher is worse. It is a metric.
//!
//! **Empty cells, ties, missing, not finite.** As for PSI: a cell empty on one side counts as half an observation
//! there, one empty on both sides is left out; missing values have a cell, infinities fall into the end cells.
//!
//! **Least data.** One observation on each side. From chance alone expect about `sqrt((B - 1)(1/n + 1/m) / 8)`: 0.047
//! at `B` = 10 and `n` = `m` = 1000.
//!
//! **Known bias.** Upwards by that expectation, which as a root shrinks slowly with the size: prefer the debiased PSI
//! to compare windows of different sizes.
//!
//! **Choosing a threshold.** For small moves its square is an eighth of PSI: PSI 0.1 is a distance of 0.11.
//!
//! **References.** Hellinger 1909; Le Cam and Yang 2000, Asymptotics in Statistics (the half under the root).
//!
//! **Example.** 3 of 4 against 1 of 4 in two cells: `p = (0.7, 0.3)`, `q = (0.3, 0.7)`, `sqrt(1 - 2 sqrt(0.21)) =
//! 0.2890`.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, hellinger_distance};
//! let distance = hellinger_distance(&Cells::new([(3, 1), (1, 3)]));
//! assert!((distance - (1.0 - 2.0 * 0.21f64.sqrt()).sqrt()).abs() < 1e-12);
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "hellinger",
        name: "driftgauge_feature_hellinger_distance",
        help: "Hellinger distance of the window from the reference (Jeffreys smoothing).",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["Le Cam and Yang 2000, Asymptotics in Statistics"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Divergence(|psi, _| (psi / 8.0).sqrt()),
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    Ok(hellinger_distance(&comparison.cells).into())
}

/// The distance of the smoothed shares; 0 when there are no cells.
pub fn hellinger_distance(cells: &Cells) -> f64 {
    // The sum of squares keeps the digits that 1 - sum of sqrt(p q) loses near 0.
    let sum: f64 = cells.smoothed().map(|(p, q)| (p.sqrt() - q.sqrt()).powi(2)).sum();
    (sum / 2.0).min(1.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let distance = hellinger_distance(&Cells::new(reference.into_iter().zip(current)));
        assert!((distance - 0.15470870195).abs() < 1e-10, "{distance}");
    }
}
