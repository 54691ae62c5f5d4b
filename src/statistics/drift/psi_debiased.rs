//! Population stability index without what chance alone adds to it.
//!
//! **What it answers.** How far has this column moved, in a number that small and large windows share?
//!
//! **Definition.** `max(0, PSI - (B - 1)(1/n + 1/m))`, with PSI, the `B` cells and the sizes `m` of the reference and
//! `n` of the window as in its sibling.
//!
//! **Range and direction.** 0 to infinity; higher is worse. Without drift it is 0 in about half of all windows.
//!
//! **Empty cells, ties, missing, not finite.** As for PSI: Jeffreys' half observation, and a cell empty on both sides
//! is left out and not counted in `B`.
//!
//! **Least data.** One observation on each side. From chance alone expect 0 to `sqrt(2 (B - 1)) (1/n + 1/m)`: 0.008 at
//! `B` = 10 and `n` = `m` = 1000.
//!
//! **Known bias.** Next to none where there is drift; cut off at 0, so a mean over many windows without drift stays
//! above 0. Rows that come in bursts vary more than the subtracted term allows for.
//!
//! **Choosing a threshold.** The common 0.1 and 0.2, whose meaning no longer hangs on the size of the window. Noise
//! remains: without drift and with ten cells 0.1 is passed in a tenth of windows at `n` = `m` = 100.
//!
//! **References.** Yurdakul 2018, Statistical Properties of the Population Stability Index (the mean under no drift).
//!
//! **Example.** 30 of 40 against 10 of 40 in two cells: `PSI = 2 * 20/41 * ln(30.5/10.5)`, less `1/40 + 1/40`.
//!
//! ```
//! use driftgauge::statistics::drift::{Cells, population_stability_index_debiased};
//! let psi = population_stability_index_debiased(&Cells::new([(30, 10), (10, 30)]));
//! assert!((psi - (40.0 / 41.0 * (30.5f64 / 10.5).ln() - 0.05)).abs() < 1e-12);
//! ```

use super::{Cells, Comparison, Default, Entry, Threshold, population_stability_index};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "psi_debiased",
        name: "driftgauge_feature_psi_debiased",
        help: "Population stability index less its mean under no drift, not below zero.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["Yurdakul 2018, Statistical Properties of the Population Stability Index"],
    },
    default: Default::Every,
    evaluate,
    threshold: Threshold::Divergence(|psi, comparison| {
        (psi - (comparison.cells.len() as f64 - 1.0) / comparison.cells.effective()).max(0.0)
    }),
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    comparison.cells.require(ENTRY.spec.least)?;
    Ok(population_stability_index_debiased(&comparison.cells).into())
}

/// The population stability index less its mean under no drift; 0 when either side is empty.
pub fn population_stability_index_debiased(cells: &Cells) -> f64 {
    if cells.n == 0 || cells.m == 0 {
        return 0.0;
    }
    let chance = (cells.len() as f64 - 1.0) / cells.effective();
    (population_stability_index(cells) - chance).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_vector() {
        let reference = [50, 100, 150, 200, 200, 150, 100, 50];
        let current = [80, 120, 140, 180, 170, 150, 110, 0];
        let psi = population_stability_index_debiased(&Cells::new(reference.into_iter().zip(current)));
        assert!((psi - (0.25654155696 - 7.0 / 487.1794871795)).abs() < 1e-10, "{psi}");
    }

    #[test]
    fn what_chance_explains_is_zero() {
        assert_eq!(0.0, population_stability_index_debiased(&Cells::new([(50, 52), (50, 48)])));
    }
}
