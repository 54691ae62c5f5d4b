//! Drift of a feature, weighted by what the feature matters.
//!
//! **What it answers.** Which of the drifted features can have changed what the model says?
//!
//! **Definition.** `I psi_debiased`, where `I` is the importance of the feature (of 1 for all features together) from
//! the profile and `psi_debiased` is the population stability index less what chance gives.
//!
//! **Range and direction.** 0 to infinity; higher is worse. 0 for a feature that did not drift or does not matter.
//!
//! **Empty, ties, missing, not finite.** As of the index it is made of. Without an importance in the profile there is
//! none.
//!
//! **Least data.** One row on each side; see the index for its noise.
//!
//! **Known bias.** An importance that was estimated when the profile was built looks at one feature at a time: of two
//! features that say the same both count. One given with `--importance` is better.
//!
//! **Choosing a threshold.** None: it ranks. Look at the first, and at its drift.
//!
//! **References.** A product of two known quantities; there is no law for it.
//!
//! **Example.** Importance 0.25 times the debiased index of the cells (50, 50) and (20, 80), 0.4081 - 1/50: 0.0970.
//!
//! ```
//! use driftgauge::aggregate::FixedPoint;
//! use driftgauge::aggregate::losses::LossCells;
//! use driftgauge::statistics::causes::{Cause, entry};
//! use driftgauge::statistics::drift::Cells;
//! let unit = FixedPoint::UNIT;
//! let sums = |losses: [f64; 2]| losses.map(|loss| unit.difference(loss));
//! let (r, c, l, k) = ([50, 50], [20, 80], sums([5.0, 20.0]), sums([2.0, 40.0]));
//! let drift = Cells::new([(50, 20), (50, 80)]);
//! let cause = Cause {
//!     drift: &drift,
//!     importance: Some(0.25),
//!     responses: &[0.2, 0.6],
//!     reference_counts: &r,
//!     current_counts: &c,
//!     reference: LossCells::from_parts(&r, &l, unit),
//!     current: LossCells::from_parts(&c, &k, unit),
//! };
//! let value = (entry("drift_importance").unwrap().evaluate)(&cause).unwrap().value;
//! assert!((value - 0.25 * ((20.5f64 / 101.0 - 0.5) * (20.5f64 / 50.5).ln() + (80.5 / 101.0 - 0.5) * (80.5f64 /
//! 50.5).ln() - 0.02)).abs() < 1e-12);
//! ```

use super::{Cause, Entry};
use crate::statistics::drift::population_stability_index_debiased;
use crate::statistics::{Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "drift_importance",
        name: "driftgauge_feature_drift_importance",
        help: "Importance of the feature times its debiased population stability index; the largest features only.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[],
        references: &["none: a product of two known quantities"],
    },
    needs_losses: false,
    evaluate,
};

fn evaluate(cause: &Cause<'_>) -> Evaluated {
    let importance = cause.importance.ok_or(Undefined::NotApplicable)?;
    cause.drift.require(1)?;
    Ok((importance * population_stability_index_debiased(cause.drift)).into())
}
