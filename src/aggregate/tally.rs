//! Counts and sums of one pane, and of a whole window.

use super::frozen::{COUNTS, SUMS, Writer};
use super::{Delta, Frozen};
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

    pub(super) fn of(counts: Box<[u32]>, sums: Box<[i128]>) -> Tally {
        Tally { counts, sums }
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

    /// Whether nothing was added to these places.
    pub(super) fn is_zero_at(&self, counts: &[u32], sums: &[u32]) -> bool {
        let counts = counts.iter().filter_map(|place| self.counts.get(*place as usize));
        let sums = sums.iter().filter_map(|place| self.sums.get(*place as usize));
        counts.copied().all(|count| count == 0) && sums.copied().all(|sum| sum == 0)
    }

    /// Adds these places of another tally of the same layout.
    pub(super) fn add_at(&mut self, other: &Tally, counts: &[u32], sums: &[u32]) {
        for place in counts.iter().map(|place| *place as usize) {
            if let (Some(a), Some(b)) = (self.counts.get_mut(place), other.counts.get(place)) {
                *a = a.wrapping_add(*b);
            }
        }
        for place in sums.iter().map(|place| *place as usize) {
            if let (Some(a), Some(b)) = (self.sums.get_mut(place), other.sums.get(place)) {
                *a = a.wrapping_add(*b);
            }
        }
    }

    /// The compact form.
    pub fn freeze(&self) -> Frozen {
        self.clone().drain()
    }

    /// The same, and back to zeros.
    pub(super) fn drain(&mut self) -> Frozen {
        let (counts, sums) = (self.counts.len(), self.sums.len());
        self.drain_blocks(counts, 0..counts.div_ceil(COUNTS), 0..sums.div_ceil(SUMS))
    }

    /// The same of these places, which go up and are all that are not zero.
    pub(super) fn drain_at(&mut self, counts: &[u32], sums: &[u32]) -> Frozen {
        self.drain_blocks(counts.len(), blocks_of::<COUNTS>(counts), blocks_of::<SUMS>(sums))
    }

    fn drain_blocks(
        &mut self,
        size: usize,
        counts: impl Iterator<Item = usize>,
        sums: impl Iterator<Item = usize>,
    ) -> Frozen {
        let mut writer = Writer::new(size);
        counts.for_each(|block| take(&mut self.counts, block, |counts| writer.counts(block, counts)));
        writer.end();
        sums.for_each(|block| take(&mut self.sums, block, |sums| writer.sums(block, sums)));
        writer.end();
        writer.finish()
    }
}

/// The numbers of the blocks of these places, which go up.
fn blocks_of<const N: usize>(places: &[u32]) -> impl Iterator<Item = usize> + '_ {
    let number = |place: &u32| *place as usize / N;
    places.iter().enumerate().filter_map(move |(at, place)| {
        let before = at.checked_sub(1).and_then(|before| places.get(before)).map(number);
        Some(number(place)).filter(|number| before != Some(*number))
    })
}

/// Takes out a block; there are zeros behind the last one.
#[inline(always)]
fn take<T: Copy + Default, const N: usize>(all: &mut [T], block: usize, take: impl FnOnce(&[T; N])) {
    let Some(places) = block.checked_mul(N).and_then(|first| all.get_mut(first..)) else { return };
    let mut last;
    let places = match places.first_chunk_mut() {
        Some(places) => places,
        None => {
            last = [T::default(); N];
            last.iter_mut().zip(places).for_each(|(last, place)| *last = std::mem::take(place));
            &mut last
        }
    };
    take(places);
    *places = [T::default(); N];
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

    /// Adds these places of a pane.
    pub(super) fn add_at(&mut self, tally: &Tally, counts: &[u32], sums: &[u32]) {
        for place in counts.iter().map(|place| *place as usize) {
            if let (Some(a), Some(b)) = (self.counts.get_mut(place), tally.counts.get(place)) {
                *a += u64::from(*b);
            }
        }
        for place in sums.iter().map(|place| *place as usize) {
            if let (Some(a), Some(b)) = (self.sums.get_mut(place), tally.sums.get(place)) {
                *a = a.wrapping_add(*b);
            }
        }
    }

    /// Takes a pane away that was added before.
    pub fn subtract(&mut self, tally: &Tally) {
        self.counts.iter_mut().zip(&tally.counts).for_each(|(a, b)| *a = a.wrapping_sub(u64::from(*b)));
        self.sums.iter_mut().zip(&tally.sums).for_each(|(a, b)| *a = a.wrapping_sub(*b));
    }

    /// Takes a closed pane away that was added before.
    pub fn subtract_frozen(&mut self, frozen: &Frozen) {
        let count = |a: &mut u64, b: u32| *a = a.wrapping_sub(b.into());
        frozen.visit(&mut self.counts, count, &mut self.sums, |a, b| *a = a.wrapping_sub(b));
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

    #[test]
    fn totals_survive_json_with_all_their_digits() {
        let mut totals = Totals::new(1, 2);
        totals.apply(&Delta::of(&[0], &[(0, i128::MAX), (1, -(1 << 100))]));
        let read: Totals = serde_json::from_str(&serde_json::to_string(&totals).unwrap()).unwrap();
        assert_eq!(totals, read);
    }
}
