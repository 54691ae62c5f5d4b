//! Accuracy of a segment.
//!
//! **What it answers.** How often is the model right here?
//!
//! **Definition.** Pairs of the segment whose predicted class is the actual one over all its pairs.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs without an actual do not count. A missing value is a segment, and so
//! are invalid and unseen ones.
//!
//! **Least data.** `segments.least` pairs of the segment (30 when unset); below it is `too_few`. With 30 the standard
//! error is at most 0.09.
//!
//! **Known bias.** With rare positives it is near 1 for a model that finds none of them: look at the recall.
//!
//! **Choosing a threshold.** Compare with the segment's own value in the reference, exposed beside it, and with the
//! standard error `sqrt(p (1 - p) / n)`.
//!
//! **References.** scikit-learn, `accuracy_score`; fairlearn, `MetricFrame.by_group`.
//!
//! **Example.** Two segments with true positives, false positives, false negatives and true negatives 30, 10, 10, 50
//! and 40, 10, 40, 110: the first is right in 80 of 100, 0.8.
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
//! let values = entry("segment_accuracy").unwrap().values(&Segments { segments: &segments, least: 30 });
//! assert!((values[0].1.unwrap().value - 0.8).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, right, share_of};
use crate::aggregate::segments::SegmentCounts;
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "segment_accuracy",
        name: "driftgauge_segment_accuracy_ratio",
        help: "Share of the pairs of the segment whose prediction is right.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: super::LEAST,
        companions: &[Companion::Reference],
        references: &["scikit-learn accuracy_score", "fairlearn MetricFrame"],
    },
    needs_actuals: true,
    evaluate: Evaluate::Segment(evaluate),
};

fn evaluate(segment: &SegmentCounts, least: u64) -> Evaluated {
    share_of(segment, least, right)
}
