//! Statistics of segments (the rows with one value, or range of values, of a declared feature) and of the gaps between
//! the segments of a feature.

mod accuracy_difference;
mod demographic_parity_difference;
mod disparate_impact_ratio;
mod equal_opportunity_difference;
mod equalized_odds_difference;
mod predictive_parity_difference;
mod segment_accuracy;
mod segment_false_positive;
mod segment_mean_absolute_error;
mod segment_mean_error;
mod segment_precision;
mod segment_predicted_positive;
mod segment_recall;

use super::{Evaluated, Spec, Undefined, ratio};
use crate::aggregate::segments::{SegmentCounts, SegmentPairs};

/// Every statistic of segments, in the order they are shown in.
pub static ENTRIES: &[Entry] = &[
    segment_predicted_positive::ENTRY,
    segment_accuracy::ENTRY,
    segment_recall::ENTRY,
    segment_precision::ENTRY,
    segment_false_positive::ENTRY,
    segment_mean_absolute_error::ENTRY,
    segment_mean_error::ENTRY,
    demographic_parity_difference::ENTRY,
    disparate_impact_ratio::ENTRY,
    equal_opportunity_difference::ENTRY,
    equalized_odds_difference::ENTRY,
    predictive_parity_difference::ENTRY,
    accuracy_difference::ENTRY,
];

/// Rows below which a segment has no ratio and is in no gap, unless the config says otherwise: with 30 rows the standard
/// error of a ratio is at most 0.09.
pub const LEAST: u64 = 30;

/// One statistic of segments.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is.
    pub spec: Spec,
    /// Whether it needs actuals.
    pub needs_actuals: bool,
    /// Computes it.
    pub evaluate: Evaluate,
}

/// How a statistic is computed.
#[derive(Clone, Copy, Debug)]
pub enum Evaluate {
    /// Of one segment, given the least rows; exposed with the label `segment`.
    Segment(fn(&SegmentCounts, u64) -> Evaluated),
    /// Of all segments of a feature.
    Gap(fn(&Segments<'_>) -> Evaluated),
}

impl Entry {
    /// Whether it has a value for each segment, exposed with the label `segment`.
    pub fn is_per_segment(&self) -> bool {
        matches!(self.evaluate, Evaluate::Segment(_))
    }

    /// Its values: one for each segment by index, or one of all of them. Empty when it is of another task.
    pub fn values(&self, window: &Segments<'_>) -> Vec<(Option<usize>, Evaluated)> {
        let values: Vec<(Option<usize>, Evaluated)> = match self.evaluate {
            Evaluate::Segment(evaluate) => {
                let each = window.segments.iter().enumerate();
                each.map(|(index, counts)| (Some(index), evaluate(counts, window.least))).collect()
            }
            Evaluate::Gap(evaluate) => vec![(None, evaluate(window))],
        };
        values.into_iter().filter(|(_, value)| *value != Err(Undefined::NotApplicable)).collect()
    }
}

/// The entry with this key.
pub fn entry(key: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.spec.key == key)
}

/// The segments of one feature in a window.
#[derive(Clone, Copy, Debug)]
pub struct Segments<'a> {
    /// What is counted of each.
    pub segments: &'a [SegmentCounts],
    /// Rows below which a segment has no ratio; the rows are those that the ratio is taken over.
    pub least: u64,
}

impl Segments<'_> {
    /// The smallest and the largest share of the segments with enough rows, of which there are at least two.
    fn extremes(&self, share: Share) -> Result<(f64, f64), Undefined> {
        if self.segments.iter().all(|segment| share(segment).is_none()) {
            return Err(Undefined::NotApplicable);
        }
        let values = self.segments.iter().filter_map(|segment| share_of(segment, self.least, share).ok());
        let values: Vec<f64> = values.map(|outcome| outcome.value).collect();
        if values.len() < 2 {
            return Err(Undefined::TooFew);
        }
        let (smallest, largest) = (f64::INFINITY, f64::NEG_INFINITY);
        Ok(values.iter().fold((smallest, largest), |(low, high), value| (low.min(*value), high.max(*value))))
    }

    /// The largest share less the smallest.
    fn gap(&self, share: Share) -> Evaluated {
        self.extremes(share).map(|(smallest, largest)| (largest - smallest).into())
    }
}

/// Rows that have something, and the rows they are taken of; `None` when the task has no such thing.
type Share = fn(&SegmentCounts) -> Option<(u64, u64)>;

fn share_of(segment: &SegmentCounts, least: u64, share: Share) -> Evaluated {
    let (part, rows) = share(segment).ok_or(Undefined::NotApplicable)?;
    enough(rows, least)?;
    ratio(part as f64, rows as f64, Undefined::TooFew)
}

fn enough(rows: u64, least: u64) -> Result<(), Undefined> {
    if rows < least.max(1) { Err(Undefined::TooFew) } else { Ok(()) }
}

/// Predictions of the positive class, of those that say a class.
fn predicted_positive(segment: &SegmentCounts) -> Option<(u64, u64)> {
    segment.predicted
}

/// Right predictions, of those whose actual is known.
fn right(segment: &SegmentCounts) -> Option<(u64, u64)> {
    let right = match segment.pairs {
        SegmentPairs::Binary { true_positives, true_negatives, .. } => true_positives + true_negatives,
        SegmentPairs::Multiclass { right, .. } => right,
        SegmentPairs::Regression { .. } | SegmentPairs::Nothing => return None,
    };
    Some((right, segment.pairs.rows()))
}

/// Positives found, of all positives.
fn found(segment: &SegmentCounts) -> Option<(u64, u64)> {
    match segment.pairs {
        SegmentPairs::Binary { true_positives, false_negatives, .. } => {
            Some((true_positives, true_positives + false_negatives))
        }
        _ => None,
    }
}

/// Positives, of those predicted positive.
fn precise(segment: &SegmentCounts) -> Option<(u64, u64)> {
    match segment.pairs {
        SegmentPairs::Binary { true_positives, false_positives, .. } => {
            Some((true_positives, true_positives + false_positives))
        }
        _ => None,
    }
}

/// Negatives predicted positive, of all negatives.
fn false_alarms(segment: &SegmentCounts) -> Option<(u64, u64)> {
    match segment.pairs {
        SegmentPairs::Binary { false_positives, true_negatives, mixed_up, .. } => {
            Some((false_positives, false_positives + true_negatives + mixed_up))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(right: u64, wrong: u64) -> SegmentCounts {
        SegmentCounts { predictions: right + wrong, predicted: None, pairs: SegmentPairs::Multiclass { right, wrong } }
    }

    #[test]
    fn segments_with_too_few_rows_are_in_no_gap() {
        let segments = [hits(20, 10), hits(0, 29), hits(30, 0), hits(0, 0)];
        let window = |least| Segments { segments: &segments, least };
        let gap = |least| entry("accuracy_difference").unwrap().values(&window(least))[0].1;
        assert!((gap(30).unwrap().value - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(Ok(1.0), gap(29).map(|outcome| outcome.value));
        assert_eq!(Err(Undefined::TooFew), gap(31));
        // A segment without rows has no ratio, whatever the least is.
        let each = entry("segment_accuracy").unwrap().values(&window(0));
        assert_eq!((Some(3), Err(Undefined::TooFew)), each[3]);
        for key in ["segment_recall", "equalized_odds_difference", "segment_mean_error", "disparate_impact_ratio"] {
            assert!(entry(key).unwrap().values(&window(30)).is_empty(), "{key} is of another task");
        }
    }

    /// What the documentation says to expect of a gap from chance alone: the expected range of as many standard normal
    /// values times the standard error. 4000 windows from seed 1; the tolerance is 3 % of the expectation.
    #[test]
    fn a_gap_from_chance_alone_grows_with_the_number_of_segments() {
        let mut state = 1u64;
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        let (rows, p, windows) = (100, 0.3, 4_000);
        for (count, range) in [(2, 1.128), (5, 2.326), (10, 3.078)] {
            let mut sum = 0.0;
            for _ in 0..windows {
                let mut segment = || {
                    let right = (0..rows).filter(|_| uniform() < p).count() as u64;
                    hits(right, rows - right)
                };
                let segments: Vec<SegmentCounts> = (0..count).map(|_| segment()).collect();
                let window = Segments { segments: &segments, least: LEAST };
                sum += entry("accuracy_difference").unwrap().values(&window)[0].1.unwrap().value;
            }
            let expected = range * (p * (1.0 - p) / rows as f64).sqrt();
            assert!((sum / f64::from(windows) / expected - 1.0).abs() < 0.03, "{count}: {sum} {expected}");
        }
    }
}
