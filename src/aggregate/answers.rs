//! Rows that were predicted as a class, by the cell of that class's score: what the scores of a window and the
//! predictions have to do with each other, known before any actual.

use super::{Delta, Grid, Layout, Totals};
use std::sync::Arc;

/// The place of the rows of each class with scores. A binary task has one section, of the positive class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq)]
struct Section {
    class: usize,
    grid: Arc<Grid>,
    counts: usize,
}

impl Answers {
    /// Reserves places for sections of these (class, grid of its score).
    pub fn new(layout: &mut Layout, grids: Vec<(usize, Arc<Grid>)>) -> Answers {
        let section = |(class, grid): (usize, Arc<Grid>)| {
            let (counts, _) = layout.reserve(grid.cells(), 0);
            Section { class, grid, counts }
        };
        Answers { sections: grids.into_iter().map(section).collect() }
    }

    /// Adds a row that was predicted as `predicted`: one count in the section of that class, none where it has no
    /// section or no score was logged. `scores` are in the order of the sections.
    pub fn observe(&self, predicted: usize, scores: &[f64], delta: &mut Delta) {
        self.observe_at(predicted, scores, None, delta);
    }

    /// The same when the cell of the first score is known.
    pub fn observe_at(&self, predicted: usize, scores: &[f64], first: Option<u32>, delta: &mut Delta) {
        let mut rows = self.sections.iter().zip(scores).enumerate();
        let row = rows.find(|(_, (section, _))| section.class == predicted);
        if let Some((place, (section, score))) = row.filter(|(_, (_, score))| !score.is_nan()) {
            let known = first.filter(|_| place == 0).map(|cell| cell as usize);
            delta.count(section.counts + known.unwrap_or_else(|| section.grid.cell(*score)));
        }
    }

    /// How many counts it takes.
    pub fn counts(&self) -> usize {
        self.sections.iter().map(|section| section.grid.cells()).sum()
    }

    /// The index of its first count; `None` when it takes none.
    pub fn first(&self) -> Option<usize> {
        self.sections.first().map(|section| section.counts)
    }

    /// The place of a class among the sections.
    pub fn section(&self, class: usize) -> Option<usize> {
        self.sections.iter().position(|section| section.class == class)
    }

    /// The rows predicted as each class by cell of its score, in the order of the sections; `None` when the totals
    /// are of another layout.
    pub fn read<'a>(&self, totals: &'a Totals) -> Option<Vec<&'a [u64]>> {
        let cells = |section: &Section| totals.counts.get(section.counts..section.counts + section.grid.cells());
        self.sections.iter().map(cells).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_counts_once_in_the_section_of_its_prediction() {
        let mut layout = Layout::default();
        let grid = Arc::new(Grid::new(vec![0.5], &[]));
        let answers = Answers::new(&mut layout, vec![(0, grid.clone()), (2, grid)]);
        let mut totals = Totals::new(layout.counts(), layout.sums());
        let rows = [(0, [0.9, 0.1]), (2, [0.2, 0.4]), (2, [0.2, 0.8]), (1, [0.3, 0.3]), (0, [f64::NAN, 0.2])];
        for (predicted, scores) in rows {
            let mut delta = Delta::default();
            answers.observe(predicted, &scores, &mut delta);
            totals.apply(&delta);
        }
        assert_eq!(Some(vec![&[0, 1][..], &[1, 1]]), answers.read(&totals));
        assert_eq!((4, Some(0)), (answers.counts(), answers.first()));
    }
}
