//! Many numbers of one column, added to the same tally one after the other.
//!
//! What is the same for all of them (where the column stands, its cells, its scale) is looked up once, the tables of one
//! column stay in the processor's nearest memory, which those of all columns do not, and each step is taken for a block of
//! numbers before the next one, so that the processor takes it for several at a time. It comes to the same as
//! [`Column::observe`] and [`Tally::apply`] for each number.

use super::layout::{NUMERIC_EXTRAS, NUMERIC_SUMS};
use super::{Column, FixedPoint, Grid, Shape, Tally};

/// The cell of what was not added.
pub const NOT_ADDED: u32 = u32::MAX;
/// Numbers that are added at a time: their moments fit 63 bits together.
const BLOCK: usize = 128;

impl Column {
    /// Adds numbers to the column's part of `tally`, and puts for each its cell into `cells`. What is none of the usual
    /// ones (not finite, or very far from the column's center) is not added, and its cell is [`NOT_ADDED`], and so is all
    /// when this is no column of numbers, `tally` of another layout, or an edge out of reach. Says whether all were added.
    pub fn add(&self, values: &[f64], cells: &mut [u32], tally: &mut Tally) -> bool {
        cells.fill(NOT_ADDED);
        let Shape::Numeric { grid, fixed } = &self.shape else { return false };
        let number = grid.cells();
        let parts = tally.parts(self.counts, number + NUMERIC_EXTRAS, self.sums, number + NUMERIC_SUMS);
        let Some((counts, sums)) = parts else { return false };
        let Some((offsets, moments)) = sums.split_last_chunk_mut::<NUMERIC_SUMS>() else { return false };
        let ends = grid.edges().first().zip(grid.edges().last());
        if !ends.is_some_and(|(first, last)| fixed.is_within_reach(*first) && fixed.is_within_reach(*last)) {
            return values.is_empty();
        }
        let mut all = values.len() == cells.len();
        for (values, cells) in values.chunks(BLOCK).zip(cells.chunks_mut(BLOCK)) {
            all &= block(grid, *fixed, values, cells, counts, offsets, moments);
        }
        all
    }
}

/// Says whether all are added.
fn block(
    grid: &Grid,
    fixed: FixedPoint,
    values: &[f64],
    cells: &mut [u32],
    counts: &mut [u32],
    offsets: &mut [i128],
    moments: &mut [i128; NUMERIC_SUMS],
) -> bool {
    let Some(added) = fixed.near_moments(values) else {
        // One is not usual: it is looked for in either half.
        let half = values.len().div_ceil(2);
        if half < values.len() {
            for (values, cells) in values.chunks(half).zip(cells.chunks_mut(half)) {
                block(grid, fixed, values, cells, counts, offsets, moments);
            }
        }
        return false;
    };
    for (moment, added) in moments.iter_mut().zip(added) {
        *moment = moment.wrapping_add(i128::from(added));
    }
    let lookup = grid.lookup();
    let mut steps = [0; BLOCK];
    lookup.steps(values, &mut steps);
    let number = lookup.stops().len().min(offsets.len()).min(counts.len());
    let (stops, counts, offsets) = (&lookup.stops()[..number], &mut counts[..number], &mut offsets[..number]);
    // In two turns, so that no cell is waited for that the one before it is added to.
    for ((x, step), cell) in values.iter().zip(&steps).zip(&mut *cells) {
        *cell = lookup.below_at(*step, *x) as u32;
    }
    for (x, cell) in values.iter().zip(cells) {
        let k = *cell as usize;
        if k < number {
            counts[k] += 1;
            offsets[k] = offsets[k].wrapping_add(fixed.near_offset((x - stops[k]).abs()).into());
        }
    }
    true
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
            deviation in prop_oneof![Just(1.0), Just(100.0), Just(1e-9), Just(1e12)],
            values in prop::collection::vec(prop_oneof![8 => -2e3f64..2e3, 80 => -9f64..9.0, 1 => any::<f64>(), 1 => Just(f64::INFINITY), 1 => Just(f64::NAN)], 0..300),
        ) {
            let mut layout = Layout::default();
            layout.reserve(3, 2);
            let shape = Shape::Numeric { grid: Arc::new(Grid::new(edges, &[0.0])), fixed: FixedPoint::new(1.5, deviation) };
            layout.push("x".into(), Role::Input, shape);
            let column = &layout.columns[0];
            let mut one_by_one = Tally::new(layout.counts(), layout.sums());
            let mut many = one_by_one.clone();
            let mut rest = Delta::default();
            let mut cells = vec![0; values.len()];
            let all = column.add(&values, &mut cells, &mut many);
            prop_assert_eq!(all, !cells.contains(&NOT_ADDED));
            for (value, cell) in values.into_iter().zip(cells) {
                let mut delta = Delta::default();
                let seen = column.observe(Observed::Number(value), &mut delta);
                one_by_one.apply(&delta);
                match cell {
                    NOT_ADDED => drop(column.observe(Observed::Number(value), &mut rest)),
                    cell => prop_assert_eq!(seen.cell, cell),
                }
            }
            many.apply(&rest);
            prop_assert_eq!(one_by_one, many);
        }
    }
}
