//! Condition number of the reference's table of predicted and actual classes.
//!
//! **What it answers.** How far can the estimated shares of the actual classes be trusted?
//!
//! **Definition.** The norm of the table `P(predicted i | actual j)` of the reference times that of its inverse, both
//! the largest sum of a column's absolute values: how many times larger than an error of the predicted shares one of
//! the estimated shares can be.
//!
//! **Range and direction.** 1 and above; higher is worse. It is the same in every window of a reference.
//!
//! **Empty, ties, missing, not finite.** Undefined: `ill_conditioned` when the table cannot be inverted,
//! `no_reference_actuals`.
//!
//! **Least data.** Actuals of two classes in the reference.
//!
//! **Known bias.** Of a worst case: mostly errors grow less.
//!
//! **Choosing a threshold.** Above 100 `driftgauge_estimated_actual_class_ratio` is undefined; above 10 trust long
//! windows only.
//!
//! **References.** Lipton, Wang and Smola 2018, Detecting and correcting for label shift with black box predictors,
//! theorem 3; numpy, `linalg.cond(table, 1)`.
//!
//! **Example.** The inverse of [[0.8, 0.1], [0.2, 0.9]] is [[0.9, -0.1], [-0.2, 0.8]] / 0.7: 1 * 1.1 / 0.7 = 1.571.
//!
//! ```
//! use driftgauge::statistics::basis::Rates;
//! // Pairs by [predicted][actual].
//! let known = Rates::new(&[vec![80, 30], vec![20, 270]]).unwrap();
//! assert!((known.condition() - 1.1 / 0.7).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate};
use crate::statistics::basis::Classified;
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_actual_class_condition",
        name: "driftgauge_estimated_actual_class_condition",
        help: "How many times larger an error of the predicted shares can become in the estimated shares of actual classes.",
        range: (1.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(1.0),
        least: 1,
        companions: &[],
        references: &[
            "Lipton, Wang and Smola 2018, Detecting and correcting for label shift with black box predictors",
        ],
    },
    evaluate: Evaluate::Classification(evaluate),
};

fn evaluate(window: &Classified<'_>) -> Evaluated {
    window.condition.map(|condition| condition.max(1.0).into())
}
