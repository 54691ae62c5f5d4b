//! Real numbers as integers of a power-of-two unit, so that sums are exact and can be taken back.
//!
//! A value `x` is kept as `round((x - center) / unit)`. The unit of first moments is `2^-44` of the scale, that of
//! offsets inside a cell `2^-32`; the scale is the power of two at or above the reference's standard deviation.
//! Rounding costs at most half a unit per observation, 3e-14 of the scale for moments. Observations further than
//! `2^36` scales from the center are kept as if they were that far.

use serde::{Deserialize, Serialize};

/// Binary digits below the scale kept of first and second moments.
const MOMENT_BITS: i32 = 44;
/// Binary digits below the scale kept of offsets inside a cell.
const OFFSET_BITS: i32 = 32;
/// The furthest a value may be from the center, in scales.
const REACH: f64 = (1u64 << 36) as f64;

/// Center and scale of a column's sums.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FixedPoint {
    /// What is subtracted before squaring: the reference mean.
    pub center: f64,
    /// The scale is `2^exponent`.
    pub exponent: i32,
}

impl FixedPoint {
    /// For probabilities and other values of about one: center 0, scale 1.
    pub const UNIT: FixedPoint = FixedPoint { center: 0.0, exponent: 0 };

    /// Center at `mean`, scale the power of two at or above `deviation`; a deviation of zero takes the size of the
    /// mean, and 1 when that is zero too.
    pub fn new(mean: f64, deviation: f64) -> FixedPoint {
        let size = [deviation, mean.abs(), 1.0].into_iter().find(|v| v.is_finite() && *v > 0.0).unwrap_or(1.0);
        let exponent = size.log2().ceil().clamp(-900.0, 900.0) as i32;
        FixedPoint { center: if mean.is_finite() { mean } else { 0.0 }, exponent }
    }

    /// The scale, `2^exponent`.
    pub fn scale(self) -> f64 {
        power_of_two(self.exponent)
    }

    /// `(x - center)` and its square, in units of the moments.
    pub fn moments(self, x: f64) -> (i128, i128) {
        let d = self.distance(x - self.center);
        let unit = (1u64 << MOMENT_BITS) as f64;
        (integer(d * unit), integer(d * d * unit))
    }

    /// The offset of a value inside its cell and its two moments, as [`FixedPoint::offset`] and [`FixedPoint::moments`]
    /// have them; `None` when one of them needs more than 64 bits.
    #[inline]
    pub fn number(self, offset: f64, x: f64) -> Option<[i64; 3]> {
        const FITS: f64 = (1u64 << 62) as f64;
        let scale = power_of_two(-self.exponent);
        let reach = |difference: f64| (difference * scale).clamp(-REACH, REACH);
        let (offset, d) = (reach(offset), reach(x - self.center));
        let units = [
            offset * (1u64 << OFFSET_BITS) as f64,
            d * (1u64 << MOMENT_BITS) as f64,
            d * d * (1u64 << MOMENT_BITS) as f64,
        ];
        let fit = units.iter().all(|value| value.abs() < FITS);
        fit.then(|| units.map(nearest))
    }

    /// [`FixedPoint::number`] of many values and their offsets: puts the offsets into `units` and returns the sums of the
    /// two moments. What is far from its cell or from the center is left out, and its unit is [`UNUSUAL`]; says whether
    /// there is nothing of the kind. For at most 4,096 values: their moments fit 63 bits together then.
    #[inline(always)]
    pub(super) fn near_units(self, values: &[f64], offsets: &[f64], units: &mut [i64]) -> (bool, [i64; 2]) {
        let scale = power_of_two(-self.exponent);
        let (mut all_near, mut first, mut second) = (-1, 0i64, 0i64);
        for ((x, offset), unit) in values.iter().zip(offsets).zip(&mut *units) {
            let (offset, d) = (offset * scale, (x - self.center) * scale);
            let [offset_unit, one, two] = near_unit(offset, d);
            *unit = offset_unit;
            (first, second) = (first.wrapping_add(one), second.wrapping_add(two));
            all_near &= nearness(offset) & nearness(d);
        }
        if all_near < 0 {
            return (true, [first, second]);
        }
        (first, second) = (0, 0);
        for ((x, offset), unit) in values.iter().zip(offsets).zip(units) {
            let (offset, d) = (offset * scale, (x - self.center) * scale);
            if nearness(offset) & nearness(d) < 0 {
                let [_, one, two] = near_unit(offset, d);
                (first, second) = (first.wrapping_add(one), second.wrapping_add(two));
            } else {
                *unit = UNUSUAL;
            }
        }
        (false, [first, second])
    }

    /// A difference (an error, a product of two distances over one scale) in units of the first moment.
    pub fn difference(self, value: f64) -> i128 {
        integer(self.distance(value) * (1u64 << MOMENT_BITS) as f64)
    }

    /// The square of a difference in units of the second moment.
    pub fn square(self, value: f64) -> i128 {
        let d = self.distance(value);
        integer(d * d * (1u64 << MOMENT_BITS) as f64)
    }

    /// The product of two differences in units of the second moment.
    pub fn product(self, a: f64, b: f64) -> i128 {
        integer(self.distance(a) * self.distance(b) * (1u64 << MOMENT_BITS) as f64)
    }

    /// A sum of first moments as a real number (without the center).
    pub fn first(self, sum: i128) -> f64 {
        real(sum) / (1u64 << MOMENT_BITS) as f64 * self.scale()
    }

    /// A sum of second moments as a real number.
    pub fn second(self, sum: i128) -> f64 {
        real(sum) / (1u64 << MOMENT_BITS) as f64 * self.scale() * self.scale()
    }

    /// An offset inside a cell, in units of offsets.
    pub fn offset(self, value: f64) -> i128 {
        integer(self.distance(value) * (1u64 << OFFSET_BITS) as f64)
    }

    /// A sum of offsets as a real number.
    pub fn offsets(self, sum: i128) -> f64 {
        real(sum) / (1u64 << OFFSET_BITS) as f64 * self.scale()
    }

    /// The offsets of `n` values with this mean, rounded once.
    pub fn offset_sum(self, n: u64, mean: f64) -> i128 {
        (self.distance(mean) * n as f64 * (1u64 << OFFSET_BITS) as f64).round() as i128
    }

    /// The moments of `n` values, given the distance of their mean from the center and their standard deviation
    /// (ddof 0), rounded once.
    pub fn moment_sums(self, n: u64, distance: f64, deviation: f64) -> (i128, i128) {
        let (d, deviation) = (self.distance(distance), self.distance(deviation));
        let units = n as f64 * (1u64 << MOMENT_BITS) as f64;
        ((d * units).round() as i128, ((d * d + deviation * deviation) * units).round() as i128)
    }

    /// The largest error of one offset: half a unit.
    pub fn offset_error(self) -> f64 {
        0.5 / (1u64 << OFFSET_BITS) as f64 * self.scale()
    }

    fn distance(self, difference: f64) -> f64 {
        // Times a power of two is as exact as divided by one.
        (difference * power_of_two(-self.exponent)).clamp(-REACH, REACH)
    }
}

/// `2^exponent`, exactly; exponents are at most 900 either way.
fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent.clamp(-1022, 1023) + 1023) as u64) << 52)
}

/// The nearest integer. Nearly all values fit 64 bits, which processors convert in one step.
fn integer(value: f64) -> i128 {
    const FITS: f64 = (1u64 << 62) as f64;
    if value.abs() < FITS { i128::from(nearest(value)) } else { value as i128 }
}

/// A unit of what is none of the usual values.
pub(super) const UNUSUAL: i64 = i64::MAX;

/// Negative for a distance that is near: nothing is cut off at the reach, and all units fit 51 bits. Without a branch, so
/// that it is done for several at a time.
#[inline(always)]
fn nearness(distance: f64) -> i64 {
    /// In scales.
    const NEAR: f64 = 8.0;
    // Of what is not negative, the bits are in the same order as the values, and those of NaN come last.
    distance.abs().to_bits() as i64 - NEAR.to_bits() as i64
}

/// The units of an offset and of the two moments of a distance, as [`nearest`] has them; of what is not near they mean
/// nothing.
#[inline(always)]
fn near_unit(offset: f64, d: f64) -> [i64; 3] {
    const OFFSETS: f64 = (1u64 << OFFSET_BITS) as f64 * AWAY;
    const MOMENTS: f64 = (1u64 << MOMENT_BITS) as f64 * AWAY;
    [even(offset * OFFSETS), even(d * MOMENTS), even(d * d * MOMENTS)]
}

/// The nearest integer to a value that fits 62 bits, of two the one further from zero. What is within two steps of a
/// `f64` below the middle of two integers counts as the middle.
#[inline(always)]
fn nearest(value: f64) -> i64 {
    const EXACT: f64 = (1u64 << 51) as f64;
    if value.abs() < EXACT { even(value * AWAY) } else { (value + 0.5f64.copysign(value)) as i64 }
}

/// Times this, what is in the middle of two integers is nearer to the one that is further from zero.
const AWAY: f64 = 1.0 + f64::EPSILON;

/// The nearest integer to a value of less than 51 bits, of two the even one: in fewer steps than a cast takes. Of what is
/// larger or not finite the result means nothing.
#[inline(always)]
pub(super) fn even(value: f64) -> i64 {
    // The sum has no bits left for a fraction, and its lowest bits are the integer.
    const SHIFT: f64 = (3u64 << 51) as f64;
    ((value + SHIFT).to_bits() as i64).wrapping_sub(SHIFT.to_bits() as i64)
}

/// The nearest real number.
fn real(sum: i128) -> f64 {
    i64::try_from(sum).map_or(sum as f64, |sum| sum as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_moments_keep_nine_digits_beside_a_large_outlier() {
        let fixed = FixedPoint::new(10.0, 3.0);
        let values = [9.0, 11.5, -999_999.0, 10.25];
        let (sum, squares) = values.iter().fold((0, 0), |(s, q), x| {
            let (a, b) = fixed.moments(*x);
            (s + a, q + b)
        });
        let exact: f64 = values.iter().map(|x| x - 10.0).sum();
        let exact_squares: f64 = values.iter().map(|x| (x - 10.0) * (x - 10.0)).sum();
        assert!((fixed.first(sum) / exact - 1.0).abs() < 1e-12);
        assert!((fixed.second(squares) / exact_squares - 1.0).abs() < 1e-12);
    }

    #[test]
    fn powers_of_two_are_exact_and_integers_nearest() {
        for exponent in [-900, -44, -1, 0, 1, 32, 900] {
            assert_eq!(2f64.powi(exponent), power_of_two(exponent));
        }
        for (value, nearest) in [(0.4, 0), (0.5, 1), (-0.5, -1), (-1.4, -1), (1e18, 1_000_000_000_000_000_000)] {
            assert_eq!(nearest, integer(value));
        }
        assert_eq!(1i128 << 100, integer(2f64.powi(100)));
        assert_eq!(-(2f64.powi(100)), real(-(1i128 << 100)));
    }

    #[test]
    fn three_sums_at_once_are_those_one_by_one() {
        for fixed in [FixedPoint::UNIT, FixedPoint::new(10.0, 3.0), FixedPoint::new(-1e6, 1e-3)] {
            for x in [0.0, -0.25, 10.0, 17.3, -999_999.0, 1e9, 2e12, 1e300, 5e-324] {
                for offset in [0.0, 0.1, 3.7, 1e8, 1e200] {
                    let (first, second) = fixed.moments(x);
                    let one_by_one = [fixed.offset(offset), first, second];
                    match fixed.number(offset, x) {
                        Some(number) => assert_eq!(one_by_one, number.map(i128::from), "{x} {offset}"),
                        None => assert!(one_by_one.iter().any(|sum| sum.abs() >= 1 << 62), "{x} {offset}"),
                    }
                }
            }
        }
    }

    #[test]
    fn infinities_are_bounded() {
        let fixed = FixedPoint::new(0.0, 1.0);
        assert_eq!(fixed.moments(f64::INFINITY), fixed.moments(1e300));
    }
}
