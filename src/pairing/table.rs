//! Rows by id, 32 bytes each and two to four for finding them.
//!
//! Rows lie one behind the other in pieces, without gaps: where one goes, the last takes its place. Each of the *heads*
//! begins a chain of rows and has a filter of 32 bits, three for each of its rows: most ids that are looked for are new,
//! and of those nearly all are known to have no row without a look at any. When there are too many rows for the heads,
//! the heads are made anew, twice as many, and all rows are linked again in their order; rows are never moved or copied.
//! The hash is keyed by a seed of its own for each table: whoever makes up ids cannot make up chains.
//!
//! B. Bloom, Space/time trade-offs in hash coding with allowable errors, CACM 1970.

use super::chunks::Chunks;
use super::entry::{Entry, Row};
use super::packed::{Packed, Packing};
use crate::time::Timestamp;
use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;

/// No row: the end of a chain.
const NONE: u32 = u32::MAX;
/// More rows for each head than this, and there are more heads.
const ROWS_PER_HEAD: usize = 4;
/// Ids that are looked at together.
pub(super) const TOGETHER: usize = 16;
/// Rows of a chain that are looked at together.
const DEEP: usize = 4;
/// The most rows.
pub(super) const MOST: usize = NONE as usize;

/// A row as it is kept: half a line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
struct Slot {
    id: u64,
    at: Timestamp,
    word: u64,
    what: u32,
    /// The next row of its chain.
    next: u32,
}

impl Slot {
    fn packed(&self) -> Packed {
        Packed { what: self.what, word: self.word }
    }
}

/// The beginning of a chain.
#[derive(Clone, Copy, Debug)]
struct Head {
    first: u32,
    /// The bits of its rows, and perhaps of some that went.
    filter: u32,
}

impl Head {
    const EMPTY: Head = Head { first: NONE, filter: 0 };
}

/// The rows.
#[derive(Clone, Debug)]
pub(super) struct Table {
    slots: Chunks<Slot>,
    /// A power of two.
    heads: Vec<Head>,
    packing: Packing,
    keys: DefaultHashBuilder,
    /// No row is older.
    oldest: Timestamp,
}

impl Table {
    pub(super) fn new() -> Table {
        Table {
            slots: Chunks::new(),
            heads: vec![Head::EMPTY],
            packing: Packing::new(),
            keys: DefaultHashBuilder::default(),
            oldest: Timestamp(i64::MAX),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// All rows, in no order.
    #[cfg(test)]
    pub(super) fn iter(&self) -> impl Iterator<Item = Row> + '_ {
        self.slots.iter().map(|slot| self.row(slot))
    }

    /// The times of all rows.
    pub(super) fn times(&self) -> impl Iterator<Item = i64> + '_ {
        self.slots.iter().map(|slot| slot.at.0)
    }

    /// The ids there are, each once, in no order.
    pub(super) fn distinct_ids(&self) -> impl Iterator<Item = u64> + '_ {
        // A row speaks for its id when no other is nearer to the head of their chain.
        let speaks = |index: usize, slot: &Slot| self.find(self.first(slot.id), slot.id) == index as u32;
        self.slots.iter().enumerate().filter(move |(index, slot)| speaks(*index, slot)).map(|(_, slot)| slot.id)
    }

    /// Whether an id has any row.
    pub(super) fn has(&self, id: u64) -> bool {
        self.find(self.first(id), id) != NONE
    }

    /// The rows of an id, in no order.
    pub(super) fn of(&self, id: u64) -> impl Iterator<Item = Row> + '_ {
        let mut next = self.first(id);
        std::iter::from_fn(move || {
            let slot = self.slots.get(self.find(next, id) as usize)?;
            next = slot.next;
            Some(self.row(slot))
        })
    }

    /// Shows each row of an id to `with`, which may give it another time and entry.
    pub(super) fn replace(&mut self, id: u64, mut with: impl FnMut(Timestamp, Entry) -> Option<(Timestamp, Entry)>) {
        let mut at = self.first(id);
        while let Some(slot) = self.slots.get_mut(at as usize) {
            at = slot.next;
            if slot.id == id
                && let Some((time, entry)) = with(slot.at, self.packing.unpack(slot.packed()))
            {
                self.packing.release(slot.packed());
                let Packed { what, word } = self.packing.pack(entry);
                (slot.at, slot.what, slot.word) = (time, what, word);
                self.oldest = self.oldest.min(time);
            }
        }
    }

    /// Reads what finding these ids, and adding a row for each, is going to read. All of it lies anywhere in memory, and
    /// of reads that do not depend on each other the processor has many under way at once.
    pub(super) fn look_ahead(&self, ids: impl Iterator<Item = u64>) {
        let mut rows = [NONE; TOGETHER];
        rows.iter_mut().zip(ids).for_each(|(row, id)| *row = self.first(id));
        for _ in 0..DEEP {
            if rows.iter().all(|row| *row == NONE) {
                break;
            }
            for row in &mut rows {
                *row = self.slots.get(*row as usize).map_or(NONE, |slot| slot.next);
            }
        }
        std::hint::black_box(rows);
    }

    /// Adds a row, whatever rows its id has. The table may not be full.
    pub(super) fn insert(&mut self, row: Row) {
        self.oldest = self.oldest.min(row.at);
        let Packed { what, word } = self.packing.pack(row.entry);
        let (head, bits) = self.place(row.id);
        if let Some(head) = self.heads.get_mut(head) {
            let next = std::mem::replace(&mut head.first, self.slots.len() as u32);
            head.filter |= bits;
            self.slots.push(Slot { id: row.id, at: row.at, word, what, next });
        }
        if self.slots.len() > self.heads.len() * ROWS_PER_HEAD {
            self.link();
        }
    }

    /// Takes all rows of an id out.
    pub(super) fn take(&mut self, id: u64, mut taken: impl FnMut(Row)) {
        loop {
            let at = self.find(self.first(id), id);
            let Some(slot) = self.slots.get(at as usize) else { return };
            taken(self.row(slot));
            self.remove(at);
        }
    }

    /// Keeps the rows that `stays` is true of; it is not asked of those that are not before a time, when there is one. The
    /// others leave no gaps, so all are linked anew when any goes.
    pub(super) fn retain(&mut self, before: Option<Timestamp>, mut stays: impl FnMut(&Row) -> bool) {
        if before.is_some_and(|before| self.oldest >= before) {
            return;
        }
        let (mut stayed, mut oldest) = (0, Timestamp(i64::MAX));
        for at in 0..self.slots.len() {
            let Some(slot) = self.slots.get(at).copied() else { return };
            let is_asked = before.is_none_or(|before| slot.at < before);
            if is_asked && !stays(&self.row(&slot)) {
                self.packing.release(slot.packed());
                continue;
            }
            oldest = oldest.min(slot.at);
            if let Some(place) = self.slots.get_mut(stayed).filter(|_| stayed < at) {
                *place = slot;
            }
            stayed += 1;
        }
        self.oldest = oldest;
        if stayed < self.slots.len() {
            self.slots.truncate(stayed);
            self.link();
        }
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
    fn place(&self, id: u64) -> (usize, u32) {
        let hash = self.keys.hash_one(id);
        let bit = |shift: u32| 1 << (hash >> shift & 31);
        (hash as usize & (self.heads.len() - 1), bit(59) | bit(54) | bit(49))
    }

    /// The first row of the chain that an id is in, if it is in any.
    #[inline]
    fn first(&self, id: u64) -> u32 {
        let (head, bits) = self.place(id);
        self.heads.get(head).filter(|head| head.filter & bits == bits).map_or(NONE, |head| head.first)
    }

    /// The first row of an id in its chain from `at` on.
    fn find(&self, mut at: u32, id: u64) -> u32 {
        while let Some(slot) = self.slots.get(at as usize).filter(|slot| slot.id != id) {
            at = slot.next;
        }
        at
    }

    /// Links all rows anew, with as many heads as they need.
    fn link(&mut self) {
        let heads = self.slots.len().div_ceil(ROWS_PER_HEAD).next_power_of_two();
        if heads != self.heads.len() {
            // What was there goes first.
            self.heads = Vec::new();
        }
        self.heads.clear();
        self.heads.resize(heads, Head::EMPTY);
        for at in 0..self.slots.len() {
            let Some(id) = self.slots.get(at).map(|slot| slot.id) else { return };
            let (head, bits) = self.place(id);
            if let (Some(head), Some(slot)) = (self.heads.get_mut(head), self.slots.get_mut(at)) {
                slot.next = std::mem::replace(&mut head.first, at as u32);
                head.filter |= bits;
            }
        }
    }

    fn remove(&mut self, index: u32) {
        let Some(gone) = self.slots.get(index as usize).copied() else { return };
        self.relink(gone.id, index, gone.next);
        self.packing.release(gone.packed());
        let last = self.slots.len() as u32 - 1;
        if index != last
            && let Some(moved) = self.slots.get(last as usize).copied()
        {
            self.relink(moved.id, last, index);
            if let Some(slot) = self.slots.get_mut(index as usize) {
                *slot = moved;
            }
        }
        self.slots.pop();
        if self.slots.len() < self.heads.len() && self.heads.len() > 1 {
            self.link();
        }
    }

    /// Lets what leads to a row of an id lead elsewhere.
    fn relink(&mut self, id: u64, from: u32, to: u32) {
        let (head, _) = self.place(id);
        let Some(head) = self.heads.get_mut(head) else { return };
        if head.first == from {
            head.first = to;
            return;
        }
        let mut at = head.first;
        while let Some(slot) = self.slots.get_mut(at as usize) {
            if slot.next == from {
                slot.next = to;
                return;
            }
            at = slot.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairing::{Held, Waiting};
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

    proptest! {
        /// A plain list of rows is the oracle.
        #[test]
        fn rows_are_found_by_their_ids(
            steps in prop::collection::vec((0u8..12, 0u64..200, any::<u8>(), 0u32..4), 1..600),
        ) {
            let (mut table, mut rows) = (Table::new(), Vec::<Row>::new());
            for (step, (act, id, what, number)) in steps.into_iter().enumerate() {
                let at = Timestamp(step as i64 * 7_919 % 613);
                match act {
                    0 => {
                        let before = (what % 4 > 0).then_some(Timestamp(i64::from(what) * 2));
                        let stays = |row: &Row| row.at.0 % 5 != i64::from(number);
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
                prop_assert!(table.heads.len() <= rows.len().max(1) && rows.len() <= table.heads.len() * ROWS_PER_HEAD);
                let of = rows.iter().copied().filter(|row| row.id == id);
                prop_assert_eq!(sorted(of), sorted(table.of(id)));
            }
            prop_assert_eq!(sorted(rows.into_iter()), sorted(table.iter()));
        }
    }
}
