//! Accuracy difference.
//!
//! **What it answers.** Is the model right equally often in all segments?
//!
//! **Definition.** The largest `segment_accuracy_ratio` of the segments of a feature less the smallest.
//!
//! **Range and direction.** 0 to 1; 0 when all are equal, higher is worse.
//!
//! **Empty, ties, missing, not finite.** Binary and multiclass tasks. A missing value is a segment, and so are invalid
//! and unseen ones.
//!
//! **Least data.** Two segments with `segments.least` pairs each (30 when unset); others are left out, as their share
//! would be noise.
//!
//! **Known bias.** A largest difference of many small segments is far from 0 by chance alone: it is biased upwards,
//! and it grows with the number of segments. Declare few segments and long windows. Segments are not equally hard: a
//! gap in the reference is no drift.
//!
//! **Choosing a threshold.** Of `k` segments of `n` rows and a share `p` each, chance alone gives about `d sqrt(p (1 -
//! p) / n)`, with `d` 1.13, 2.33 and 3.08 for `k` of 2, 5 and 10. Take well more than that of the smallest segment.
//!
//! **References.** fairlearn, `MetricFrame.difference` of `accuracy_score`; SageMaker Clarify, AD, is the signed
//! difference of two groups.
//!
//! **Example.** Two segments with true positives, false positives, false negatives and true negatives 30, 10, 10, 50
//! and 40, 10, 40, 110: 80 of 100 and 150 of 200, 0.05.
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
//! let values = entry("accuracy_difference").unwrap().values(&Segments { segments: &segments, least: 30 });
//! assert!((values[0].1.unwrap().value - 0.05).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, Segments, right};
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "accuracy_difference",
        name: "driftgauge_accuracy_difference",
        help: "Largest less smallest accuracy over the segments of the feature.",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: super::LEAST,
        companions: &[],
        references: &["fairlearn MetricFrame.difference", "SageMaker Clarify AD"],
    },
    needs_actuals: true,
    evaluate: Evaluate::Gap(evaluate),
};

fn evaluate(window: &Segments<'_>) -> Evaluated {
    window.gap(right)
}
