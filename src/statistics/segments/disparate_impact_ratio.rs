//! Disparate impact.
//!
//! **What it answers.** What share of the luckiest segment's chance does the unluckiest have?
//!
//! **Definition.** The smallest `segment_predicted_positive_ratio` of the segments of a feature over the largest.
//! Actuals are not needed.
//!
//! **Range and direction.** 0 to 1; 1 when all are equal, lower is worse.
//!
//! **Empty, ties, missing, not finite.** Binary tasks only. When no segment has a predicted positive it is undefined
//! (`zero_denominator`). A missing value is a segment, and so are invalid and unseen ones.
//!
//! **Least data.** Two segments with `segments.least` predictions each (30 when unset); others are left out, as their
//! share would be noise.
//!
//! **Known bias.** A smallest of many small segments is biased downwards; with rare positives it is near 0 by chance.
//! Prefer the difference there.
//!
//! **Choosing a threshold.** 0.8, the four-fifths rule of US employment law; elsewhere it rests on nothing. Of `k`
//! segments of `n` rows and a share `p` each, the difference that chance alone gives is about `d sqrt(p (1 - p) / n)`,
//! with `d` 1.13, 2.33 and 3.08 for `k` of 2, 5 and 10.
//!
//! **References.** fairlearn, `demographic_parity_ratio`; SageMaker Clarify, DI, and TrustyAI, DIR, are the ratio of
//! two groups and can exceed 1.
//!
//! **Example.** Two segments with true positives, false positives, false negatives and true negatives 30, 10, 10, 50
//! and 40, 10, 40, 110: 40 of 100 and 50 of 200 are predicted positive, 0.25 / 0.4 = 0.625.
//!
//! ```
//! use driftgauge::aggregate::segments::{SegmentCounts, SegmentPairs};
//! use driftgauge::statistics::segments::{Segments, entry};
//! let counts = |[tp, fp, fn_, tn]: [u64; 4]| SegmentCounts {
//!     predictions: tp + fp + fn_ + tn,
//!     predicted: Some((tp + fp, tp + fp + fn_ + tn)),
//!     pairs: SegmentPairs::Binary {
//!         true_positives: tp,
//!         false_positives: fp,
//!         false_negatives: fn_,
//!         true_negatives: tn,
//!         mixed_up: 0,
//!     },
//! };
//! let segments = [counts([30, 10, 10, 50]), counts([40, 10, 40, 110])];
//! let values = entry("disparate_impact_ratio").unwrap().values(&Segments { segments: &segments, least: 30 });
//! assert!((values[0].1.unwrap().value - 0.625).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, Segments, predicted_positive};
use crate::statistics::{Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "disparate_impact_ratio",
        name: "driftgauge_disparate_impact_ratio",
        help: "Smallest over largest share of predicted positives of the segments of the feature.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: super::LEAST,
        companions: &[],
        references: &["fairlearn demographic_parity_ratio", "SageMaker Clarify DI"],
    },
    needs_actuals: false,
    evaluate: Evaluate::Gap(evaluate),
};

fn evaluate(window: &Segments<'_>) -> Evaluated {
    let (smallest, largest) = window.extremes(predicted_positive)?;
    ratio(smallest, largest, Undefined::ZeroDenominator)
}
