//! Share of a class in the predictions of pairs.
//!
//! **What it answers.** How often does the model say this class, where the actual is known?
//!
//! **Definition.** `predicted(k) / n`: the pairs whose predicted class is `k`, over all pairs.
//!
//! **Range and direction.** 0 to 1; neither way is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one.
//!
//! **Least data.** One pair. The standard error is `sqrt(v (1 - v) / n)`.
//!
//! **Known bias.** As biased as the choice of the rows that get an actual.
//!
//! **Choosing a threshold.** None by itself: put the share among actuals beside the share among predictions, and both
//! beside the reference's.
//!
//! **References.** A proportion.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): of class 1 20/60.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let values = entry("predicted_class_ratio").unwrap().values(&window);
//! assert!((values[1].1.unwrap().value - 20.0 / 60.0).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::aggregate::confusion::ConfusionMatrix;
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "predicted_class_ratio",
        name: "driftgauge_predicted_class_ratio",
        help: "Share of the class in the predictions of pairs.",
        range: (0.0, 1.0),
        worse: Worse::Neither,
        ideal: None,
        least: 1,
        companions: &[Companion::Reference, Companion::Lower, Companion::Upper],
        references: &["a proportion"],
    },
    evaluate: Evaluate::PerClass(evaluate),
    closed: Closed::Share(|window, class| Some(share(&window.classification()?.matrix, class?))),
};

fn evaluate(window: &Classification<'_>, class: usize) -> Evaluated {
    let (of_class, all) = share(&window.matrix, class);
    ratio(of_class as f64, all as f64, Undefined::NoActuals)
}

/// Numerator and denominator.
fn share(matrix: &ConfusionMatrix<'_>, k: usize) -> (u64, u64) {
    (matrix.predicted(k), matrix.total())
}
