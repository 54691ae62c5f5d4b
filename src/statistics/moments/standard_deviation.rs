//! Standard deviation of a numeric column.
//!
//! **What it answers.** How far do the values spread?
//!
//! **Definition.** `sqrt((sum of (x - c)^2 - (sum of (x - c))^2 / n) / (n - 1))` over the finite values, `c` being the
//! reference mean; the sums are integers of units of `2^-44` of the column's scale.
//!
//! **Range and direction.** 0 (all equal) to infinity; describes.
//!
//! **Empty, ties, missing, not finite.** Missing and invalid values and the infinities are left out.
//!
//! **Least data.** Two finite values. The standard error of a normal column is `s / sqrt(2 (n - 1))`.
//!
//! **Known bias.** Downwards by `1/(4 n)` of itself in small windows of a normal column. A window whose mean is `10^6`
//! deviations from the reference's loses digits.
//!
//! **Choosing a threshold.** See variance ratio, which compares with the reference's.
//!
//! **References.** The sample standard deviation, dividing by `n - 1`; the drift statistics divide the reference's by
//! `m`.
//!
//! **Example.** 1 and 3: `sqrt(2)`.
//!
//! ```
//! use driftgauge::aggregate::{FixedPoint, Grid, numeric::Numbers};
//! use driftgauge::statistics::{moments::ENTRIES, quality::Side};
//! let (grid, fixed) = (Grid::new(vec![2.0], &[]), FixedPoint::UNIT);
//! let ((a, aa), (b, bb)) = (fixed.moments(1.0), fixed.moments(3.0));
//! let sums = [0, 0, a + b, aa + bb];
//! let side = Side::Numeric(Numbers::from_parts(&grid, fixed, &[1, 1, 0, 0, 0, 0], &sums).unwrap());
//! assert_eq!(2f64.sqrt(), (ENTRIES[1].evaluate)(&side).unwrap().value);
//! ```

use crate::statistics::quality::{Entry, Side};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "standard_deviation",
        name: "driftgauge_feature_standard_deviation",
        help: "Standard deviation of the finite values of a numeric column, dividing by their number less one.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Neither,
        ideal: None,
        least: 2,
        companions: &[Companion::Reference],
        references: &["the sample standard deviation"],
    },
    evaluate,
};

fn evaluate(side: &Side<'_>) -> Evaluated {
    match side {
        Side::Numeric(side) if side.finite() == 0 => Err(Undefined::NoObservations),
        Side::Numeric(side) => side.variance(1).map(|v| v.sqrt().into()).ok_or(Undefined::TooFew),
        Side::Categorical(_) => Err(Undefined::NotApplicable),
    }
}
