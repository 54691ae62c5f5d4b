//! What one event adds: which counts go up by one, and what is added to which sums.
//!
//! An event is turned into a delta once; panes, totals and the reference apply it, each in its own way. The delta is
//! used again for the next event, so nothing is allocated per event.

/// The increments of one event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    counts: Vec<u32>,
    sums: Vec<(u32, i128)>,
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
