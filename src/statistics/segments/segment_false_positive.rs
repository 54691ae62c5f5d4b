//! False positives of a segment.
//!
//! **What it answers.** How many of the negatives here does the model call positive?
//!
//! **Definition.** `FP / (FP + TN)` over the pairs of the segment: negatives that were predicted positive over all
//! negatives.
//!
//! **Range and direction.** 0 to 1; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Binary tasks only; every class but the positive one is negative. A missing
//! value is a segment, and so are invalid and unseen ones.
//!
//! **Least data.** `segments.least` negatives of the segment (30 when unset); below it is `too_few`. With 30 the
//! standard error is at most 0.09.
//!
//! **Known bias.** None; it rises with the recall when the threshold falls.
//!
//! **Choosing a threshold.** None of its own: `equalized_odds_difference` compares the segments.
//!
//! **References.** fairlearn, `false_positive_rate`.
//!
//! **Example.** Two segments with true positives, false positives, false negatives and true negatives 30, 10, 10, 50
//! and 40, 10, 40, 110: 10 of 60 negatives of the first, 1/6.
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
//! let values = entry("segment_false_positive").unwrap().values(&Segments { segments: &segments, least: 30 });
//! assert!((values[0].1.unwrap().value - 1.0 / 6.0).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, false_alarms, share_of};
use crate::aggregate::segments::SegmentCounts;
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "segment_false_positive",
        name: "driftgauge_segment_false_positive_ratio",
        help: "Share of the negatives of the segment that were predicted positive.",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: super::LEAST,
        companions: &[],
        references: &["fairlearn false_positive_rate"],
    },
    needs_actuals: true,
    evaluate: Evaluate::Segment(evaluate),
};

fn evaluate(segment: &SegmentCounts, least: u64) -> Evaluated {
    share_of(segment, least, false_alarms)
}
