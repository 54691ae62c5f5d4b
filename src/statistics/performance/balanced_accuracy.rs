//! Balanced accuracy.
//!
//! **What it answers.** How good are the predictions when every class weighs the same, however rare it is?
//!
//! **Definition.** The mean of the recalls `hits(k) / actual(k)` over the classes `k` that occur in the actuals of the
//! window.
//!
//! **Range and direction.** 0 to 1; lower is worse. One over the number of classes is what guessing gives.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one. A class without actuals is left out.
//!
//! **Least data.** One pair; each class needs dozens for its recall to mean something.
//!
//! **Known bias.** With few pairs of a rare class it jumps: each of them moves it by `1 / (K n_k)`. Accuracy is
//! steadier where the classes are of one size.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** scikit-learn, `balanced_accuracy_score`; Brodersen et al. 2010, The balanced accuracy and its
//! posterior distribution.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): (30/35 + 15/25) / 2 = 0.72857.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let (_, value) = entry("balanced_accuracy_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - (30.0 / 35.0 + 15.0 / 25.0) / 2.0).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "balanced_accuracy_ratio",
        name: "driftgauge_balanced_accuracy_ratio",
        help: "Mean recall of the classes that occur in the actuals.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn balanced_accuracy_score"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    window.require_pairs()?;
    let matrix = &window.matrix;
    let recalls: Vec<f64> = (0..matrix.side())
        .filter(|k| matrix.actual(*k) > 0)
        .map(|k| matrix.hits(k) as f64 / matrix.actual(k) as f64)
        .collect();
    ratio(recalls.iter().sum(), recalls.len() as f64, Undefined::NoActuals)
}
