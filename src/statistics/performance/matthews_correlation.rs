//! Matthews correlation.
//!
//! **What it answers.** Do predictions and actuals go together, judged by all cells of the confusion matrix?
//!
//! **Definition.** `(c s - sum p_k t_k) / sqrt((s^2 - sum p_k^2)(s^2 - sum t_k^2))` with `c` right of `s` pairs, `p_k`
//! predicted and `t_k` actual pairs of class `k`; of two classes the correlation of the two indicators.
//!
//! **Range and direction.** -1 to 1; 0 is guessing, lower is worse. With more than two classes -1 is not reached.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one. Undefined when all actuals
//! (`constant_actual`) or all predictions (`zero_denominator`) are of one class; scikit-learn has 0 there.
//!
//! **Least data.** Two pairs of different actual and different predicted classes.
//!
//! **Known bias.** None worth a correction; with rare classes it is noisy in short windows.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it; a drop of 0.1 is large.
//!
//! **References.** Matthews 1975, Comparison of the predicted and observed secondary structure; Gorodkin 2004,
//! Comparing two K-category assignments by a K-category correlation coefficient.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): (45 * 60 - 35 * 40 - 25 * 20) / sqrt((3600 -
//! 2000)(3600 - 1850)) = 0.4781.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let (_, value) = entry("matthews_correlation").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 800.0 / (1600.0f64 * 1750.0).sqrt()).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "matthews_correlation",
        name: "driftgauge_matthews_correlation",
        help: "Correlation of predicted and actual classes.",
        range: (-1.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Gorodkin 2004, Comparing two K-category assignments by a K-category correlation coefficient"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    window.require_pairs()?;
    let matrix = &window.matrix;
    let total = i128::from(matrix.total());
    let spread = |count: &dyn Fn(usize) -> u64| {
        total * total - (0..matrix.side()).map(|k| i128::from(count(k)).pow(2)).sum::<i128>()
    };
    let (actual, predicted) = (spread(&|k| matrix.actual(k)), spread(&|k| matrix.predicted(k)));
    if actual == 0 {
        return Err(Undefined::ConstantActual);
    }
    let covariance = i128::from(matrix.correct()) * total - window.marginal_product();
    let scale = (actual as f64 * predicted as f64).sqrt();
    ratio((covariance as f64).clamp(-scale, scale), scale, Undefined::ZeroDenominator)
}
