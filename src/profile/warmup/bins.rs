//! Numbers counted without a grid: in bins of a log-linear grid that are as fine as the memory allows.
//!
//! The floats in their order are numbered by whole numbers. A bin of level `l` holds `2^l` neighbours, right-closed
//! like the cells of a grid: at level 0 each value has its own, at level 45 there are 128 bins per power of two, at
//! 52, the last, one. When a column has filled [`MOST`] bins of one level, they are joined by pairs to those of the
//! next. As bins of a level lie inside those of the next, the level reached depends on the values only, not on their
//! order. Zero always has a bin of its own, and bins are cut at the borders given from the start.
//!
//! Inside a bin the floats are equally spaced, so sums of distances from its lower border in that unit are whole
//! numbers: they are exact at every level.

use crate::profile::edges::Run;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bins of a column, before the level goes up: about 400 KiB. The last level may have a few more.
pub(super) const MOST: usize = 4096;
/// Bins of this level are powers of two. Larger ones would not be equally spaced.
const LAST_LEVEL: u32 = 52;

/// Finite numbers in bins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Bins {
    level: u32,
    /// Values at which bins are cut, strictly increasing.
    cuts: Vec<f64>,
    /// By the number of the bin and the number of cuts below it.
    bins: BTreeMap<(i64, u32), Bin>,
    range: Option<(f64, f64)>,
}

/// How many values, how many of them are the upper border itself, and the sums of their distances from the lower border
/// and of the squares of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Bin {
    count: u64,
    at_upper: u64,
    sum: u128,
    squares: u128,
}

impl Bin {
    /// The same values seen from a border that lies `by` lower.
    fn seen_from_below(self, by: u128) -> Bin {
        let count = u128::from(self.count);
        // Only the squares of 2^24 values in the upper half of a bin of the last level could be too large.
        let squares = self.squares.saturating_add(2 * by * self.sum).saturating_add(count * by * by);
        Bin { sum: self.sum + count * by, squares, ..self }
    }

    /// The values below the upper border, and those at it. The bin is so `wide`.
    fn split(self, wide: u128) -> [Bin; 2] {
        let count = u128::from(self.at_upper);
        let upper =
            Bin { count: self.at_upper, at_upper: self.at_upper, sum: count * wide, squares: count * wide * wide };
        let body = Bin {
            count: self.count - self.at_upper,
            at_upper: 0,
            sum: self.sum - upper.sum,
            squares: self.squares.saturating_sub(upper.squares),
        };
        [body, upper]
    }

    fn add(&mut self, other: Bin) {
        self.count += other.count;
        self.at_upper += other.at_upper;
        self.sum += other.sum;
        self.squares = self.squares.saturating_add(other.squares);
    }
}

/// The values of one bin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part {
    /// How many.
    pub(super) count: u64,
    /// Their mean is `base + above`: apart, so that taking a number near the mean away costs no digits.
    pub(super) base: f64,
    /// Less than the distance to the next float.
    pub(super) above: f64,
    /// Standard deviation (ddof 0): zero when they are all one.
    pub(super) deviation: f64,
    /// The borders: of equal values these and the float below.
    pub(super) below: f64,
    /// At or above the largest of them.
    pub(super) upper: f64,
}

impl Part {
    /// The bin as the edges see it.
    pub(super) fn run(&self) -> Run {
        Run { below: self.below, value: self.upper, count: self.count }
    }
}

impl Bins {
    /// No bins yet; they will be cut at `cuts`.
    pub(super) fn new(cuts: &[f64]) -> Bins {
        let mut cuts: Vec<f64> = cuts.iter().map(|cut| cut + 0.0).filter(|cut| cut.is_finite()).collect();
        cuts.extend([0f64.next_down(), 0.0]);
        cuts.sort_by(f64::total_cmp);
        cuts.dedup();
        Bins { level: 0, cuts, bins: BTreeMap::new(), range: None }
    }

    /// Counts a finite value.
    pub(super) fn push(&mut self, value: f64) {
        // Minus zero is zero.
        let value = value + 0.0;
        self.range = Some(self.range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))));
        let number = number(value);
        let index = (number - 1) >> self.level;
        let distance = u128::from((number - (index << self.level)).unsigned_abs());
        let cut = self.cuts.partition_point(|cut| *cut < value) as u32;
        let at_upper = u64::from(distance == 1 << self.level);
        let bin = Bin { count: 1, at_upper, sum: distance, squares: distance * distance };
        self.bins.entry((index, cut)).or_default().add(bin);
        while self.bins.len() > MOST && self.level < LAST_LEVEL {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        let width = 1u128 << self.level;
        self.level += 1;
        for ((index, cut), bin) in std::mem::take(&mut self.bins) {
            let bin = if index & 1 == 1 { bin.seen_from_below(width) } else { Bin { at_upper: 0, ..bin } };
            self.bins.entry((index >> 1, cut)).or_default().add(bin);
        }
    }

    /// Whether bins that were read from a file can go on as if they had been counted here.
    pub(super) fn are_sound(&self) -> bool {
        self.level <= LAST_LEVEL && self.bins.len() <= 2 * MOST && self.cuts.is_sorted()
    }

    /// Whether every bin is one value.
    pub(super) fn are_values(&self) -> bool {
        self.level == 0
    }

    /// Values counted.
    pub(super) fn count(&self) -> u64 {
        self.bins.values().map(|bin| bin.count).sum()
    }

    /// The smallest and the largest value.
    pub(super) fn range(&self) -> Option<(f64, f64)> {
        self.range
    }

    /// The bins in the order of their values. Those at an upper border, as round numbers often are, come apart.
    pub(super) fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        self.bins.iter().flat_map(move |((index, cut), bin)| {
            let [body, upper] = bin.split(1 << self.level);
            let top = i64::from(upper.count > 0);
            let parts = [(body, top), (upper, 0)].into_iter().filter(|(bin, _)| bin.count > 0);
            let (lower, upper, cut) = (index << self.level, (index + 1) << self.level, *cut as usize);
            parts.map(move |(bin, top)| self.part(bin, lower, upper, top, cut))
        })
    }

    /// A bin between borders of these numbers, without the `top` floats below the upper one.
    fn part(&self, bin: Bin, lower: i64, upper: i64, top: i64, cut: usize) -> Part {
        let count = u128::from(bin.count);
        let (mean, rest) = (bin.sum / count, bin.sum % count);
        // The squares seen from the whole part of the mean, without rounding.
        let squares = bin.squares.saturating_sub(mean * (bin.sum + rest));
        let fraction = rest as f64 / count as f64;
        let variance = (squares as f64 / count as f64 - fraction * fraction).max(0.0);
        let spacing = spacing(lower, upper);
        let base = float(lower + mean as i64);
        let mut part = Part {
            count: bin.count,
            base,
            above: fraction * spacing,
            deviation: variance.sqrt() * spacing,
            below: base.next_down(),
            upper: base,
        };
        if squares > 0 {
            let cut_below = cut.checked_sub(1).and_then(|cut| self.cuts.get(cut)).copied();
            let largest = self.range.map_or(f64::MAX, |(_, largest)| largest);
            part.below = float(lower).max(cut_below.unwrap_or(f64::NEG_INFINITY));
            part.upper = float(upper - top).min(self.cuts.get(cut).copied().unwrap_or(f64::INFINITY)).min(largest);
        }
        part
    }

    /// Mean and standard deviation (ddof 0).
    pub(super) fn moments(&self) -> (f64, f64) {
        let n = self.count().max(1) as f64;
        let mean: f64 = self.parts().map(|part| part.count as f64 / n * (part.base + part.above)).sum();
        let squares = self.parts().map(|part| {
            let distance = (part.base - mean) + part.above;
            part.count as f64 / n * (distance * distance + part.deviation * part.deviation)
        });
        (mean, squares.sum::<f64>().sqrt())
    }
}

/// The number of a float: neighbours have neighbouring numbers, zero has 0.
fn number(value: f64) -> i64 {
    let size = value.abs().to_bits() as i64;
    if value.is_sign_negative() { -size } else { size }
}

/// The float of a number.
fn float(number: i64) -> f64 {
    let size = f64::from_bits(number.unsigned_abs());
    if number < 0 { -size } else { size }
}

/// The distance between neighbours above `lower` and up to `upper`, which are numbers of borders of one power of two.
fn spacing(lower: i64, upper: i64) -> f64 {
    let start = (lower.max(-upper) >> LAST_LEVEL) << LAST_LEVEL;
    float(start + 1) - float(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bins(values: &[f64]) -> Bins {
        let mut bins = Bins::new(&[0.5]);
        values.iter().for_each(|value| bins.push(*value));
        bins
    }

    #[test]
    fn up_to_the_limit_every_value_has_a_bin() {
        let values: Vec<f64> = (0..MOST).map(|i| 1e6 + i as f64 / 7.0).collect();
        let bins = bins(&values);
        assert!(bins.are_values());
        assert_eq!(values, bins.parts().map(|part| part.upper).collect::<Vec<f64>>());
    }

    #[test]
    fn beyond_the_limit_bins_are_bounded_and_fine() {
        let bins = bins(&(0..100_000).map(|i| 1e6 + f64::from(i) / 7.0).collect::<Vec<f64>>());
        assert!((MOST / 4..=MOST).contains(&bins.bins.len()), "{}", bins.bins.len());
        assert_eq!(100_000, bins.count());
        assert!(bins.parts().all(|part| part.count < 200));
    }

    #[test]
    fn the_whole_range_of_floats_stays_bounded() {
        let values: Vec<f64> = (0..200_000u64).map(|i| f64::from_bits(i.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        let values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).flat_map(|v| [v, -v]).collect();
        let mut all = bins(&values);
        [f64::MAX, f64::MIN, 5e-324, -5e-324, 0.0].iter().for_each(|value| all.push(*value));
        assert!(all.bins.len() <= MOST, "{}", all.bins.len());
        assert!(all.parts().all(|part| part.base.is_finite() && part.above >= 0.0 && part.deviation >= 0.0));
    }

    #[test]
    fn round_numbers_come_apart_from_their_crowd() {
        let values: Vec<f64> =
            (0..100_000).flat_map(|i| [f64::from(i) / (300.0 * std::f64::consts::PI), 100.0]).collect();
        let bins = bins(&values);
        let at_100: Vec<Part> = bins.parts().filter(|part| part.upper == 100.0).collect();
        assert_eq!(vec![(100_000, 100f64.next_down())], at_100.iter().map(|p| (p.count, p.below)).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn joined_bins_lose_nothing(values in prop::collection::vec(-50f64..50.0, 1..60), level in 0u32..=LAST_LEVEL) {
            let mut joined = bins(&values);
            (0..level).for_each(|_| joined.coarsen());
            // Counted at this level from the start.
            let mut direct = Bins { level, ..Bins::new(&[0.5]) };
            values.iter().for_each(|value| direct.push(*value));
            let parts: Vec<Part> = joined.parts().collect();
            prop_assert_eq!(&parts, &direct.parts().collect::<Vec<Part>>());
            prop_assert!(parts.windows(2).all(|pair| pair[0].upper <= pair[1].below));
            for part in parts {
                let inside: Vec<f64> =
                    values.iter().copied().filter(|value| part.below < *value && *value <= part.upper).collect();
                prop_assert_eq!(part.count, inside.len() as u64);
                let n = inside.len() as f64;
                let mean = inside.iter().sum::<f64>() / n;
                let deviation = (inside.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
                prop_assert!((part.base + part.above - mean).abs() <= 1e-12 * mean.abs());
                prop_assert!((part.deviation - deviation).abs() <= 1e-12 * mean.abs());
            }
        }
    }
}
