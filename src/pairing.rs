//! Joins predictions with actuals that arrive later, or earlier.
//!
//! One table holds whatever waits, by the hash of its id. A joined prediction stays in the table with its actual, so
//! that a second actual is recognised and a prediction of another model with the same id (a shadow deployment) finds
//! it. Entries go when they are older than the longest delay, or when the table is full: then the oldest eighth goes.
//! Nothing goes uncounted.
//!
//! Most waiting ids are one row of 32 bytes. What a row has no room for is beside it: class scores or the ends of an
//! interval, the items of a ranking and the list of those that were relevant.

mod chunks;
mod entry;
mod head;
mod oldest;
mod outcome;
mod packed;
mod rows;
mod saved;
mod table;

pub use entry::{Content, Held, Kept, Known, Waiting};
pub use outcome::{Joined, Left, Pair, Unmatched};
pub use saved::{SavedId, SavedPairing};

use crate::event::Item;
use crate::time::{Length, Timestamp};
use entry::{Entry, Row};
use hashbrown::HashMap;
use saved::Changes;
use std::sync::Arc;
use table::Table;

/// The table.
#[derive(Clone, Debug)]
pub struct Pairing {
    rows: Table,
    /// By id and stream.
    kept: HashMap<(u64, u32), Kept>,
    /// The lists of actuals by id and digest, for as long as there is a row with them.
    lists: HashMap<(u64, u64), Arc<[Item]>>,
    limit: usize,
    max_delay: Length,
    swept: Option<Timestamp>,
    left: Left,
    /// What a state file does not hold yet; nothing when there is none.
    changes: Option<Changes>,
}

impl Pairing {
    /// Ids that are worth getting ready at once.
    pub const TOGETHER: usize = table::TOGETHER;

    /// An empty table for at most `limit` ids that wait at most `max_delay`.
    pub fn new(limit: usize, max_delay: Length) -> Pairing {
        Pairing {
            rows: Table::new(),
            kept: HashMap::new(),
            lists: HashMap::new(),
            limit: limit.clamp(1, table::MOST),
            max_delay,
            swept: None,
            left: Left::default(),
            changes: None,
        }
    }

    /// Ids held.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What left the table so far.
    pub fn left(&self) -> Left {
        self.left
    }

    /// Gets these ids ready, of which the first [`Pairing::TOGETHER`] count: what becomes of them then takes less long.
    pub fn look_ahead(&self, ids: impl Iterator<Item = u64>) {
        self.rows.look_ahead(ids);
    }

    /// An answered prediction was made of which nothing is kept. When its id is new, as most are, it waits; otherwise this
    /// does nothing and says so: [`Pairing::predict`] is to be asked.
    pub fn predict_new(&mut self, id: u64, at: Timestamp, prediction: Waiting) -> bool {
        let is_new = !self.rows.has(id);
        if is_new {
            self.changed(id);
            self.make_room();
            self.rows.wait(id, at, &prediction);
        }
        is_new
    }

    /// An answered prediction was made. What is `kept` stays until its actual comes.
    pub fn predict(&mut self, id: u64, at: Timestamp, prediction: Waiting, kept: Option<Kept>) -> Joined {
        self.changed(id);
        let mut joined = Joined { repeated: self.has(id, prediction.stream), ..Joined::default() };
        if joined.repeated {
            return joined;
        }
        let mut found: Option<(Held, Timestamp, bool)> = None;
        self.rows.replace(id, |since, entry| match entry {
            // Of several the first that became known, whatever the order of the rows.
            Entry::Scored { actual, known_at, .. } | Entry::Failed { known: Some((actual, known_at)), .. }
                if found.is_none_or(|(_, earliest, taken)| !taken && known_at < earliest) =>
            {
                found = Some((actual, known_at, false));
                None
            }
            Entry::Actual { actual, model } if model.is_none_or(|model| model == prediction.model) => {
                found = Some((actual, since, true));
                Some((at, Entry::Scored { stream: prediction.stream, actual, known_at: since }))
            }
            _ => None,
        });
        match found {
            Some((actual, known_at, taken)) => {
                if !taken {
                    self.insert(Row { id, at, entry: Entry::Scored { stream: prediction.stream, actual, known_at } });
                }
                let items = self.list(id, actual);
                joined.pairs.push(Pair { predicted_at: at, known_at, prediction, actual, kept, items });
            }
            None => {
                if let Some(kept) = kept {
                    self.kept.insert((id, prediction.stream), kept);
                }
                self.insert(Row { id, at, entry: Entry::Prediction(prediction) });
            }
        }
        joined
    }

    /// Whether the id has a prediction of the stream.
    fn has(&self, id: u64, stream: u32) -> bool {
        self.rows.of(id).any(|row| row.entry.stream() == Some(stream))
    }

    /// A prediction failed.
    pub fn fail(&mut self, id: u64, at: Timestamp, stream: u32) -> Joined {
        self.changed(id);
        let mut joined = Joined { repeated: self.has(id, stream), ..Joined::default() };
        if joined.repeated {
            return joined;
        }
        let unmatched = &mut joined.unmatched;
        self.rows.replace(id, |since, entry| match entry {
            Entry::Actual { actual, .. } if unmatched.is_none() => {
                *unmatched = Some(Unmatched::FailedRequest);
                Some((since, Entry::Failed { stream, known: Some((actual, since)) }))
            }
            _ => None,
        });
        if joined.unmatched.is_none() {
            self.insert(Row { id, at, entry: Entry::Failed { stream, known: None } });
        }
        joined
    }

    /// An actual became known; `model` when the line names one.
    pub fn know<'a>(&mut self, id: u64, at: Timestamp, actual: impl Into<Known<'a>>, model: Option<u32>) -> Joined {
        self.changed(id);
        let known = actual.into();
        let (actual, items) = (known.held(), known.list());
        let mut joined = Joined::default();
        let mut failed = false;
        let (mut known_before, mut is_same) = (false, false);
        self.rows.replace(id, |since, entry| match entry {
            Entry::Prediction(prediction) if model.is_none_or(|model| model == prediction.model) => {
                let kept = self.kept.remove(&(id, prediction.stream));
                let (predicted_at, items) = (since, items.clone());
                joined.pairs.push(Pair { predicted_at, known_at: at, prediction, actual, kept, items });
                Some((since, Entry::Scored { stream: prediction.stream, actual, known_at: at }))
            }
            Entry::Scored { actual: first, .. }
            | Entry::Actual { actual: first, .. }
            | Entry::Failed { known: Some((first, _)), .. } => {
                known_before = true;
                is_same |= first == actual;
                None
            }
            Entry::Failed { stream, known: None } => {
                failed = true;
                Some((since, Entry::Failed { stream, known: Some((actual, at)) }))
            }
            Entry::Prediction(_) => None,
        });
        if joined.pairs.is_empty() {
            joined.unmatched = match (known_before, failed) {
                (true, _) if is_same => Some(Unmatched::Duplicate),
                (true, _) => Some(Unmatched::Conflicting),
                (false, true) => Some(Unmatched::FailedRequest),
                (false, false) => {
                    self.insert(Row { id, at, entry: Entry::Actual { actual, model } });
                    None
                }
            };
        }
        // Rows have no order of their own.
        joined.pairs.sort_by_key(|pair| pair.prediction.stream);
        let first = matches!(joined.unmatched, None | Some(Unmatched::FailedRequest));
        if let (true, Held::Items(digest), Some(items)) = (first, actual, items) {
            self.lists.insert((id, digest), items);
        }
        joined
    }

    fn list(&self, id: u64, actual: Held) -> Option<Arc<[Item]>> {
        match actual {
            Held::Items(digest) => self.lists.get(&(id, digest)).cloned(),
            _ => None,
        }
    }

    /// Lets a list go, unless another row of the id has the same.
    fn forget(&mut self, id: u64, list: Option<u64>) {
        if let Some(digest) = list
            && !self.rows.of(id).any(|row| row.entry.list() == Some(digest))
        {
            self.lists.remove(&(id, digest));
        }
    }

    /// Forgets what has waited longer than the longest delay. Looks through the table at most once in a 64th of it.
    pub fn expire(&mut self, now: Timestamp) {
        let pause = Length::from_nanos((self.max_delay.nanos() / 64).max(1));
        if self.swept.is_some_and(|swept| now < swept.plus(pause)) {
            return;
        }
        self.swept = Some(now);
        self.drop_before(now.minus(self.max_delay), false);
    }

    /// Drops the predictions of the streams that `goes` names. Those that wait count as given up.
    pub fn drop_streams(&mut self, goes: impl Fn(u32) -> bool) {
        let (mut left, mut changes) = (self.left, self.changes.take());
        self.drop_rows(None, |row| {
            let is_dropped = row.entry.stream().is_some_and(&goes);
            if is_dropped {
                left.predictions_evicted += u64::from(matches!(row.entry, Entry::Prediction(_)));
                changes.iter_mut().for_each(|changes| changes.note(row.id));
            }
            is_dropped
        });
        (self.left, self.changes) = (left, changes);
        self.rows.forget_streams(goes);
    }

    fn insert(&mut self, row: Row) {
        self.make_room();
        self.rows.insert(row);
    }

    /// Lets the oldest eighth go when the table is full.
    fn make_room(&mut self) {
        if self.rows.len() < self.limit {
            return;
        }
        let eighth = (self.rows.len() / 8).max(1).min(self.rows.len() - 1);
        if let Some(border) = self.rows.time_at(eighth) {
            self.drop_before(Timestamp(border.0.saturating_add(1)), true);
        }
    }

    fn drop_before(&mut self, border: Timestamp, evict: bool) {
        self.dropped_before(border);
        let mut left = self.left;
        self.drop_rows(Some(border), |row| {
            match (row.entry, evict) {
                (Entry::Actual { .. }, false) => left.actuals_expired += 1,
                (Entry::Actual { .. }, true) => left.actuals_evicted += 1,
                (Entry::Prediction(_), false) => left.predictions_expired += 1,
                (Entry::Prediction(_), true) => left.predictions_evicted += 1,
                _ => {}
            }
            true
        });
        self.left = left;
    }

    /// Drops the rows that `goes` names, of those before a time when there is one, with what is beside them.
    fn drop_rows(&mut self, before: Option<Timestamp>, mut goes: impl FnMut(&Row) -> bool) {
        let kept = &mut self.kept;
        let mut lists = Vec::new();
        self.rows.retain(before, |row| {
            let gone = goes(row);
            if gone {
                if let Entry::Prediction(prediction) = row.entry {
                    kept.remove(&(row.id, prediction.stream));
                }
                lists.extend(row.entry.list().map(|list| (row.id, list)));
            }
            !gone
        });
        lists.into_iter().for_each(|(id, list)| self.forget(id, Some(list)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Length = Length::from_seconds(86_400);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second)
    }

    fn waiting(stream: u32) -> Waiting {
        Waiting { stream, model: stream, class: 1, value: 0.5 }
    }

    #[test]
    fn either_order_makes_the_same_pair() {
        let mut forward = Pairing::new(10, DAY);
        assert!(forward.predict(7, at(1), waiting(0), None).pairs.is_empty());
        let one = forward.know(7, at(5), Held::Class(1), None).pairs;
        let mut backward = Pairing::new(10, DAY);
        assert_eq!(Joined::default(), backward.know(7, at(5), Held::Class(1), None));
        assert_eq!(one, backward.predict(7, at(1), waiting(0), None).pairs);
        assert_eq!(1, one.len());
    }

    #[test]
    fn lists_join_in_either_order_and_go_with_their_rows() {
        let shown = || Some(Kept::from(Content::Items([3, 4].into())));
        let clicks = || Known::items(&[(4, 1.0)]);
        let mut forward = Pairing::new(10, DAY);
        forward.predict(7, at(1), waiting(0), shown());
        let one = forward.know(7, at(5), clicks(), None).pairs;
        let mut backward = Pairing::new(10, DAY);
        backward.know(7, at(5), clicks(), None);
        assert_eq!(one, backward.predict(7, at(1), waiting(0), shown()).pairs);
        assert_eq!((shown(), Some(&[(4, 1.0)][..])), (one[0].kept.clone(), one[0].items.as_deref()));
        // Another model that served the same request, and other clicks.
        assert_eq!(1, backward.predict(7, at(2), waiting(1), shown()).pairs.len());
        assert_eq!(Some(Unmatched::Duplicate), backward.know(7, at(6), clicks(), None).unmatched);
        let none = backward.know(7, at(6), Known::items(&[]), None);
        assert_eq!(Some(Unmatched::Conflicting), none.unmatched);
        backward.know(8, at(6), clicks(), None);
        backward.fail(8, at(6), 0);
        assert_eq!(2, backward.lists.len());
        backward.expire(at(90_000));
        assert_eq!((0, 0, 0), (backward.len(), backward.kept.len(), backward.lists.len()));
    }

    #[test]
    fn a_second_actual_is_a_duplicate_or_a_conflict() {
        let mut pairing = Pairing::new(10, DAY);
        pairing.predict(7, at(1), waiting(0), None);
        pairing.know(7, at(2), Held::Class(1), None);
        assert_eq!(Some(Unmatched::Duplicate), pairing.know(7, at(3), Held::Class(1), None).unmatched);
        assert_eq!(Some(Unmatched::Conflicting), pairing.know(7, at(3), Held::Class(0), None).unmatched);
        let mut early = Pairing::new(10, DAY);
        early.know(7, at(2), Held::Number(1.5), None);
        assert_eq!(Some(Unmatched::Duplicate), early.know(7, at(3), Held::Number(1.5), None).unmatched);
    }

    #[test]
    fn one_actual_serves_every_model_unless_it_names_one() {
        let mut pairing = Pairing::new(10, DAY);
        pairing.predict(7, at(1), waiting(0), None);
        pairing.predict(7, at(1), waiting(1), None);
        assert_eq!(2, pairing.know(7, at(2), Held::Class(1), None).pairs.len());
        assert_eq!(1, pairing.predict(7, at(1), waiting(2), None).pairs.len());
        let mut named = Pairing::new(10, DAY);
        named.predict(7, at(1), waiting(0), None);
        named.predict(7, at(1), waiting(1), None);
        assert_eq!(1, named.know(7, at(2), Held::Class(1), Some(1)).pairs.len());
        assert_eq!(1, named.know(7, at(2), Held::Class(1), Some(0)).pairs.len());
    }

    #[test]
    fn an_actual_of_a_failed_request_is_unmatched_in_either_order() {
        let mut pairing = Pairing::new(10, DAY);
        pairing.fail(7, at(1), 0);
        assert_eq!(Some(Unmatched::FailedRequest), pairing.know(7, at(2), Held::Class(1), None).unmatched);
        let mut early = Pairing::new(10, DAY);
        early.know(7, at(2), Held::Class(1), None);
        assert_eq!(Some(Unmatched::FailedRequest), early.fail(7, at(1), 0).unmatched);
        // A second one is a second one.
        for mut pairing in [pairing, early] {
            assert_eq!(Some(Unmatched::Duplicate), pairing.know(7, at(3), Held::Class(1), None).unmatched);
        }
    }

    #[test]
    fn an_actual_that_came_for_a_failed_request_serves_another_model_too() {
        let mut late = Pairing::new(10, DAY);
        late.fail(7, at(1), 0);
        late.predict(7, at(1), waiting(1), None);
        let expected = late.know(7, at(2), Held::Class(1), None).pairs;
        assert_eq!(1, expected.len());
        let mut early = Pairing::new(10, DAY);
        early.know(7, at(2), Held::Class(1), None);
        early.fail(7, at(1), 0);
        assert_eq!(expected, early.predict(7, at(1), waiting(1), None).pairs);
    }

    #[test]
    fn when_an_actual_was_known_does_not_depend_on_who_joined_it_first() {
        let mut pairing = Pairing::new(10, DAY);
        pairing.predict(7, at(1), waiting(0), None);
        pairing.know(7, at(50), Held::Class(1), None);
        assert_eq!(at(50), pairing.predict(7, at(1), waiting(1), None).pairs[0].known_at);
    }

    #[test]
    fn what_waits_too_long_or_is_too_much_goes_and_is_counted() {
        let mut pairing = Pairing::new(1_000, DAY);
        pairing.predict(1, at(0), waiting(0), Some(Content::Numbers([0.5].into()).into()));
        pairing.know(2, at(0), Held::Class(1), None);
        pairing.expire(at(90_000));
        assert_eq!(0, pairing.len() + pairing.kept.len());
        assert_eq!((1, 1), (pairing.left().predictions_expired, pairing.left().actuals_expired));
        (0..5_000).for_each(|id| {
            pairing.predict(id, at(id as i64), waiting(0), None);
        });
        assert!(pairing.len() <= 1_000);
        assert_eq!(5_000, pairing.len() as u64 + pairing.left().predictions_evicted);
        // The newest are still there.
        assert_eq!(1, pairing.know(4_999, at(5_000), Held::Class(1), None).pairs.len());
    }

    #[test]
    fn a_repeated_prediction_changes_nothing() {
        let mut pairing = Pairing::new(10, DAY);
        pairing.predict(7, at(1), waiting(0), None);
        assert!(pairing.predict(7, at(2), waiting(0), None).repeated);
        assert_eq!(at(1), pairing.know(7, at(3), Held::Class(1), None).pairs[0].predicted_at);
    }
}
