//! Counts and sums of one pane, of a whole window, and of a closed pane in its compact form.

use super::Delta;
use serde::{Deserialize, Serialize};

/// The counts and sums of one pane that may still change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    counts: Box<[u32]>,
    sums: Box<[i128]>,
}

impl Tally {
    /// Counts, placed by a layout.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// Sums, placed by a layout.
    pub fn sums(&self) -> &[i128] {
        &self.sums
    }

    /// A tally of zeros.
    pub fn new(counts: usize, sums: usize) -> Tally {
        Tally { counts: vec![0; counts].into(), sums: vec![0; sums].into() }
    }

    /// Adds one event.
    pub fn apply(&mut self, delta: &Delta) {
        for index in delta.counts() {
            if let Some(count) = self.counts.get_mut(*index as usize) {
                *count += 1;
            }
        }
        delta.add_sums(&mut self.sums);
    }

    /// Some of the counts and some of the sums: the first and how many of each; `None` when there are not as many.
    pub(super) fn parts(
        &mut self,
        counts: usize,
        counts_length: usize,
        sums: usize,
        sums_length: usize,
    ) -> Option<(&mut [u32], &mut [i128])> {
        let counts = self.counts.get_mut(counts..counts + counts_length)?;
        Some((counts, self.sums.get_mut(sums..sums + sums_length)?))
    }

    /// Adds another tally of the same layout.
    pub fn add(&mut self, other: &Tally) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(a, b)| *a = a.wrapping_add(*b));
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a = a.wrapping_add(*b));
    }

    /// Back to zeros.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        self.sums.fill(0);
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|c| *c == 0) && self.sums.iter().all(|s| *s == 0)
    }

    /// The compact form.
    pub fn freeze(&self) -> Frozen {
        // Most counts that are not zero take two bytes with the zeros before them.
        let mut bytes = Vec::with_capacity(2 * self.counts.len());
        write_counts(&mut bytes, &self.counts);
        write_sums(&mut bytes, &self.sums);
        // A copy of its size: what was left of the longer one would lie between panes that are kept for long.
        Frozen(bytes.as_slice().into())
    }
}

/// A closed pane: the runs of zeros by their length, the rest as integers of as many bytes as they need. Its form is part
/// of the state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen(#[serde(with = "serde_bytes")] Box<[u8]>);

impl Frozen {
    /// Bytes held.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Back to a tally of this size.
    pub fn thaw(&self, counts: usize, sums: usize) -> Tally {
        let mut tally = Tally::new(counts, sums);
        self.visit(
            |index, count| {
                if let Some(place) = tally.counts.get_mut(index) {
                    *place = count as u32;
                }
            },
            |index, sum| {
                if let Some(place) = tally.sums.get_mut(index) {
                    *place = sum;
                }
            },
        );
        tally
    }

    fn visit(&self, mut count: impl FnMut(usize, u64), mut sum: impl FnMut(usize, i128)) {
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

fn write_integer(bytes: &mut Vec<u8>, mut value: u128) {
    while value > u128::from(u64::MAX) {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    // Nearly all are this short, and half as many words are half the work.
    let mut value = value as u64;
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Eight bytes of seven bits as one integer: first in quarters, then in halves. The highest bit of each does not matter.
fn joined(sevens: u64) -> u64 {
    let quarters = (sevens & 0x007F_007F_007F_007F) | (sevens & 0x7F00_7F00_7F00_7F00) >> 1;
    let halves = (quarters & 0x0000_3FFF_0000_3FFF) | (quarters & 0x3FFF_0000_3FFF_0000) >> 2;
    (halves & 0x0FFF_FFFF) | (halves & 0x0FFF_FFFF_0000_0000) >> 4
}

/// Pairs of (zeros before, value), ended by a pair whose value is zero.
fn write_counts(bytes: &mut Vec<u8>, counts: &[u32]) {
    let mut zeros = 0usize;
    for count in counts {
        if *count == 0 {
            zeros += 1;
            continue;
        }
        if zeros < 0x80 && *count < 0x80 {
            bytes.extend_from_slice(&[zeros as u8, *count as u8]);
        } else {
            write_integer(bytes, zeros as u128);
            write_integer(bytes, u128::from(*count));
        }
        zeros = 0;
    }
    bytes.extend_from_slice(&[0, 0]);
}

/// The same of sums.
fn write_sums(bytes: &mut Vec<u8>, sums: &[i128]) {
    let mut zeros = 0usize;
    for sum in sums {
        if *sum == 0 {
            zeros += 1;
            continue;
        }
        write_integer(bytes, zeros as u128);
        write_integer(bytes, zigzag(*sum));
        zeros = 0;
    }
    bytes.extend_from_slice(&[0, 0]);
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

/// The counts and sums of a whole window, or of a reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Counts, placed by a layout.
    pub counts: Vec<u64>,
    /// Sums, placed by a layout.
    #[serde(with = "as_text")]
    pub sums: Vec<i128>,
}

impl Totals {
    /// Totals of zeros.
    pub fn new(counts: usize, sums: usize) -> Totals {
        Totals { counts: vec![0; counts], sums: vec![0; sums] }
    }

    /// Whether there are no counts and no sums.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.sums.is_empty()
    }

    /// Adds one event.
    pub fn apply(&mut self, delta: &Delta) {
        for index in delta.counts() {
            if let Some(count) = self.counts.get_mut(*index as usize) {
                *count += 1;
            }
        }
        delta.add_sums(&mut self.sums);
    }

    /// Adds a pane.
    pub fn add(&mut self, tally: &Tally) {
        self.counts.iter_mut().zip(&tally.counts).for_each(|(a, b)| *a += u64::from(*b));
        self.sums.iter_mut().zip(&tally.sums).for_each(|(a, b)| *a = a.wrapping_add(*b));
    }

    /// Takes a pane away that was added before.
    pub fn subtract(&mut self, tally: &Tally) {
        self.counts.iter_mut().zip(&tally.counts).for_each(|(a, b)| *a = a.wrapping_sub(u64::from(*b)));
        self.sums.iter_mut().zip(&tally.sums).for_each(|(a, b)| *a = a.wrapping_sub(*b));
    }

    /// Takes a closed pane away that was added before.
    pub fn subtract_frozen(&mut self, frozen: &Frozen) {
        let (counts, sums) = (&mut self.counts, &mut self.sums);
        frozen.visit(
            |index, count| {
                if let Some(place) = counts.get_mut(index) {
                    *place = place.wrapping_sub(count);
                }
            },
            |index, sum| {
                if let Some(place) = sums.get_mut(index) {
                    *place = place.wrapping_sub(sum);
                }
            },
        );
    }
}

/// Sums as decimal text: JSON readers keep 53 bits of a number only.
mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(sums: &[i128], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(sums.iter().map(i128::to_string))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<i128>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        texts.iter().map(|text| text.parse().map_err(|_| D::Error::custom("a sum is not a whole number"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let mut tally = Tally::new(1_000, 400);
        for (place, count) in [(0, 127), (128, 128), (257, 70_000), (258, 1), (999, u32::MAX)] {
            tally.counts[place] = count;
        }
        for (place, sum) in [(0, -1), (130, i128::MAX), (399, i128::MIN)] {
            tally.sums[place] = sum;
        }
        assert_eq!(tally, tally.freeze().thaw(1_000, 400));
        let damaged = Frozen([0, 5, 0x80].as_slice().into()).thaw(4, 4);
        assert_eq!(
            ([5, 0, 0, 0], [0; 4]),
            (damaged.counts.as_ref().try_into().unwrap(), damaged.sums.as_ref().try_into().unwrap())
        );
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

    #[test]
    fn totals_survive_json_with_all_their_digits() {
        let mut totals = Totals::new(1, 2);
        totals.apply(&delta(&[0], &[(0, i128::MAX), (1, -(1 << 100))]));
        let read: Totals = serde_json::from_str(&serde_json::to_string(&totals).unwrap()).unwrap();
        assert_eq!(totals, read);
    }
}
