//! The cells of texts that come again and again: each is looked up once.

use crate::event::{Batch, Packed};

/// The cells of the texts of a batch, by their place among what is no number; of one stream at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownCells {
    /// With the round in which each was learned.
    cells: Vec<(u32, u32)>,
    round: u32,
}

impl KnownCells {
    /// Forgets all: the texts of another batch come, or the cells are of another stream.
    pub(super) fn begin(&mut self, batch: &Batch) {
        self.cells.resize(batch.others_length().max(self.cells.len()), (0, 0));
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.cells.fill((0, 0));
            self.round = 1;
        }
    }

    /// The cell of a value, when it was learned.
    #[inline(always)]
    pub(super) fn cell(&self, value: Packed) -> Option<u32> {
        let (round, cell) = self.cells.get(value.other()?)?;
        (*round == self.round).then_some(*cell)
    }

    pub(super) fn learn(&mut self, value: Packed, cell: u32) {
        if let Some(known) = value.other().and_then(|place| self.cells.get_mut(place)) {
            *known = (self.round, cell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Datum;

    #[test]
    fn a_cell_is_known_until_the_next_round_and_of_texts_alone() {
        let (mut known, mut batch) = (KnownCells::default(), Batch::default());
        let texts = ["a", "b"].map(|text| {
            let text = batch.push_text(text);
            batch.pack(Datum::Category(text))
        });
        known.begin(&batch);
        for value in [Packed::MISSING, Packed::from_number(0.0), Packed::from_number(1e308)] {
            known.learn(value, 9);
            assert_eq!(None, known.cell(value));
        }
        known.learn(texts[1], 7);
        assert_eq!([None, Some(7)], texts.map(|text| known.cell(text)));
        // Of another stream the same text is in another cell.
        known.begin(&batch);
        assert_eq!([None, None], texts.map(|text| known.cell(text)));
        known.learn(texts[1], 3);
        known.round = u32::MAX;
        known.begin(&batch);
        assert_eq!([None, None], texts.map(|text| known.cell(text)));
        // One that was not there when the round began.
        let later = batch.push_text("c");
        let later = batch.pack(Datum::Category(later));
        known.learn(later, 5);
        assert_eq!(None, known.cell(later));
    }
}
