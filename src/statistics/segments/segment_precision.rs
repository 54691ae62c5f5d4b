//! Precision of a segment.
//!
//! **What it answers.** How often is a positive prediction right here?
//!
//! **Definition.** `TP / (TP + FP)` over the pairs of the segment: positives over all that were predicted positive.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Binary tasks only. A missing value is a segment, and so are invalid and
//! unseen ones.
//!
//! **Least data.** `segments.least` positive predictions of the segment (30 when unset); below it is `too_few`. With
//! 30 the standard error is at most 0.09.
//!
//! **Known bias.** It falls with the share of positives, whatever the model does.
//!
//! **Choosing a threshold.** None of its own: `predictive_parity_difference` compares the segments.
//!
//! **References.** scikit-learn, `precision_score`.
//!
//! **Example.** Two segments with true positives, false positives, false negatives and true negatives 30, 10, 10, 50
//! and 40, 10, 40, 110: of 40 predicted positive in the first 30 are, 0.75.
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
//! let values = entry("segment_precision").unwrap().values(&Segments { segments: &segments, least: 30 });
//! assert!((values[0].1.unwrap().value - 0.75).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, precise, share_of};
use crate::aggregate::segments::SegmentCounts;
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "segment_precision",
        name: "driftgauge_segment_precision_ratio",
        help: "Share of the predicted positives of the segment that are positive.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: super::LEAST,
        companions: &[],
        references: &["scikit-learn precision_score"],
    },
    needs_actuals: true,
    evaluate: Evaluate::Segment(evaluate),
};

fn evaluate(segment: &SegmentCounts, least: u64) -> Evaluated {
    share_of(segment, least, precise)
}
