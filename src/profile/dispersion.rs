//! How much more the counts of chunks of the reference vary than those of independent rows would.
//!
//! Chunks are neighbouring rows, of 64 and of every doubling of it that leaves 30 chunks. The dispersion of a size is
//! `sum over chunks c and cells b of (n_cb - s p_b)^2 / (s p_b) / ((C - 1)(B - 1))`, Pearson's statistic over its
//! degrees of freedom, 1 for independent rows; `s` being the size, `C` the number of chunks, `p_b` the share of the
//! cell in all of them. All sums are of integers.

use crate::aggregate::{Column, Delta, Layout};
use crate::statistics::null::shortened;
use std::sync::Arc;

/// Rows of the smallest chunks.
pub const SMALLEST: u64 = 64;
/// Chunks that a size needs.
pub(super) const FEWEST: u64 = 30;

/// What was found of one column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Found {
    /// Rows of a chunk and the dispersion.
    pub(super) dispersion: Vec<(u64, f64)>,
    /// For each coarse cell the variance between the smallest chunks of its share, beyond that of independent rows.
    pub(super) between: Vec<f64>,
}

/// Counts chunks of the rows of one layout.
#[derive(Clone, Debug)]
pub(super) struct Chunks {
    /// For each count the coarse cell, numbered through all columns.
    places: Arc<Vec<Option<u32>>>,
    /// The first cell of each column, and the end.
    columns: Vec<usize>,
    levels: Vec<Level>,
}

/// Chunks of one size.
#[derive(Clone, Debug)]
struct Level {
    rows: u64,
    chunks: u64,
    /// Of the chunk that is being filled.
    filled: u64,
    counts: Vec<u32>,
    /// Of the chunks that are full: sums of counts, and of their squares.
    sums: Vec<u64>,
    squares: Vec<u64>,
}

impl Level {
    fn new(rows: u64, cells: usize) -> Level {
        Level { rows, chunks: 0, filled: 0, counts: vec![0; cells], sums: vec![0; cells], squares: vec![0; cells] }
    }

    /// Closes the chunk; its counts are left for the next level to take.
    fn close(&mut self) {
        self.chunks += 1;
        self.filled = 0;
        for ((count, sum), square) in self.counts.iter().zip(&mut self.sums).zip(&mut self.squares) {
            let count = u64::from(*count);
            *sum += count;
            *square += count * count;
        }
    }
}

impl Chunks {
    /// For at most this many rows.
    pub(super) fn new(layout: &Layout, rows: u64) -> Chunks {
        let (mut places, mut columns, mut cells) = (vec![None; layout.counts()], Vec::new(), 0);
        for column in &layout.columns {
            columns.push(cells);
            for (offset, place) in column.shape.coarse_places().into_iter().enumerate() {
                if let (Some(slot), Some(place)) = (places.get_mut(column.counts + offset), place) {
                    *slot = Some((cells + place) as u32);
                }
            }
            cells += column.shape.coarse_cells();
        }
        columns.push(cells);
        let sizes = std::iter::successors(Some(SMALLEST), |size| Some(size * 2));
        let levels = sizes.take_while(|size| size * FEWEST <= rows).map(|size| Level::new(size, cells)).collect();
        Chunks { places: Arc::new(places), columns, levels }
    }

    /// The coarse cells of all columns, numbered through, that an event fell into.
    pub(super) fn cells<'a>(&'a self, delta: &'a Delta) -> impl Iterator<Item = usize> + 'a {
        let place = |index: &u32| self.places.get(*index as usize).copied().flatten();
        delta.counts().iter().filter_map(place).map(|cell| cell as usize)
    }

    /// The first cell of each column, and the end.
    pub(super) fn columns(&self) -> &[usize] {
        &self.columns
    }

    /// Takes the next row.
    pub(super) fn row(&mut self, delta: &Delta) {
        let Some(first) = self.levels.first_mut() else { return };
        for index in delta.counts() {
            if let Some(Some(cell)) = self.places.get(*index as usize)
                && let Some(count) = first.counts.get_mut(*cell as usize)
            {
                *count += 1;
            }
        }
        first.filled += 1;
        let mut at = 0;
        while let Some(level) = self.levels.get_mut(at)
            && level.filled == level.rows
        {
            level.close();
            let rows = level.rows;
            let counts = std::mem::take(&mut level.counts);
            if let Some(next) = self.levels.get_mut(at + 1) {
                next.counts.iter_mut().zip(&counts).for_each(|(sum, count)| *sum += count);
                next.filled += rows;
            }
            if let Some(level) = self.levels.get_mut(at) {
                level.counts = vec![0; counts.len()];
            }
            at += 1;
        }
    }

    /// What was found of each column by the chunks of several parts of the rows, each against its own part: what varies
    /// inside the parts, not from one to another. Nothing where there were too few chunks.
    pub(super) fn pooled(parts: &[&Chunks]) -> Vec<Found> {
        let Some(first) = parts.first() else { return Vec::new() };
        let levels: Vec<Vec<&Level>> = (0..first.levels.len())
            .map(|at| parts.iter().filter_map(|part| part.levels.get(at)).filter(|level| level.chunks >= 2).collect())
            .filter(|levels: &Vec<&Level>| levels.iter().map(|level| level.chunks - 1).sum::<u64>() >= FEWEST)
            .collect();
        let found = first.columns.windows(2).map(|cells| {
            let range = cells[0]..cells[1];
            let dispersion = levels.iter().filter_map(|levels| {
                let (mut statistic, mut freedom) = (0.0, 0.0);
                for level in levels {
                    let (own, of) = level.chi_square(range.clone());
                    (statistic, freedom) = (statistic + own, freedom + of);
                }
                let value = (freedom > 0.0).then(|| shortened((statistic / freedom).max(1.0), 4))?;
                Some((levels.first()?.rows, value))
            });
            Found { dispersion: dispersion.collect(), between: Level::pooled(levels.first(), range.clone()) }
        });
        found.collect()
    }

    /// What was found of each column of the layout; nothing where there were too few chunks.
    pub(super) fn finish(&self, columns: &[Column]) -> Vec<Found> {
        let known = |level: &&Level| level.chunks >= FEWEST;
        let found = columns.iter().zip(self.columns.windows(2)).map(|(_, cells)| {
            let range = cells[0]..cells[1];
            let levels = self.levels.iter().filter(known);
            Found {
                dispersion: levels.filter_map(|level| Some((level.rows, level.dispersion(range.clone())?))).collect(),
                between: self.levels.first().filter(known).map_or_else(Vec::new, |level| level.between(range.clone())),
            }
        });
        found.collect()
    }
}

impl Level {
    /// `None` with fewer than two cells that are not empty.
    fn dispersion(&self, cells: std::ops::Range<usize>) -> Option<f64> {
        let (statistic, freedom) = self.chi_square(cells);
        (freedom > 0.0).then(|| shortened((statistic / freedom).max(1.0), 4))
    }

    /// Pearson's statistic and its degrees of freedom.
    fn chi_square(&self, cells: std::ops::Range<usize>) -> (f64, f64) {
        let chunks = self.chunks as f64;
        let (mut statistic, mut filled) = (0.0, 0u32);
        for (sum, square) in self.sums[cells.clone()].iter().zip(&self.squares[cells]).filter(|(sum, _)| **sum > 0) {
            filled += 1;
            let expected = *sum as f64 / chunks;
            statistic += *square as f64 / expected - chunks * expected;
        }
        // A column that not every row counts in has another number of rows.
        (statistic, ((chunks - 1.0) * (f64::from(filled) - 1.0)).max(0.0))
    }

    /// The mean of the variances of these parts, weighted by their chunks less one.
    fn pooled(parts: Option<&Vec<&Level>>, cells: std::ops::Range<usize>) -> Vec<f64> {
        let Some(parts) = parts.filter(|parts| parts.first().is_some_and(|level| level.rows == SMALLEST)) else {
            return Vec::new();
        };
        let (mut sums, mut weights) = (vec![0.0; cells.len()], 0.0);
        for level in parts {
            let weight = (level.chunks - 1) as f64;
            weights += weight;
            sums.iter_mut().zip(level.excess(cells.clone())).for_each(|(sum, own)| *sum += weight * own);
        }
        sums.into_iter().map(|sum| shortened((sum / weights).max(0.0), 4)).collect()
    }

    fn between(&self, cells: std::ops::Range<usize>) -> Vec<f64> {
        self.excess(cells).map(|excess| shortened(excess.max(0.0), 4)).collect()
    }

    /// For each cell the variance of its share less that of independent rows; below 0 by chance.
    fn excess(&self, cells: std::ops::Range<usize>) -> impl Iterator<Item = f64> + '_ {
        let (chunks, rows) = (self.chunks as f64, self.rows as f64);
        let cells = self.sums[cells.clone()].iter().zip(&self.squares[cells]);
        cells.map(move |(sum, square)| {
            let share = *sum as f64 / chunks / rows;
            let variance = (*square as f64 / (rows * rows) - chunks * share * share) / (chunks - 1.0);
            variance - share * (1.0 - share) / rows
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Dictionary, Observed, Role, Shape};
    use std::sync::Arc;

    fn layout() -> Layout {
        let mut layout = Layout::default();
        let dictionary = Arc::new(Dictionary::new([("a", 50), ("b", 30), ("c", 20)], 64));
        layout.push("x".into(), Role::Input, Shape::Categorical { dictionary });
        layout
    }

    fn found(values: &[&str]) -> Found {
        let layout = layout();
        let mut chunks = Chunks::new(&layout, values.len() as u64);
        for value in values {
            let mut delta = Delta::default();
            layout.columns[0].observe(Observed::Category(value), &mut delta);
            chunks.row(&delta);
        }
        chunks.finish(&layout.columns).remove(0)
    }

    /// A uniform number below 1 by SplitMix64 of the place.
    fn share(place: u64) -> f64 {
        let mut z = place.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn letter(u: f64) -> &'static str {
        if u < 0.5 {
            "a"
        } else if u < 0.8 {
            "b"
        } else {
            "c"
        }
    }

    #[test]
    fn repeated_rows_disperse_by_how_often_they_repeat() {
        for repeats in [1, 3] {
            let values: Vec<&str> = (0..60_000u64).map(|row| letter(share(row / repeats))).collect();
            let found = found(&values);
            assert_eq!(SMALLEST, found.dispersion[0].0);
            assert_eq!(5, found.dispersion.len(), "64 to 1024 rows: {found:?}");
            for (rows, dispersion) in found.dispersion {
                let freedom = 2.0 * (60_000 / rows - 1) as f64;
                // Five standard errors, and what repeats that are cut by the ends of chunks make.
                let allowed = repeats as f64 * (5.0 * (2.0 / freedom).sqrt() + 3.0 / rows as f64);
                assert!((dispersion - repeats as f64).abs() < allowed, "{repeats} {rows}: {dispersion}");
            }
            // Beyond independent rows: (repeats - 1) p (1 - p) / 64.
            let expected = (repeats - 1) as f64 * 0.25 / 64.0;
            assert!((found.between[0] - expected).abs() < 0.0012, "{repeats}: {:?}", found.between);
        }
    }

    #[test]
    fn rows_that_alternate_disperse_as_little_as_one_allows_and_few_rows_say_nothing() {
        let values: Vec<&str> = (0..1_920).map(|row| ["a", "b"][row % 2]).collect();
        assert_eq!((vec![(64, 1.0)], 0.0), (found(&values).dispersion, found(&values).between[0]));
        assert_eq!(Found::default(), found(&values[1..]));
    }
}
