//! Logarithm of the ratio of the variances.
//!
//! **What it answers.** Do the values spread more, or less, than they used to?
//!
//! **Definition.** `ln(variance of the window / variance of the reference)`, each of the finite values and dividing by
//! their number less one. The ratio itself is the statistic of the F test.
//!
//! **Range and direction.** Any number; 0 is the same spread, `ln 4 = 1.39` twice the deviation, `-1.39` half of it;
//! away from 0 is worse.
//!
//! **Empty cells, ties, missing, not finite.** Computed from sums, not from cells. Missing and invalid values and the
//! infinities are left out. A window of equal values has no logarithm: undefined (`zero_denominator`); see PSI there.
//!
//! **Least data.** Two finite values on each side. From chance alone expect, for a normal column,
//! `0 +- sqrt(2/(n - 1) + 2/(m - 1))`: 0.063 at `n` = `m` = 1000; for heavy tails far more. A column constant in the
//! reference is undefined (`constant_reference`).
//!
//! **Known bias.** Downwards by `1/(n - 1)` in small windows. One outlier can make it: see Kolmogorov-Smirnov.
//!
//! **Choosing a threshold.** 0.4 is a deviation 22 % larger, -0.4 one 18 % smaller.
//!
//! **References.** Bartlett and Kendall 1946, The Statistical Analysis of Variance-Heterogeneity and the Logarithmic
//! Transformation.
//!
//! **Example.** Reference 1 and 3 (variance 2), window 1 and 5 (variance 8): `ln 4`.
//!
//! ```
//! use driftgauge::aggregate::{FixedPoint, Grid, numeric::Numbers};
//! use driftgauge::statistics::drift::variance_ratio;
//! let (grid, fixed) = (Grid::new(vec![2.0], &[]), FixedPoint::UNIT);
//! let [(a, aa), (b, bb), (c, cc)] = [1.0, 3.0, 5.0].map(|x| fixed.moments(x));
//! let sums = [0, 0, a + b, aa + bb];
//! let reference = Numbers::from_parts(&grid, fixed, &[1, 1, 0, 0, 0, 0], &sums).unwrap();
//! let sums = [0, 0, a + c, aa + cc];
//! let current = Numbers::from_parts(&grid, fixed, &[1, 1, 0, 0, 0, 0], &sums).unwrap();
//! assert_eq!(4f64.ln(), variance_ratio(&reference, &current).unwrap().value);
//! ```

use super::{Chance, Comparison, Default, Entry, Threshold};
use crate::aggregate::numeric::Numbers;
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, finite};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "variance_ratio",
        name: "driftgauge_feature_variance_ratio_log",
        help: "Natural logarithm of the variance of the window over that of the reference.",
        range: (f64::NEG_INFINITY, f64::INFINITY),
        worse: Worse::Away,
        ideal: Some(0.0),
        least: 2,
        companions: &[Companion::Threshold],
        references: &["Bartlett and Kendall 1946, The Statistical Analysis of Variance-Heterogeneity"],
    },
    default: Default::No,
    evaluate,
    threshold: Threshold::Normal { error, shift: |tolerance| (1.0 + tolerance).acosh() },
};

fn evaluate(comparison: &Comparison<'_>) -> Evaluated {
    let (reference, current) = comparison.numbers()?;
    variance_ratio(&reference, &current)
}

/// The standard error under no drift, from the reference's fourth moment.
fn error(comparison: &Comparison<'_>, chance: &Chance) -> Option<f64> {
    let (reference, current) = comparison.numbers().ok()?;
    let (n, m) = (current.finite() as f64, reference.finite() as f64);
    let variance = 1.0 / n + 1.0 / m;
    chance.has_moments(1.0 / variance).then_some(((chance.kurtosis? - 1.0).max(0.0) * variance).sqrt())
}

/// The logarithm of the ratio of the variances; undefined when either is zero.
pub fn variance_ratio(reference: &Numbers<'_>, current: &Numbers<'_>) -> Evaluated {
    if reference.finite() == 0 || current.finite() == 0 {
        return Err(Undefined::NoObservations);
    }
    let (before, now) = reference.variance(1).zip(current.variance(1)).ok_or(Undefined::TooFew)?;
    if reference.is_constant() {
        return Err(Undefined::ConstantReference);
    }
    if current.is_constant() {
        return Err(Undefined::ZeroDenominator);
    }
    finite((now / before).ln().into())
}
