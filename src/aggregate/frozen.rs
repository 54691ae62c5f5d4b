//! A closed pane in its compact form.
//!
//! Most panes are never changed again once they are closed, and most of their counts are zero or small. What is left out
//! is the zeros; what is kept takes as many bytes as it needs.

use super::Tally;
use serde::{Deserialize, Serialize};

/// A closed pane: the runs of zeros by their length, the rest as integers of as many bytes as they need. Its form is part
/// of the state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen(#[serde(with = "serde_bytes")] Box<[u8]>);

impl Frozen {
    /// Counts and sums by their places, which go up; zeros may be among them or left out. `size` is about how many there
    /// are.
    pub(super) fn new(
        size: usize,
        counts: impl Iterator<Item = (usize, u32)>,
        sums: impl Iterator<Item = (usize, i128)>,
    ) -> Frozen {
        // Most counts that are not zero take two bytes with the zeros before them, their sums six or seven.
        let mut bytes = Vec::with_capacity(8 * size + 16);
        let mut next = 0;
        for (index, count) in counts {
            if count == 0 {
                continue;
            }
            let zeros = index - next;
            if zeros < 0x80 && count < 0x80 {
                bytes.extend_from_slice(&[zeros as u8, count as u8]);
            } else {
                write_integer(&mut bytes, zeros as u128);
                write_integer(&mut bytes, u128::from(count));
            }
            next = index + 1;
        }
        bytes.extend_from_slice(&[0, 0]);
        next = 0;
        for (index, sum) in sums {
            if sum == 0 {
                continue;
            }
            let zeros = index - next;
            match zeros {
                0..0x80 => bytes.push(zeros as u8),
                _ => write_integer(&mut bytes, zeros as u128),
            }
            match i64::try_from(sum) {
                // The same integer, from half as many words.
                Ok(sum) => write_word(&mut bytes, ((sum << 1) ^ (sum >> 63)) as u64),
                Err(_) => write_integer(&mut bytes, zigzag(sum)),
            }
            next = index + 1;
        }
        bytes.extend_from_slice(&[0, 0]);
        // A copy of its size: what was left of the longer one would lie between panes that are kept for long.
        Frozen(bytes.as_slice().into())
    }
    /// Bytes held.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Back to a tally of this size.
    pub fn thaw(&self, counts: usize, sums: usize) -> Tally {
        let (mut all_counts, mut all_sums) = (vec![0; counts], vec![0; sums]);
        self.visit(
            |index, count| {
                if let Some(place) = all_counts.get_mut(index) {
                    *place = count as u32;
                }
            },
            |index, sum| {
                if let Some(place) = all_sums.get_mut(index) {
                    *place = sum;
                }
            },
        );
        Tally::of(all_counts.into(), all_sums.into())
    }

    /// Every count and every sum that is not zero with its place, in their order.
    #[inline(always)]
    pub(super) fn visit(&self, mut count: impl FnMut(usize, u64), mut sum: impl FnMut(usize, i128)) {
        let mut reader = Reader(&self.0);
        let mut index = 0usize;
        while let Some((zeros, value)) = reader.count() {
            index = index.saturating_add(zeros as usize);
            count(index, value);
            index = index.saturating_add(1);
        }
        index = 0;
        while let (Some(zeros), Some(value @ 1..)) = (reader.integer(), reader.integer()) {
            index = index.saturating_add(zeros as usize);
            sum(index, unzigzag(value));
            index = index.saturating_add(1);
        }
    }
}

fn zigzag(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)) as u128
}

fn unzigzag(value: u128) -> i128 {
    (value >> 1) as i128 ^ -((value & 1) as i128)
}

/// Seven bits a byte, the lowest first; all but the last byte have their highest bit set.
fn write_integer(bytes: &mut Vec<u8>, mut value: u128) {
    while value > u128::from(u64::MAX) {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    write_word(bytes, value as u64);
}

/// The same of an integer of one word: nearly all are.
#[inline(always)]
fn write_word(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 1 << 56 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    let sevens = spread(value);
    // Bytes behind the first.
    let more = 7 - (sevens | 1).leading_zeros() / 8;
    let written = bytes.len() + more as usize + 1;
    bytes.extend_from_slice(&(sevens | (0x0080_8080_8080_8080 & ((1 << (8 * more)) - 1))).to_le_bytes());
    bytes.truncate(written);
}

/// An integer of 56 bits as eight bytes of seven, first in halves, then in quarters.
#[inline(always)]
fn spread(value: u64) -> u64 {
    let halves = (value & 0x0FFF_FFFF) | (value & 0x00FF_FFFF_F000_0000) << 4;
    let quarters = (halves & 0x0000_3FFF_0000_3FFF) | (halves & 0x0FFF_C000_0FFF_C000) << 2;
    (quarters & 0x007F_007F_007F_007F) | (quarters & 0x3F80_3F80_3F80_3F80) << 1
}

/// Eight bytes of seven bits as one integer: first in quarters, then in halves. The highest bit of each does not matter.
fn joined(sevens: u64) -> u64 {
    let quarters = (sevens & 0x007F_007F_007F_007F) | (sevens & 0x7F00_7F00_7F00_7F00) >> 1;
    let halves = (quarters & 0x0000_3FFF_0000_3FFF) | (quarters & 0x3FFF_0000_3FFF_0000) >> 2;
    (halves & 0x0FFF_FFFF) | (halves & 0x0FFF_FFFF_0000_0000) >> 4
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn integer(&mut self) -> Option<u128> {
        // Most are of one byte, and nearly all of at most eight.
        if let [byte @ 0..=0x7f, rest @ ..] = self.0 {
            self.0 = rest;
            return Some(u128::from(*byte));
        }
        if let Some(chunk) = self.0.first_chunk::<8>() {
            let word = u64::from_le_bytes(*chunk);
            let ends = !word & 0x8080_8080_8080_8080;
            if ends != 0 {
                let length = ends.trailing_zeros() / 8 + 1;
                self.0 = self.0.get(length as usize..)?;
                return Some(u128::from(joined(word & (u64::MAX >> (64 - 8 * length)))));
            }
        }
        let mut value = 0u128;
        for shift in (0..).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u128::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// The zeros before a count, and the count; `None` after the last one.
    #[inline]
    fn count(&mut self) -> Option<(u64, u64)> {
        if let [zeros @ 0..=0x7f, value @ 1..=0x7f, rest @ ..] = self.0 {
            self.0 = rest;
            return Some((u64::from(*zeros), u64::from(*value)));
        }
        let (zeros, value) = (self.integer()?, self.integer()?);
        (value > 0).then_some((zeros as u64, value as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Delta, Totals};
    use proptest::prelude::*;

    fn delta(counts: &[usize], sums: &[(usize, i128)]) -> Delta {
        let mut delta = Delta::default();
        counts.iter().for_each(|i| delta.count(*i));
        sums.iter().for_each(|(i, v)| delta.sum(*i, *v));
        delta
    }

    proptest! {
        #[test]
        fn freezing_loses_nothing(counts in prop::collection::vec(0usize..40, 0..200), sums in prop::collection::vec((0usize..9, any::<i64>()), 0..50)) {
            let mut tally = Tally::new(40, 9);
            let wide: Vec<(usize, i128)> = sums.iter().map(|(i, v)| (*i, i128::from(*v) << 40)).collect();
            tally.apply(&delta(&counts, &wide));
            prop_assert_eq!(&tally, &tally.freeze().thaw(40, 9));
            let mut totals = Totals::new(40, 9);
            totals.add(&tally);
            totals.subtract_frozen(&tally.freeze());
            prop_assert_eq!(Totals::new(40, 9), totals);
        }
    }

    #[test]
    fn long_runs_of_zeros_and_large_counts_survive() {
        let (mut counts, mut sums) = (vec![0; 1_000], vec![0; 400]);
        for (place, count) in [(0, 127), (128, 128), (257, 70_000), (258, 1), (999, u32::MAX)] {
            counts[place] = count;
        }
        for (place, sum) in
            [(0, -1), (130, i128::MAX), (131, i64::MAX.into()), (300, i64::MIN.into()), (399, i128::MIN)]
        {
            sums[place] = sum;
        }
        let tally = Tally::of(counts.into(), sums.into());
        assert_eq!(tally, tally.freeze().thaw(1_000, 400));
        let damaged = Frozen([0, 5, 0x80].as_slice().into()).thaw(4, 4);
        assert_eq!(([5, 0, 0, 0], [0; 4]), (damaged.counts().try_into().unwrap(), damaged.sums().try_into().unwrap()));
    }

    proptest! {
        #[test]
        fn integers_are_written_as_they_always_were(value in any::<u128>(), bits in 0u32..128) {
            let value = value >> bits;
            let (mut expected, mut rest) = (Vec::new(), value);
            while rest >= 0x80 {
                expected.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            expected.push(rest as u8);
            let mut bytes = vec![7];
            write_integer(&mut bytes, value);
            prop_assert_eq!(expected.as_slice(), &bytes[1..]);
            prop_assert_eq!(Some(value), Reader(&bytes[1..]).integer());
            // With others behind it.
            bytes.extend([0xFF; 8]);
            prop_assert_eq!(Some(value), Reader(&bytes[1..]).integer());
        }
    }
}
