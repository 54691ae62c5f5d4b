//! Values of a column for choosing its edges: all of them up to a limit, a uniform sample beyond it.
//!
//! Edges need not be exact quantiles, because the counts on them are exact; so a sample will do for files that are
//! larger than memory. Algorithm R (Vitter 1985) with a fixed seed: the same file gives the same edges.

/// Values, or a sample of them.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    values: Vec<f64>,
    limit: usize,
    seen: u64,
    state: u64,
    range: Option<(f64, f64)>,
    sum: f64,
    squares: f64,
    first: f64,
}

impl Sample {
    /// A sample of at most `limit` values.
    pub(super) fn new(limit: usize) -> Sample {
        Sample {
            values: Vec::new(),
            limit: limit.max(1),
            seen: 0,
            state: 0x9e37_79b9_7f4a_7c15,
            range: None,
            sum: 0.0,
            squares: 0.0,
            first: 0.0,
        }
    }

    /// Takes a value; those that are not finite are left out.
    pub(super) fn push(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        // Minus zero is zero.
        let value = value + 0.0;
        if self.seen == 0 {
            self.first = value;
        }
        self.seen += 1;
        self.range = Some(self.range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
        // Shifted by the first value, so that a large mean costs no digits of the deviation.
        let shifted = value - self.first;
        self.sum += shifted;
        self.squares += shifted * shifted;
        if self.values.len() < self.limit {
            self.values.push(value);
        } else {
            let place = random(&mut self.state) % self.seen;
            if let Some(kept) = self.values.get_mut(place as usize) {
                *kept = value;
            }
        }
    }

    /// Finite values seen.
    pub(super) fn seen(&self) -> u64 {
        self.seen
    }

    /// The smallest and the largest value seen.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        self.range
    }

    /// Mean and standard deviation (ddof 0), for choosing the scale of sums.
    pub(super) fn moments(&self) -> (f64, f64) {
        let n = (self.seen as f64).max(1.0);
        let mean = self.sum / n;
        (self.first + mean, (self.squares / n - mean * mean).max(0.0).sqrt())
    }

    /// The fourth moment over the square of the variance, of the values that are kept; `None` of equal ones.
    pub(super) fn kurtosis(&self) -> Option<f64> {
        let n = self.values.len().max(1) as f64;
        let (mean, deviation) = self.moments();
        let power = |power: i32| self.values.iter().map(|x| ((x - mean) / deviation).powi(power)).sum::<f64>() / n;
        let (second, fourth) = (power(2), power(4));
        Some(fourth / (second * second)).filter(|kurtosis| kurtosis.is_finite())
    }

    /// The values, sorted.
    pub(super) fn sorted(&self) -> Vec<f64> {
        let mut values = self.values.clone();
        values.sort_by(f64::total_cmp);
        values
    }
}

/// The next of a sequence of numbers that look random: SplitMix64 (Steele, Lea, Flood 2014).
pub(super) fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_its_limit_a_sample_stays_uniform() {
        let mut sample = Sample::new(1_000);
        (0..100_000).for_each(|i| sample.push(f64::from(i)));
        let sorted = sample.sorted();
        assert_eq!((1_000, Some((0.0, 99_999.0))), (sorted.len(), sample.range()));
        // Five standard errors of a median of 1000 values.
        assert!((sorted[500] - 50_000.0).abs() < 5.0 * 50_000.0 / 1_000f64.sqrt());
    }
}
