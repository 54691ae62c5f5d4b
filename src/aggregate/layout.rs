//! Where in the flat counts and sums each column and each performance aggregate has its place.

use super::answers::Answers;
use super::cohort::Cohort;
use super::confusion::Confusion;
use super::ranked::Ranked;
use super::residuals::Residuals;
use super::scored::Scored;
use super::{Delta, Dictionary, FixedPoint, Grid, Seen};
use std::sync::Arc;

/// What a column is to the model: the label `role`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A feature.
    Input,
    /// The score of the positive class, or of one class of several.
    Score,
    /// What the model said.
    Prediction,
    /// What turned out to be true.
    Actual,
    /// Computed by driftgauge from the others.
    Derived,
}

impl Role {
    /// As the value of the label `role`.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Input => "input",
            Role::Score => "score",
            Role::Prediction => "prediction",
            Role::Actual => "actual",
            Role::Derived => "derived",
        }
    }
}

/// One value as a column sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Observed<'a> {
    /// `null`, absent or NaN.
    Missing,
    /// Not of the column's kind.
    Invalid,
    /// A number; the infinities are possible.
    Number(f64),
    /// A number that was written as text.
    Coerced(f64),
    /// The text of a category.
    Category(&'a str),
}

/// The kind of a column and its frozen cells.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Numbers on a grid.
    Numeric {
        /// The cells.
        grid: Arc<Grid>,
        /// Center and scale of the sums.
        fixed: FixedPoint,
    },
    /// Categories of a dictionary.
    Categorical {
        /// The cells.
        dictionary: Arc<Dictionary>,
    },
}

/// Special counts behind the cells of a numeric column.
pub const NUMERIC_EXTRAS: usize = 4;
/// Special counts behind the cells (with OTHER and UNSEEN) of a categorical column.
pub const CATEGORICAL_EXTRAS: usize = 2;
/// Sums behind the offsets of a numeric column: first and second moment.
pub const NUMERIC_SUMS: usize = 2;

impl Shape {
    /// Counts a column of this shape takes: its cells, then MISSING and INVALID, then for numbers how many were
    /// infinite (also counted in an end cell) and how many were written as text (also counted in their cell).
    pub fn counts(&self) -> usize {
        match self {
            Shape::Numeric { grid, .. } => grid.cells() + NUMERIC_EXTRAS,
            Shape::Categorical { dictionary } => dictionary.cells() + CATEGORICAL_EXTRAS,
        }
    }

    /// Coarse cells: those of the divergences, then MISSING and INVALID.
    pub fn coarse_cells(&self) -> usize {
        match self {
            Shape::Numeric { grid, .. } => grid.coarse_cells() + 2,
            Shape::Categorical { dictionary } => dictionary.cells() + 2,
        }
    }

    /// For each count the coarse cell it belongs to; those counted a second time have none.
    pub fn coarse_places(&self) -> Vec<Option<usize>> {
        match self {
            Shape::Numeric { grid, .. } => {
                let extras = [Some(grid.coarse_cells()), Some(grid.coarse_cells() + 1), None, None];
                (0..grid.cells()).map(|k| Some(grid.coarse_of(k))).chain(extras).collect()
            }
            Shape::Categorical { .. } => (0..self.counts()).map(Some).collect(),
        }
    }

    /// Sums a column of this shape takes: for numbers one of offsets per cell, then the first and second moment.
    pub fn sums(&self) -> usize {
        match self {
            Shape::Numeric { grid, .. } => grid.cells() + NUMERIC_SUMS,
            Shape::Categorical { .. } => 0,
        }
    }
}

/// One monitored column and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The label `feature`.
    pub name: Arc<str>,
    /// The label `role`.
    pub role: Role,
    /// Kind and cells.
    pub shape: Shape,
    /// Index of its first count.
    pub counts: usize,
    /// Index of its first sum.
    pub sums: usize,
}

impl Column {
    /// Adds one observed value to `delta`, and says where it was counted.
    #[inline]
    pub fn observe(&self, observed: Observed<'_>, delta: &mut Delta) -> Seen {
        match &self.shape {
            Shape::Numeric { grid, fixed } => {
                let cells = grid.cells();
                let special = |cell: usize, delta: &mut Delta| {
                    delta.count(self.counts + cell);
                    Seen { cell: cell as u32, value: f64::NAN }
                };
                let value = match observed {
                    Observed::Number(value) if !value.is_nan() => value,
                    Observed::Coerced(value) if !value.is_nan() => {
                        delta.count(self.counts + cells + 3);
                        value
                    }
                    Observed::Invalid | Observed::Category(_) => return special(cells + 1, delta),
                    _ => return special(cells, delta),
                };
                let cell = grid.cell(value);
                delta.count(self.counts + cell);
                if value.is_infinite() {
                    // An infinity has a cell but no offset and no moment.
                    delta.count(self.counts + cells + 2);
                } else {
                    let offset = grid.offset(cell, value);
                    match fixed.number(offset, value) {
                        Some(values) => delta.number(self.sums + cell, self.sums + cells, values),
                        None => {
                            let (first, second) = fixed.moments(value);
                            delta.sum(self.sums + cell, fixed.offset(offset));
                            delta.sum(self.sums + cells, first);
                            delta.sum(self.sums + cells + 1, second);
                        }
                    }
                }
                Seen { cell: cell as u32, value }
            }
            Shape::Categorical { dictionary } => {
                let cell = match observed {
                    Observed::Category(text) => dictionary.cell(text),
                    Observed::Missing => dictionary.cells(),
                    _ => dictionary.cells() + 1,
                };
                delta.count(self.counts + cell);
                Seen { cell: cell as u32, value: f64::NAN }
            }
        }
    }
}

/// The performance aggregates of a task and their place.
#[derive(Clone, Debug, PartialEq)]
pub enum PerformanceShape {
    /// Binary and multiclass.
    Classification {
        /// Counts of (actual, predicted).
        confusion: Confusion,
        /// Scores by class; empty when no score is logged.
        scored: Scored,
    },
    /// Numbers against numbers.
    Regression(Residuals),
    /// Lists of items against the relevant ones.
    Ranking(Ranked),
}

/// The places of everything kept of one kind of event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Every column.
    pub columns: Vec<Column>,
    /// Performance aggregates; none in the layout of inputs.
    pub performance: Option<PerformanceShape>,
    /// All answered predictions, beside their pairs; none in the layout of inputs.
    pub cohort: Option<Cohort>,
    /// Predictions by score; nothing in the layout of pairs.
    pub answers: Answers,
    counts: usize,
    sums: usize,
}

impl Layout {
    /// How many counts there are.
    pub fn counts(&self) -> usize {
        self.counts
    }

    /// How many sums there are.
    pub fn sums(&self) -> usize {
        self.sums
    }

    /// Reserves places for `counts` counts and `sums` sums; returns the first of each.
    pub fn reserve(&mut self, counts: usize, sums: usize) -> (usize, usize) {
        let first = (self.counts, self.sums);
        self.counts += counts;
        self.sums += sums;
        first
    }

    /// Adds a column and returns its index.
    pub fn push(&mut self, name: Arc<str>, role: Role, shape: Shape) -> usize {
        let (counts, sums) = self.reserve(shape.counts(), shape.sums());
        self.columns.push(Column { name, role, shape, counts, sums });
        self.columns.len() - 1
    }
}
