//! Negative predictive value of a class.
//!
//! **What it answers.** When the model says that it is not this class, how often is that right?
//!
//! **Definition.** `(n - actual(k) - predicted(k) + hits(k)) / (n - predicted(k))`: the precision of "not class `k`".
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one. Undefined when all predictions are of the
//! class (`class_not_seen`).
//!
//! **Least data.** One prediction of another class. The standard error is `sqrt(v (1 - v) / n)` of their number.
//!
//! **Known bias.** Near 1 for every rare class whatever the model does; look at recall too.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it; of a rare class watch `1 - v`,
//! the false-omission rate.
//!
//! **References.** Vecchio 1966, Predictive value of a single diagnostic test in unselected populations.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): of class 1 30/40 = 0.75.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let values = entry("negative_predictive_value_ratio").unwrap().values(&window);
//! assert_eq!(0.75, values[1].1.unwrap().value);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::aggregate::confusion::ConfusionMatrix;
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "negative_predictive_value_ratio",
        name: "driftgauge_negative_predictive_value_ratio",
        help: "Share of the predictions of other classes whose actual is not of the class.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Vecchio 1966, Predictive value of a single diagnostic test in unselected populations"],
    },
    evaluate: Evaluate::PerClass(evaluate),
    closed: Closed::Share(|window, class| Some(share(&window.classification()?.matrix, class?))),
};

fn evaluate(window: &Classification<'_>, class: usize) -> Evaluated {
    window.require_pairs()?;
    let (right, left_alone) = share(&window.matrix, class);
    ratio(right as f64, left_alone as f64, Undefined::ClassNotSeen)
}

/// Numerator and denominator.
fn share(matrix: &ConfusionMatrix<'_>, k: usize) -> (u64, u64) {
    let left_alone = matrix.total() - matrix.predicted(k);
    (left_alone - (matrix.actual(k) - matrix.hits(k)), left_alone)
}
