//! Jensen-Shannon distance.
//!
//! **What it answers.** How different are the two distributions, on a scale that ends at 1?
//!
//! **Definition.** `sqrt((KL(p || a) + KL(q || a)) / (2 ln 2))`, `a = (p + q)/2`, with the Jeffreys-smoothed shares
//! `p_b` of the reference and `q_b` of the window in the cells of PSI: the square root of the divergence in base 2.
//!
//! **Range and direction.** 0 (the same shares) to 1 (no cell in common, reached in the limit of many observations);
//! higher is worse. It is a metric.
//!
//! **Empty cells, ties, missing, not finite.** As for PSI: a cell empty on one side counts as half an observation
//! there, one empty on both sides is left out; missing values have a cell, infinities fall into the end cells.
//!
//! **Least data.** One observation on each side. From chance alone expect about
//! `sqrt((B - 1)(1/n + 1/m) / (8 ln 2))`: 0.057 at `B` = 10 and `n` = `m` = 1000.
//!
//! **Known bias.** Upwards by that expectation, which as a root shrinks slowly with the size: prefer the debiased PSI
//! to compare windows of different sizes.
//!
//! **Choosing a threshold.** The 0.1 that is common as a default corresponds to a PSI of 0.055, and PSI 0.1 to 0.134.
//! With the natural logarithm all values are smaller by the factor 0.833.
//!
//! **References.** Lin 1991, Divergence Measures Based on the Shannon Entropy; Endres and Schindelin 2003, A New Metric
//! for Probability Distributions.
//!
//! **Example.** 3 of 4 against 1 of 4 in two cells: `p = (0.7, 0.3)`, `q = (0.3, 0.7)`, `a = (0.5, 0.5)`; squared it is
//! `0.7 log2(1.4) + 0.3 log2(0.6) = 0.1187`.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, jensen_shannon_distance};
//! let distance = jensen_shannon_distance(&Cells::new([(3, 1), (1, 3)]));
//! assert!((distance.powi(2) - (0.7 * 1.4f64.log2() + 0.3 * 0.6f64.log2())).abs() < 1e-12);
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold};
use crate::statistics::{Companion, Evaluated, Spec, Worse};
use std::f64::consts::LN_2;

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "jensen_shannon",
        name: "driftgauge_feature_jensen_shannon_distance",
        help: "Jensen-Shannon distance of the window from the reference, in base 2 (Jeffreys smoothing).",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["Endres and Schindelin 2003, A New Metric for Probability Distributions"],
    },
    default: Default::Every,
    evaluate,
    threshold: Threshold::Divergence(|psi, _| (psi / (8.0 * std::f64::consts::LN_2)).sqrt()),
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    Ok(jensen_shannon_distance(&comparison.cells).into())
}

/// The distance of the smoothed shares; 0 when there are no cells.
pub fn jensen_shannon_distance(cells: &Cells) -> f64 {
    let term = |share: f64, middle: f64| share * (share / middle).ln();
    let sum: f64 = cells.smoothed().map(|(p, q)| term(p, (p + q) / 2.0) + term(q, (p + q) / 2.0)).sum();
    (sum / (2.0 * LN_2)).clamp(0.0, 1.0).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let distance = jensen_shannon_distance(&Cells::new(reference.into_iter().zip(current)));
        assert!((distance - 0.16900885112).abs() < 1e-10, "{distance}");
        assert!((distance * distance * LN_2 - 0.01979905035).abs() < 1e-10, "{distance}");
    }
}
