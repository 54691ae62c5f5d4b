//! P-value of the Kolmogorov-Smirnov distance.
//!
//! **What it answers.** How often would chance alone separate two samples of one continuous distribution by this much?
//!
//! **Definition.** `2 sum over j >= 1 of (-1)^(j - 1) exp(-2 j^2 L^2)` with `L = (s + 0.12 + 0.11/s) D`, the distance
//! `D` and `s = sqrt(n m / (n + m))`: the asymptotic law with Stephens' correction for small samples.
//!
//! **Range and direction.** 0 (certainly different) to 1; lower is worse.
//!
//! **Empty cells, ties, missing, not finite.** As for the distance. The law is that of continuous columns: where values
//! are frequent chance separates less than it says, and the p-value is too large.
//!
//! **Least data.** One value on each side; the law is good from about 20 on.
//!
//! **Known bias.** Upwards, as the distance is the smallest that the cells allow: the exact one is at most the bound
//! below. It is evidence, not size: with many rows every difference has a small one.
//!
//! **Choosing a threshold.** Below 0.05 lies one window in 20 without any drift. Prefer the threshold of the distance,
//! which knows ties, dispersion and tolerance.
//!
//! **References.** Smirnov 1948, Table for Estimating the Goodness of Fit of Empirical Distributions; Stephens 1970, Use
//! of the Kolmogorov-Smirnov, Cramer-Von Mises and Related Statistics without Extensive Tables.
//!
//! **Example.** A distance of 0.0605 between 1000 and 950 values: `L = 1.3435`, the p-value is 0.0541.
//!
//! ```
//! use driftgauge::statistics::drift::kolmogorov_smirnov_pvalue;
//! let p = kolmogorov_smirnov_pvalue(0.06052631579, 1_000.0 * 950.0 / 1_950.0);
//! assert!((p - 0.05410047).abs() < 1e-8);
//! ```

use super::{Comparison, Default, Entry, Threshold, kolmogorov_smirnov};
use crate::statistics::{Companion, Evaluated, Outcome, Spec, Worse};
use std::f64::consts::PI;

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "kolmogorov_smirnov_pvalue",
        name: "driftgauge_feature_kolmogorov_smirnov_pvalue",
        help: "P-value of the Kolmogorov-Smirnov distance, as of a continuous column.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::ErrorBound, Companion::Threshold],
        references: &["Stephens 1970, Use of the Kolmogorov-Smirnov, Cramer-Von Mises and Related Statistics"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Significance,
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    let (reference, current) = comparison.numbers()?;
    let (n, m) = (current.present() as f64, reference.present() as f64);
    let Outcome { value, error_bound } = kolmogorov_smirnov(&reference, &current);
    let pvalue = |distance: f64| kolmogorov_smirnov_pvalue(distance, n * m / (n + m));
    let most = pvalue(value);
    Ok(Outcome { value: most, error_bound: error_bound.map(|bound| most - pvalue(value + bound)) })
}

/// The p-value of a distance at an effective size above 0.
pub fn kolmogorov_smirnov_pvalue(distance: f64, effective: f64) -> f64 {
    let root = effective.sqrt();
    let l = (root + 0.12 + 0.11 / root) * distance;
    if l < 1.0 {
        // The same function, in the form that converges here.
        let term = |j: i32| (-f64::from(2 * j - 1).powi(2) * PI * PI / (8.0 * l * l)).exp();
        let below: f64 = if l > 0.0 { (2.0 * PI).sqrt() / l * (1..=6).map(term).sum::<f64>() } else { 0.0 };
        return (1.0 - below).clamp(0.0, 1.0);
    }
    let term = |j: i32| f64::from(1 - 2 * ((j - 1) % 2)) * (-2.0 * f64::from(j * j) * l * l).exp();
    (2.0 * (1..=8).map(term).sum::<f64>()).clamp(0.0, 1.0)
}
