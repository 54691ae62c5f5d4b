//! Shift of the mean score or prediction that the shift of a feature accounts for.
//!
//! **What it answers.** Which feature moved what the model says?
//!
//! **Definition.** `sum over b of (q_b - p_b) s_b` over the coarse cells `b` of the feature: shares `p_b` of the
//! reference and `q_b` of the window, and the mean score of the positive class (of a regression the mean prediction)
//! `s_b` of the reference in the cell.
//!
//! **Range and direction.** Of a score -1 to 1, of a regression in the unit of the prediction; both signs. 0: the
//! shift of this feature leaves the mean where it was.
//!
//! **Empty, ties, missing, not finite.** MISSING, INVALID, OTHER and UNSEEN are cells. A cell without reference rows
//! takes the mean of all of them and so adds nothing. Tasks with several classes have no one score: there is none.
//!
//! **Least data.** One row on each side. From chance alone its standard deviation is about that of `s_b` over the
//! square root of the rows.
//!
//! **Known bias.** The parts of features that go together overlap: they do not sum to the shift of the mean score.
//!
//! **Choosing a threshold.** None: it ranks. Compare the first with the shift of the mean score itself.
//!
//! **References.** Kitagawa 1955, Components of a Difference Between Two Rates; Oaxaca 1973 and Blinder 1973 for
//! means. The same identity with a score in place of a loss.
//!
//! **Example.** 50 and 50 reference rows in two cells with loss 0.1 and 0.4 and mean score 0.2 and 0.6; a window has
//! 20 and 80 with loss 0.1 and 0.5: (0.2 - 0.5) 0.2 + (0.8 - 0.5) 0.6 = 0.12.
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
//! let value = (entry("prediction_shift").unwrap().evaluate)(&cause).unwrap().value;
//! assert!((value - 0.12).abs() < 1e-12);
//! ```

use super::{Cause, Entry};
use crate::statistics::{Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "prediction_shift",
        name: "driftgauge_feature_prediction_shift",
        help: "Shift of the mean score, or prediction, that the shift of the feature accounts for; the largest features only.",
        range: (f64::NEG_INFINITY, f64::INFINITY),
        worse: Worse::Away,
        ideal: Some(0.0),
        least: 1,
        companions: &[],
        references: &["Kitagawa 1955, Components of a Difference Between Two Rates", "Oaxaca 1973; Blinder 1973"],
    },
    needs_losses: false,
    evaluate,
};

fn evaluate(cause: &Cause<'_>) -> Evaluated {
    if cause.responses.is_empty() {
        return Err(Undefined::NotApplicable);
    }
    let known = |b: usize| cause.responses.get(b).copied().filter(|mean| mean.is_finite());
    let rows = cause.reference_counts.iter().enumerate().filter_map(|(b, r)| known(b).map(|mean| (*r as f64, mean)));
    let (all, sum) = rows.fold((0.0, 0.0), |(all, sum), (rows, mean)| (all + rows, sum + rows * mean));
    cause.moved(known, if all > 0.0 { sum / all } else { 0.0 })
}
