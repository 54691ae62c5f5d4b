//! Counts of (actual, predicted) classes.

use super::{Delta, Layout, Totals};
use std::sync::Arc;

/// The place of a confusion matrix: rows are actual classes, columns predicted ones. Classes that the reference did
/// not have share one more row and column at the end; one count more says how many pairs there are of equal classes.
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
    /// Pairs of the last row and column whose classes are the same.
    equal_others: u64,
}

impl Confusion {
    /// Reserves the place for these classes.
    pub fn new(layout: &mut Layout, classes: Vec<Arc<str>>, positive: Option<usize>) -> Confusion {
        let side = classes.len() + 1;
        let (counts, _) = layout.reserve(side * side + 1, 0);
        Confusion { classes, positive, counts }
    }

    /// The index of a class by its text; that of the last row when it is not known.
    pub fn index(&self, class: &str) -> usize {
        self.classes.iter().position(|c| &**c == class).unwrap_or(self.classes.len())
    }

    /// Adds one pair, by class index; of classes that the reference did not have, equal ones have equal indices.
    pub fn observe(&self, actual: usize, predicted: usize, delta: &mut Delta) {
        let side = self.classes.len() + 1;
        delta.count(self.counts + actual.min(side - 1) * side + predicted.min(side - 1));
        if actual == predicted && actual >= self.classes.len() {
            delta.count(self.counts + side * side);
        }
    }

    /// The matrix in `totals`; `None` when they are of another layout.
    pub fn read<'a>(&'a self, totals: &'a Totals) -> Option<ConfusionMatrix<'a>> {
        let side = self.classes.len() + 1;
        let (equal_others, counts) = totals.counts.get(self.counts..=self.counts + side * side)?.split_last()?;
        let (classes, positive, equal_others) = (&self.classes, self.positive, *equal_others);
        Some(ConfusionMatrix { classes, positive, counts, equal_others })
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
        (counts.len() == side * side).then_some(ConfusionMatrix { classes, positive, counts, equal_others: 0 })
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

    /// Pairs whose two classes are the same, those of classes that the reference did not have included.
    pub fn correct(&self) -> u64 {
        (0..self.side()).map(|k| self.hits(k)).sum()
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
        if k < self.classes.len() { self.count(k, k) } else { self.equal_others }
    }

    /// Classes seen in actuals or predictions, by index; the row for other classes is one of them when it was hit.
    pub fn seen(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.side()).filter(|k| self.actual(*k) + self.predicted(*k) > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_the_reference_never_had_are_right_when_they_are_equal() {
        let mut layout = Layout::default();
        let confusion = Confusion::new(&mut layout, vec!["a".into()], None);
        let mut totals = Totals::new(layout.counts(), layout.sums());
        for (actual, predicted) in [(0, 0), (7, 7), (7, 8), (0, 7)] {
            let mut delta = Delta::default();
            confusion.observe(actual, predicted, &mut delta);
            totals.apply(&delta);
        }
        let matrix = confusion.read(&totals).unwrap();
        assert_eq!((4, 2, 1), (matrix.total(), matrix.correct(), matrix.hits(1)));
    }
}
