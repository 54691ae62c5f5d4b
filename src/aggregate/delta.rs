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

/// The increments of one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    counts: Vec<u32>,
    sums: Vec<(u32, i128)>,
    /// The event's own values; they are not part of what it adds.
    pub row: Row,
}

impl Delta {
    /// Forgets the last event.
    pub fn clear(&mut self) {
        self.counts.clear();
        self.sums.clear();
    }

    /// The count at `index` goes up by one.
    pub fn count(&mut self, index: usize) {
        self.counts.push(index as u32);
    }

    /// `value` is added to the sum at `index`.
    pub fn sum(&mut self, index: usize, value: i128) {
        self.sums.push((index as u32, value));
    }

    /// The counts that go up, by index.
    pub fn counts(&self) -> &[u32] {
        &self.counts
    }

    /// The sums and what is added to them.
    pub fn sums(&self) -> &[(u32, i128)] {
        &self.sums
    }
}
