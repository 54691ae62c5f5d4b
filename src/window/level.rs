//! The panes of one length: the open one, and the closed ones that some window still holds.

use crate::aggregate::{Delta, Frozen, Tally, Totals};
use std::collections::{BTreeMap, BTreeSet};

/// Closed panes that are kept ready for late events before the rest is frozen.
const HOT_PANES: usize = 16;

/// A closed pane.
#[derive(Clone, Debug)]
enum Closed {
    /// Ready for late events.
    Hot(Tally),
    /// Compact.
    Cold(Frozen),
}

impl Closed {
    fn tally(&self, size: (usize, usize)) -> Tally {
        match self {
            Closed::Hot(tally) => tally.clone(),
            Closed::Cold(frozen) => frozen.thaw(size.0, size.1),
        }
    }

    fn subtract_from(&self, totals: &mut Totals) {
        match self {
            Closed::Hot(tally) => totals.subtract(tally),
            Closed::Cold(frozen) => totals.subtract_frozen(frozen),
        }
    }
}

/// One level.
#[derive(Clone, Debug)]
pub(super) struct Level {
    size: (usize, usize),
    /// The number of the open pane.
    pub(super) open_id: i64,
    /// What was added to the open pane, by events or by closed panes of the feeder.
    pub(super) open: Tally,
    closed: BTreeMap<i64, Closed>,
    /// The numbers of the hot ones.
    hot: BTreeSet<i64>,
    /// Events added to closed panes so far.
    pub(super) late: u64,
}

impl Level {
    pub(super) fn new(counts: usize, sums: usize, open_id: i64) -> Level {
        let size = (counts, sums);
        Level { size, open_id, open: Tally::new(counts, sums), closed: BTreeMap::new(), hot: BTreeSet::new(), late: 0 }
    }

    /// Closes the open pane and opens pane `id`; returns the closed one unless it is empty.
    pub(super) fn advance(&mut self, id: i64) -> Option<(i64, Tally)> {
        let closed_id = std::mem::replace(&mut self.open_id, id);
        if self.open.is_empty() {
            return None;
        }
        let tally = self.open.clone();
        self.open.clear();
        self.insert_hot(closed_id, tally.clone());
        Some((closed_id, tally))
    }

    /// Adds a late event to closed pane `id`, which need not have had any event yet.
    pub(super) fn apply_late(&mut self, id: i64, delta: &Delta) {
        self.late += 1;
        match self.closed.get_mut(&id) {
            Some(Closed::Hot(tally)) => tally.apply(delta),
            found => {
                let mut tally =
                    found.map_or_else(|| Tally::new(self.size.0, self.size.1), |closed| closed.tally(self.size));
                tally.apply(delta);
                self.insert_hot(id, tally);
            }
        }
    }

    /// Takes the closed panes from `from` up to but without `to` away from `totals`.
    pub(super) fn retire(&self, from: i64, to: i64, totals: &mut Totals) {
        if from < to {
            self.closed.range(from..to).for_each(|(_, pane)| pane.subtract_from(totals));
        }
    }

    /// Forgets closed panes before `id`.
    pub(super) fn forget_before(&mut self, id: i64) {
        if self.closed.first_key_value().is_some_and(|(first, _)| *first < id) {
            self.closed = self.closed.split_off(&id);
            self.hot = self.hot.split_off(&id);
        }
    }

    /// Takes out the oldest closed pane, when its number is at most `id`.
    pub(super) fn take_first_to(&mut self, id: i64) -> Option<(i64, Tally)> {
        let first = self.closed.first_entry().filter(|entry| *entry.key() <= id)?;
        let (id, pane) = first.remove_entry();
        self.hot.remove(&id);
        Some((id, pane.tally(self.size)))
    }

    /// Freezes the hot panes before `id`.
    pub(super) fn freeze_before(&mut self, id: i64) {
        while let Some(hot) = self.hot.first().copied().filter(|hot| *hot < id) {
            self.hot.remove(&hot);
            if let Some(pane) = self.closed.get_mut(&hot)
                && let Closed::Hot(tally) = pane
            {
                *pane = Closed::Cold(tally.freeze());
            }
        }
    }

    /// The closed panes from `id` on, oldest first.
    pub(super) fn closed_from(&self, id: i64) -> impl Iterator<Item = (i64, Tally)> + '_ {
        self.closed.range(id..).map(|(id, pane)| (*id, pane.tally(self.size)))
    }

    fn insert_hot(&mut self, id: i64, tally: Tally) {
        if let Some(oldest) = self.hot.first().copied().filter(|_| self.hot.len() >= HOT_PANES) {
            self.freeze_before(oldest.saturating_add(1));
        }
        self.closed.insert(id, Closed::Hot(tally));
        self.hot.insert(id);
    }
}
