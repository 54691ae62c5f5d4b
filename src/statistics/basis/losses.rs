//! What errors of a regression to expect from its features and predictions: a table of terms, one for each coarse cell
//! of each column, that add up to the loss of a row.

use crate::aggregate::{Layout, Role, Shape, Totals};
use serde::{Deserialize, Serialize};

/// An additive model of `|prediction - actual|` and of its square.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// The mean of both over the reference.
    pub mean: [f64; 2],
    /// What each term adds to both, in the order of [`places`].
    pub terms: Vec<[f64; 2]>,
}

/// For each count of a layout of inputs the term it belongs to, and how many terms there are: of features and the
/// prediction one for each coarse cell, then MISSING and INVALID.
pub fn places(inputs: &Layout) -> (Vec<Option<u32>>, usize) {
    let mut places = vec![None; inputs.counts()];
    let mut terms = 0;
    for column in inputs.columns.iter().filter(|c| matches!(c.role, Role::Input | Role::Prediction)) {
        let (cells, coarse): (usize, Vec<usize>) = match &column.shape {
            Shape::Numeric { grid, .. } => {
                (grid.coarse_cells(), (0..grid.cells()).map(|k| grid.coarse_of(k)).collect())
            }
            Shape::Categorical { dictionary } => (dictionary.cells(), (0..dictionary.cells()).collect()),
        };
        let of_column = coarse.into_iter().chain([cells, cells + 1]);
        for (place, cell) in places.iter_mut().skip(column.counts).zip(of_column) {
            *place = Some((terms + cell) as u32);
        }
        terms += cells + 2;
    }
    (places, terms)
}

/// A table laid over the counts of a window.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectedLosses {
    mean: [f64; 2],
    /// Index of a count and what it adds.
    terms: Vec<(usize, [f64; 2])>,
    /// The counts of the prediction, one of which each row adds to.
    rows: std::ops::Range<usize>,
}

impl ExpectedLosses {
    /// `None` when the table is of other columns, or predictions are not counted.
    pub fn new(losses: &Losses, inputs: &Layout) -> Option<ExpectedLosses> {
        let prediction = inputs.columns.iter().find(|column| column.role == Role::Prediction)?;
        let Shape::Numeric { grid, .. } = &prediction.shape else { return None };
        let (places, terms) = places(inputs);
        if terms != losses.terms.len() {
            return None;
        }
        let term = |(index, place): (usize, Option<u32>)| Some((index, *losses.terms.get(place? as usize)?));
        let terms = places.into_iter().enumerate().filter_map(term).collect();
        // MISSING and INVALID are behind the cells.
        let rows = prediction.counts..prediction.counts + grid.cells() + 2;
        Some(ExpectedLosses { mean: losses.mean, terms, rows })
    }

    /// The mean expected size of the error and of its square over the rows of a window; `None` without rows.
    pub fn read(&self, inputs: &Totals) -> Option<[f64; 2]> {
        let rows = inputs.counts.get(self.rows.clone())?.iter().sum::<u64>() as f64;
        let mut sums = [0.0; 2];
        for (index, term) in &self.terms {
            let count = inputs.counts.get(*index).copied().unwrap_or(0) as f64;
            sums[0] += count * term[0];
            sums[1] += count * term[1];
        }
        (rows > 0.0).then(|| [0, 1].map(|k| (self.mean[k] + sums[k] / rows).max(0.0)))
    }
}
