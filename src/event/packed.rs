//! A value in eight bytes: nearly all are numbers, and so they stay.

use super::Datum;

/// A number as it is; of anything else, a NaN that says what it is.
///
/// Missing values are [`f64::NAN`]. Of other ones a bit of the NaN is set, and below it is an index into a list of them.
#[derive(Clone, Copy, Debug)]
pub struct Packed(f64);

/// The bit of what is neither a number nor missing. A missing value does not have it.
const OTHER: u64 = 1 << 32;
const _: () = assert!(f64::NAN.to_bits() & OTHER == 0);

impl Packed {
    /// A missing value.
    pub const MISSING: Packed = Packed(f64::NAN);

    /// What a number or a NaN of a batch is.
    #[inline(always)]
    pub fn from_number(number: f64) -> Packed {
        Packed(number)
    }

    /// The number, or the NaN.
    #[inline(always)]
    pub fn as_number(self) -> f64 {
        self.0
    }

    /// Any value; it is added to `others` when it is neither a number nor missing.
    #[inline]
    pub(super) fn of(datum: Datum, others: &mut Vec<Datum>) -> Packed {
        match datum {
            Datum::Number(number) if !number.is_nan() => Packed(number),
            Datum::Number(_) | Datum::Missing => Packed::MISSING,
            datum => {
                let index = others.len() as u32;
                others.push(datum);
                Packed(f64::from_bits(f64::NAN.to_bits() | OTHER | u64::from(index)))
            }
        }
    }

    /// Its index among what is neither a number nor missing, when it is.
    #[inline(always)]
    pub fn other(self) -> Option<usize> {
        let bits = self.0.to_bits();
        (self.0.is_nan() && bits & OTHER != 0).then_some(bits as u32 as usize)
    }

    /// The value; `others` are those it was added to.
    #[inline]
    pub(super) fn datum(self, others: &[Datum]) -> Datum {
        match self.other() {
            Some(index) => others.get(index).copied().unwrap_or(Datum::Missing),
            None if self.0.is_nan() => Datum::Missing,
            None => Datum::Number(self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Batch, Text};
    use super::*;

    #[test]
    fn every_value_comes_back() {
        let values = [
            Datum::Number(-0.5),
            Datum::Missing,
            Datum::Category(Text { start: 3, length: 7 }),
            Datum::Number(f64::NEG_INFINITY),
            Datum::Invalid,
            Datum::Coerced(1e300),
            Datum::Category(Text { start: 3, length: 7 }),
        ];
        let mut batch = Batch::default();
        values.iter().for_each(|value| batch.push_datum(*value));
        batch.push_datum(Datum::Number(f64::from_bits(u64::MAX)));
        batch.push_numbers([2.0, f64::NAN].into_iter());
        let invalid = batch.pack(Datum::Invalid);
        batch.replace(0, invalid);
        let all = [&[Datum::Invalid], &values[1..], &[Datum::Missing, Datum::Number(2.0), Datum::Missing]].concat();
        assert_eq!(all, batch.data(&(0..batch.data_length())).collect::<Vec<_>>());
        let is_number = |datum: &Datum| matches!(datum, Datum::Number(_));
        let numbers: Vec<bool> = batch.all_data().iter().map(|number| !number.is_nan()).collect();
        assert_eq!(all.iter().map(is_number).collect::<Vec<_>>(), numbers);
    }
}
