//! Shift of the mean, in standard deviations of the reference.
//!
//! **What it answers.** Has the level of this column gone up or down, and by how much of its usual spread?
//!
//! **Definition.** `(mean of the window - mean of the reference) / sd`, `sd` being the reference's standard deviation
//! (dividing by `m`).
//!
//! **Range and direction.** Any number; 0 is no shift, away from 0 is worse, the sign is the direction.
//!
//! **Empty cells, ties, missing, not finite.** Computed from sums, not from cells, and exact to `2^-45` of the scale.
//! Missing and invalid values and the infinities are left out.
//!
//! **Least data.** One finite value on each side. From chance alone expect `0 +- sqrt(1/n + 1/m)`: 0.045 at
//! `n` = `m` = 1000. A column constant in the reference has no deviation: undefined (`constant_reference`).
//!
//! **Known bias.** None. One outlier can make it, and a change of spread or of shape leaves it at 0: see Wasserstein,
//! which is never smaller than its absolute value.
//!
//! **Choosing a threshold.** 0.2 is called a small effect, 0.5 a medium one; that rests on convention.
//!
//! **References.** Glass 1976, Primary, Secondary, and Meta-Analysis of Research (the deviation of one group); Cohen
//! 1988, Statistical Power Analysis (0.2, 0.5).
//!
//! **Example.** Reference 1 and 3 (mean 2, deviation 1), window 1 alone: -1.
//!
//! ```
//! use driftgauge::aggregate::{FixedPoint, Grid, numeric::Numbers};
//! use driftgauge::statistics::drift::mean_shift;
//! let (grid, fixed) = (Grid::new(vec![2.0], &[]), FixedPoint::UNIT);
//! let ((a, aa), (b, bb)) = (fixed.moments(1.0), fixed.moments(3.0));
//! let sums = [0, 0, a + b, aa + bb];
//! let reference = Numbers::from_parts(&grid, fixed, &[1, 1, 0, 0, 0, 0], &sums).unwrap();
//! let sums = [0, 0, a, aa];
//! let current = Numbers::from_parts(&grid, fixed, &[1, 0, 0, 0, 0, 0], &sums).unwrap();
//! assert_eq!(-1.0, mean_shift(&reference, &current).unwrap().value);
//! ```

use super::{Chance, Comparison, Default, Entry, Threshold, deviation};
use crate::aggregate::numeric::Numbers;
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, finite};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "mean_shift",
        name: "driftgauge_feature_mean_shift_sd",
        help: "Mean of the window less that of the reference, over the standard deviation of the reference.",
        range: (f64::NEG_INFINITY, f64::INFINITY),
        worse: Worse::Away,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Threshold],
        references: &["Glass 1976, Primary, Secondary, and Meta-Analysis of Research"],
    },
    default: Default::Numeric,
    evaluate,
    threshold: Threshold::Normal { error, shift: f64::sqrt },
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    let (reference, current) = comparison.numbers()?;
    mean_shift(&reference, &current)
}

/// The standard error under no drift, in standard deviations of the reference.
fn error(comparison: &Comparison<'_>, chance: &Chance) -> Option<f64> {
    let (reference, current) = comparison.numbers().ok()?;
    let (n, m) = (current.finite() as f64, reference.finite() as f64);
    let variance = 1.0 / n + 1.0 / m;
    chance.has_moments(1.0 / variance).then(|| variance.sqrt())
}

/// The difference of the means over the reference's deviation; undefined for a constant reference.
pub fn mean_shift(reference: &Numbers<'_>, current: &Numbers<'_>) -> Evaluated {
    let (before, now) = reference.mean().zip(current.mean()).ok_or(Undefined::NoObservations)?;
    let deviation = deviation(reference)?;
    finite(((now - before) / deviation).into())
}
