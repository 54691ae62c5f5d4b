//! Counts of (actual, predicted) classes.

use super::{Delta, Layout, Totals};
use std::sync::Arc;

/// The place of a confusion matrix: rows are actual classes, columns predicted ones. Classes that the reference did
/// not have share one more row and column at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// The classes in their order, without the last one for all others.
    pub classes: Vec<Arc<str>>,
    /// Index of the positive class of a binary task.
    pub positive: Option<usize>,
    counts: usize,
}

/// A confusion matrix read from totals.
#[derive(Clone, Debug)]
pub struct ConfusionMatrix<'a> {
    /// The classes in their order; the last row and column, for all other classes, has no name here.
    pub classes: &'a [Arc<str>],
    /// Index of the positive class of a binary task.
    pub positive: Option<usize>,
    counts: &'a [u64],
}

impl Confusion {
    /// Reserves the place for these classes.
    pub fn new(layout: &mut Layout, classes: Vec<Arc<str>>, positive: Option<usize>) -> Confusion {
        let side = classes.len() + 1;
        let (counts, _) = layout.reserve(side * side, 0);
        Confusion { classes, positive, counts }
    }

    /// The index of a class by its text; that of the last row when it is not known.
    pub fn index(&self, class: &str) -> usize {
        self.classes.iter().position(|c| &**c == class).unwrap_or(self.classes.len())
    }

    /// Adds one pair, by class index.
    pub fn observe(&self, actual: usize, predicted: usize, delta: &mut Delta) {
        let side = self.classes.len() + 1;
        delta.count(self.counts + actual.min(side - 1) * side + predicted.min(side - 1));
    }

    /// The matrix in `totals`; `None` when they are of another layout.
    pub fn read<'a>(&'a self, totals: &'a Totals) -> Option<ConfusionMatrix<'a>> {
        let side = self.classes.len() + 1;
        let counts = totals.counts.get(self.counts..self.counts + side * side)?;
        Some(ConfusionMatrix { classes: &self.classes, positive: self.positive, counts })
    }
}

impl<'a> ConfusionMatrix<'a> {
    /// A matrix of bare counts, row by row, one row and column more than there are classes. `None` when the length
    /// does not fit.
    pub fn from_parts(
        classes: &'a [Arc<str>],
        positive: Option<usize>,
        counts: &'a [u64],
    ) -> Option<ConfusionMatrix<'a>> {
        let side = classes.len() + 1;
        (counts.len() == side * side).then_some(ConfusionMatrix { classes, positive, counts })
    }

    /// Rows and columns, the one for other classes included.
    pub fn side(&self) -> usize {
        self.classes.len() + 1
    }

    /// Pairs with this actual and this predicted class.
    pub fn count(&self, actual: usize, predicted: usize) -> u64 {
        self.counts[actual * self.side() + predicted]
    }

    /// All pairs.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Pairs on the diagonal. Two unknown classes on the last row and column need not be the same class, so they
    /// count as wrong.
    pub fn correct(&self) -> u64 {
        (0..self.classes.len()).map(|k| self.count(k, k)).sum()
    }

    /// Pairs whose actual class is `k`: the support.
    pub fn actual(&self, k: usize) -> u64 {
        (0..self.side()).map(|j| self.count(k, j)).sum()
    }

    /// Pairs whose predicted class is `k`.
    pub fn predicted(&self, k: usize) -> u64 {
        (0..self.side()).map(|i| self.count(i, k)).sum()
    }

    /// Pairs of actual and predicted class `k`.
    pub fn hits(&self, k: usize) -> u64 {
        if k < self.classes.len() { self.count(k, k) } else { 0 }
    }

    /// Classes seen in actuals or predictions, by index; the row for other classes is one of them when it was hit.
    pub fn seen(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.side()).filter(|k| self.actual(*k) + self.predicted(*k) > 0)
    }
}
