//! Mean of a numeric column.
//!
//! **What it answers.** Where is the column now?
//!
//! **Definition.** `c + (sum of (x - c)) / n` over the finite values, `c` being the reference mean; the sum is an
//! integer of units of `2^-44` of the column's scale.
//!
//! **Range and direction.** Any number; describes.
//!
//! **Empty, ties, missing, not finite.** Missing and invalid values and the infinities are left out.
//!
//! **Least data.** One finite value. The standard error is `s / sqrt(n)`.
//!
//! **Known bias.** None; rounding costs at most `2^-45` of the scale.
//!
//! **Choosing a threshold.** See mean shift, which divides by the reference's deviation.
//!
//! **References.** The arithmetic mean.
//!
//! **Example.** 1 and 2 and an infinity: 1.5.
//!
//! ```
//! use driftgauge::aggregate::{Column, Delta, FixedPoint, Grid, Layout, Observed, Role, Shape, Totals};
//! use driftgauge::statistics::{moments::ENTRIES, quality::Side};
//! let mut layout = Layout::default();
//! let grid = std::sync::Arc::new(Grid::new(vec![0.0, 3.0], &[]));
//! layout.push("x".into(), Role::Input, Shape::Numeric { grid, fixed: FixedPoint::UNIT });
//! let mut totals = Totals::new(layout.counts(), layout.sums());
//! for x in [1.0, 2.0, f64::INFINITY] {
//!     let mut delta = Delta::default();
//!     layout.columns[0].observe(Observed::Number(x), &mut delta);
//!     totals.apply(&delta);
//! }
//! let side = Side::new(&layout.columns[0], &totals).unwrap();
//! assert_eq!(1.5, (ENTRIES[0].evaluate)(&side).unwrap().value);
//! ```

use crate::statistics::quality::{Entry, Side};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "mean",
        name: "driftgauge_feature_mean",
        help: "Mean of the finite values of a numeric column.",
        range: (f64::NEG_INFINITY, f64::INFINITY),
        worse: Worse::Neither,
        ideal: None,
        least: 1,
        companions: &[Companion::Reference],
        references: &["the arithmetic mean"],
    },
    evaluate,
};

fn evaluate(side: &Side<'_>) -> Evaluated {
    match side {
        Side::Numeric(side) => side.mean().map(Into::into).ok_or(Undefined::NoObservations),
        Side::Categorical(_) => Err(Undefined::NotApplicable),
    }
}
