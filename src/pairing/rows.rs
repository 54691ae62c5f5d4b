//! Rows in the order in which they came, in pieces that know their times.
//!
//! Logs are nearly in the order of time, so the oldest rows lie in the first pieces: what is old is found without a look
//! at the others, and a piece with no row left is let go of as a whole. Rows keep their numbers. A row that goes before
//! its piece leaves a gap until the gaps are closed, which gives every row a new number. Where rows are in no order of
//! time, as after a restart, more pieces are looked at and the gaps are closed each time an eighth goes: it takes longer,
//! and comes to the same.

use super::oldest;
use super::packed::{GONE, Packed};
use crate::time::Timestamp;

/// Rows of a piece; few in tests, which have few rows.
const PIECE: usize = if cfg!(test) { 16 } else { 1 << 11 };

/// A row as it is kept: half a line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(32))]
pub(super) struct Slot {
    pub(super) id: u64,
    pub(super) at: Timestamp,
    word: u64,
    what: u32,
    /// The next row of its chain, whose number is smaller.
    pub(super) next: u32,
}

impl Slot {
    pub(super) fn new(id: u64, at: Timestamp, Packed { what, word }: Packed, next: u32) -> Slot {
        Slot { id, at, word, what, next }
    }

    pub(super) fn packed(&self) -> Packed {
        Packed { what: self.what, word: self.word }
    }

    /// Whether this is a gap.
    pub(super) fn is_gone(&self) -> bool {
        self.what == GONE
    }
}

/// Some rows. All but the last piece are full, gaps included; none is empty.
#[derive(Clone, Debug)]
struct Piece {
    slots: Vec<Slot>,
    gaps: usize,
    /// No row of it is older, none newer.
    oldest: Timestamp,
    newest: Timestamp,
}

impl Piece {
    fn new(slots: Vec<Slot>) -> Piece {
        let mut piece = Piece { slots, gaps: 0, oldest: Timestamp(i64::MAX), newest: Timestamp(i64::MIN) };
        piece.look();
        piece
    }

    fn len(&self) -> usize {
        self.slots.len() - self.gaps
    }

    fn rows(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| !slot.is_gone())
    }

    /// Makes its times and its gaps what they are.
    fn look(&mut self) {
        let mut rows = 0;
        (self.oldest, self.newest) = (Timestamp(i64::MAX), Timestamp(i64::MIN));
        for slot in self.slots.iter().filter(|slot| !slot.is_gone()) {
            (self.oldest, self.newest) = (self.oldest.min(slot.at), self.newest.max(slot.at));
            rows += 1;
        }
        self.gaps = self.slots.len() - rows;
    }

    /// A row of this time is in it.
    fn has_one_at(&mut self, at: Timestamp) {
        (self.oldest, self.newest) = (self.oldest.min(at), self.newest.max(at));
    }
}

/// The piece with which these have more than so many rows.
fn reach<'a>(mut pieces: impl Iterator<Item = &'a &'a Piece>, count: usize) -> Option<&'a Piece> {
    let mut rows = 0;
    let reached = |piece: &&&Piece| {
        rows += piece.len();
        rows > count
    };
    pieces.find(reached).copied()
}

/// The rows.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    pieces: Vec<Piece>,
    /// The number of the first.
    first: u32,
    gaps: usize,
}

impl Rows {
    pub(super) fn new() -> Rows {
        Rows { pieces: Vec::new(), first: 0, gaps: 0 }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.held() - self.gaps
    }

    /// How many places are between them.
    pub(super) fn gaps(&self) -> usize {
        self.gaps
    }

    /// The number of the next.
    pub(super) fn next(&self) -> u32 {
        self.first + self.held() as u32
    }

    /// The row of a number, or its gap; `None` for one that no row has any more.
    #[inline]
    pub(super) fn get(&self, number: u32) -> Option<&Slot> {
        let index = number.wrapping_sub(self.first) as usize;
        self.pieces.get(index / PIECE)?.slots.get(index % PIECE)
    }

    /// All of them with their numbers, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Slot)> {
        let slots = self.pieces.iter().flat_map(|piece| &piece.slots).zip(self.first..);
        slots.filter(|(slot, _)| !slot.is_gone()).map(|(slot, number)| (number, slot))
    }

    /// Lets the numbers of the first row begin here, as if so many had come and gone.
    #[cfg(test)]
    pub(super) fn begin_at(&mut self, number: u32) {
        assert!(self.pieces.is_empty());
        self.first = number;
    }

    pub(super) fn push(&mut self, slot: Slot) {
        match self.pieces.last_mut().filter(|last| last.slots.len() < PIECE) {
            Some(last) => {
                last.has_one_at(slot.at);
                last.slots.push(slot);
            }
            None => {
                let mut slots = Vec::with_capacity(PIECE);
                slots.push(slot);
                self.pieces.push(Piece::new(slots));
            }
        }
    }

    /// Gives a row another time and content.
    pub(super) fn set(&mut self, number: u32, at: Timestamp, Packed { what, word }: Packed) {
        let index = number.wrapping_sub(self.first) as usize;
        if let Some(piece) = self.pieces.get_mut(index / PIECE)
            && let Some(slot) = piece.slots.get_mut(index % PIECE)
        {
            (slot.at, slot.what, slot.word) = (at, what, word);
            piece.has_one_at(at);
        }
    }

    /// Leaves a gap where a row is.
    pub(super) fn remove(&mut self, number: u32) {
        let index = number.wrapping_sub(self.first) as usize;
        if let Some(piece) = self.pieces.get_mut(index / PIECE)
            && let Some(slot) = piece.slots.get_mut(index % PIECE).filter(|slot| !slot.is_gone())
        {
            slot.what = GONE;
            piece.gaps += 1;
            self.gaps += 1;
        }
        self.let_go();
    }

    /// Keeps the rows that `stays` is true of; it is not asked of those that are not before a time, when there is one.
    pub(super) fn retain(&mut self, before: Option<Timestamp>, mut stays: impl FnMut(&Slot) -> bool) {
        let is_old = |at: Timestamp| before.is_none_or(|before| at < before);
        for piece in self.pieces.iter_mut().filter(|piece| is_old(piece.oldest)) {
            for slot in piece.slots.iter_mut().filter(|slot| !slot.is_gone() && is_old(slot.at)) {
                if !stays(slot) {
                    slot.what = GONE;
                }
            }
            self.gaps -= piece.gaps;
            piece.look();
            self.gaps += piece.gaps;
        }
        self.let_go();
    }

    /// The time at this place, from zero, of all times in their order; `None` when there are not so many.
    pub(super) fn time_at(&self, place: usize) -> Option<Timestamp> {
        let above = self.len().checked_sub(place + 1)?;
        // At least `place + 1` rows are not newer than the one, and at least `above + 1` not older than the other.
        let mut pieces: Vec<&Piece> = self.pieces.iter().collect();
        pieces.sort_unstable_by_key(|piece| piece.newest);
        let last = reach(pieces.iter(), place)?.newest;
        pieces.sort_unstable_by_key(|piece| piece.oldest);
        let first = reach(pieces.iter().rev(), above)?.oldest;
        let before = pieces.iter().filter(|piece| piece.newest < first).map(|piece| piece.len()).sum::<usize>();
        pieces.retain(|piece| piece.newest >= first && piece.oldest <= last);
        let times = || pieces.iter().flat_map(|piece| piece.rows()).map(|slot| slot.at.0);
        oldest::nth(times, place.checked_sub(before)?).map(Timestamp)
    }

    /// Closes the gaps and numbers the rows from zero, and gives them to `link`, a few at a time with the number of the
    /// first.
    pub(super) fn renumber(&mut self, few: usize, mut link: impl FnMut(u32, &mut [Slot])) {
        self.first = 0;
        self.close_gaps();
        let mut number = 0;
        for slots in self.pieces.iter_mut().flat_map(|piece| piece.slots.chunks_mut(few)) {
            link(number, slots);
            number += slots.len() as u32;
        }
    }

    fn close_gaps(&mut self) {
        if self.gaps == 0 {
            return;
        }
        let (mut piece, mut place) = (0, 0);
        for from in 0..self.pieces.len() {
            for index in 0..self.pieces[from].slots.len() {
                let slot = self.pieces[from].slots[index];
                if slot.is_gone() {
                    continue;
                }
                self.pieces[piece].slots[place] = slot;
                (piece, place) = if place + 1 < PIECE { (piece, place + 1) } else { (piece + 1, 0) };
            }
        }
        if let Some(last) = self.pieces.get_mut(piece) {
            last.slots.truncate(place);
        }
        self.pieces.truncate(piece + usize::from(place > 0));
        self.pieces.iter_mut().for_each(Piece::look);
        self.gaps = 0;
    }

    /// Lets the first pieces go that have no row.
    fn let_go(&mut self) {
        let empty = self.pieces.iter().take_while(|piece| piece.gaps == piece.slots.len()).count();
        let held: usize = self.pieces.drain(..empty).map(|piece| piece.slots.len()).sum();
        self.first += held as u32;
        self.gaps -= held;
    }

    /// The rows and the gaps.
    fn held(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.slots.len())
    }
}
