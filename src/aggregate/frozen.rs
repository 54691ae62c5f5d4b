//! A closed pane in its compact form.
//!
//! Most panes are never changed again once they are closed, and most of their counts are zero or small. What is left out
//! is the zeros; what is kept takes as many bytes as it needs.
//!
//! First come the counts, then the sums, each in the order of their places, each but zeros, each with a byte before it.
//! The upper half of the byte says how many zeros are before it; 15 are 15 and as many more as the integer behind says.
//! The lower half of a count is the count itself, or 15, and the count is the integer behind. The lower half of a sum is
//! how many bytes it takes, at most eight, the lowest first; or 15, and the sum is the integer behind. In sums the sign is
//! the lowest bit. Integers have seven bits a byte, the lowest first, and all but the last byte have their highest bit
//! set. A zero byte ends the counts, and another one the sums.

use super::Tally;
use serde::{Deserialize, Serialize};

/// More than half a byte can say.
const MORE: u8 = 15;
/// Bytes of a word.
const WORD: usize = 8;

/// A closed pane. Its form is part of the state file.
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
        let mut writer = Writer { bytes: Vec::with_capacity(size * WORD + 2), buffer: [0; BUFFER] };
        let (mut at, mut next) = (0, 0);
        for (index, count) in counts {
            if count != 0 {
                at = writer.count(at, index - next, count);
                next = index + 1;
            }
        }
        at = writer.end(at);
        next = 0;
        for (index, sum) in sums {
            if sum != 0 {
                at = writer.sum(at, index - next, sum);
                next = index + 1;
            }
        }
        at = writer.end(at);
        writer.flush(at);
        // A copy of its size: what was left of the longer one would lie between panes that are kept for long.
        Frozen(writer.bytes.as_slice().into())
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
    pub(super) fn visit(&self, count: impl FnMut(usize, u64), mut sum: impl FnMut(usize, i128)) {
        let mut reader = self.visit_counts(count);
        let mut next = 0usize;
        while let Some((zeros, value)) = reader.sum() {
            let index = next.saturating_add(zeros);
            sum(index, value);
            next = index.saturating_add(1);
        }
    }

    /// Every count that is not zero with its place, in their order; then some of the sums: those at these places, which
    /// go up, by their number among them.
    #[inline(always)]
    pub(super) fn visit_some(
        &self,
        count: impl FnMut(usize, u64),
        places: impl Iterator<Item = usize>,
        mut sum: impl FnMut(usize, i128),
    ) {
        let mut reader = self.visit_counts(count);
        let mut next = 0usize;
        for (number, place) in places.enumerate() {
            next = reader.skip_sums(next, place);
            // The next one is there or behind.
            let before = Reader(reader.0);
            match reader.sum() {
                Some((zeros, value)) if next.saturating_add(zeros) == place => {
                    sum(number, value);
                    next = place.saturating_add(1);
                }
                Some(_) => reader = before,
                None => return,
            }
        }
    }

    #[inline(always)]
    fn visit_counts(&self, mut count: impl FnMut(usize, u64)) -> Reader<'_> {
        let mut reader = Reader(&self.0);
        let mut next = 0usize;
        while let Some((zeros, value)) = reader.count() {
            let index = next.saturating_add(zeros);
            count(index, value);
            next = index.saturating_add(1);
        }
        reader
    }
}

fn zigzag(value: i128) -> u128 {
    ((value << 1) ^ (value >> 127)) as u128
}

fn unzigzag(value: u128) -> i128 {
    (value >> 1) as i128 ^ -((value & 1) as i128)
}

/// Bytes that a word takes when zeros at its upper end are left out.
#[inline(always)]
fn bytes_of(word: u64) -> usize {
    WORD - word.leading_zeros() as usize / 8
}

/// Bytes written before they are added to the others.
const BUFFER: usize = 512;

/// Each of its functions is told how much of the buffer is written, and returns how much is then: a number that is part
/// of nothing else stays in a register.
struct Writer {
    bytes: Vec<u8>,
    buffer: [u8; BUFFER],
}

impl Writer {
    #[inline(always)]
    fn count(&mut self, at: usize, zeros: usize, count: u32) -> usize {
        if zeros < MORE.into() && count < MORE.into() {
            self.put(at, (zeros as u64 * 16) | u64::from(count), 1)
        } else {
            self.other_count(at, zeros, count)
        }
    }

    /// With many zeros before it, or large.
    #[inline(never)]
    fn other_count(&mut self, at: usize, zeros: usize, count: u32) -> usize {
        let low = count.min(MORE.into()) as u8;
        let at = self.head(at, zeros, low);
        if low == MORE { self.integer(at, count.into()) } else { at }
    }

    #[inline(always)]
    fn sum(&mut self, at: usize, zeros: usize, sum: i128) -> usize {
        // As it is of 128 bits, from half as many words.
        let short = sum as i64;
        let word = ((short << 1) ^ (short >> 63)) as u64;
        if i128::from(short) == sum && zeros < MORE.into() && word < 1 << 56 {
            let length = bytes_of(word);
            self.put(at, word << 8 | ((zeros * 16) | length) as u64, 1 + length)
        } else {
            self.other_sum(at, zeros, sum)
        }
    }

    /// With many zeros before it, or long.
    #[inline(never)]
    fn other_sum(&mut self, at: usize, zeros: usize, sum: i128) -> usize {
        match u64::try_from(zigzag(sum)) {
            Ok(word) => {
                let length = bytes_of(word);
                let at = self.head(at, zeros, length as u8);
                self.put(at, word, length)
            }
            Err(_) => {
                let at = self.head(at, zeros, MORE);
                self.integer(at, zigzag(sum))
            }
        }
    }

    fn head(&mut self, at: usize, zeros: usize, low: u8) -> usize {
        let high = zeros.min(MORE.into());
        let at = self.put(at, (high as u64 * 16) | u64::from(low), 1);
        if high == usize::from(MORE) { self.integer(at, (zeros - high) as u128) } else { at }
    }

    fn integer(&mut self, mut at: usize, mut value: u128) -> usize {
        while value >= 0x80 {
            at = self.put(at, value as u64 & 0x7F | 0x80, 1);
            value >>= 7;
        }
        self.put(at, value as u64, 1)
    }

    fn end(&mut self, at: usize) -> usize {
        self.put(at, 0, 1)
    }

    /// Writes the lowest bytes of a word.
    #[inline(always)]
    fn put(&mut self, mut at: usize, word: u64, length: usize) -> usize {
        if at > BUFFER - WORD {
            self.flush(at);
            at = 0;
        }
        if let Some(room) = self.buffer.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<WORD>) {
            *room = word.to_le_bytes();
        }
        at + length
    }

    #[cold]
    fn flush(&mut self, at: usize) {
        self.bytes.extend_from_slice(self.buffer.get(..at).unwrap_or_default());
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// The zeros before a count, and the count; `None` after the last one.
    #[inline(always)]
    fn count(&mut self) -> Option<(usize, u64)> {
        let (head, rest) = self.0.split_first()?;
        self.0 = rest;
        let (zeros, value) = (head >> 4, head & MORE);
        if zeros < MORE && value < MORE {
            return (value > 0).then_some((zeros.into(), value.into()));
        }
        let zeros = self.zeros(zeros)?;
        Some((zeros, if value == MORE { self.integer()? as u64 } else { value.into() })).filter(|(_, value)| *value > 0)
    }

    /// The same of a sum.
    #[inline(always)]
    fn sum(&mut self) -> Option<(usize, i128)> {
        let (head, rest) = self.0.split_first()?;
        let (zeros, length) = (head >> 4, usize::from(head & MORE));
        if let (Some(chunk), Some(behind)) = (rest.first_chunk::<WORD>(), rest.get(length..))
            && zeros < MORE
            && (1..=WORD).contains(&length)
        {
            self.0 = behind;
            let word = u64::from_le_bytes(*chunk) & (u64::MAX >> (8 * (WORD - length)));
            let value = (word >> 1) as i64 ^ -((word & 1) as i64);
            return Some((zeros.into(), value.into()));
        }
        self.0 = rest;
        self.other_sum(zeros, length)
    }

    /// Passes the sums before `place`; `next` is the place after the last one, and what is returned after those passed.
    #[inline(always)]
    fn skip_sums(&mut self, mut next: usize, place: usize) -> usize {
        while let Some((head, rest)) = self.0.split_first() {
            let (zeros, length) = (head >> 4, usize::from(head & MORE));
            if zeros < MORE && (1..=WORD).contains(&length) {
                let index = next.saturating_add(zeros.into());
                let Some(rest) = rest.get(length..).filter(|_| index < place) else { return next };
                self.0 = rest;
                next = index + 1;
                continue;
            }
            let mut after = Reader(self.0);
            let Some((zeros, _)) = after.sum() else { return next };
            let index = next.saturating_add(zeros);
            if index >= place {
                return next;
            }
            *self = after;
            next = index + 1;
        }
        next
    }

    /// With many zeros before it, long, or among the last.
    fn other_sum(&mut self, zeros: u8, length: usize) -> Option<(usize, i128)> {
        let zeros = self.zeros(zeros)?;
        let value = match length {
            1..=WORD => {
                let (bytes, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                bytes.iter().rev().fold(0, |value, byte| value << 8 | u128::from(*byte))
            }
            _ if length == usize::from(MORE) => self.integer()?,
            _ => return None,
        };
        Some((zeros, unzigzag(value)))
    }

    fn zeros(&mut self, zeros: u8) -> Option<usize> {
        let more = if zeros == MORE { self.integer()? } else { 0 };
        Some(usize::from(zeros).saturating_add(usize::try_from(more).ok()?))
    }

    fn integer(&mut self) -> Option<u128> {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Delta, Totals};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn freezing_loses_nothing(counts in prop::collection::vec(0usize..40, 0..200), sums in prop::collection::vec((0usize..9, any::<i64>()), 0..50)) {
            let mut tally = Tally::new(40, 9);
            let wide: Vec<(usize, i128)> = sums.iter().map(|(i, v)| (*i, i128::from(*v) << 40)).collect();
            tally.apply(&Delta::of(&counts, &wide));
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
        let damaged = Frozen([5, 0x8F].as_slice().into()).thaw(4, 4);
        assert_eq!(([5, 0, 0, 0], [0; 4]), (damaged.counts().try_into().unwrap(), damaged.sums().try_into().unwrap()));
    }

    proptest! {
        #[test]
        fn every_sum_and_every_count_survives_wherever_it_stands(
            counts in prop::collection::vec((0usize..400, any::<u32>(), 0u32..32), 0..20),
            sums in prop::collection::vec((0usize..400, any::<i128>(), 0u32..128), 0..20),
        ) {
            let (mut all_counts, mut all_sums) = (vec![0; 400], vec![0; 400]);
            counts.iter().for_each(|(place, value, bits)| all_counts[*place] = value >> bits);
            sums.iter().for_each(|(place, value, bits)| all_sums[*place] = value >> bits);
            let tally = Tally::of(all_counts.into(), all_sums.into());
            prop_assert_eq!(&tally, &tally.freeze().thaw(400, 400));
        }

        #[test]
        fn any_bytes_are_read_to_some_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            Frozen(bytes.into()).thaw(50, 50);
        }
    }

    #[test]
    fn the_form_is_as_it_is_described() {
        let (mut counts, mut sums) = (vec![0; 200], vec![0; 200]);
        for (place, count) in [(0, 14), (2, 15), (17, 1), (199, 300)] {
            counts[place] = count;
        }
        for (place, sum) in [(1, -1), (2, 256), (50, 1), (51, i128::from(i64::MIN)), (52, -(1 << 64))] {
            sums[place] = sum;
        }
        #[rustfmt::skip]
        let expected = [
            0x0E, 0x1F, 15, 0xE1, 0xFF, 166, 1, 0xAC, 0x02, 0,
            0x11, 1, 0x02, 0, 2, 0xF1, 32, 2, 0x08, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
            0x0F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x03, 0,
        ];
        let frozen = Tally::of(counts.into(), sums.into()).freeze();
        assert_eq!(expected.as_slice(), frozen.bytes());
    }
}
