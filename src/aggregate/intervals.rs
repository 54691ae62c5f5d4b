//! Sums of a regression's prediction intervals against the actuals.

use super::{Delta, FixedPoint, Layout, Totals};

/// The level of intervals when nothing is said.
pub const LEVEL: f64 = 0.9;

/// The place of the sums of intervals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Intervals {
    fixed: FixedPoint,
    counts: usize,
    sums: usize,
}

const COUNTS: usize = 2;
const SUMS: usize = 5;

impl Intervals {
    /// Reserves the place; `fixed` is the scale of errors.
    pub fn new(layout: &mut Layout, fixed: FixedPoint) -> Intervals {
        let (counts, sums) = layout.reserve(COUNTS, SUMS);
        Intervals { fixed, counts, sums }
    }

    /// Adds the interval of one pair, when all three numbers are finite. An interval whose ends are crossed covers
    /// nothing and is zero wide.
    pub fn observe(&self, actual: f64, lower: f64, upper: f64, delta: &mut Delta) {
        if !(actual.is_finite() && lower.is_finite() && upper.is_finite()) {
            return;
        }
        delta.count(self.counts);
        if lower <= actual && actual <= upper {
            delta.count(self.counts + 1);
        }
        let above = |difference: f64| self.fixed.difference(difference.max(0.0));
        let values = [
            above(upper - lower),
            above(actual - lower),
            above(lower - actual),
            above(actual - upper),
            above(upper - actual),
        ];
        for (place, value) in values.into_iter().enumerate() {
            delta.sum(self.sums + place, value);
        }
    }

    /// The sums in `totals`; `None` when they are of another layout.
    pub fn read(&self, totals: &Totals) -> Option<IntervalSums> {
        let counts = totals.counts.get(self.counts..self.counts + COUNTS)?;
        let sums = totals.sums.get(self.sums..self.sums + SUMS)?;
        let sum = |place: usize| self.fixed.first(sums[place]);
        Some(IntervalSums {
            n: counts[0],
            covered: counts[1],
            width: sum(0),
            above_lower: sum(1),
            below_lower: sum(2),
            above_upper: sum(3),
            below_upper: sum(4),
            level: LEVEL,
        })
    }
}

/// Sums of the intervals of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalSums {
    /// Pairs with an interval.
    pub n: u64,
    /// Pairs whose actual is in the interval, its ends included.
    pub covered: u64,
    /// Sum of the widths.
    pub width: f64,
    /// Sum of actual minus lower end over the actuals above it.
    pub above_lower: f64,
    /// Sum of lower end minus actual over the actuals below it.
    pub below_lower: f64,
    /// Sum of actual minus upper end over the actuals above it.
    pub above_upper: f64,
    /// Sum of upper end minus actual over the actuals below it.
    pub below_upper: f64,
    /// The share of actuals that the intervals are made to cover: the ends are the quantiles `(1 - level) / 2` and
    /// `(1 + level) / 2`.
    pub level: f64,
}

impl Default for IntervalSums {
    fn default() -> IntervalSums {
        IntervalSums {
            n: 0,
            covered: 0,
            width: 0.0,
            above_lower: 0.0,
            below_lower: 0.0,
            above_upper: 0.0,
            below_upper: 0.0,
            level: LEVEL,
        }
    }
}
