//! Sums of a regression's predictions and actuals.

use super::intervals::{IntervalSums, Intervals};
use super::{Delta, FixedPoint, Layout, Totals};

/// Actuals smaller than this have no relative error: scikit-learn divides by f64 epsilon instead.
pub const SMALLEST_ACTUAL: f64 = f64::EPSILON;

/// The place of a regression's sums.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Residuals {
    /// Center (the mean actual of the reference) and scale of the sums; errors are kept on a scale `2^-8` of it.
    pub fixed: FixedPoint,
    /// The place of the intervals' sums.
    pub intervals: Intervals,
    counts: usize,
    sums: usize,
}

const COUNTS: usize = 2;
const SUMS: usize = 11;
/// Binary digits by which the scale of the errors is finer than that of the actuals: the squares of a good model's
/// errors keep their digits.
const ERROR_BITS: i32 = 8;

impl Residuals {
    /// Reserves the place.
    pub fn new(layout: &mut Layout, fixed: FixedPoint) -> Residuals {
        let (counts, sums) = layout.reserve(COUNTS, SUMS);
        Residuals { fixed, intervals: Intervals::new(layout, error_scale(fixed)), counts, sums }
    }

    /// The scale of the sums of errors.
    pub fn errors(&self) -> FixedPoint {
        error_scale(self.fixed)
    }

    /// Adds one pair of finite numbers; others are left out.
    pub fn observe(&self, actual: f64, predicted: f64, delta: &mut Delta) {
        if !actual.is_finite() || !predicted.is_finite() {
            return;
        }
        let (fixed, errors) = (self.fixed, self.errors());
        let error = predicted - actual;
        let (y, z) = (actual - fixed.center, predicted - fixed.center);
        delta.count(self.counts);
        let mut values = [
            errors.difference(error),
            errors.square(error),
            errors.difference(error.abs()),
            fixed.difference(y),
            fixed.square(y),
            fixed.difference(z),
            fixed.square(z),
            fixed.product(y, z),
            0,
            0,
            fixed.difference(actual.abs()),
        ];
        if actual.abs() >= SMALLEST_ACTUAL {
            delta.count(self.counts + 1);
            values[8] = FixedPoint::UNIT.difference(error.abs() / actual.abs());
        }
        if actual.abs() + predicted.abs() > 0.0 {
            values[9] = FixedPoint::UNIT.difference(2.0 * error.abs() / (actual.abs() + predicted.abs()));
        }
        for (place, value) in values.into_iter().enumerate() {
            delta.sum(self.sums + place, value);
        }
    }

    /// The sums in `totals`; `None` when they are of another layout.
    pub fn read(&self, totals: &Totals) -> Option<ResidualSums> {
        let counts = totals.counts.get(self.counts..self.counts + COUNTS)?;
        let sums = totals.sums.get(self.sums..self.sums + SUMS)?;
        let (fixed, errors) = (self.fixed, self.errors());
        Some(ResidualSums {
            scale: fixed.scale(),
            n: counts[0],
            n_relative: counts[1],
            error: errors.first(sums[0]),
            squared_error: errors.second(sums[1]),
            absolute_error: errors.first(sums[2]),
            actual: fixed.first(sums[3]),
            actual_squared: fixed.second(sums[4]),
            predicted: fixed.first(sums[5]),
            predicted_squared: fixed.second(sums[6]),
            product: fixed.second(sums[7]),
            relative_error: FixedPoint::UNIT.first(sums[8]),
            symmetric_error: FixedPoint::UNIT.first(sums[9]),
            absolute_actual: fixed.first(sums[10]),
            intervals: self.intervals.read(totals)?,
        })
    }
}

fn error_scale(fixed: FixedPoint) -> FixedPoint {
    FixedPoint { center: 0.0, exponent: fixed.exponent - ERROR_BITS }
}

/// Sums of a regression over a window. An error is prediction minus actual; "centered" is less the center.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ResidualSums {
    /// Pairs.
    pub n: u64,
    /// Pairs with an actual other than zero.
    pub n_relative: u64,
    /// Sum of the errors.
    pub error: f64,
    /// Sum of their squares.
    pub squared_error: f64,
    /// Sum of their sizes.
    pub absolute_error: f64,
    /// Sum of the centered actuals.
    pub actual: f64,
    /// Sum of their squares.
    pub actual_squared: f64,
    /// Sum of the centered predictions.
    pub predicted: f64,
    /// Sum of their squares.
    pub predicted_squared: f64,
    /// Sum of centered actual times centered prediction.
    pub product: f64,
    /// Sum of |error| / |actual| over `n_relative`.
    pub relative_error: f64,
    /// Sum of 2 |error| / (|actual| + |prediction|), 0/0 as 0.
    pub symmetric_error: f64,
    /// Sum of |actual|.
    pub absolute_actual: f64,
    /// The scale of the centered sums: each value was rounded to `2^-44` of it.
    pub scale: f64,
    /// Sums of the intervals.
    pub intervals: IntervalSums,
}

impl ResidualSums {
    /// The variance (dividing by `n`) of centered values by their mean and mean square. `None` when rounding explains
    /// it, as for equal values.
    pub fn variance(&self, mean: f64, mean_square: f64) -> Option<f64> {
        let unit = self.scale * 2f64.powi(-44);
        let rounding = unit * (self.scale + 2.0 * mean.abs()) + 4.0 * f64::EPSILON * mean_square;
        Some(mean_square - mean * mean).filter(|variance| *variance > rounding)
    }
}
