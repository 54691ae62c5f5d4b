//! Specificity of a class.
//!
//! **What it answers.** Of all that is not of this class, how much does the model leave alone?
//!
//! **Definition.** `(n - actual(k) - predicted(k) + hits(k)) / (n - actual(k))`: one minus the false-positive rate of
//! class `k`.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one. Undefined when all actuals are of the
//! class (`constant_actual`).
//!
//! **Least data.** One pair of another class. The standard error is `sqrt(v (1 - v) / n)` of their number.
//!
//! **Known bias.** Near 1 for every rare class whatever the model does; look at precision too.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it; of a rare class watch `1 - v`.
//!
//! **References.** The true-negative rate of Yerushalmy 1947, Statistical problems in assessing methods of medical
//! diagnosis.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): of class 1 30/35 = 0.857.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let values = entry("specificity_ratio").unwrap().values(&window);
//! assert!((values[1].1.unwrap().value - 30.0 / 35.0).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::aggregate::confusion::ConfusionMatrix;
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "specificity_ratio",
        name: "driftgauge_specificity_ratio",
        help: "Share of the actuals of other classes that were not predicted as the class.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Yerushalmy 1947, Statistical problems in assessing methods of medical diagnosis"],
    },
    evaluate: Evaluate::PerClass(evaluate),
    closed: Closed::Share(|window, class| Some(share(&window.classification()?.matrix, class?))),
};

fn evaluate(window: &Classification<'_>, class: usize) -> Evaluated {
    window.require_pairs()?;
    let (right, others) = share(&window.matrix, class);
    ratio(right as f64, others as f64, Undefined::ConstantActual)
}

/// Numerator and denominator.
fn share(matrix: &ConfusionMatrix<'_>, k: usize) -> (u64, u64) {
    let others = matrix.total() - matrix.actual(k);
    (others - (matrix.predicted(k) - matrix.hits(k)), others)
}
