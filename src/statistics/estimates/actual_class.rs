//! Share of the actuals that will be of a class, if only the mix of the classes has changed (black box shift estimation).
//!
//! **What it answers.** How large a share of what is happening is of the class, before actuals arrive?
//!
//! **Definition.** The shares `q >= 0` for which `sum_j P(predicted i | actual j) q_j` is nearest to the share of
//! predictions of each class `i` (least squares), scaled to a sum of 1; the probabilities are those of the reference.
//!
//! **Range and direction.** 0 to 1; neither way is worse.
//!
//! **Empty, ties, missing, not finite.** Predictions of classes that the reference has no actuals of are left out.
//! Undefined: `no_observations` without predictions, `no_reference_actuals`, `ill_conditioned` when the condition
//! number of the table is above 100; not given for more than 30 classes.
//!
//! **Least data.** One prediction. The standard error of a share is about the condition number times `0.5 / sqrt(n)`,
//! at most.
//!
//! **Known bias.** Right when the classes come in other shares but look as they did (label shift). When the inputs of a
//! class change, it is wrong; it then often disagrees with `driftgauge_estimated_recall_ratio`.
//!
//! **Choosing a threshold.** Compare with `driftgauge_actual_class_ratio_reference`; a prior that moves explains a
//! change of precision.
//!
//! **References.** Lipton, Wang and Smola 2018, Detecting and correcting for label shift with black box predictors;
//! Saerens et al. 2002.
//!
//! **Example.** A quarter of the reference is of the first class. When 47.5 % are predicted so, `0.8 q + 0.1 (1 - q) =
//! 0.475`: 0.536.
//!
//! ```
//! use driftgauge::statistics::basis::Rates;
//! // Pairs by [predicted][actual].
//! let known = Rates::new(&[vec![80, 30], vec![20, 270]]).unwrap();
//! let shares = known.solve(&[0.475, 0.525]).unwrap();
//! assert!((shares[0] - 0.375 / 0.7).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate};
use crate::statistics::basis::Classified;
use crate::statistics::{Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "estimated_actual_class_ratio",
        name: "driftgauge_estimated_actual_class_ratio",
        help: "Share of actuals of the class expected from the predictions, if only the mix of the classes has changed (BBSE).",
        range: (0.0, 1.0),
        worse: Worse::Neither,
        ideal: None,
        least: 1,
        companions: &[],
        references: &[
            "Lipton, Wang and Smola 2018, Detecting and correcting for label shift with black box predictors",
        ],
    },
    evaluate: Evaluate::ClassificationPerClass(evaluate),
};

fn evaluate(window: &Classified<'_>, class: usize) -> Evaluated {
    let shares = window.shares.as_ref().map_err(|reason| *reason)?;
    let share = shares.iter().find(|(known, _)| *known == class).map(|(_, share)| *share);
    share.map(Into::into).ok_or(Undefined::ClassNotSeen)
}
