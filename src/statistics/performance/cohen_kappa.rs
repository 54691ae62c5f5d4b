//! Cohen's kappa.
//!
//! **What it answers.** How much better than chance do predictions agree with actuals?
//!
//! **Definition.** `(p_o - p_e) / (1 - p_e)` with `p_o` the accuracy and `p_e = sum p_k t_k / s^2` what independent
//! predictions of the same shares would reach; unweighted.
//!
//! **Range and direction.** -1 to 1; 0 is chance, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions without an actual are not pairs. Classes that the reference never
//! had are one class here, right when both sides carry the same one. Undefined when actuals and predictions
//! are all of one and the same class (`constant_actual`).
//!
//! **Least data.** One pair outside that case; dozens for a steady value.
//!
//! **Known bias.** Falls with the share of the rare class at the same sensitivity and specificity; the Matthews
//! correlation suffers less.
//!
//! **Choosing a threshold.** Words for ranges ("substantial" from 0.6) are custom without ground. Compare with the
//! reference's own value, exposed beside it.
//!
//! **References.** Cohen 1960, A coefficient of agreement for nominal scales; scikit-learn, `cohen_kappa_score`.
//!
//! **Example.** Rows of actual, columns of predicted: (30, 5), (10, 15): p_o = 0.75, p_e = (35 * 40 + 25 * 20) / 3600,
//! kappa = 0.4706.
//!
//! ```
//! use driftgauge::aggregate::confusion::ConfusionMatrix;
//! use driftgauge::statistics::performance::{Classification, Performance, entry};
//! let classes = ["0".into(), "1".into()];
//! let matrix = ConfusionMatrix::from_parts(&classes, Some(1), &[30, 5, 0, 10, 15, 0, 0, 0, 0]).unwrap();
//! let window = Performance::Classification(Classification { matrix, scored: None });
//! let (_, value) = entry("cohen_kappa").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 800.0 / 1700.0).abs() < 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "cohen_kappa",
        name: "driftgauge_cohen_kappa",
        help: "Agreement of predicted and actual classes beyond chance.",
        range: (-1.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Cohen 1960, A coefficient of agreement for nominal scales"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    window.require_pairs()?;
    let total = i128::from(window.matrix.total());
    let chance = window.marginal_product();
    let agreement = i128::from(window.matrix.correct()) * total - chance;
    ratio(agreement as f64, (total * total - chance) as f64, Undefined::ConstantActual)
}
