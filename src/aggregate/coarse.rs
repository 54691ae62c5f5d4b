//! Which coarse cell each value of an event fell into, read off the event's delta.
//!
//! A column adds to exactly one of its cells (or to MISSING or INVALID) for each event. So the cells of all columns
//! follow from the counts that went up, by one look into a table each, and nothing is searched twice.

use super::{Column, Delta, Shape, Totals};

/// No coarse cell: a count beside the cells, such as that of infinities.
const NONE: u16 = u16::MAX;

/// The coarse cells of the first columns of a layout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CoarseCells {
    /// By index of a count: the coarse cell in its own column.
    of: Vec<u16>,
    /// By column: its first count, the counts that have a cell, and the number of coarse cells.
    columns: Vec<(usize, usize, usize)>,
}

impl CoarseCells {
    /// The coarse cells of these columns: the deciles after atoms or the categories with OTHER and UNSEEN, then MISSING
    /// and INVALID.
    pub fn new(columns: &[Column]) -> CoarseCells {
        let end = columns.iter().map(|column| column.counts + column.shape.counts()).max().unwrap_or(0);
        let mut coarse = CoarseCells { of: vec![NONE; end], columns: Vec::new() };
        for column in columns {
            let fine = match &column.shape {
                Shape::Numeric { grid, .. } => grid.cells(),
                Shape::Categorical { dictionary } => dictionary.cells(),
            };
            let (cells, coarse_of): (usize, Box<dyn Fn(usize) -> usize + '_>) = match &column.shape {
                Shape::Numeric { grid, .. } => (grid.coarse_cells(), Box::new(|k| grid.coarse_of(k))),
                Shape::Categorical { .. } => (fine, Box::new(|k| k)),
            };
            for k in 0..fine + 2 {
                // MISSING and INVALID stand behind the cells.
                let cell = if k < fine { coarse_of(k) } else { cells + k - fine };
                if let Some(place) = coarse.of.get_mut(column.counts + k) {
                    *place = cell as u16;
                }
            }
            coarse.columns.push((column.counts, fine + 2, cells + 2));
        }
        coarse
    }

    /// The number of coarse cells of each column.
    pub fn cells(&self) -> impl Iterator<Item = usize> + '_ {
        self.columns.iter().map(|(_, _, cells)| *cells)
    }

    /// The coarse cell of each column, in their order, that an event fell into.
    pub fn of<'a>(&'a self, delta: &'a Delta) -> impl Iterator<Item = u16> + 'a {
        delta.counts().iter().filter_map(|index| self.of.get(*index as usize).copied().filter(|cell| *cell != NONE))
    }

    /// By column: its first count, the cell of each of its counts from there on, and the number of its cells.
    pub(super) fn by_column(
        &self,
    ) -> impl Iterator<Item = (usize, impl Iterator<Item = Option<u16>> + '_, usize)> + '_ {
        self.columns.iter().map(|(first, length, cells)| {
            let of = self.of.get(*first..first + length).unwrap_or_default();
            (*first, of.iter().map(|cell| Some(*cell).filter(|cell| *cell != NONE)), *cells)
        })
    }

    /// Counts of a column's coarse cells in `totals`; `None` when they are of another layout.
    pub fn counts(&self, column: usize, totals: &Totals) -> Option<Vec<u64>> {
        let (first, length, cells) = self.columns.get(column)?;
        let (fine, of) = (totals.counts.get(*first..first + length)?, self.of.get(*first..first + length)?);
        let mut coarse = vec![0; *cells];
        for (count, cell) in fine.iter().zip(of) {
            if let Some(place) = coarse.get_mut(usize::from(*cell)) {
                *place += count;
            }
        }
        Some(coarse)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Dictionary, FixedPoint, Grid, Layout, Observed, Role};
    use std::sync::Arc;

    #[test]
    fn cells_are_read_off_the_delta() {
        let mut layout = Layout::default();
        layout.reserve(2, 0);
        let grid = Arc::new(Grid::new(vec![1.0, 2.0, 3.0, 4.0], &[2.0, 4.0]));
        layout.push("x".into(), Role::Input, Shape::Numeric { grid, fixed: FixedPoint::UNIT });
        let dictionary = Arc::new(Dictionary::new([("a", 50), ("b", 50)], 10));
        layout.push("c".into(), Role::Input, Shape::Categorical { dictionary });
        let coarse = CoarseCells::new(&layout.columns);
        // Three coarse cells, MISSING, INVALID; a, b, OTHER, UNSEEN, MISSING, INVALID.
        assert_eq!(vec![5, 6], coarse.cells().collect::<Vec<_>>());
        let table = [
            (Observed::Number(1.5), Observed::Category("b"), [0, 1]),
            (Observed::Coerced(2.5), Observed::Category("zzz"), [1, 3]),
            (Observed::Number(f64::INFINITY), Observed::Missing, [2, 4]),
            (Observed::Missing, Observed::Invalid, [3, 5]),
            (Observed::Invalid, Observed::Category("a"), [4, 0]),
        ];
        let mut totals = Totals::new(layout.counts(), layout.sums());
        for (x, c, expected) in table {
            let mut delta = Delta::default();
            delta.count(0);
            layout.columns[0].observe(x, &mut delta);
            layout.columns[1].observe(c, &mut delta);
            totals.apply(&delta);
            assert_eq!(expected.to_vec(), coarse.of(&delta).collect::<Vec<_>>(), "{x:?} {c:?}");
        }
        assert_eq!(Some(vec![1, 1, 1, 1, 1]), coarse.counts(0, &totals));
        assert_eq!(Some(vec![1, 1, 0, 1, 1, 1]), coarse.counts(1, &totals));
    }
}
