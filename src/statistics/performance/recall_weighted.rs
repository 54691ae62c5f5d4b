//! Weighted recall.
//!
//! **What it answers.** How good is the recall of the class that a typical pair is of?
//!
//! **Definition.** The mean of the recall of the classes, weighted by the number of their actuals; 0/0 counts as 0
//! inside the mean.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one. A class without actuals has no weight.
//!
//! **Least data.** One pair.
//!
//! **Known bias.** Follows the mix of the classes: it can move because a class that is hard became frequent. Compare
//! with the macro mean.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** scikit-learn, `precision_recall_fscore_support`, `average='weighted'`, `zero_division=0`.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): (35 * 30/35 + 25 * 15/25) / 60 = 0.75.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let (_, value) = entry("recall_weighted_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 45.0 / 60.0).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate, recall};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "recall_weighted_ratio",
        name: "driftgauge_recall_weighted_ratio",
        help: "Mean recall of the classes, weighted by their actuals.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn precision_recall_fscore_support, weighted"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    window.weighted_average(recall::share)
}
