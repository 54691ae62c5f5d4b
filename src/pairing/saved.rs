//! The table as a state file keeps it: a log of what became of ids, and of the times before which rows were dropped.
//!
//! Of an id that changed all its rows are written, so that the newest entry of an id stands for all before it, and rows
//! that a later drop takes need no entry. Entries are applied in this order: first the drop, then the ids.

use super::entry::{Entry, Row};
use super::{Kept, Left, Pairing, Waiting};
use crate::event::Item;
use crate::time::{Length, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// More changed ids than these are not remembered one by one: the whole table is written then.
const MOST: usize = 1 << 18;

/// What changed since it was last written.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    ids: Vec<u64>,
    /// Rows before it were dropped.
    border: Option<Timestamp>,
    all: bool,
}

impl Changes {
    /// An id changed.
    pub(super) fn note(&mut self, id: u64) {
        if self.all {
            return;
        }
        if self.ids.len() < MOST {
            self.ids.push(id);
        } else {
            *self = Changes { all: true, ..Changes::default() };
        }
    }
}

/// Everything of the table but its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPairing {
    swept: Option<Timestamp>,
    left: Left,
}

/// All rows of an id; none when it has none any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedId {
    id: u64,
    rows: Vec<(Timestamp, Entry, Option<Kept>)>,
    /// By digest.
    lists: Vec<(u64, Arc<[Item]>)>,
}

impl Pairing {
    /// The same table, of which [`Pairing::save_changes`] tells what changed.
    pub fn logged(mut self) -> Pairing {
        self.changes = Some(Changes { all: true, ..Changes::default() });
        self
    }

    /// Ids that changed since the last call of [`Pairing::save_changes`]; some may be counted more than once.
    pub fn changes(&self) -> usize {
        self.changes.as_ref().map_or(0, |changes| changes.ids.len())
    }

    /// Whether [`Pairing::save_changes`] would write the whole table.
    pub fn forgot_changes(&self) -> bool {
        self.changes.as_ref().is_some_and(|changes| changes.all)
    }

    /// Rows before this time were dropped since the last call of [`Pairing::save_changes`].
    pub fn dropped(&self) -> Option<Timestamp> {
        self.changes.as_ref()?.border
    }

    /// How long a row waits at most.
    pub fn max_delay(&self) -> Length {
        self.max_delay
    }

    /// Counts what left from zero again.
    pub fn reset_counts(&mut self) {
        self.left = Left::default();
    }

    /// Everything but the rows.
    pub fn save(&self) -> SavedPairing {
        SavedPairing { swept: self.swept, left: self.left }
    }

    /// What changed since the last call, or `all` there is: the time before which rows were dropped, and the ids.
    pub fn save_changes(&mut self, all: bool, mut id: impl FnMut(SavedId)) -> Option<Timestamp> {
        let mut changes = std::mem::take(self.changes.as_mut()?);
        if all || changes.all {
            self.rows.distinct_ids().for_each(|every| id(self.save_id(every)));
            return None;
        }
        changes.ids.sort_unstable();
        changes.ids.dedup();
        changes.ids.into_iter().for_each(|changed| id(self.save_id(changed)));
        changes.border
    }

    /// This empty table with what was saved besides the rows.
    pub fn restore(mut self, saved: &SavedPairing) -> Pairing {
        (self.swept, self.left) = (saved.swept, saved.left);
        self
    }

    /// Applies a drop as it was saved: it was counted then.
    pub fn put_back_drop(&mut self, border: Timestamp) {
        self.drop_rows(Some(border), |_| true);
    }

    /// Puts back the rows of an id in place of those there are.
    pub fn put_back(&mut self, saved: SavedId) {
        let SavedId { id, rows, lists } = saved;
        let (kept, before) = (&mut self.kept, &mut self.lists);
        self.rows.take(id, |row| {
            if let Entry::Prediction(prediction) = row.entry {
                kept.remove(&(id, prediction.stream));
            }
            row.entry.list().into_iter().for_each(|digest| drop(before.remove(&(id, digest))));
        });
        for (at, entry, kept) in rows {
            if let (Entry::Prediction(Waiting { stream, .. }), Some(kept)) = (entry, kept) {
                self.kept.insert((id, stream), kept);
            }
            self.rows.insert(Row { id, at, entry });
        }
        self.lists.extend(lists.into_iter().map(|(digest, items)| ((id, digest), items)));
    }

    pub(super) fn changed(&mut self, id: u64) {
        self.changes.iter_mut().for_each(|changes| changes.note(id));
    }

    pub(super) fn dropped_before(&mut self, border: Timestamp) {
        if let Some(changes) = &mut self.changes {
            changes.border = changes.border.max(Some(border));
        }
    }

    fn save_id(&self, id: u64) -> SavedId {
        let mut lists: Vec<(u64, Arc<[Item]>)> = Vec::new();
        for digest in self.rows.of(id).filter_map(|row| row.entry.list()) {
            let known = lists.iter().any(|(known, _)| *known == digest);
            if let (Some(items), false) = (self.lists.get(&(id, digest)), known) {
                lists.push((digest, items.clone()));
            }
        }
        let rows = self.rows.of(id).map(|row| {
            let kept = match row.entry {
                Entry::Prediction(Waiting { stream, .. }) => self.kept.get(&(id, stream)).cloned(),
                _ => None,
            };
            (row.at, row.entry, kept)
        });
        SavedId { id, rows: rows.collect(), lists }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairing::{Content, Held, Known};
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn table() -> Pairing {
        Pairing::new(40, Length::from_seconds(500))
    }

    /// Rows of all ids, in an order of their own.
    fn content(table: &Pairing) -> Vec<String> {
        let mut ids: Vec<u64> = table.rows.iter().map(|row| row.id).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut rows: Vec<String> = ids
            .into_iter()
            .flat_map(|id| {
                let SavedId { id, rows, mut lists } = table.save_id(id);
                lists.sort_by_key(|(digest, _)| *digest);
                let beside = format!("{id} {lists:?}");
                rows.into_iter().map(move |row| format!("{id} {row:?}")).chain([beside])
            })
            .collect();
        rows.sort();
        rows
    }

    #[derive(Clone, Debug)]
    enum Step {
        Predict(u64, u32, Option<u8>),
        Fail(u64, u32),
        Know(u64, u32, Option<u32>),
        Clicks(u64, u64),
        Expire,
        Drop(u32),
        Write { all: bool },
        Restart,
    }

    fn step() -> impl Strategy<Value = Step> {
        let id = 0u64..60;
        prop_oneof![
            6 => (id.clone(), 0u32..3, prop::option::of(any::<u8>())).prop_map(|(i, s, k)| Step::Predict(i, s, k)),
            1 => (id.clone(), 0u32..3).prop_map(|(i, s)| Step::Fail(i, s)),
            4 => (id.clone(), 0u32..3, prop::option::of(0u32..3)).prop_map(|(i, c, m)| Step::Know(i, c, m)),
            2 => (id, 0u64..3).prop_map(|(i, item)| Step::Clicks(i, item)),
            1 => Just(Step::Expire),
            1 => (0u32..3).prop_map(Step::Drop),
            2 => any::<bool>().prop_map(|all| Step::Write { all }),
            1 => Just(Step::Restart),
        ]
    }

    proptest! {
        /// The log is applied from its beginning at each restart; the table that was never written is the oracle.
        #[test]
        fn a_table_put_together_from_its_log_is_the_table(steps in prop::collection::vec((step(), 0i64..40), 1..200)) {
            let (mut through, mut logged) = (table(), table().logged());
            let mut log: Vec<(Option<Timestamp>, Vec<SavedId>)> = Vec::new();
            let mut now = 1_000;
            for (step, pass) in steps {
                now += pass;
                let act = |table: &mut Pairing| match &step {
                    Step::Predict(id, stream, kept) => {
                        let waiting = Waiting { stream: *stream, model: *stream, class: 1, value: 0.5 };
                        let kept = kept.map(|k| Kept::from(Content::Numbers([f64::from(k)].into())));
                        Some(table.predict(*id, at(now), waiting, kept))
                    }
                    Step::Fail(id, stream) => Some(table.fail(*id, at(now), *stream)),
                    Step::Know(id, class, model) => Some(table.know(*id, at(now), Held::Class(*class), *model)),
                    Step::Clicks(id, item) => Some(table.know(*id, at(now), Known::items(&[(*item, 1.0)]), None)),
                    Step::Expire => {
                        table.expire(at(now));
                        None
                    }
                    Step::Drop(stream) => {
                        table.drop_streams(|of| of == *stream);
                        None
                    }
                    Step::Write { .. } | Step::Restart => None,
                };
                prop_assert_eq!(act(&mut through), act(&mut logged));
                let all = matches!(step, Step::Write { all: true });
                if matches!(step, Step::Write { .. } | Step::Restart) {
                    let mut ids = Vec::new();
                    if all || logged.forgot_changes() {
                        log.clear();
                    }
                    let border = logged.save_changes(all, |id| ids.push(id));
                    log.push((border, ids));
                }
                if matches!(step, Step::Restart) {
                    let saved = logged.save();
                    logged = table().restore(&saved);
                    for (border, ids) in &log {
                        border.iter().for_each(|border| logged.put_back_drop(*border));
                        ids.iter().for_each(|id| logged.put_back(id.clone()));
                    }
                    logged = logged.logged();
                }
            }
            prop_assert_eq!(through.left(), logged.left());
            prop_assert_eq!((through.len(), through.kept.len(), through.lists.len()), (logged.len(), logged.kept.len(), logged.lists.len()));
            prop_assert_eq!(content(&through), content(&logged));
        }
    }
}
