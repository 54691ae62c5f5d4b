//! Counts that only go up.

use crate::aggregate::FixedPoint;
use crate::report::Value;
use serde::{Deserialize, Serialize};

/// Upper bounds of latencies, in seconds.
pub const LATENCY_BOUNDS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Upper bounds of the delay of actuals, in seconds: from one to thirty days.
pub const DELAY_BOUNDS: &[f64] = &[
    1.0,
    10.0,
    60.0,
    300.0,
    900.0,
    3_600.0,
    10_800.0,
    21_600.0,
    43_200.0,
    86_400.0,
    259_200.0,
    604_800.0,
    2_592_000.0,
];

/// No histogram counts more: a thousand a second for a hundred million years.
const MOST: u128 = 1 << 62;

/// Counts by upper bound, with the sum kept as an integer so that order does not matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    bounds: &'static [f64],
    counts: Vec<u64>,
    sum: i128,
}

/// A histogram without its bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedHistogram {
    counts: Vec<u64>,
    sum: i128,
}

impl Histogram {
    /// An empty histogram.
    pub fn new(bounds: &'static [f64]) -> Histogram {
        Histogram { bounds, counts: vec![0; bounds.len() + 1], sum: 0 }
    }

    /// Adds a value that is finite and not negative; another one is left out.
    pub fn observe(&mut self, value: f64) {
        if value.is_finite() && value >= 0.0 {
            let place = self.bounds.partition_point(|bound| *bound < value);
            if let Some(count) = self.counts.get_mut(place) {
                *count += 1;
            }
            self.sum += FixedPoint::UNIT.difference(value);
        }
    }

    /// The bound that at least half of the values are at or below; `None` without values or when it is above all
    /// bounds.
    pub fn median_bound(&self) -> Option<f64> {
        let total: u64 = self.counts.iter().sum();
        let mut seen = 0;
        let place = self.counts.iter().position(|count| {
            seen += count;
            total > 0 && seen * 2 >= total
        });
        place.and_then(|place| self.bounds.get(place).copied())
    }

    /// Counts by bound and the sum, for a state file.
    pub fn save(&self) -> SavedHistogram {
        SavedHistogram { counts: self.counts.clone(), sum: self.sum }
    }

    /// What was saved of a histogram; an empty one when it had other bounds, or counts and a sum that none comes to.
    pub fn restore(bounds: &'static [f64], saved: SavedHistogram) -> Histogram {
        let empty = Histogram::new(bounds);
        let total = saved.counts.iter().map(|count| u128::from(*count)).sum::<u128>();
        let is_sound = total <= MOST && (0..=i128::MAX / 2).contains(&saved.sum);
        if saved.counts.len() != empty.counts.len() || !is_sound {
            return empty;
        }
        Histogram { bounds, counts: saved.counts, sum: saved.sum }
    }

    /// As a sample's value.
    pub fn value(&self) -> Value {
        Value::Histogram { bounds: self.bounds, counts: self.counts.clone(), sum: FixedPoint::UNIT.first(self.sum) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_inclusive_and_the_sum_is_exact() {
        let mut histogram = Histogram::new(&[1.0, 2.0]);
        [0.5, 1.0, 1.5, 9.0, f64::NAN, -1.0].into_iter().for_each(|value| histogram.observe(value));
        let expected = Value::Histogram { bounds: &[1.0, 2.0], counts: vec![2, 1, 1], sum: 12.0 };
        assert_eq!((expected, Some(1.0)), (histogram.value(), histogram.median_bound()));
    }

    #[test]
    fn what_no_histogram_comes_to_is_not_restored() {
        let restored = |counts: &[u64], sum: i128| {
            let saved = SavedHistogram { counts: counts.to_vec(), sum };
            Histogram::restore(&[1.0], saved.clone()).save() == saved
        };
        assert!(restored(&[3, 4], 5) && restored(&[1 << 62, 0], 0));
        for (counts, sum) in
            [(&[u64::MAX, 1][..], 0), (&[1 << 62, 1], 0), (&[1], 0), (&[1, 1], -1), (&[1, 1], i128::MAX)]
        {
            assert!(!restored(counts, sum), "{counts:?} {sum}");
        }
    }
}
