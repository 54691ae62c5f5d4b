//! Statistics of pairs of prediction and actual.

mod accuracy;

use super::{Evaluated, Spec};
use crate::aggregate::confusion::ConfusionMatrix;
use crate::aggregate::numeric::Numbers;
use crate::aggregate::residuals::ResidualSums;
use crate::aggregate::scored::ScoredTotals;
use crate::aggregate::{Layout, PerformanceShape, Totals};

/// Every performance statistic, in the order they are shown in.
pub static ENTRIES: &[Entry] = &[accuracy::ENTRY];

/// One performance statistic.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is.
    pub spec: Spec,
    /// Computes it.
    pub evaluate: Evaluate,
}

/// How a statistic is computed: what it needs decides the tasks it is shown for.
#[derive(Clone, Copy, Debug)]
pub enum Evaluate {
    /// From the classes of a binary or multiclass task.
    Classification(fn(&Classification<'_>) -> Evaluated),
    /// The same of a binary task only.
    Binary(fn(&Classification<'_>) -> Evaluated),
    /// From the classes, once for each (by index); exposed with the label `class`.
    PerClass(fn(&Classification<'_>, usize) -> Evaluated),
    /// From numbers.
    Regression(fn(&Regression<'_>) -> Evaluated),
}

/// A binary or multiclass window.
#[derive(Clone, Debug)]
pub struct Classification<'a> {
    /// Counts of (actual, predicted).
    pub matrix: ConfusionMatrix<'a>,
    /// Scores by class; none when no row had any.
    pub scored: Option<ScoredTotals<'a>>,
}

/// A regression window.
#[derive(Clone, Debug)]
pub struct Regression<'a> {
    /// Sums of errors.
    pub sums: ResidualSums,
    /// |prediction - actual| on its grid; none when the reference has no actuals.
    pub absolute_error: Option<Numbers<'a>>,
}

/// A window's pairs by task.
#[derive(Clone, Debug)]
pub enum Performance<'a> {
    /// Binary and multiclass.
    Classification(Classification<'a>),
    /// Numbers.
    Regression(Regression<'a>),
}

/// The name of the derived column that holds a regression's |prediction - actual|.
pub const ABSOLUTE_ERROR: &str = "absolute_error";

impl<'a> Performance<'a> {
    /// Reads the pairs of a window; `None` when the layout keeps none.
    pub fn new(layout: &'a Layout, totals: &'a Totals) -> Option<Performance<'a>> {
        match layout.performance.as_ref()? {
            PerformanceShape::Classification { confusion, scored } => {
                let scored = scored.read(totals).filter(|scored| scored.rows > 0);
                Some(Performance::Classification(Classification { matrix: confusion.read(totals)?, scored }))
            }
            PerformanceShape::Regression(residuals) => {
                let column = layout.columns.iter().find(|c| &*c.name == ABSOLUTE_ERROR);
                let absolute_error = column.and_then(|c| Numbers::of(c, totals));
                Some(Performance::Regression(Regression { sums: residuals.read(totals)?, absolute_error }))
            }
        }
    }

    /// Pairs.
    pub fn pairs(&self) -> u64 {
        match self {
            Performance::Classification(window) => window.matrix.total(),
            Performance::Regression(window) => window.sums.n,
        }
    }
}
