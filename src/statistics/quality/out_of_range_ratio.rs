//! Share of values outside of what the reference ever had.
//!
//! **What it answers.** Is the model asked about numbers smaller or larger than all it was trained on?
//!
//! **Definition.** Values below the reference's smallest or above its largest, over the values present, of a numeric
//! column; exact, because both are edges of the grid.
//!
//! **Range and direction.** 0 to 1; higher is worse.
//!
//! **Empty, ties, not finite.** Values equal to the smallest or the largest are inside. An infinity is present and
//! outside. Missing and invalid values are neither outside nor present.
//!
//! **Least data.** One value. Expect `2/(m + 1)` from chance alone, `m` being the size of the reference; the standard
//! error is `sqrt(r (1 - r) / n)`.
//!
//! **Known bias.** One outlier in the reference widens the range for good: see Wasserstein for what happens inside.
//!
//! **Choosing a threshold.** In the reference it is 0; with 1000 reference rows or more, 0.01 is well above chance.
//!
//! **References.** A proportion; David and Nagaraja 2003, Order Statistics (the expectation).
//!
//! **Example.** The reference had 0 to 3; 1, 3 and an infinity are one of three outside.
//!
//! ```
//! use driftgauge::aggregate::{FixedPoint, Grid, numeric::Numbers};
//! use driftgauge::statistics::quality::{Side, entry};
//! let grid = Grid::new(vec![0.0], &[]).with_range(0.0, 3.0);
//! // Cells: below 0, 0 itself, to 3, above; the infinity is counted there and among the extras.
//! let side = Numbers::from_parts(&grid, FixedPoint::UNIT, &[0, 0, 2, 1, 0, 0, 1, 0], &[0; 6]).unwrap();
//! let outcome = (entry("out_of_range_ratio").unwrap().evaluate)(&Side::Numeric(side)).unwrap();
//! assert_eq!(1.0 / 3.0, outcome.value);
//! ```

use super::{Entry, Side};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "out_of_range_ratio",
        name: "driftgauge_feature_out_of_range_ratio",
        help: "Share of the values of a numeric column below the smallest or above the largest of the reference.",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: None,
        least: 1,
        companions: &[Companion::Reference],
        references: &["David and Nagaraja 2003, Order Statistics"],
    },
    evaluate,
};

fn evaluate(side: &Side<'_>) -> Evaluated {
    match side {
        Side::Numeric(side) => {
            let outside = side.outside().ok_or(Undefined::NotApplicable)?;
            ratio(outside as f64, side.present() as f64, Undefined::NoObservations)
        }
        Side::Categorical(_) => Err(Undefined::NotApplicable),
    }
}
