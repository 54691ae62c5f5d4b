//! What one event adds: which counts go up by one, and what is added to which sums.
//!
//! An event is turned into a delta once; panes, totals and the reference apply it, each in its own way. The delta is
//! used again for the next event, so nothing is allocated per event.

/// Where one value of a row was counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// The cell; MISSING is the first behind the column's cells, then comes INVALID.
    pub cell: u32,
    /// The number; NaN when it is missing, invalid or a category.
    pub value: f64,
}

/// The values of the features of one event, for what is computed from all of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    /// Where they were counted, in the order of the features.
    pub seen: Vec<Seen>,
    /// The same as standardised numbers.
    pub encoded: Vec<f64>,
}

/// What one number adds to the sums of its column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    /// The sum of the offsets of its cell.
    pub(super) offsets: u32,
    /// The first moment; the second is behind it.
    pub(super) moments: u32,
    /// Offset, first and second moment.
    pub(super) values: [i64; 3],
}

/// The increments of one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    counts: Vec<u32>,
    sums: Vec<(u32, i128)>,
    /// Most sums are those of numbers.
    numbers: Vec<Number>,
    /// The event's own values; they are not part of what it adds.
    pub row: Row,
}

impl Delta {
    /// Forgets the last event.
    pub fn clear(&mut self) {
        self.counts.clear();
        self.sums.clear();
        self.numbers.clear();
    }

    /// The count at `index` goes up by one.
    pub fn count(&mut self, index: usize) {
        self.counts.push(index as u32);
    }

    /// `value` is added to the sum at `index`.
    pub fn sum(&mut self, index: usize, value: i128) {
        self.sums.push((index as u32, value));
    }

    /// The three sums of a number: the one at `offsets`, the one at `moments` and the one behind it.
    #[inline]
    pub(super) fn number(&mut self, offsets: usize, moments: usize, values: [i64; 3]) {
        self.numbers.push(Number { offsets: offsets as u32, moments: moments as u32, values });
    }

    /// The counts that go up, by index.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The sums and what is added to them.
    pub fn sums(&self) -> impl Iterator<Item = (u32, i128)> + '_ {
        let numbers = self.numbers.iter().flat_map(|number| {
            let [offset, first, second] = number.values.map(i128::from);
            [(number.offsets, offset), (number.moments, first), (number.moments + 1, second)]
        });
        self.sums.iter().copied().chain(numbers)
    }

    /// Adds the sums to `all`, which has them by index.
    pub(super) fn add_sums(&self, all: &mut [i128]) {
        let mut add = |index: u32, value: i128| {
            if let Some(sum) = all.get_mut(index as usize) {
                *sum = sum.wrapping_add(value);
            }
        };
        self.sums.iter().for_each(|(index, value)| add(*index, *value));
        for number in &self.numbers {
            let [offset, first, second] = number.values.map(i128::from);
            add(number.offsets, offset);
            add(number.moments, first);
            add(number.moments + 1, second);
        }
    }
}

#[cfg(test)]
impl Delta {
    /// One that adds to these counts, and these values to these sums.
    pub(super) fn of(counts: &[usize], sums: &[(usize, i128)]) -> Delta {
        let mut delta = Delta::default();
        counts.iter().for_each(|index| delta.count(*index));
        sums.iter().for_each(|(index, value)| delta.sum(*index, *value));
        delta
    }
}
