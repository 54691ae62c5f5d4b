//! Average precision, expected from the scores.
//!
//! **What it answers.** When positives are rare: how clean will the top of the ranking be?
//!
//! **Definition.** The average precision with `p = n c` positives and `n (1 - c)` negatives in each cell of `n` rows,
//! `c` the calibrated share of its score, its rows mixed evenly: `(1/P) sum p [p/n + (t - p a/n)/n ln((a + n)/a)]` with
//! `t` positives and `a` rows above. A cell that can hold one score only is one step.
//!
//! **Range and direction.** 0 to 1; the share of positives is guessing, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Rows without a score do not count; without any it is undefined (`no_scores`).
//! Undefined (`no_reference_actuals`) when the reference has no actuals. Undefined (`constant_actual`) when no positive
//! is expected.
//!
//! **Least data.** Some expected positives; with fewer than 50 it is mostly noise.
//!
//! **Known bias.** Rests on the calibration of the reference: it follows a change of the inputs, and cannot see a
//! change of what happens at the same scores. Read it beside the realised one and `driftgauge_calibration_residual`.
//! NannyML takes the rows of equal scores one by one, which is higher where scores are coarse.
//!
//! **Choosing a threshold.** Compare with the reference's realised value; an estimate that falls means that the inputs
//! have become harder.
//!
//! **References.** Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring;
//! NannyML, CBPE.
//!
//! **Example.** The upper cell has 9 of 10, the lower 2 of 10 after 9 of 10: (8.1 + 2 (0.2 + 0.7 ln 2)) / 11 = 0.861.
//!
//! ```
//! # use driftgauge::statistics::basis::{Estimated, Expected, Part};
//! # use driftgauge::statistics::estimates::entry;
//! // The calibration map, all rows and those predicted as positive.
//! let (shares, rows, predicted) = (&[0.2, 0.9], &[10, 10], &[0, 10]);
//! # let part = Part { class: 1, shares, rows, predicted, tied: &[false; 2] };
//! # let window: Estimated = Expected::new(2, Some(1), vec![part]).unwrap().into();
//! let values = entry("estimated_average_precision").unwrap().values(&window);
//! assert!((values[0].1.unwrap().value - (8.1 + 2.0 * (0.2 + 0.7 * 2f64.ln())) / 11.0).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, share};
use crate::statistics::basis::Expected;
use crate::statistics::{Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_average_precision",
        name: "driftgauge_estimated_average_precision",
        help: "Average precision expected from the calibrated scores. Needs no actuals; blind to concept drift.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[],
        references: &[
            "Kivimäki et al. 2024, Confidence-based estimators for predictive performance in model monitoring",
        ],
    },
    evaluate: Evaluate::Binary(evaluate),
};

fn evaluate(window: &Expected<'_>) -> Evaluated {
    let part = window.parts.first().ok_or(Undefined::NoScores)?;
    // Positives and rows above the cell.
    let (mut above, mut all, mut sum) = (0.0, 0.0, 0.0);
    for (p, n, tied) in part.downwards().filter(|(p, n, _)| p + n > 0.0) {
        let rows = p + n;
        sum += if tied {
            p * (above + p) / (all + rows)
        } else if all > 0.0 {
            p * (p / rows + (above - p * all / rows) / rows * (rows / all).ln_1p())
        } else {
            p * p / rows
        };
        above += p;
        all += rows;
    }
    share(sum, above, Undefined::ConstantActual)
}
