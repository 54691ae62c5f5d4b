//! How unevenly the loss changed over the cells of a feature.
//!
//! **What it answers.** In which feature does the concept drift have a place?
//!
//! **Definition.** The standard deviation over the labelled rows of the window of `M_b - L_b`, the mean loss of the
//! window in their coarse cell less that of the reference there: `sqrt(sum of q_b (M_b - L_b - mean)^2)`.
//!
//! **Range and direction.** 0 to infinity, in the unit of the loss; higher is more uneven. 0 when the loss changed
//! alike in every cell.
//!
//! **Empty, ties, missing, not finite.** As of `loss_shift_covariate`; a cell without labelled rows in the window has
//! no weight.
//!
//! **Least data.** One labelled row on each side. From chance alone expect about the standard deviation of the loss
//! times the square root of cells over labelled rows.
//!
//! **Known bias.** Upwards by that expectation, the more the fewer rows: take a long window.
//!
//! **Choosing a threshold.** None: it ranks features with equally many rows against each other.
//!
//! **References.** Kitagawa 1955, Components of a Difference Between Two Rates; Oaxaca 1973 and Blinder 1973 for
//! means. The spread of the second part is our reading of it.
//!
//! **Example.** 50 and 50 reference rows in two cells with loss 0.1 and 0.4 and mean score 0.2 and 0.6; a window has
//! 20 and 80 with loss 0.1 and 0.5: changes 0 and 0.1 with shares 0.2 and 0.8: sqrt(0.2 0.08^2 + 0.8 0.02^2) = 0.04.
//!
//! ```
//! use driftgauge::aggregate::FixedPoint;
//! use driftgauge::aggregate::losses::LossCells;
//! use driftgauge::statistics::causes::{Cause, entry};
//! use driftgauge::statistics::drift::Cells;
//! let unit = FixedPoint::UNIT;
//! let sums = |losses: [f64; 2]| losses.map(|loss| unit.difference(loss));
//! let (r, c, l, k) = ([50, 50], [20, 80], sums([5.0, 20.0]), sums([2.0, 40.0]));
//! let drift = Cells::new([(50, 20), (50, 80)]);
//! let cause = Cause {
//!     drift: &drift,
//!     importance: Some(0.25),
//!     responses: &[0.2, 0.6],
//!     reference_counts: &r,
//!     current_counts: &c,
//!     reference: LossCells::from_parts(&r, &l, unit),
//!     current: LossCells::from_parts(&c, &k, unit),
//! };
//! let value = (entry("loss_shift_spread").unwrap().evaluate)(&cause).unwrap().value;
//! assert!((value - 0.04).abs() < 1e-12);
//! ```

use super::{Cause, Entry, expected_loss};
use crate::statistics::{Evaluated, Spec, Worse, finite};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "loss_shift_spread",
        name: "driftgauge_feature_loss_shift_spread",
        help: "How unevenly the loss changed over the cells of the feature; the largest features only.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[],
        references: &["Kitagawa 1955, Components of a Difference Between Two Rates", "Oaxaca 1973; Blinder 1973"],
    },
    needs_losses: true,
    evaluate,
};

fn evaluate(cause: &Cause<'_>) -> Evaluated {
    let (reference, current) = (cause.reference()?, cause.current()?);
    let cells: Vec<(f64, f64)> = (0..reference.cells())
        .filter_map(|b| current.mean(b).map(|mean| (current.share(b), mean - expected_loss(reference, b))))
        .collect();
    let mean: f64 = cells.iter().map(|(share, change)| share * change).sum();
    let variance: f64 = cells.iter().map(|(share, change)| share * (change - mean).powi(2)).sum();
    finite(variance.sqrt().into())
}
