//! Many numbers of one column, added to the same tally one after the other.
//!
//! What is the same for all of them (where the column stands, its cells, its scale) is looked up once, and the tables of
//! one column stay in the processor's nearest memory, which those of all columns do not. It comes to the same as
//! [`Column::observe`] and [`Tally::apply`] for each number.

use super::layout::{NUMERIC_EXTRAS, NUMERIC_SUMS};
use super::{Column, FixedPoint, Grid, Shape, Tally};

/// Numbers that an adder takes: their moments fit 63 bits together.
pub const MOST_ADDED: usize = 4_096;

/// A numeric column and its part of a tally.
#[derive(Debug)]
pub struct Adder<'a> {
    grid: &'a Grid,
    fixed: FixedPoint,
    counts: &'a mut [u32],
    offsets: &'a mut [i128],
    moments: &'a mut [i128; NUMERIC_SUMS],
    /// First and second moment of what was added, each of less than 51 bits.
    added: [i64; NUMERIC_SUMS],
}

impl Column {
    /// Adds at most [`MOST_ADDED`] numbers to the column's part of `tally`; `None` when the column is none of numbers, or
    /// the tally is of another layout.
    pub fn adder<'a>(&'a self, tally: &'a mut Tally) -> Option<Adder<'a>> {
        let Shape::Numeric { grid, fixed } = &self.shape else { return None };
        let cells = grid.cells();
        let (counts, sums) = tally.parts(self.counts, cells + NUMERIC_EXTRAS, self.sums, cells + NUMERIC_SUMS)?;
        let (offsets, moments) = sums.split_last_chunk_mut::<NUMERIC_SUMS>()?;
        Some(Adder { grid, fixed: *fixed, counts, offsets, moments, added: [0; NUMERIC_SUMS] })
    }
}

impl Adder<'_> {
    /// Adds a number and says in which cell; `None`, and nothing is added, when it is none of the usual ones: not finite,
    /// or very far from the column's center.
    #[inline(always)]
    pub fn add(&mut self, value: f64) -> Option<u32> {
        let cell = self.grid.cell(value);
        let [offset, first, second] = self.fixed.near(self.grid.offset(cell, value), value)?;
        let (count, offsets) = (self.counts.get_mut(cell)?, self.offsets.get_mut(cell)?);
        *count += 1;
        *offsets = offsets.wrapping_add(i128::from(offset));
        self.added[0] = self.added[0].wrapping_add(first);
        self.added[1] = self.added[1].wrapping_add(second);
        Some(cell as u32)
    }

    /// Must be called at the end.
    pub fn finish(self) {
        for (moment, added) in self.moments.iter_mut().zip(self.added) {
            *moment = moment.wrapping_add(i128::from(added));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Delta, Layout, Observed, Role};
    use proptest::prelude::*;
    use std::sync::Arc;

    proptest! {
        #[test]
        fn many_numbers_add_what_each_alone_adds(
            edges in prop::collection::vec(-1e3f64..1e3, 0..60),
            deviation in prop_oneof![Just(1.0), Just(1e-9), Just(1e12)],
            values in prop::collection::vec(prop_oneof![8 => -2e3f64..2e3, 1 => any::<f64>(), 1 => Just(f64::INFINITY)], 0..100),
        ) {
            let mut layout = Layout::default();
            layout.reserve(3, 2);
            let shape = Shape::Numeric { grid: Arc::new(Grid::new(edges, &[0.0])), fixed: FixedPoint::new(1.5, deviation) };
            layout.push("x".into(), Role::Input, shape);
            let column = &layout.columns[0];
            let mut one_by_one = Tally::new(layout.counts(), layout.sums());
            let mut many = one_by_one.clone();
            let mut rest = Delta::default();
            let mut adder = column.adder(&mut many).unwrap();
            for value in values {
                let mut delta = Delta::default();
                let seen = column.observe(Observed::Number(value), &mut delta);
                one_by_one.apply(&delta);
                match adder.add(value) {
                    Some(cell) => prop_assert_eq!(seen.cell, cell),
                    None => drop(column.observe(Observed::Number(value), &mut rest)),
                }
            }
            adder.finish();
            many.apply(&rest);
            prop_assert_eq!(one_by_one, many);
        }
    }
}
