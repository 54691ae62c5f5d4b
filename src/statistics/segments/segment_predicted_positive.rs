//! Predicted positives of a segment.
//!
//! **What it answers.** How often does the model say the positive class here?
//!
//! **Definition.** Predictions of the positive class of the segment over its predictions that say a class. Actuals are
//! not needed.
//!
//! **Range and direction.** 0 to 1; neither way is worse by itself. It is the selection rate of the fairness
//! literature.
//!
//! **Empty, ties, missing, not finite.** Answered predictions that say no class are left out. A missing value is a
//! segment, and so are invalid and unseen ones.
//!
//! **Least data.** `segments.least` predictions of the segment (30 when unset); below it is `too_few`. With 30 the
//! standard error is at most 0.09.
//!
//! **Known bias.** None; but a different share is not yet an unfair one, as the actuals may differ too.
//!
//! **Choosing a threshold.** None. `demographic_parity_difference` and `disparate_impact_ratio` compare the segments.
//!
//! **References.** fairlearn, `selection_rate`.
//!
//! **Example.** Two segments with true positives, false positives, false negatives and true negatives 30, 10, 10, 50
//! and 40, 10, 40, 110: of the first 40 of 100 are predicted positive, 0.4.
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
//! let values = entry("segment_predicted_positive").unwrap().values(&Segments { segments: &segments, least: 30 });
//! assert!((values[0].1.unwrap().value - 0.4).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, predicted_positive, share_of};
use crate::aggregate::segments::SegmentCounts;
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "segment_predicted_positive",
        name: "driftgauge_segment_predicted_positive_ratio",
        help: "Share of the predictions of the segment that are of the positive class.",
        range: (0.0, 1.0),
        worse: Worse::Neither,
        ideal: None,
        least: super::LEAST,
        companions: &[],
        references: &["fairlearn selection_rate"],
    },
    needs_actuals: false,
    evaluate: Evaluate::Segment(evaluate),
};

fn evaluate(segment: &SegmentCounts, least: u64) -> Evaluated {
    share_of(segment, least, predicted_positive)
}
