//! Rows by id, 32 bytes each and four to eight for finding them.
//!
//! Each of the *heads* begins a chain of rows, the newest first, and has a filter: most ids that are looked for are new,
//! and of those nearly all are known to have no row without a look at any. A row that goes stays in its chain until its
//! piece goes, which ends the chains that lead there, and its bits stay. When too many have gone so, or there are too many
//! rows for the heads, all rows are linked anew, in their order. The hash is keyed by a seed of its own for each table:
//! whoever makes up ids cannot make up chains.

use super::Waiting;
use super::entry::{Entry, Row};
use super::head::{Bits, Head, NONE};
use super::packed::{Packed, Packing};
use super::rows::{Rows, Slot};
use crate::time::Timestamp;
use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;

/// More rows for each head than this, and there are more heads.
const ROWS_PER_HEAD: usize = 3;
/// So many rows went for each that is there, and the filters are made anew.
const STALE: usize = 3;
/// One gap for so many rows, and they are closed.
const GAPS: usize = 8;
/// Ids that are looked at together.
pub(super) const TOGETHER: usize = 32;
/// Rows of a chain that are looked at together.
const DEEP: usize = 4;
/// The most rows.
pub(super) const MOST: usize = NONE as usize;

/// The rows.
#[derive(Clone, Debug)]
pub(super) struct Table {
    rows: Rows,
    /// A power of two.
    heads: Vec<Head>,
    packing: Packing,
    keys: DefaultHashBuilder,
    /// Rows that went since all were linked: their bits are still in the filters.
    gone: usize,
}

impl Table {
    pub(super) fn new() -> Table {
        Table {
            rows: Rows::new(),
            heads: vec![Head::EMPTY],
            packing: Packing::new(),
            keys: DefaultHashBuilder::default(),
            gone: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// All rows, in no order.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        self.rows.iter().map(|(_, slot)| self.row(slot))
    }

    /// The time at this place, from zero, of the times of all rows in their order.
    pub(super) fn time_at(&self, place: usize) -> Option<Timestamp> {
        self.rows.time_at(place)
    }

    /// The ids there are, each once, in no order.
    pub(super) fn distinct_ids(&self) -> impl Iterator<Item = u64> + '_ {
        // A row speaks for its id when no other is nearer to the head of their chain.
        let speaks = |number: u32, slot: &Slot| self.find(self.first(slot.id), slot.id) == number;
        self.rows.iter().filter(move |(number, slot)| speaks(*number, slot)).map(|(_, slot)| slot.id)
    }

    /// Whether an id has any row.
    pub(super) fn has(&self, id: u64) -> bool {
        self.find(self.first(id), id) != NONE
    }

    /// The rows of an id, in no order.
    pub(super) fn of(&self, id: u64) -> impl Iterator<Item = Row> + '_ {
        let mut next = self.first(id);
        std::iter::from_fn(move || {
            let slot = self.rows.get(self.find(next, id))?;
            next = slot.next;
            Some(self.row(slot))
        })
    }

    /// Shows each row of an id to `with`, which may give it another time and entry.
    pub(super) fn replace(&mut self, id: u64, mut with: impl FnMut(Timestamp, Entry) -> Option<(Timestamp, Entry)>) {
        let mut at = self.find(self.first(id), id);
        while let Some(slot) = self.rows.get(at).copied() {
            if let Some((time, entry)) = with(slot.at, self.packing.unpack(slot.packed())) {
                self.packing.release(slot.packed());
                self.rows.set(at, time, self.packing.pack(entry));
            }
            at = self.find(slot.next, id);
        }
    }

    /// Reads what finding these ids, and adding a row for each, is going to read. All of it lies anywhere in memory, and
    /// of reads that do not depend on each other the processor has many under way at once, if little is between them.
    pub(super) fn look_ahead(&self, ids: impl Iterator<Item = u64>) {
        let mut rows = [NONE; TOGETHER];
        let (places, heads) = read(&self.heads, &self.keys, ids);
        for ((row, head), (_, bits)) in rows.iter_mut().zip(heads).zip(places) {
            *row = head.first(bits);
        }
        for _ in 0..DEEP {
            if rows.iter().all(|row| *row == NONE) {
                break;
            }
            for row in &mut rows {
                *row = self.rows.get(*row).map_or(NONE, |slot| slot.next);
            }
        }
        std::hint::black_box(rows);
    }

    /// Adds a row, whatever rows its id has. The table may not be full.
    pub(super) fn insert(&mut self, row: Row) {
        let packed = self.packing.pack(row.entry);
        self.add(row.id, row.at, packed);
    }

    /// Adds the row of a prediction.
    pub(super) fn wait(&mut self, id: u64, at: Timestamp, prediction: &Waiting) {
        let packed = self.packing.prediction(prediction);
        self.add(id, at, packed);
    }

    fn add(&mut self, id: u64, at: Timestamp, packed: Packed) {
        if self.rows.next() == NONE {
            self.link();
        }
        let (head, bits) = self.place(id);
        if let Some(head) = self.heads.get_mut(head) {
            let row = self.rows.next();
            let next = head.add(row, bits);
            if self.rows.get(next).is_none() {
                // The chain has ended before: what is in its filter is of rows that went.
                *head = Head::only(row, bits);
            }
            self.rows.push(Slot::new(id, at, packed, next));
        }
        if self.rows.len() > self.heads.len() * ROWS_PER_HEAD {
            self.link();
        }
    }

    /// Takes all rows of an id out.
    pub(super) fn take(&mut self, id: u64, mut taken: impl FnMut(Row)) {
        let mut at = self.find(self.first(id), id);
        while let Some(slot) = self.rows.get(at).copied() {
            taken(self.row(&slot));
            self.packing.release(slot.packed());
            self.rows.remove(at);
            self.gone += 1;
            at = self.find(slot.next, id);
        }
        self.tidy();
    }

    /// Keeps the rows that `stays` is true of; it is not asked of those that are not before a time, when there is one.
    pub(super) fn retain(&mut self, before: Option<Timestamp>, mut stays: impl FnMut(&Row) -> bool) {
        let (packing, rows) = (&mut self.packing, self.rows.len());
        self.rows.retain(before, |slot| {
            let stays = stays(&Row { id: slot.id, at: slot.at, entry: packing.unpack(slot.packed()) });
            if !stays {
                packing.release(slot.packed());
            }
            stays
        });
        self.gone += rows - self.rows.len();
        self.tidy();
    }

    /// Forgets what is known of streams that no row is of.
    pub(super) fn forget_streams(&mut self, goes: impl Fn(u32) -> bool) {
        self.packing.forget_streams(goes);
    }

    fn row(&self, slot: &Slot) -> Row {
        Row { id: slot.id, at: slot.at, entry: self.packing.unpack(slot.packed()) }
    }

    /// The head of an id's chain, and the bits of the id in its filter.
    #[inline]
    fn place(&self, id: u64) -> (usize, Bits) {
        place(&self.keys, self.heads.len(), id)
    }

    /// The first row of the chain that an id is in, if it is in any.
    #[inline]
    fn first(&self, id: u64) -> u32 {
        let (head, bits) = self.place(id);
        self.heads.get(head).map_or(NONE, |head| head.first(bits))
    }

    /// The first row of an id in its chain from `at` on.
    fn find(&self, mut at: u32, id: u64) -> u32 {
        loop {
            match self.rows.get(at) {
                Some(slot) if slot.id == id && !slot.is_gone() => return at,
                Some(slot) => at = slot.next,
                None => return NONE,
            }
        }
    }

    /// Links all rows anew when so many went that looking for one takes longer, or that much room is taken by none.
    fn tidy(&mut self) {
        if self.gone > STALE * self.rows.len() || self.rows.gaps() * GAPS > self.rows.len() {
            self.link();
        }
    }

    /// Links all rows anew, with as many heads as they need and without gaps.
    fn link(&mut self) {
        let heads = self.rows.len().div_ceil(ROWS_PER_HEAD).next_power_of_two();
        if heads != self.heads.len() {
            // What was there goes first.
            self.heads = Vec::new();
        }
        self.heads.clear();
        self.heads.resize(heads, Head::EMPTY);
        self.gone = 0;
        let (heads, keys) = (&mut self.heads, &self.keys);
        self.rows.renumber(TOGETHER, |first, slots| {
            let (places, _) = std::hint::black_box(read(heads, keys, slots.iter().map(|slot| slot.id)));
            for ((number, slot), (head, bits)) in (first..).zip(slots).zip(places) {
                if let Some(head) = heads.get_mut(head) {
                    slot.next = head.add(number, bits);
                }
            }
        });
    }
}

/// Where these ids have their heads, their bits, and the heads.
#[inline]
fn read(
    heads: &[Head],
    keys: &DefaultHashBuilder,
    ids: impl Iterator<Item = u64>,
) -> ([(usize, Bits); TOGETHER], [Head; TOGETHER]) {
    let mut places = [(usize::MAX, Bits::NONE); TOGETHER];
    places.iter_mut().zip(ids).for_each(|(at, id)| *at = place(keys, heads.len(), id));
    (places, places.map(|(head, _)| heads.get(head).copied().unwrap_or(Head::EMPTY)))
}

/// Of so many heads the one of an id's chain, and the bits of the id in its filter.
#[inline]
fn place(keys: &DefaultHashBuilder, heads: usize, id: u64) -> (usize, Bits) {
    let hash = keys.hash_one(id);
    (hash as usize & (heads - 1), Bits::of(hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairing::Held;
    use proptest::prelude::*;

    #[test]
    fn a_row_has_thirty_two_bytes() {
        assert_eq!(32, std::mem::size_of::<Slot>());
    }

    fn entry(what: u8, number: u32) -> Entry {
        let (known_at, actual) = (Timestamp(number.into()), Held::Number(number.into()));
        match what % 4 {
            0 => Entry::Prediction(Waiting { stream: number, model: number, class: 1, value: 0.5 }),
            1 => Entry::Scored { stream: number, actual, known_at },
            2 => Entry::Failed { stream: number, known: None },
            _ => Entry::Actual { actual, model: Some(number) },
        }
    }

    /// Rows in an order of their own.
    fn sorted(rows: impl Iterator<Item = Row>) -> Vec<String> {
        let mut rows: Vec<String> = rows.map(|row| format!("{row:?}")).collect();
        rows.sort();
        rows
    }

    #[test]
    fn a_row_that_became_older_goes_with_the_old_ones() {
        let mut table = Table::new();
        let entry = Entry::Failed { stream: 1, known: None };
        for id in [3, 4] {
            table.insert(Row { id, at: Timestamp(500), entry });
        }
        table.retain(Some(Timestamp(200)), |_| false);
        assert_eq!(2, table.len(), "none is so old");
        table.replace(4, |_, entry| Some((Timestamp(100), entry)));
        table.retain(Some(Timestamp(200)), |_| false);
        assert!(table.has(3) && !table.has(4));
    }

    #[test]
    fn rows_are_numbered_anew_when_there_are_no_more_numbers() {
        let mut table = Table::new();
        table.rows.begin_at(NONE - 2);
        let row = |id: u64| Row { id, at: Timestamp(id as i64), entry: Entry::Failed { stream: 1, known: None } };
        [0, 1].into_iter().for_each(|id| table.insert(row(id)));
        assert_eq!((NONE, 2), (table.rows.next(), table.distinct_ids().count()));
        table.insert(row(2));
        assert_eq!((3, 3), (table.rows.next(), table.distinct_ids().count()));
        assert!((0..3).all(|id| table.has(id)));
    }

    proptest! {
        /// A plain list of rows is the oracle.
        #[test]
        fn rows_are_found_by_their_ids(
            steps in prop::collection::vec((0u8..12, 0u64..200, any::<u8>(), 0u32..4), 1..600),
        ) {
            let (mut table, mut rows) = (Table::new(), Vec::<Row>::new());
            for (step, (act, id, what, number)) in steps.into_iter().enumerate() {
                // Nearly in their order.
                let at = Timestamp(step as i64 + step as i64 * 7_919 % 40);
                match act {
                    0 => {
                        let before = (what % 4 > 0).then_some(Timestamp(step as i64 - i64::from(what) / 2));
                        let stays = |row: &Row| what % 3 > 0 && row.at.0 % 5 != i64::from(number);
                        table.retain(before, stays);
                        rows.retain(|row| before.is_some_and(|before| row.at >= before) || stays(row));
                    }
                    1 => {
                        let (mut taken, mut expected) = (Vec::new(), Vec::new());
                        table.take(id, |row| taken.push(row));
                        rows.retain(|row| row.id != id || { expected.push(*row); false });
                        prop_assert_eq!(sorted(expected.into_iter()), sorted(taken.into_iter()));
                    }
                    2 => {
                        let change = |entry: Entry| (entry.stream() == Some(number)).then_some((at, Entry::Failed {
                            stream: number,
                            known: Some((Held::Items(7), at)),
                        }));
                        table.replace(id, |_, entry| change(entry));
                        for row in rows.iter_mut().filter(|row| row.id == id) {
                            (row.at, row.entry) = change(row.entry).unwrap_or((row.at, row.entry));
                        }
                    }
                    _ => {
                        let row = Row { id, at, entry: entry(what, number) };
                        table.insert(row);
                        rows.push(row);
                    }
                }
                prop_assert_eq!(rows.len(), table.len());
                prop_assert!(table.heads.len() <= (STALE * rows.len()).max(1) && rows.len() <= table.heads.len() * ROWS_PER_HEAD);
                prop_assert!(table.rows.gaps() * GAPS <= rows.len());
                let mut times: Vec<Timestamp> = rows.iter().map(|row| row.at).collect();
                times.sort_unstable();
                prop_assert_eq!(times.get(id as usize).copied(), table.time_at(id as usize));
                let of = rows.iter().copied().filter(|row| row.id == id);
                prop_assert_eq!(sorted(of), sorted(table.of(id)));
            }
            prop_assert_eq!(sorted(rows.into_iter()), sorted(table.iter()));
        }
    }
}
