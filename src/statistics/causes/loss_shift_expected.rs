//! Shift of the expected loss that the shift of a feature accounts for, without actuals.
//!
//! **What it answers.** Which feature moved the traffic to where the model is worse?
//!
//! **Definition.** `sum over b of (q_b - p_b) L_b` over the coarse cells `b` of the feature: shares `p_b` of the
//! reference and `q_b` of the predictions in the window, and the mean loss `L_b` of the reference in the cell (share
//! of wrong predictions, or of a regression the mean absolute error).
//!
//! **Range and direction.** Of a classification -1 to 1, of a regression in the unit of the actual; above 0 is worse.
//!
//! **Empty, ties, missing, not finite.** MISSING, INVALID, OTHER and UNSEEN are cells. A cell without reference rows
//! takes the loss of all of them and so adds nothing. Without actuals in the reference there is none.
//!
//! **Least data.** One row on each side. From chance alone its standard deviation is about that of `L_b` over the
//! square root of the rows.
//!
//! **Known bias.** It assumes that the loss in each cell is what it was: concept drift does not move it. Parts of
//! features that go together overlap.
//!
//! **Choosing a threshold.** None: it ranks.
//!
//! **References.** Kitagawa 1955, Components of a Difference Between Two Rates; Oaxaca 1973 and Blinder 1973 for
//! means.
//!
//! **Example.** 50 and 50 reference rows in two cells with loss 0.1 and 0.4 and mean score 0.2 and 0.6; a window has
//! 20 and 80 with loss 0.1 and 0.5: (0.2 - 0.5) 0.1 + (0.8 - 0.5) 0.4 = 0.09.
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
//! let value = (entry("loss_shift_expected").unwrap().evaluate)(&cause).unwrap().value;
//! assert!((value - 0.09).abs() < 1e-12);
//! ```

use super::{Cause, Entry};
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "loss_shift_expected",
        name: "driftgauge_feature_loss_shift_expected",
        help: "Shift of the expected loss that the shift of the feature accounts for, from predictions alone; the largest features only.",
        range: (f64::NEG_INFINITY, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[],
        references: &["Kitagawa 1955, Components of a Difference Between Two Rates", "Oaxaca 1973; Blinder 1973"],
    },
    needs_losses: false,
    evaluate,
};

fn evaluate(cause: &Cause<'_>) -> Evaluated {
    let reference = cause.reference()?;
    cause.moved(|b| reference.mean(b), reference.overall())
}
