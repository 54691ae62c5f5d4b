//! Mean error of a segment.
//!
//! **What it answers.** Does the model say too much or too little here?
//!
//! **Definition.** `sum e / n` with `e` prediction minus actual over the `n` pairs of the segment.
//!
//! **Range and direction.** In the units of the actual, both signs; 0 is best.
//!
//! **Empty, ties, missing, not finite.** Regressions only; pairs of which a side is missing or not finite are left
//! out. A missing value is a segment, and so are invalid and unseen ones.
//!
//! **Least data.** `segments.least` pairs of the segment (30 when unset); below it is `too_few`.
//!
//! **Known bias.** None. Segments of opposite sign cancel in the mean error of all rows, which is why to look here.
//!
//! **Choosing a threshold.** A small part of the segment's mean absolute error; chance alone gives the deviation of
//! the errors over `sqrt(n)`.
//!
//! **References.** fairlearn, `MetricFrame.by_group` of the mean of prediction minus actual.
//!
//! **Example.** 40 pairs with errors that sum to -10, their sizes to 50: -10 / 40 = -0.25.
//!
//! ```
//! use driftgauge::aggregate::segments::{SegmentCounts, SegmentPairs};
//! use driftgauge::statistics::segments::{Segments, entry};
//! let pairs = SegmentPairs::Regression { rows: 40, error: -10.0, absolute_error: 50.0 };
//! let segments = [SegmentCounts { predictions: 45, predicted: None, pairs }];
//! let values = entry("segment_mean_error").unwrap().values(&Segments { segments: &segments, least: 30 });
//! assert!((values[0].1.unwrap().value - (-0.25)).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, enough};
use crate::aggregate::segments::{SegmentCounts, SegmentPairs};
use crate::statistics::{Evaluated, Spec, Undefined, Worse, finite};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "segment_mean_error",
        name: "driftgauge_segment_mean_error",
        help: "Mean of prediction minus actual in the segment, in units of the actual.",
        range: (f64::NEG_INFINITY, f64::INFINITY),
        worse: Worse::Away,
        ideal: Some(0.0),
        least: super::LEAST,
        companions: &[],
        references: &["fairlearn MetricFrame"],
    },
    needs_actuals: true,
    evaluate: Evaluate::Segment(evaluate),
};

fn evaluate(segment: &SegmentCounts, least: u64) -> Evaluated {
    let SegmentPairs::Regression { rows, error, .. } = segment.pairs else {
        return Err(Undefined::NotApplicable);
    };
    enough(rows, least)?;
    finite((error / rows as f64).into())
}
