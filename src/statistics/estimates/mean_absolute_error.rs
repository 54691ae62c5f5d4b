//! Mean absolute error, expected from features and predictions.
//!
//! **What it answers.** How large will the errors be, before actuals arrive?
//!
//! **Definition.** The mean over the rows of an additive model of `|prediction - actual|`: the mean of the reference
//! plus one term for the coarse cell of each feature and of the prediction, fitted to the reference by least squares
//! with a ridge of one row. At least 0.
//!
//! **Range and direction.** In the unit of the actual, 0 and above; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Missing, invalid and unseen values have cells; a cell that the reference left
//! empty adds nothing. Undefined: `no_observations` without predictions, `no_reference_actuals` when the reference has
//! no actuals, or more than 1500 cells.
//!
//! **Least data.** One row.
//!
//! **Known bias.** Sees no two columns together, and no more of a value than its cell: on what lies outside of the
//! reference it says what it says at the edge. It cannot see a change of what happens to the same inputs; read it
//! beside the realised one.
//!
//! **Choosing a threshold.** Compare with the reference's realised value.
//!
//! **References.** NannyML, direct loss estimation, with a table in place of its trees.
//!
//! **Example.** Rows expected to be off by 2 and by 6: 4.
//!
//! ```
//! use driftgauge::statistics::basis::Estimated;
//! use driftgauge::statistics::estimates::entry;
//! // The mean expected size of the error, and of its square.
//! let window = Estimated::Regression(Ok([4.0, 25.0]));
//! let values = entry("estimated_mean_absolute_error").unwrap().values(&window);
//! assert_eq!(4.0, values[0].1.unwrap().value);
//! ```

use super::{Entry, Evaluate};
use crate::statistics::{Evaluated, Spec, Worse, finite};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_mean_absolute_error",
        name: "driftgauge_estimated_mean_absolute_error",
        help: "Mean size of the error expected from the cells of features and predictions. Needs no actuals; blind to concept drift.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[],
        references: &["NannyML, direct loss estimation"],
    },
    evaluate: Evaluate::Regression(evaluate),
};

fn evaluate(losses: [f64; 2]) -> Evaluated {
    finite(losses[0].into())
}
