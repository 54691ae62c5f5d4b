//! Counts of all answered predictions of a window, those without an actual included: what pairs are a part of.
//!
//! Predictions of a classification are counted by predicted class, those of a binary task also by the coarse cell of
//! their score: a *stratum*. Each has a count of all predictions, of those that have an actual (pairs), of those that
//! were right and of those whose actual is the positive class. A prediction is counted when it is made, a pair when its
//! actual comes, both at the time of the prediction.

use super::{Delta, Grid, Layout, Totals};
use std::sync::Arc;

/// Counts of a stratum: all, with an actual, right, positive.
const COUNTS: usize = 4;

/// The place of the counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    /// Predicted classes, that of all others included; none when the task has no classes.
    rows: usize,
    /// The score of a binary task, when it is logged.
    grid: Option<Arc<Grid>>,
    counts: usize,
}

impl Cohort {
    /// Reserves the place for so many classes (none of a task without) and the cells of this score.
    pub fn new(layout: &mut Layout, classes: Option<usize>, grid: Option<Arc<Grid>>) -> Cohort {
        let mut cohort = Cohort { rows: classes.map_or(0, |classes| classes + 1), grid, counts: 0 };
        cohort.counts = layout.reserve(1 + cohort.rows * cohort.cells() * COUNTS, 0).0;
        cohort
    }

    /// Cells of the score, and one more at the end for predictions without.
    fn cells(&self) -> usize {
        self.grid.as_ref().map_or(0, |grid| grid.coarse_cells()) + 1
    }

    /// `cell` is that of the score, when it is known.
    fn stratum(&self, predicted: usize, score: f64, cell: Option<u32>) -> usize {
        let cell = match &self.grid {
            Some(grid) if !score.is_nan() => {
                grid.coarse_of(cell.map_or_else(|| grid.cell(score), |cell| cell as usize))
            }
            _ => self.cells() - 1,
        };
        self.counts + 1 + (predicted.min(self.rows - 1) * self.cells() + cell) * COUNTS
    }

    /// Adds an answered prediction. Without a class in a task that has classes it is in no stratum, as it can make no
    /// pair.
    pub fn answer(&self, predicted: Option<usize>, score: f64, delta: &mut Delta) {
        self.answer_at(predicted, score, None, delta);
    }

    /// The same when the cell of the score is known.
    pub fn answer_at(&self, predicted: Option<usize>, score: f64, cell: Option<u32>, delta: &mut Delta) {
        delta.count(self.counts);
        if let Some(predicted) = predicted.filter(|_| self.rows > 0) {
            delta.count(self.stratum(predicted, score, cell));
        }
    }

    /// Says how many predictions were answered where nothing is known of their strata.
    pub fn set_answered(&self, answered: u64, totals: &mut Totals) {
        if let Some(count) = totals.counts.get_mut(self.counts) {
            *count = answered;
        }
    }

    /// Adds a pair, whose prediction was added before or will be.
    pub fn pair(&self, predicted: usize, score: f64, right: bool, positive: bool, delta: &mut Delta) {
        if self.rows == 0 {
            return;
        }
        let stratum = self.stratum(predicted, score, None);
        delta.count(stratum + 1);
        for (place, holds) in [(2, right), (3, positive)] {
            if holds {
                delta.count(stratum + place);
            }
        }
    }

    /// The counts in `totals`; `None` when they are of another layout.
    pub fn read<'a>(&self, totals: &'a Totals) -> Option<CohortTotals<'a>> {
        let length = self.rows * self.cells() * COUNTS;
        let (answered, strata) = totals.counts.get(self.counts..=self.counts + length)?.split_first()?;
        Some(CohortTotals { answered: *answered, rows: self.rows, cells: self.cells(), strata })
    }
}

/// The counts of all answered predictions of a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CohortTotals<'a> {
    /// Answered predictions.
    pub answered: u64,
    /// Predicted classes, the last one for all that the reference did not have; 0 of a task without classes.
    pub rows: usize,
    /// Cells of the score, the last one for predictions without.
    pub cells: usize,
    strata: &'a [u64],
}

/// The counts of one stratum, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stratum {
    /// Predictions; at least as many as pairs.
    pub all: u64,
    /// Those with an actual.
    pub pairs: u64,
    /// Those that were right.
    pub right: u64,
    /// Those whose actual is the positive class.
    pub positive: u64,
}

impl CohortTotals<'_> {
    /// The stratum of a predicted class and a cell. Pairs whose predictions were made before the windows began (with
    /// another reference) count as predictions, too.
    pub fn stratum(&self, row: usize, cell: usize) -> Stratum {
        let place = (row * self.cells + cell) * COUNTS;
        match self.strata.get(place..place + COUNTS) {
            Some([all, pairs, right, positive]) => {
                Stratum { all: *all.max(pairs), pairs: *pairs, right: *right, positive: *positive }
            }
            _ => Stratum::default(),
        }
    }

    /// All strata of a predicted class together.
    pub fn of_class(&self, row: usize) -> Stratum {
        (0..self.cells).map(|cell| self.stratum(row, cell)).fold(Stratum::default(), Stratum::with)
    }

    /// All strata of a cell together.
    pub fn of_cell(&self, cell: usize) -> Stratum {
        (0..self.rows).map(|row| self.stratum(row, cell)).fold(Stratum::default(), Stratum::with)
    }

    /// All strata together.
    pub fn whole(&self) -> Stratum {
        (0..self.rows).map(|row| self.of_class(row)).fold(Stratum::default(), Stratum::with)
    }

    /// The smallest share of predictions with an actual, over the predicted classes and over the cells of the score.
    /// `None` without any prediction in a stratum.
    pub fn least_coverage(&self) -> Option<f64> {
        let classes = (0..self.rows).map(|row| self.of_class(row));
        let cells = (0..self.cells).map(|cell| self.of_cell(cell));
        classes.chain(cells).filter_map(Stratum::coverage).reduce(f64::min)
    }
}

impl Stratum {
    /// Both together.
    pub fn with(self, other: Stratum) -> Stratum {
        Stratum {
            all: self.all + other.all,
            pairs: self.pairs + other.pairs,
            right: self.right + other.right,
            positive: self.positive + other.positive,
        }
    }

    /// The share with an actual; `None` of no predictions.
    pub fn coverage(self) -> Option<f64> {
        (self.all > 0).then(|| self.pairs as f64 / self.all as f64)
    }
}
