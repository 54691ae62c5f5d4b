//! A closed pane in its compact form.
//!
//! Most panes are never changed again once they are closed, and most of their counts are zero or small. Places are taken
//! by blocks. Blocks of zeros are left out, and all values of a block are as wide as the widest of it, so that nearly
//! nothing has to be decided for a single value.
//!
//! First comes an integer, how many bytes the heads of the blocks have; then the heads, and then the values of all blocks.
//! There are the counts in blocks of 16 and then the sums in blocks of 8, each in the order of their places. A head begins
//! with a byte. Its upper half says how many blocks are left out before this one; 15 are 15 and as many more as the
//! integer behind says. Its lower half is the width. A zero byte instead of a head ends the counts, and another one the
//! sums.
//!
//! A width of 1 to 8 is the bits of a count or the bytes of a sum. A width of 10, 11 or 12 is 2, 3 or 4 bytes a count, and
//! one of 9 is 16 bytes a sum. Counts in bits are all there: two times eight of them, in as many bytes as a count has bits,
//! first those at even places and then those at odd ones, from the lowest bits on. Of values in bytes the zeros are left
//! out: a mask at the end of the head, of 2 bytes for counts and of 1 for sums, has a bit for each value, the lowest for
//! the first one, that says whether it is there. The lowest byte comes first; sums are in two's complement.
//!
//! Integers have seven bits a byte, the lowest first, and all but the last byte have their highest bit set.

use super::Tally;
use serde::{Deserialize, Serialize};

/// Counts of a block.
pub(super) const COUNTS: usize = 16;
/// Sums of a block.
pub(super) const SUMS: usize = 8;
/// Bytes of a word.
const WORD: usize = 8;
/// More than half a byte can say.
const MORE: usize = 15;
/// The most bits of a count; the width of one in bytes is so much more.
const BITS: usize = 8;
/// The width of sums that are longer than a word.
const LONG: usize = WORD + 1;
/// The bytes of one.
const LONG_BYTES: usize = 16;

/// A closed pane. Its form is part of the state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen(#[serde(with = "serde_bytes")] Box<[u8]>);

impl Frozen {
    /// Bytes held.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Back to a tally of this size.
    pub fn thaw(&self, counts: usize, sums: usize) -> Tally {
        let (mut all_counts, mut all_sums) = (vec![0; counts], vec![0; sums]);
        self.visit(&mut all_counts, |place, count| *place = count, &mut all_sums, |place, sum| *place = sum);
        Tally::of(all_counts.into(), all_sums.into())
    }

    /// Takes every count to its place and every sum to its own, but for some zeros. What has no place is left out.
    #[inline(always)]
    pub(super) fn visit<C, S>(
        &self,
        all_counts: &mut [C],
        count: impl Fn(&mut C, u32),
        all_sums: &mut [S],
        sum: impl Fn(&mut S, i128),
    ) {
        let mut reader = self.visit_counts(all_counts, count);
        while let Some((block, width)) = reader.head() {
            let Some(mask) = reader.mask() else { return };
            let places = block_of::<_, SUMS>(all_sums, block);
            let taken = match (width, places.first_chunk_mut()) {
                (..LONG, Some(places)) => reader.sums_to(mask, width, places, |place, value| sum(place, value.into())),
                (..LONG, None) => reader.sums(mask, width).map(|values| each(places, values.map(i128::from), &sum)),
                _ => reader.long_sums(mask, width).map(|values| each(places, values, &sum)),
            };
            let Some(()) = taken else { return };
        }
    }

    /// The same of every count and some of the sums: those at these places, which go up, by their number among them.
    #[inline(always)]
    pub(super) fn visit_some<C>(
        &self,
        all_counts: &mut [C],
        count: impl Fn(&mut C, u32),
        places: impl Iterator<Item = usize>,
        mut sum: impl FnMut(usize, i128),
    ) {
        let mut reader = self.visit_counts(all_counts, count);
        let mut places = places.enumerate().peekable();
        while let Some((block, width)) = reader.head() {
            let Some(mask) = reader.mask() else { return };
            while places.next_if(|(_, place)| place / SUMS < block).is_some() {}
            let Some((_, wanted)) = places.peek() else { return };
            if wanted / SUMS > block {
                let bytes = if width == LONG { LONG_BYTES } else { width };
                let Some(()) = reader.pass(mask.count_ones() as usize * bytes) else { return };
                continue;
            }
            let values = match width {
                ..LONG => reader.sums(mask, width).map(|values| values.map(i128::from)),
                _ => reader.long_sums(mask, width),
            };
            let Some(values) = values else { return };
            while let Some((number, place)) = places.next_if(|(_, place)| place / SUMS == block) {
                sum(number, values[place % SUMS]);
            }
        }
    }

    #[inline(always)]
    fn visit_counts<C>(&self, all: &mut [C], count: impl Fn(&mut C, u32)) -> Reader<'_> {
        let mut reader = Reader::new(&self.0);
        while let Some((block, width)) = reader.head() {
            let places = block_of::<_, COUNTS>(all, block);
            let taken = match (width, places.first_chunk_mut()) {
                (..=BITS, Some(places)) => reader.counts_to(width, places, &count),
                (..=BITS, None) => reader.counts(width).map(|values| each(places, values, &count)),
                _ => reader.large_counts(width).map(|values| each(places, values, &count)),
            };
            let Some(()) = taken else { return Reader::new(&[]) };
        }
        reader.next = 0;
        reader
    }
}

/// The places from the first one of a block on.
#[inline(always)]
fn block_of<T, const N: usize>(all: &mut [T], block: usize) -> &mut [T] {
    block.checked_mul(N).and_then(|first| all.get_mut(first..)).unwrap_or_default()
}

/// Takes each value of a block to its place; there is none for some.
fn each<T, V>(places: &mut [T], values: impl IntoIterator<Item = V>, take: impl Fn(&mut T, V)) {
    places.iter_mut().zip(values).for_each(|(place, value)| take(place, value));
}

/// A place for the values of a block, and a word behind each of them.
type Room = [u8; (SUMS + 1) * WORD];

/// Writes a word; what is behind its value is written over by the next one.
#[inline(always)]
fn put(room: &mut Room, at: usize, word: u64) {
    if let Some(room) = room.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *room = word.to_le_bytes();
    }
}

/// The word there; behind the end are zeros.
#[inline(always)]
fn word(values: &[u8], at: usize) -> u64 {
    let rest = values.get(at..).unwrap_or_default();
    match rest.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Values written before they are added to the others.
const BUFFER: usize = 1024;

/// Writes blocks: first those of counts, in their order, then [`Writer::end`], and the same of sums.
pub(super) struct Writer {
    heads: Vec<u8>,
    values: Vec<u8>,
    buffer: [u8; BUFFER],
    /// Bytes of the buffer that are written.
    at: usize,
    /// The block after the last one.
    next: usize,
}

impl Writer {
    /// Of a pane of about so many values.
    pub(super) fn new(size: usize) -> Writer {
        let (heads, values) = (Vec::with_capacity(size / 2), Vec::with_capacity(size * WORD));
        Writer { heads, values, buffer: [0; BUFFER], at: 0, next: 0 }
    }

    /// A block of counts.
    #[inline(always)]
    pub(super) fn counts(&mut self, block: usize, counts: &[u32; COUNTS]) {
        let all = counts.iter().fold(0, |all, count| all | count);
        if all == 0 {
            return;
        }
        let bits = (u32::BITS - all.leading_zeros()) as usize;
        if bits > BITS {
            return self.large_counts(block, counts, bits.div_ceil(8));
        }
        self.head(block, bits);
        let Some(room) = self.room() else { return };
        for (number, eight) in counts.as_chunks::<8>().0.iter().enumerate() {
            // Two at a time: those at odd places are in the upper half of the word until all are put together.
            let pairs = eight.as_chunks::<2>().0.iter().enumerate();
            let word = pairs.fold(0, |word, (place, [even, odd])| {
                word | (u64::from(*even) | u64::from(*odd) << 32) << (place * bits)
            });
            put(room, number * bits, word & u64::from(u32::MAX) | word >> 32 << (4 * bits));
        }
        self.at += 2 * bits;
    }

    #[inline(never)]
    fn large_counts(&mut self, block: usize, counts: &[u32; COUNTS], bytes: usize) {
        self.head(block, BITS + bytes);
        let mask = counts.iter().rev().fold(0, |mask, count| mask << 1 | u16::from(*count != 0));
        self.heads.extend_from_slice(&mask.to_le_bytes());
        for count in counts.iter().filter(|count| **count != 0) {
            self.word(u64::from(*count), bytes);
        }
    }

    /// A block of sums.
    #[inline(always)]
    pub(super) fn sums(&mut self, block: usize, sums: &[i128; SUMS]) {
        let all = sums.iter().fold(0, |all, sum| all | sum);
        if all == 0 {
            return;
        }
        let bits = match u64::try_from(all) {
            Ok(bits) if bits >> 63 == 0 => bits,
            // One is negative or longer than a word.
            _ => match differing(sums) {
                Some(bits) => bits,
                None => return self.long_sums(block, sums),
            },
        };
        let width = 1 + (u64::BITS - bits.leading_zeros()) as usize / 8;
        let Some(room) = self.room() else { return };
        let (mut at, mut mask) = (0, 0);
        for (place, sum) in sums.iter().enumerate() {
            let word = *sum as u64;
            let is_there = u8::from(word != 0);
            // What is zero is written over by the next one that is not.
            put(room, at % (SUMS * WORD), word);
            mask |= is_there << place;
            at += width & usize::from(is_there).wrapping_neg();
        }
        self.at += at;
        self.head(block, width);
        self.heads.push(mask);
    }

    #[inline(never)]
    fn long_sums(&mut self, block: usize, sums: &[i128; SUMS]) {
        self.head(block, LONG);
        let mask = sums.iter().rev().fold(0, |mask, sum| mask << 1 | u8::from(*sum != 0));
        self.heads.push(mask);
        for sum in sums.iter().filter(|sum| **sum != 0) {
            for word in [*sum as u64, (*sum >> 64) as u64] {
                self.word(word, WORD);
            }
        }
    }

    /// There are no more blocks of counts, or of sums.
    pub(super) fn end(&mut self) {
        self.heads.push(0);
        self.next = 0;
    }

    /// What was written, both ends included.
    pub(super) fn finish(mut self) -> Frozen {
        self.flush();
        // Of its size: what was left of a longer one would lie between panes that are kept for long.
        let mut bytes = Vec::with_capacity(self.heads.len() + self.values.len() + WORD);
        integer(self.heads.len(), &mut bytes);
        bytes.extend_from_slice(&self.heads);
        bytes.extend_from_slice(&self.values);
        Frozen(bytes.into())
    }

    #[inline(always)]
    fn head(&mut self, block: usize, width: usize) {
        let left_out = block.saturating_sub(self.next);
        self.next = block + 1;
        self.heads.push((left_out.min(MORE) << 4 | width) as u8);
        if left_out >= MORE {
            integer(left_out - MORE, &mut self.heads);
        }
    }

    /// Writes so many bytes of a word.
    fn word(&mut self, word: u64, bytes: usize) {
        if let Some(room) = self.room() {
            put(room, 0, word);
            self.at += bytes;
        }
    }

    /// Where the next values are to be written.
    #[inline(always)]
    fn room(&mut self) -> Option<&mut Room> {
        if self.at > BUFFER - size_of::<Room>() {
            self.flush();
        }
        self.buffer.get_mut(self.at..)?.first_chunk_mut()
    }

    #[cold]
    fn flush(&mut self) {
        self.values.extend_from_slice(self.buffer.get(..self.at).unwrap_or_default());
        self.at = 0;
    }
}

/// The bits in which sums differ from their signs; `None` when one is longer than a word.
fn differing(sums: &[i128; SUMS]) -> Option<u64> {
    sums.iter().try_fold(0, |bits, sum| {
        let word = i64::try_from(*sum).ok()?;
        Some(bits | (word ^ word >> 63) as u64)
    })
}

/// Adds an integer.
#[inline(never)]
fn integer(mut value: usize, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// Takes an integer from the beginning; returns what is behind it, too.
#[inline(never)]
fn integer_of(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let length = bytes.iter().take_while(|byte| **byte >= 0x80).count() + 1;
    let (integer, rest) = bytes.split_at_checked(length).filter(|_| length <= 9)?;
    Some((integer.iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 0x7F)), rest))
}

struct Reader<'a> {
    heads: &'a [u8],
    values: &'a [u8],
    /// The block after the last one.
    next: usize,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Reader<'a> {
        let (length, rest) = integer_of(bytes).unwrap_or_default();
        let (heads, values) = rest.split_at_checked(length).unwrap_or_default();
        Reader { heads, values, next: 0 }
    }

    /// The number of the next block, and its width; `None` after the last one.
    #[inline(always)]
    fn head(&mut self) -> Option<(usize, usize)> {
        let (head, rest) = self.heads.split_first()?;
        self.heads = rest;
        let (mut left_out, width) = (usize::from(head >> 4), usize::from(head & 0xF));
        if left_out == MORE {
            let (more, rest) = integer_of(rest)?;
            self.heads = rest;
            left_out = left_out.saturating_add(more);
        }
        let block = self.next.saturating_add(left_out);
        self.next = block.saturating_add(1);
        (width > 0).then_some((block, width))
    }

    #[inline(always)]
    fn mask(&mut self) -> Option<u8> {
        let (mask, rest) = self.heads.split_first()?;
        self.heads = rest;
        Some(*mask)
    }

    fn counts(&mut self, width: usize) -> Option<[u32; COUNTS]> {
        let mut counts = [0; COUNTS];
        self.counts_to(width, &mut counts, |place, count| *place = count)?;
        Some(counts)
    }

    #[inline(always)]
    fn counts_to<T>(&mut self, width: usize, places: &mut [T; COUNTS], take: impl Fn(&mut T, u32)) -> Option<()> {
        let words = [word(self.values, 0), word(self.values, width)];
        self.pass(2 * width)?;
        let used = (1 << width) - 1;
        for (eight, word) in places.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            for (place, [even, odd]) in eight.as_chunks_mut::<2>().0.iter_mut().enumerate() {
                take(even, (word >> (place * width)) as u32 & used);
                take(odd, (word >> ((4 + place) * width)) as u32 & used);
            }
        }
        Some(())
    }

    #[inline(always)]
    fn large_counts(&mut self, width: usize) -> Option<[u32; COUNTS]> {
        let (mask, heads) = self.heads.split_first_chunk()?;
        let (counts, values) = large_counts(self.values, u16::from_le_bytes(*mask), width - BITS)?;
        (self.heads, self.values) = (heads, values);
        Some(counts)
    }

    fn sums(&mut self, mask: u8, width: usize) -> Option<[i64; SUMS]> {
        let mut sums = [0; SUMS];
        self.sums_to(mask, width, &mut sums, |place, sum| *place = sum)?;
        Some(sums)
    }

    #[inline(always)]
    fn sums_to<T>(&mut self, mask: u8, width: usize, places: &mut [T; SUMS], take: impl Fn(&mut T, i64)) -> Option<()> {
        let mut near_the_end: Room;
        let values: &Room = match self.values.first_chunk() {
            Some(values) => values,
            None => {
                let there = self.values.get(..mask.count_ones() as usize * width)?;
                near_the_end = [0; size_of::<Room>()];
                near_the_end.iter_mut().zip(there).for_each(|(byte, value)| *byte = *value);
                &near_the_end
            }
        };
        let unused = 64 - 8 * width;
        let mut at = 0;
        for (place, sum) in places.iter_mut().enumerate() {
            let is_there = -i64::from(mask >> place & 1);
            take(sum, (word(values, at % (SUMS * WORD)) << unused) as i64 >> unused & is_there);
            at += width & is_there as usize;
        }
        self.pass(at)
    }

    #[inline(always)]
    fn long_sums(&mut self, mask: u8, width: usize) -> Option<[i128; SUMS]> {
        let (sums, values) = long_sums(self.values, mask).filter(|_| width == LONG)?;
        self.values = values;
        Some(sums)
    }

    #[inline(always)]
    fn pass(&mut self, bytes: usize) -> Option<()> {
        self.values = self.values.get(bytes..)?;
        Some(())
    }
}

/// Counts of this many bytes each, and what is behind them.
#[inline(never)]
fn large_counts(mut values: &[u8], mask: u16, bytes: usize) -> Option<([u32; COUNTS], &[u8])> {
    let unused = u64::BITS.checked_sub(8 * bytes as u32)?;
    let mut counts = [0; COUNTS];
    for (_, count) in counts.iter_mut().enumerate().filter(|(place, _)| mask >> place & 1 == 1) {
        *count = (word(values, 0) << unused >> unused) as u32;
        values = values.get(bytes..)?;
    }
    Some((counts, values))
}

/// Sums of 16 bytes each, and what is behind them.
#[inline(never)]
fn long_sums(mut values: &[u8], mask: u8) -> Option<([i128; SUMS], &[u8])> {
    let mut sums = [0; SUMS];
    for (_, sum) in sums.iter_mut().enumerate().filter(|(place, _)| mask >> place & 1 == 1) {
        let (bytes, rest) = values.split_first_chunk()?;
        (*sum, values) = (i128::from_le_bytes(*bytes), rest);
    }
    Some((sums, values))
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
    }

    #[test]
    fn what_is_cut_off_is_zero() {
        let (mut counts, mut sums) = (vec![0; 40], vec![0; 40]);
        (counts[2], counts[39], sums[5], sums[38]) = (5, 70_000, -3, 1 << 70);
        let tally = Tally::of(counts.into(), sums.into());
        let whole = tally.freeze();
        for length in 0..whole.bytes().len() {
            let cut = Frozen(whole.bytes()[..length].into()).thaw(40, 40);
            assert!(cut.counts().iter().zip(tally.counts()).all(|(cut, count)| [0, *count].contains(cut)), "{length}");
            assert!(cut.sums().iter().zip(tally.sums()).all(|(cut, sum)| [0, *sum].contains(cut)), "{length}");
        }
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
        let (mut counts, mut sums) = (vec![0; 600], vec![0; 300]);
        for (place, count) in [(0, 1), (3, 2), (4, 3), (14, 1), (15, 3), (20, 200), (35, 300), (599, 0x01_02_03)] {
            counts[place] = count;
        }
        for (place, sum) in [(1, -1), (3, 127), (10, 128), (17, i128::from(i64::MIN)), (290, 1), (291, -(1 << 64))] {
            sums[place] = sum;
        }
        #[rustfmt::skip]
        let expected = [
            20,
            0x02, 0x08, 0x0A, 0x08, 0x00, 0xFB, 19, 0x80, 0x00, 0,
            0x01, 0b1010, 0x02, 0b100, 0x08, 0b10, 0xF9, 18, 0b1100, 0,
            0b11_0001, 0b1000, 0b100_0000, 0b1100_0000,
            0, 0, 200, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0x2C, 0x01, 0x03, 0x02, 0x01,
            0xFF, 0x7F, 0x80, 0x00, 0, 0, 0, 0, 0, 0, 0, 0x80,
            1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        ];
        let frozen = Tally::of(counts.into(), sums.into()).freeze();
        assert_eq!(expected.as_slice(), frozen.bytes());
    }
}
