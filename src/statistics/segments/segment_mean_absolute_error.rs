//! Mean absolute error of a segment.
//!
//! **What it answers.** How far off is a prediction here on average?
//!
//! **Definition.** `sum |e| / n` with `e` prediction minus actual over the `n` pairs of the segment.
//!
//! **Range and direction.** In the units of the actual, from 0; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Regressions only; pairs of which a side is missing or not finite are left
//! out. A missing value is a segment, and so are invalid and unseen ones.
//!
//! **Least data.** `segments.least` pairs of the segment (30 when unset); below it is `too_few`.
//!
//! **Known bias.** Segments of large actuals have large errors: compare with the reference, not with each other.
//!
//! **Choosing a threshold.** Compare with the segment's own value in the reference, exposed beside it.
//!
//! **References.** scikit-learn, `mean_absolute_error`.
//!
//! **Example.** 40 pairs with errors that sum to -10, their sizes to 50: 50 / 40 = 1.25.
//!
//! ```
//! use driftgauge::aggregate::segments::{SegmentCounts, SegmentPairs};
//! use driftgauge::statistics::segments::{Segments, entry};
//! let pairs = SegmentPairs::Regression { rows: 40, error: -10.0, absolute_error: 50.0 };
//! let segments = [SegmentCounts { predictions: 45, predicted: None, pairs }];
//! let values = entry("segment_mean_absolute_error").unwrap().values(&Segments { segments: &segments, least: 30 });
//! assert!((values[0].1.unwrap().value - 1.25).abs() < 1e-12);
//! ```

use super::{Entry, Evaluate, enough};
use crate::aggregate::segments::{SegmentCounts, SegmentPairs};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, finite};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "segment_mean_absolute_error",
        name: "driftgauge_segment_mean_absolute_error",
        help: "Mean size of the errors of the segment, in units of the actual.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: super::LEAST,
        companions: &[Companion::Reference],
        references: &["scikit-learn mean_absolute_error"],
    },
    needs_actuals: true,
    evaluate: Evaluate::Segment(evaluate),
};

fn evaluate(segment: &SegmentCounts, least: u64) -> Evaluated {
    let SegmentPairs::Regression { rows, absolute_error, .. } = segment.pairs else {
        return Err(Undefined::NotApplicable);
    };
    enough(rows, least)?;
    finite((absolute_error / rows as f64).into())
}
