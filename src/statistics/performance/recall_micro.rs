//! Micro recall.
//!
//! **What it answers.** How good is the recall over all pairs, large classes weighing most?
//!
//! **Definition.** The numerators of the recall of all classes over their denominators, each summed first. With one
//! class per row this equals accuracy, and is kept for readers of classification reports.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one.
//!
//! **Least data.** One pair. The standard error is `sqrt(a (1 - a) / n)`.
//!
//! **Known bias.** Blind to rare classes, as accuracy is; see the macro mean.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** scikit-learn, `precision_recall_fscore_support`, `average='micro'`.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): 45/60 = 0.75.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let (_, value) = entry("recall_micro_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.75).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate, recall};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "recall_micro_ratio",
        name: "driftgauge_recall_micro_ratio",
        help: "Recall over the pooled counts of all classes.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn precision_recall_fscore_support, micro"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::Share(|window, _| {
        window.classification().map(|window| (window.matrix.correct(), window.matrix.total()))
    }),
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    window.micro_average(recall::share)
}
