//! The loss of labelled rows by coarse cell of each feature: what each part of the input space costs.
//!
//! The loss of a classification is 1 when the prediction is wrong and 0 when it is right, that of a regression
//! `|prediction - actual|`.

use super::{CoarseCells, Delta, FixedPoint, Layout, Totals};

/// The place of the losses: for each feature a count and a sum by coarse cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Losses {
    /// Scale of the sums.
    fixed: Option<FixedPoint>,
    /// By feature: first count, first sum, cells.
    features: Vec<(usize, usize, usize)>,
}

impl Losses {
    /// Reserves the place for features with these coarse cells; the sums are on this scale.
    pub fn new(layout: &mut Layout, coarse: &CoarseCells, fixed: FixedPoint) -> Losses {
        let features = coarse.cells().map(|cells| {
            let (counts, sums) = layout.reserve(cells, cells);
            (counts, sums, cells)
        });
        Losses { features: features.collect(), fixed: Some(FixedPoint { center: 0.0, ..fixed }) }
    }

    /// Adds a labelled row whose features fell into these cells. A loss that is not finite is left out.
    pub fn observe(&self, cells: &[u16], loss: f64, delta: &mut Delta) {
        let Some(fixed) = self.fixed.filter(|_| loss.is_finite() && cells.len() == self.features.len()) else { return };
        let loss = fixed.difference(loss);
        for ((counts, sums, most), cell) in self.features.iter().zip(cells) {
            let cell = usize::from(*cell);
            if cell < *most {
                delta.count(counts + cell);
                delta.sum(sums + cell, loss);
            }
        }
    }

    /// The losses of one feature in `totals`; `None` when they hold none.
    pub fn read<'a>(&self, feature: usize, totals: &'a Totals) -> Option<LossCells<'a>> {
        let (counts, sums, cells) = *self.features.get(feature)?;
        let counts = totals.counts.get(counts..counts + cells)?;
        let sums = totals.sums.get(sums..sums + cells)?;
        let losses = LossCells { counts, sums, fixed: self.fixed? };
        (losses.rows() > 0).then_some(losses)
    }
}

/// Labelled rows and their losses by coarse cell of one feature; at least one row.
#[derive(Clone, Copy, Debug)]
pub struct LossCells<'a> {
    counts: &'a [u64],
    sums: &'a [i128],
    fixed: FixedPoint,
}

impl<'a> LossCells<'a> {
    /// Of bare parts: counts by cell, and sums of losses as [`FixedPoint::difference`]s. `None` when the lengths differ
    /// or there are no rows.
    pub fn from_parts(counts: &'a [u64], sums: &'a [i128], fixed: FixedPoint) -> Option<LossCells<'a>> {
        let losses = LossCells { counts, sums, fixed };
        (counts.len() == sums.len() && losses.rows() > 0).then_some(losses)
    }

    /// Labelled rows.
    pub fn rows(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The number of cells.
    pub fn cells(&self) -> usize {
        self.counts.len()
    }

    /// The rows in cell `b` and the sum of their losses.
    pub fn cell(&self, b: usize) -> Option<(u64, f64)> {
        Some((*self.counts.get(b)?, self.fixed.first(*self.sums.get(b)?)))
    }

    /// The share of the rows that are in cell `b`.
    pub fn share(&self, b: usize) -> f64 {
        self.counts.get(b).map_or(0.0, |count| *count as f64) / self.rows() as f64
    }

    /// The mean loss of the rows in cell `b`; `None` when there are none.
    pub fn mean(&self, b: usize) -> Option<f64> {
        let (count, sum) = (*self.counts.get(b)?, *self.sums.get(b)?);
        (count > 0).then(|| self.fixed.first(sum) / count as f64)
    }

    /// The mean loss of all rows.
    pub fn overall(&self) -> f64 {
        self.fixed.first(self.sums.iter().sum()) / self.rows() as f64
    }
}
