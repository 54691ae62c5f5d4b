//! Scores of labelled rows by class: on one grid the counts of rows that turned out to be of the class and of those
//! that did not, with the sums that the proper scoring rules and calibration need.

use super::{Delta, FixedPoint, Grid, Layout, Totals};
use std::sync::Arc;

/// Scores below f64 epsilon or above one minus it are clipped in the log loss (scikit-learn's constant).
pub const CLIP: f64 = f64::EPSILON;

/// Sums of one class's section behind the offsets: `(p-y)^2`, `(y-p)(1-2p)`, `(1-2p)^2 p(1-p)`, `p`.
const SECTION_SUMS: usize = 4;

/// The grid and place of one class's scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Index of the class.
    pub class: usize,
    /// The cells of the score.
    pub grid: Arc<Grid>,
    counts: usize,
    sums: usize,
}

/// The place of the scores of labelled rows. A binary task has one section, of the positive class; a multiclass task
/// one per class, and a section of the largest score against whether the prediction was right.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// One per class with scores.
    pub sections: Vec<Section>,
    /// The largest score and whether the prediction was right; multiclass only.
    pub confidence: Option<Section>,
    counts: usize,
    sums: usize,
}

/// One labelled row with scores.
#[derive(Clone, Copy, Debug)]
pub struct ScoredRow<'a> {
    /// Index of the actual class.
    pub actual: usize,
    /// Whether the prediction was right.
    pub correct: bool,
    /// Scores by section; NaN where none was logged.
    pub scores: &'a [f64],
}

impl Section {
    fn new(layout: &mut Layout, class: usize, grid: Arc<Grid>) -> Section {
        let (counts, sums) = layout.reserve(2 * grid.cells(), grid.cells() + SECTION_SUMS);
        Section { class, grid, counts, sums }
    }

    fn observe(&self, score: f64, hit: bool, delta: &mut Delta) {
        let fixed = FixedPoint::UNIT;
        let (cells, cell) = (self.grid.cells(), self.grid.cell(score));
        delta.count(self.counts + if hit { cells + cell } else { cell });
        delta.sum(self.sums + cell, fixed.difference(score));
        let y = f64::from(u8::from(hit));
        let bend = 1.0 - 2.0 * score;
        delta.sum(self.sums + cells, fixed.square(score - y));
        delta.sum(self.sums + cells + 1, fixed.difference((y - score) * bend));
        delta.sum(self.sums + cells + 2, fixed.difference(bend * bend * score * (1.0 - score)));
        delta.sum(self.sums + cells + 3, fixed.difference(score));
    }
}

impl Scored {
    /// Reserves places for sections of these (class, grid), and for the confidence on `confidence`'s grid.
    pub fn new(layout: &mut Layout, grids: Vec<(usize, Arc<Grid>)>, confidence: Option<Arc<Grid>>) -> Scored {
        let (counts, sums) = layout.reserve(2, 1);
        let sections = grids.into_iter().map(|(class, grid)| Section::new(layout, class, grid)).collect();
        let confidence = confidence.map(|grid| Section::new(layout, usize::MAX, grid));
        Scored { sections, confidence, counts, sums }
    }

    /// Adds one labelled row. Rows without scores, or with scores outside `[0, 1]`, are left out.
    pub fn observe(&self, row: ScoredRow<'_>, delta: &mut Delta) {
        let scores = row.scores.get(..self.sections.len()).unwrap_or_default();
        if scores.is_empty() || scores.iter().any(|s| !(0.0..=1.0).contains(s)) {
            return;
        }
        let mut of_actual = None;
        for (section, score) in self.sections.iter().zip(scores) {
            let hit = section.class == row.actual;
            section.observe(*score, hit, delta);
            if hit {
                of_actual = Some(*score);
            }
        }
        if self.sections.len() == 1 {
            // Binary: what is left of one is the score of the other class.
            of_actual = of_actual.or(Some(1.0 - scores[0]));
        }
        if let Some(confidence) = &self.confidence {
            confidence.observe(scores.iter().fold(0.0, |a: f64, b| a.max(*b)), row.correct, delta);
        }
        let of_actual = of_actual.unwrap_or(0.0);
        delta.count(self.counts);
        if !(CLIP..=1.0 - CLIP).contains(&of_actual) {
            delta.count(self.counts + 1);
        }
        delta.sum(self.sums, FixedPoint::UNIT.difference(-of_actual.clamp(CLIP, 1.0 - CLIP).ln()));
    }

    /// The scores in `totals`; `None` when they are of another layout or there are no sections.
    pub fn read<'a>(&'a self, totals: &'a Totals) -> Option<ScoredTotals<'a>> {
        let counts = totals.counts.get(self.counts..self.counts + 2)?;
        let log_loss = FixedPoint::UNIT.first(*totals.sums.get(self.sums)?);
        let sections = self.sections.iter().map(|s| ScoreCells::of(s, totals)).collect::<Option<Vec<_>>>()?;
        let confidence = self.confidence.as_ref().and_then(|s| ScoreCells::of(s, totals));
        (!sections.is_empty()).then_some(ScoredTotals {
            rows: counts[0],
            clipped: counts[1],
            log_loss,
            sections,
            confidence,
        })
    }
}

/// Scores of labelled rows read from totals.
#[derive(Clone, Debug)]
pub struct ScoredTotals<'a> {
    /// Rows with scores.
    pub rows: u64,
    /// Rows whose score was clipped in the log loss.
    pub clipped: u64,
    /// The sum of the log losses.
    pub log_loss: f64,
    /// One per class with scores; of a binary task the positive class only.
    pub sections: Vec<ScoreCells<'a>>,
    /// The largest score and whether the prediction was right; multiclass only.
    pub confidence: Option<ScoreCells<'a>>,
}

/// The scores of one class.
#[derive(Clone, Copy, Debug)]
pub struct ScoreCells<'a> {
    /// Index of the class.
    pub class: usize,
    /// The cells.
    pub grid: &'a Grid,
    /// Rows of other classes, by cell.
    pub negatives: &'a [u64],
    /// Rows of this class, by cell.
    pub positives: &'a [u64],
    sums: &'a [i128],
}

impl<'a> ScoreCells<'a> {
    fn of(section: &'a Section, totals: &'a Totals) -> Option<ScoreCells<'a>> {
        let cells = section.grid.cells();
        let counts = totals.counts.get(section.counts..section.counts + 2 * cells)?;
        let sums = totals.sums.get(section.sums..section.sums + cells + SECTION_SUMS)?;
        let (negatives, positives) = counts.split_at(cells);
        Some(ScoreCells { class: section.class, grid: &section.grid, negatives, positives, sums })
    }

    /// Cells of bare parts: counts by cell, and sums as laid out by [`Scored`]. `None` when the lengths do not fit.
    pub fn from_parts(
        class: usize,
        grid: &'a Grid,
        negatives: &'a [u64],
        positives: &'a [u64],
        sums: &'a [i128],
    ) -> Option<ScoreCells<'a>> {
        let cells = grid.cells();
        let fits = negatives.len() == cells && positives.len() == cells && sums.len() == cells + SECTION_SUMS;
        fits.then_some(ScoreCells { class, grid, negatives, positives, sums })
    }

    fn sum(&self, index: usize) -> f64 {
        FixedPoint::UNIT.first(self.sums[index])
    }

    /// The smallest and the largest score that cell `k` can hold; of a cell outside of `[0, 1]`, which has no rows, its
    /// nearest end twice.
    pub fn span(&self, k: usize) -> (f64, f64) {
        let low = self.grid.lower(k).map_or(0.0, |lower| lower.next_up().clamp(0.0, 1.0));
        (low, self.grid.upper(k).map_or(1.0, |upper| upper.clamp(low, 1.0)))
    }

    /// Whether all scores in cell `k` are equal: it can hold one only.
    pub fn is_tied(&self, k: usize) -> bool {
        let (low, high) = self.span(k);
        low >= high
    }

    /// The sum of the scores in cell `k`.
    pub fn score_sum(&self, k: usize) -> f64 {
        self.sum(k)
    }

    /// The sum of `(p - y)^2`.
    pub fn squared_errors(&self) -> f64 {
        FixedPoint::UNIT.second(self.sums[self.grid.cells()])
    }

    /// The sum of `(y - p)(1 - 2p)`: the numerator of Spiegelhalter's Z.
    pub fn spiegelhalter_numerator(&self) -> f64 {
        self.sum(self.grid.cells() + 1)
    }

    /// The sum of `(1 - 2p)^2 p(1 - p)`: the variance of that numerator.
    pub fn spiegelhalter_variance(&self) -> f64 {
        self.sum(self.grid.cells() + 2)
    }

    /// The sum of all scores.
    pub fn score_total(&self) -> f64 {
        self.sum(self.grid.cells() + 3)
    }
}
