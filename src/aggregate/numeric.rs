//! One column of a reference or a window, read from the flat counts and sums.

use super::layout::{CATEGORICAL_EXTRAS, Column, NUMERIC_EXTRAS, Shape};
use super::{Dictionary, FixedPoint, Grid, Totals};

/// One side (reference or current) of a numeric column.
#[derive(Clone, Copy, Debug)]
pub struct Numbers<'a> {
    grid: &'a Grid,
    fixed: FixedPoint,
    counts: &'a [u64],
    sums: &'a [i128],
    /// The sum of the cells: asked for at every cell.
    present: u64,
}

impl<'a> Numbers<'a> {
    /// The column's counts and sums in `totals`; `None` when the column is categorical or the totals are of another
    /// layout.
    pub fn of(column: &'a Column, totals: &'a Totals) -> Option<Numbers<'a>> {
        let Shape::Numeric { grid, fixed } = &column.shape else { return None };
        let counts = totals.counts.get(column.counts..column.counts + column.shape.counts())?;
        let sums = totals.sums.get(column.sums..column.sums + column.shape.sums())?;
        Numbers::from_parts(grid, *fixed, counts, sums)
    }

    /// A side made of bare parts: `counts` holds one count per cell and `NUMERIC_EXTRAS` more, `sums` one offset
    /// sum per cell and the two moments. `None` when the lengths do not fit.
    pub fn from_parts(grid: &'a Grid, fixed: FixedPoint, counts: &'a [u64], sums: &'a [i128]) -> Option<Numbers<'a>> {
        let fits = counts.len() == grid.cells() + NUMERIC_EXTRAS && sums.len() == grid.cells() + 2;
        fits.then(|| Numbers { grid, fixed, counts, sums, present: counts[..grid.cells()].iter().sum() })
    }

    /// The grid both sides share.
    pub fn grid(&self) -> &'a Grid {
        self.grid
    }

    /// Center and scale of the sums.
    pub fn fixed(&self) -> FixedPoint {
        self.fixed
    }

    /// Counts of the fine cells.
    pub fn cells(&self) -> &'a [u64] {
        &self.counts[..self.grid.cells()]
    }

    /// Values present and of the right kind, infinities included.
    pub fn present(&self) -> u64 {
        self.present
    }

    /// Values below the smallest or above the largest of the reference; `None` when the grid does not know them.
    pub fn outside(&self) -> Option<u64> {
        let outside = |(k, count): (usize, &u64)| self.grid.is_outside(k).map(|out| if out { *count } else { 0 });
        self.cells().iter().enumerate().map(outside).sum()
    }

    /// Values missing: null, absent or NaN.
    pub fn missing(&self) -> u64 {
        self.counts[self.grid.cells()]
    }

    /// Values that were no numbers.
    pub fn invalid(&self) -> u64 {
        self.counts[self.grid.cells() + 1]
    }

    /// Infinite values.
    pub fn infinite(&self) -> u64 {
        self.counts[self.grid.cells() + 2]
    }

    /// Numbers written as text.
    pub fn coerced(&self) -> u64 {
        self.counts[self.grid.cells() + 3]
    }

    /// Finite values: those with moments and offsets.
    pub fn finite(&self) -> u64 {
        self.present() - self.infinite()
    }

    /// The interval of the cell that holds the value of this rank (from 0); ends that are open are taken from the
    /// neighbouring edge. `None` when there is no such value.
    pub fn rank_interval(&self, rank: u64) -> Option<(f64, f64)> {
        let mut seen = 0;
        let k = self.cells().iter().position(|count| {
            seen += count;
            rank < seen
        })?;
        let (lower, upper) = (self.grid.lower(k), self.grid.upper(k));
        Some((lower.or(upper)?, upper.or(lower)?))
    }

    /// The mean of the finite values.
    pub fn mean(&self) -> Option<f64> {
        let n = self.finite();
        (n > 0).then(|| self.fixed.center + self.fixed.first(self.sums[self.grid.cells()]) / n as f64)
    }

    /// The variance of the finite values, dividing by `n - ddof`; not below zero.
    pub fn variance(&self, ddof: u64) -> Option<f64> {
        let n = self.finite();
        if n <= ddof {
            return None;
        }
        let shift = self.fixed.first(self.sums[self.grid.cells()]);
        let squares = self.fixed.second(self.sums[self.grid.cells() + 1]);
        Some(((squares - shift * shift / n as f64) / (n - ddof) as f64).max(0.0))
    }

    /// Whether all values are one: a frequent value has a cell of its own, which shows it even where a rounded mean
    /// leaves a trace of variance.
    pub fn is_constant(&self) -> bool {
        let (cells, present) = (self.cells(), self.present());
        let alone = (0..cells.len()).any(|k| self.grid.is_atomic(k) && cells[k] == present);
        present > 0 && (alone || self.variance(0) == Some(0.0))
    }

    /// The sum of the offsets in cell `k` over the number of all values present: `U_k` of the specification. An
    /// infinity has the offset 0, as if it stood on the outermost edge.
    pub fn offset_mean(&self, k: usize) -> f64 {
        self.fixed.offsets(self.sums[k]) / self.present().max(1) as f64
    }
}

/// One side (reference or current) of a categorical column.
#[derive(Clone, Copy, Debug)]
pub struct Categories<'a> {
    dictionary: &'a Dictionary,
    counts: &'a [u64],
}

impl<'a> Categories<'a> {
    /// The column's counts in `totals`; `None` when the column is numeric or the totals are of another layout.
    pub fn of(column: &'a Column, totals: &'a Totals) -> Option<Categories<'a>> {
        let Shape::Categorical { dictionary } = &column.shape else { return None };
        let counts = totals.counts.get(column.counts..column.counts + column.shape.counts())?;
        Some(Categories { dictionary, counts })
    }

    /// A side made of bare parts: one count per cell of the dictionary and `CATEGORICAL_EXTRAS` more.
    pub fn from_parts(dictionary: &'a Dictionary, counts: &'a [u64]) -> Option<Categories<'a>> {
        (counts.len() == dictionary.cells() + CATEGORICAL_EXTRAS).then_some(Categories { dictionary, counts })
    }

    /// The dictionary both sides share.
    pub fn dictionary(&self) -> &'a Dictionary {
        self.dictionary
    }

    /// Counts of the categories, then OTHER, then UNSEEN.
    pub fn cells(&self) -> &'a [u64] {
        &self.counts[..self.dictionary.cells()]
    }

    /// Values present and of the right kind.
    pub fn present(&self) -> u64 {
        self.cells().iter().sum()
    }

    /// Values not known in the reference.
    pub fn unseen(&self) -> u64 {
        self.counts[self.dictionary.unseen()]
    }

    /// Values missing: null or absent.
    pub fn missing(&self) -> u64 {
        self.counts[self.dictionary.cells()]
    }

    /// Values that were no categories (objects and arrays).
    pub fn invalid(&self) -> u64 {
        self.counts[self.dictionary.cells() + 1]
    }
}
