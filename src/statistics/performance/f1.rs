//! F1 of a class.
//!
//! **What it answers.** Does the model find this class without crying wolf, in one number?
//!
//! **Definition.** `2 hits(k) / (actual(k) + predicted(k))`, the harmonic mean of precision and recall; 0 without
//! hits.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one. A class neither predicted nor occurring
//! in the window has none (`class_not_seen`).
//!
//! **Least data.** One pair with the class in the denominator. The standard error is about `sqrt(v (1 - v) / n)` of
//! that `n`.
//!
//! **Known bias.** Depends on the share of the class, and ignores the pairs that are of it on neither side. See the
//! Matthews correlation.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it; of a rare class it is noisy,
//! so take a long window.
//!
//! **References.** scikit-learn, `precision_recall_fscore_support`, `average=None`; 0/0 is absent here and 0 there.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): of class 1 2 * 15 / (25 + 20) = 0.6667.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let values = entry("f1_ratio").unwrap().values(&window);
//! assert_eq!(2, values.len());
//! assert!((values[1].1.unwrap().value - 30.0 / 45.0).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::aggregate::confusion::ConfusionMatrix;
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "f1_ratio",
        name: "driftgauge_f1_ratio",
        help: "Harmonic mean of precision and recall of the class.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn precision_recall_fscore_support"],
    },
    evaluate: Evaluate::PerClass(evaluate),
    closed: Closed::F1(|window, class| Some(overlap(&window.classification()?.matrix, class?))),
};

fn evaluate(window: &Classification<'_>, class: usize) -> Evaluated {
    window.share(share, class)
}

/// Numerator and denominator.
pub(super) fn share(matrix: &ConfusionMatrix<'_>, k: usize) -> (u64, u64) {
    (2 * matrix.hits(k), matrix.actual(k) + matrix.predicted(k))
}

/// Hits, and the pairs that are of the class on either side: their ratio `j` gives `2 j / (1 + j)`.
fn overlap(matrix: &ConfusionMatrix<'_>, k: usize) -> (u64, u64) {
    let (twice, both) = share(matrix, k);
    (twice / 2, both - twice / 2)
}
