//! Macro F1.
//!
//! **What it answers.** How good is the F1 over all classes, each weighing the same?
//!
//! **Definition.** The mean of the F1 of the classes seen in the actuals or the predictions of the window; 0/0 counts
//! as 0 inside the mean.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one. A class seen on neither side is left
//! out.
//!
//! **Least data.** One pair; dozens of each class for a steady value.
//!
//! **Known bias.** It jumps when a rare class appears in a window or leaves it, because the number of classes in the
//! mean changes. The weighted mean is steadier.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it, over a window long enough to
//! see every class.
//!
//! **References.** scikit-learn, `precision_recall_fscore_support`, `average='macro'`, `zero_division=0`.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): (60/75 + 30/45) / 2 = 0.7333.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let (_, value) = entry("f1_macro_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - (60.0 / 75.0 + 30.0 / 45.0) / 2.0).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate, f1};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "f1_macro_ratio",
        name: "driftgauge_f1_macro_ratio",
        help: "Mean F1 of the classes seen in actuals or predictions.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["scikit-learn precision_recall_fscore_support, macro"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    window.macro_average(f1::share)
}
