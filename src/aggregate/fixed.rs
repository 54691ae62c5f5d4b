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

/// The largest exponent of a scale, and minus the least.
const MOST_EXPONENT: u32 = 900;

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
        let most = f64::from(MOST_EXPONENT);
        let exponent = size.log2().ceil().clamp(-most, most) as i32;
        FixedPoint { center: if mean.is_finite() { mean } else { 0.0 }, exponent }
    }

    /// Whether [`FixedPoint::new`] may have made it: with other ones numbers overflow.
    pub fn is_sound(self) -> bool {
        self.center.is_finite() && self.exponent.unsigned_abs() <= MOST_EXPONENT
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

    /// The sums of the two moments of many values, as [`FixedPoint::moments`] has them; `None` when one is not near the
    /// center, 11 scales at most. For at most 2,048 values: their moments fit 62 bits together then.
    #[inline(always)]
    pub(super) fn near_moments(self, values: &[f64]) -> Option<[i64; 2]> {
        const UNITS: f64 = (1u64 << MOMENT_BITS) as f64 * AWAY;
        /// The bits that are the same in all sums of [`SHIFT`] and a square that is near. A larger square, or none, has
        /// another one among them.
        const SAME: u64 = u64::MAX << 51;
        let scale = power_of_two(-self.exponent);
        let (mut any, mut first, mut second) = (0, 0u64, 0u64);
        for x in values {
            let d = (x - self.center) * scale;
            // The shift is taken off once, behind the loop.
            let (one, two) = ((d * UNITS + SHIFT).to_bits(), (d * d * UNITS + SHIFT).to_bits());
            (first, second) = (first.wrapping_add(one), second.wrapping_add(two));
            any |= two;
        }
        let shifts = SHIFT.to_bits().wrapping_mul(values.len() as u64);
        let is_near = any & SAME == SHIFT.to_bits() || values.is_empty();
        is_near.then(|| [first, second].map(|sum| sum.wrapping_sub(shifts) as i64))
    }

    /// Whether all that is near the center is near enough to this, too, for [`FixedPoint::near_offset`].
    pub(super) fn is_within_reach(self, edge: f64) -> bool {
        /// In scales: so far, offsets fit 50 bits.
        const REACHED: f64 = (1u64 << 17) as f64;
        ((edge - self.center) * power_of_two(-self.exponent)).abs() < REACHED
    }

    /// The offset of a near value from an edge within reach, as [`FixedPoint::offset`] has it. Never negative.
    #[inline(always)]
    pub(super) fn near_offset(self, offset: f64) -> u64 {
        even(offset * (power_of_two(-self.exponent) * ((1u64 << OFFSET_BITS) as f64 * AWAY))) as u64
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
fn even(value: f64) -> i64 {
    ((value + SHIFT).to_bits() as i64).wrapping_sub(SHIFT.to_bits() as i64)
}

/// The sum of this and a value of less than 51 bits has no bits left for a fraction: its bits are those of the shift and
/// the integer nearest to the value, of two the even one, added up.
pub(super) const SHIFT: f64 = (3u64 << 51) as f64;

/// The nearest real number.
fn real(sum: i128) -> f64 {
    i64::try_from(sum).map_or_else(|_| sum as f64, |sum| sum as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sums_of_many_are_those_of_each(
            fixed in prop_oneof![Just(FixedPoint::UNIT), Just(FixedPoint::new(10.0, 3.0)), Just(FixedPoint::new(0.0, 1e200))],
            scales in prop::collection::vec(prop_oneof![
                9 => -11.0f64..11.0,
                // In the middle of two units, and about where what is near ends.
                9 => (-1i64 << 40..1 << 40).prop_map(|n| (n as f64 + 0.5) / (1u64 << MOMENT_BITS) as f64),
                1 => 11.3f64..11.4,
            ], 0..20),
            far in prop::option::weighted(0.2, prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(-11.4), Just(1e300)]),
        ) {
            let values: Vec<f64> = scales.into_iter().chain(far).map(|x| fixed.center + x * fixed.scale()).collect();
            let expected = values.iter().map(|x| fixed.moments(*x)).fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
            let is_near = |x: &f64| (x - fixed.center).abs() < fixed.scale() * 11.31;
            match fixed.near_moments(&values) {
                Some([first, second]) => prop_assert_eq!(expected, (first.into(), second.into())),
                None => prop_assert!(!values.iter().all(is_near)),
            }
            prop_assert!(far.is_none() || fixed.near_moments(&values).is_none());
            for offset in values.iter().map(|x| (x - fixed.center).abs()).filter(|x| *x < fixed.scale() * 1e5) {
                prop_assert_eq!(fixed.offset(offset), i128::from(fixed.near_offset(offset)));
            }
        }
    }

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
    fn what_is_made_is_sound() {
        for (mean, deviation) in [(0.0, 1.0), (1e300, 1e300), (-1e-300, 1e-300), (f64::NAN, f64::INFINITY)] {
            assert!(FixedPoint::new(mean, deviation).is_sound(), "{mean} {deviation}");
        }
        for (center, exponent) in [(f64::NAN, 0), (f64::INFINITY, 0), (0.0, 901), (0.0, -1_000), (0.0, i32::MIN)] {
            assert!(!FixedPoint { center, exponent }.is_sound(), "{center} {exponent}");
        }
    }

    #[test]
    fn infinities_are_bounded() {
        let fixed = FixedPoint::new(0.0, 1.0);
        assert_eq!(fixed.moments(f64::INFINITY), fixed.moments(1e300));
    }
}
