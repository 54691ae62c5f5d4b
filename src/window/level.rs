//! The panes of one length: the open one, and the closed ones that some window still holds.

use crate::aggregate::{Delta, Frozen, OpenPane, Tally, Totals};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Closed panes to which late events came that are kept ready for more before the rest is frozen.
const HOT_PANES: usize = 16;

/// What a closed pane holds.
#[derive(Clone, Debug)]
enum Content {
    /// Ready for late events.
    Hot(Tally),
    /// Compact.
    Cold(Frozen),
}

/// A closed pane.
#[derive(Clone, Debug)]
struct Closed {
    content: Content,
    /// Whether it is in the state file as it is.
    saved: bool,
}

impl Closed {
    fn tally(&self, size: (usize, usize)) -> Tally {
        match &self.content {
            Content::Hot(tally) => tally.clone(),
            Content::Cold(frozen) => frozen.thaw(size.0, size.1),
        }
    }

    fn frozen(&self) -> Cow<'_, Frozen> {
        match &self.content {
            Content::Hot(tally) => Cow::Owned(tally.freeze()),
            Content::Cold(frozen) => Cow::Borrowed(frozen),
        }
    }

    fn subtract_from(&self, totals: &mut Totals) {
        match &self.content {
            Content::Hot(tally) => totals.subtract(tally),
            Content::Cold(frozen) => totals.subtract_frozen(frozen),
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
    pub(super) open: OpenPane,
    closed: BTreeMap<i64, Closed>,
    /// The numbers of the hot ones.
    hot: BTreeSet<i64>,
    /// Events added to closed panes so far.
    pub(super) late: u64,
}

impl Level {
    pub(super) fn new(counts: usize, sums: usize, open_id: i64) -> Level {
        let size = (counts, sums);
        Level {
            size,
            open_id,
            open: OpenPane::new(counts, sums),
            closed: BTreeMap::new(),
            hot: BTreeSet::new(),
            late: 0,
        }
    }

    /// Closes the open pane and opens pane `id`. What it held is added to `coarser` open panes and to `totals`;
    /// says whether it held anything.
    pub(super) fn advance<'a>(
        &mut self,
        id: i64,
        coarser: impl Iterator<Item = &'a mut OpenPane>,
        totals: impl Iterator<Item = &'a mut Totals>,
    ) -> bool {
        let closed_id = std::mem::replace(&mut self.open_id, id);
        let closing = self.open.close();
        if closing.is_empty() {
            return false;
        }
        coarser.for_each(|pane| closing.add_to(pane));
        totals.for_each(|totals| closing.count_in(totals));
        // Most panes get no late event: none is kept ready for one before it comes.
        self.closed.insert(closed_id, Closed { content: Content::Cold(closing.freeze()), saved: false });
        true
    }

    /// Adds a late event to closed pane `id`, which need not have had any event yet.
    pub(super) fn apply_late(&mut self, id: i64, delta: &Delta) {
        self.late += 1;
        match self.closed.get_mut(&id) {
            Some(Closed { content: Content::Hot(tally), saved }) => {
                tally.apply(delta);
                *saved = false;
            }
            found => {
                let mut tally =
                    found.map_or_else(|| Tally::new(self.size.0, self.size.1), |closed| closed.tally(self.size));
                tally.apply(delta);
                self.insert_hot(id, tally);
            }
        }
    }

    /// Takes the closed panes from `from` up to but without `to` away from `totals`; how many there were.
    pub(super) fn retire(&self, from: i64, to: i64, totals: &mut Totals) -> u64 {
        let leaving = self.closed.range(from..to.max(from));
        leaving.map(|(_, pane)| pane.subtract_from(totals)).count() as u64
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
                && let Content::Hot(tally) = &pane.content
            {
                pane.content = Content::Cold(tally.freeze());
            }
        }
    }

    /// The closed panes from `id` on, oldest first.
    pub(super) fn closed_from(&self, id: i64) -> impl Iterator<Item = (i64, Tally)> + '_ {
        self.closed.range(id..).map(|(id, pane)| (*id, pane.tally(self.size)))
    }

    /// The closed panes from `from` up to but without `to`, oldest first.
    pub(super) fn closed_between(&self, from: i64, to: i64) -> impl Iterator<Item = (i64, Cow<'_, Frozen>)> + '_ {
        self.closed.range(from..to.max(from)).map(|(id, pane)| (*id, pane.frozen()))
    }

    fn insert_hot(&mut self, id: i64, tally: Tally) {
        if let Some(oldest) = self.hot.first().copied().filter(|_| self.hot.len() >= HOT_PANES) {
            self.freeze_before(oldest.saturating_add(1));
        }
        self.closed.insert(id, Closed { content: Content::Hot(tally), saved: false });
        self.hot.insert(id);
    }

    /// The closed panes that changed since they were last asked for, or all of them, oldest first.
    pub(super) fn unsaved(&mut self, all: bool) -> impl Iterator<Item = (i64, Frozen)> + '_ {
        self.closed.iter_mut().filter(move |(_, pane)| all || !pane.saved).map(|(id, pane)| {
            pane.saved = true;
            (*id, pane.frozen().into_owned())
        })
    }

    /// Puts back a closed pane as it was saved.
    pub(super) fn put_back(&mut self, id: i64, frozen: Frozen) {
        self.closed.insert(id, Closed { content: Content::Cold(frozen), saved: true });
    }
}
