//! Equalized odds difference.
//!
//! **What it answers.** Are both kinds of error equally frequent in all segments?
//!
//! **Definition.** The larger one of two gaps over the segments of a feature: that of `segment_recall_ratio` and that
//! of `segment_false_positive_ratio`, each the largest less the smallest.
//!
//! **Range and direction.** 0 to 1; 0 when both are equal everywhere, higher is worse.
//!
//! **Empty, ties, missing, not finite.** Binary tasks only. A missing value is a segment, and so are invalid and
//! unseen ones.
//!
//! **Least data.** Two segments with `segments.least` positives each, and two with as many negatives (30 when unset).
//!
//! **Known bias.** A largest difference of many small segments is far from 0 by chance alone: it is biased upwards,
//! and it grows with the number of segments. Declare few segments and long windows.
//!
//! **Choosing a threshold.** Of `k` segments of `n` positives, or negatives, and a share `p` each, chance alone gives
//! about `d sqrt(p (1 - p) / n)`, with `d` 1.13, 2.33 and 3.08 for `k` of 2, 5 and 10. Take well more than that of the
//! smallest segment.
//!
//! **References.** Hardt, Price and Srebro 2016; fairlearn, `equalized_odds_difference`.
//!
//! **Example.** Two segments with true positives, false positives, false negatives and true negatives 30, 10, 10, 50
//! and 40, 10, 40, 110: recalls 0.75 and 0.5, false positives 1/6 and 1/12: the larger gap is 0.25.
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
//! let values = entry("equalized_odds_difference").unwrap().values(&Segments { segments: &segments, least: 30 });
//! assert!((values[0].1.unwrap().value - 0.25).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, Segments, false_alarms, found};
use crate::statistics::{Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "equalized_odds_difference",
        name: "driftgauge_equalized_odds_difference",
        help: "Larger of the gaps of recall and of false positives over the segments of the feature.",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: super::LEAST,
        companions: &[],
        references: &[
            "Hardt, Price and Srebro 2016, Equality of Opportunity in Supervised Learning",
            "fairlearn equalized_odds_difference",
        ],
    },
    needs_actuals: true,
    evaluate: Evaluate::Gap(evaluate),
};

fn evaluate(window: &Segments<'_>) -> Evaluated {
    let (recall, false_positives) = (window.gap(found)?.value, window.gap(false_alarms)?.value);
    Ok(recall.max(false_positives).into())
}
