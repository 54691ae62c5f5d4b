//! What a reference teaches about windows whose actuals are not known: computed once when the reference is loaded, and
//! then read against the counts of each window.

mod confidence;
mod expected;
mod helps;
mod isotonic;
mod label_shift;
mod losses;

use helps::calibration_helps;

pub use confidence::{Confidence, Surety};
pub use expected::{Counts, Expected, Part};
pub use isotonic::isotonic;
pub use label_shift::{MOST_CLASSES, Rates};
pub use losses::{ExpectedLosses, Losses, places};

use super::Undefined;
use crate::aggregate::confusion::ConfusionMatrix;
use crate::aggregate::numeric::{Categories, Numbers};
use crate::aggregate::scored::{ScoreCells, ScoredTotals};
use crate::aggregate::{Column, Layout, PerformanceShape, Role, Shape, Totals};

/// Above this condition number shares of actual classes are not estimated: an error of the predicted shares, which
/// chance alone makes, could become a hundred times larger.
pub const WORST_CONDITION: f64 = 100.0;

/// Rows of one cell with the sum of what is measured of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cells {
    /// How many.
    pub rows: f64,
    /// The sum of their values.
    pub sum: f64,
    /// A value that the cell can hold.
    pub place: f64,
}

impl Cells {
    /// The mean value; the cell's place without rows.
    pub fn mean(&self) -> f64 {
        if self.rows > 0.0 { self.sum / self.rows } else { self.place }
    }
}

/// What is known of a classification, what of a regression.
#[derive(Clone, Debug)]
pub enum Basis {
    /// Binary and multiclass.
    Classification(Box<Classes>),
    /// Numbers.
    Regression(Result<ExpectedLosses, Undefined>),
    /// Lists of items: nothing is estimated.
    Ranking,
}

/// What is known of a classification.
#[derive(Clone, Debug)]
pub struct Classes {
    classes: usize,
    positive: Option<usize>,
    /// The calibration map of each class with scores.
    maps: Result<Vec<Map>, Undefined>,
    /// The calibration map of what calibration is about: of several classes the largest score and whether it was right.
    sure: Result<Vec<f64>, Undefined>,
    confidence: Result<Confidence, Undefined>,
    shift: Result<Shift, Undefined>,
}

#[derive(Clone, Debug)]
struct Map {
    class: usize,
    /// Index of the column of its scores.
    column: usize,
    shares: Vec<f64>,
    tied: Vec<bool>,
}

#[derive(Clone, Debug)]
struct Shift {
    rates: Rates,
    /// The classes of the table, by index: those that the reference has actuals of.
    classes: Vec<usize>,
    /// Where each class is counted in the column of predictions; none when there is no such column.
    cells: Option<(usize, Vec<usize>)>,
}

/// What is expected of a window.
#[derive(Clone, Debug)]
pub enum Estimated<'a> {
    /// Binary and multiclass.
    Classification(Classified<'a>),
    /// The mean size of the error and the mean of its square.
    Regression(Result<[f64; 2], Undefined>),
    /// Lists of items: nothing.
    Ranking,
}

/// What is expected of a binary or multiclass window.
#[derive(Clone, Debug)]
pub struct Classified<'a> {
    /// How many classes there are.
    pub classes: usize,
    /// Whether the task has a positive class.
    pub binary: bool,
    /// From the scores.
    pub expected: Result<Expected<'a>, Undefined>,
    /// From how sure the model is.
    pub surety: Result<Surety, Undefined>,
    /// The condition number of the reference's table of predicted and actual classes.
    pub condition: Result<f64, Undefined>,
    /// The shares of the actual classes, of those that the reference has.
    pub shares: Result<Vec<(usize, f64)>, Undefined>,
    /// The mean of what happened less what the calibration map expected, over the pairs.
    pub residual: Result<f64, Undefined>,
}

impl Map {
    const ALWAYS: bool = true;
    const ONLY_IF_IT_HELPS: bool = false;
}

impl Basis {
    /// What a reference teaches: its layouts with their totals, and the table of losses of a regression.
    pub fn new(inputs: &Layout, predictions: &Totals, pairs: &Layout, actuals: &Totals, losses: &Losses) -> Basis {
        match &pairs.performance {
            Some(PerformanceShape::Classification { confusion, scored }) => {
                let matrix = confusion.read(actuals).filter(|matrix| matrix.total() > 0);
                let scored = scored.read(actuals).filter(|scored| scored.rows > 0);
                let (classes, positive) = (confusion.classes.len(), confusion.positive);
                let basis = Classes::new(inputs, predictions, matrix.as_ref(), scored.as_ref());
                Basis::Classification(Box::new(Classes { classes, positive, ..basis }))
            }
            Some(PerformanceShape::Regression(_)) => {
                Basis::Regression(ExpectedLosses::new(losses, inputs).ok_or(Undefined::NoReferenceActuals))
            }
            Some(PerformanceShape::Ranking(_)) | None => Basis::Ranking,
        }
    }

    /// What is expected of a window of the same layouts.
    pub fn read<'a>(
        &'a self,
        inputs: &'a Layout,
        predictions: &'a Totals,
        pairs: &'a Layout,
        actuals: &'a Totals,
    ) -> Estimated<'a> {
        match self {
            Basis::Classification(classes) => {
                Estimated::Classification(classes.read(inputs, predictions, pairs, actuals))
            }
            Basis::Regression(losses) => {
                let read = |losses: &ExpectedLosses| losses.read(predictions).ok_or(Undefined::NoObservations);
                Estimated::Regression(losses.as_ref().map_err(|reason| *reason).and_then(read))
            }
            Basis::Ranking => Estimated::Ranking,
        }
    }
}

impl Classes {
    fn new(
        inputs: &Layout,
        predictions: &Totals,
        matrix: Option<&ConfusionMatrix<'_>>,
        scored: Option<&ScoredTotals<'_>>,
    ) -> Classes {
        // Without actuals nothing is known, and that is the reason to name first.
        let missing = if matrix.is_none() { Undefined::NoReferenceActuals } else { Undefined::NoScores };
        let columns = score_columns(inputs);
        let map = |section: &ScoreCells<'_>, column: &usize| {
            let tied = (0..section.grid.cells()).map(|k| section.is_tied(k)).collect();
            let shares = calibrated(section, Map::ONLY_IF_IT_HELPS)?;
            Some(Map { class: section.class, column: *column, shares, tied })
        };
        let maps = scored.and_then(|scored| scored.sections.iter().zip(&columns).map(|(s, c)| map(s, c)).collect());
        let sure =
            scored.and_then(|scored| calibrated(scored.confidence.as_ref().or(scored.sections.first())?, Map::ALWAYS));
        let confidence = matrix.and_then(|matrix| {
            let accuracy = matrix.correct() as f64 / matrix.total() as f64;
            Confidence::new(&confidences(inputs, predictions)?, accuracy)
        });
        let shift = matrix.map_or(Err(Undefined::NoReferenceActuals), |matrix| Shift::new(inputs, matrix));
        Classes {
            classes: 0,
            positive: None,
            maps: maps.ok_or(missing),
            sure: sure.ok_or(missing),
            confidence: confidence.ok_or(missing),
            shift,
        }
    }

    fn read<'a>(
        &'a self,
        inputs: &'a Layout,
        predictions: &'a Totals,
        pairs: &'a Layout,
        actuals: &'a Totals,
    ) -> Classified<'a> {
        let maps = self.maps.as_ref().map_err(|reason| *reason);
        let expected = maps.and_then(|maps| self.expected(maps, inputs, predictions).ok_or(Undefined::NoScores));
        let surety = self.confidence.as_ref().map_err(|reason| *reason).and_then(|confidence| {
            confidences(inputs, predictions).and_then(|cells| confidence.read(&cells)).ok_or(Undefined::NoScores)
        });
        let shift = self.shift.as_ref().map_err(|reason| *reason);
        let shares = shift.and_then(|shift| shift.read(inputs, predictions));
        let residual = self.sure.as_ref().map_err(|reason| *reason).and_then(|map| residual(map, pairs, actuals));
        Classified {
            classes: self.classes,
            binary: self.positive.is_some(),
            expected,
            surety,
            condition: shift.and_then(|shift| match shift.rates.condition() {
                condition if condition.is_finite() => Ok(condition),
                _ => Err(Undefined::IllConditioned),
            }),
            shares,
            residual,
        }
    }

    fn expected<'a>(&'a self, maps: &'a [Map], inputs: &'a Layout, predictions: &'a Totals) -> Option<Expected<'a>> {
        let answers = inputs.answers.read(predictions)?;
        let part = |(map, predicted): (&'a Map, &'a [u64])| {
            let rows = Numbers::of(inputs.columns.get(map.column)?, predictions)?.cells();
            Some(Part { class: map.class, shares: &map.shares, rows, predicted, tied: &map.tied })
        };
        let parts: Option<Vec<Part<'a>>> = maps.iter().zip(answers).map(part).collect();
        let expected = Expected::new(self.classes, self.positive, parts?)?;
        let largest = confidence_column(inputs).and_then(|column| Numbers::of(column, predictions));
        Some(match (&self.sure, largest) {
            (Ok(shares), Some(largest)) => expected.with_confidence(shares, largest.cells()),
            _ => expected,
        })
    }
}

impl Shift {
    fn new(inputs: &Layout, matrix: &ConfusionMatrix<'_>) -> Result<Shift, Undefined> {
        let classes: Vec<usize> = (0..matrix.classes.len()).filter(|k| matrix.actual(*k) > 0).collect();
        let pairs: Vec<Vec<u64>> =
            classes.iter().map(|i| classes.iter().map(|j| matrix.count(*j, *i)).collect()).collect();
        let rates = Rates::new(&pairs).filter(|_| classes.len() > 1).ok_or(Undefined::NotApplicable)?;
        let column = inputs.columns.iter().position(|column| column.role == Role::Prediction);
        let cells = match column.and_then(|index| Some((index, inputs.columns.get(index)?))) {
            Some((index, Column { shape: Shape::Categorical { dictionary }, .. })) => {
                let cells: Vec<usize> = classes.iter().map(|k| dictionary.cell(&matrix.classes[*k])).collect();
                // A class that was never predicted, or shares its cell with others, cannot be counted.
                let own = cells.iter().all(|cell| *cell < dictionary.categories().len());
                Some((index, cells)).filter(|_| own)
            }
            _ => None,
        };
        if cells.is_none() && (column.is_some() || inputs.answers.first().is_none()) {
            return Err(Undefined::NotApplicable);
        }
        Ok(Shift { rates, classes, cells })
    }

    fn read(&self, inputs: &Layout, predictions: &Totals) -> Result<Vec<(usize, f64)>, Undefined> {
        if self.rates.condition() > WORST_CONDITION {
            return Err(Undefined::IllConditioned);
        }
        let counted = match &self.cells {
            Some((index, cells)) => inputs.columns.get(*index).and_then(|column| {
                let counts = Categories::of(column, predictions)?;
                let by_class = cells.iter().map(|cell| counts.cells().get(*cell).copied()).collect::<Option<Vec<_>>>();
                Some((by_class?, counts.present()))
            }),
            None => self.answered(inputs, predictions),
        };
        let (by_class, rows) = counted.filter(|(_, rows)| *rows > 0).ok_or(Undefined::NoObservations)?;
        let predicted: Vec<f64> = by_class.iter().map(|n| *n as f64 / rows as f64).collect();
        let shares = self.rates.solve(&predicted).ok_or(Undefined::ZeroDenominator)?;
        Ok(self.classes.iter().copied().zip(shares).collect())
    }

    /// Rows predicted as each class, and all rows, where predictions are what the scores decide.
    fn answered(&self, inputs: &Layout, predictions: &Totals) -> Option<(Vec<u64>, u64)> {
        let sections = inputs.answers.read(predictions)?;
        let sums: Vec<u64> = sections.iter().map(|cells| cells.iter().sum()).collect();
        let of_section = |class: &usize| inputs.answers.section(*class).and_then(|section| sums.get(section)).copied();
        if let [section] = sums.as_slice() {
            let column = inputs.columns.get(*score_columns(inputs).first()?)?;
            let rows = Numbers::of(column, predictions)?.present();
            let other = rows.saturating_sub(*section);
            return Some((self.classes.iter().map(|class| of_section(class).unwrap_or(other)).collect(), rows));
        }
        Some((self.classes.iter().map(of_section).collect::<Option<_>>()?, sums.iter().sum()))
    }
}

/// The columns of scores, in the order of the classes.
fn score_columns(inputs: &Layout) -> Vec<usize> {
    let scores = inputs.columns.iter().enumerate().filter(|(_, column)| column.role == Role::Score);
    scores.filter(|(_, column)| matches!(column.shape, Shape::Numeric { .. })).map(|(index, _)| index).collect()
}

/// The calibration map of a class's scores; unless it is wanted in any case, the scores themselves where they are better.
fn calibrated(cells: &ScoreCells<'_>, always: bool) -> Option<Vec<f64>> {
    let rows: Vec<u64> = cells.negatives.iter().zip(cells.positives).map(|(n, p)| n + p).collect();
    let place = |(k, n): (usize, &u64)| match n {
        0 => middle(cells.span(k)),
        n => cells.score_sum(k) / *n as f64,
    };
    let places: Vec<f64> = rows.iter().enumerate().map(place).collect();
    if always || calibration_helps(&places, &rows, cells.positives) {
        return isotonic(&places, &rows, cells.positives);
    }
    rows.iter().any(|n| *n > 0).then(|| places.iter().map(|score| score.clamp(0.0, 1.0)).collect())
}

fn middle((low, high): (f64, f64)) -> f64 {
    low + (high - low) / 2.0
}

/// How sure the model is: of several classes the largest scores; of two the scores of rows predicted as the positive
/// class, and what is left of one of the others.
fn confidences(inputs: &Layout, predictions: &Totals) -> Option<Vec<Cells>> {
    let columns = score_columns(inputs);
    if let Some(column) = confidence_column(inputs) {
        return Some(cells_of(&Numbers::of(column, predictions)?));
    }
    let [column] = columns.as_slice() else { return None };
    let answers = inputs.answers.read(predictions)?;
    let scores = cells_of(&Numbers::of(inputs.columns.get(*column)?, predictions)?);
    let predicted = answers.first()?.iter().map(|n| *n as f64);
    let of = |rows: f64, value: f64, place: f64| Cells { rows, sum: rows * value, place };
    let both = scores.iter().zip(predicted).flat_map(|(cell, positive)| {
        let (mean, negative) = (cell.mean(), (cell.rows - positive).max(0.0));
        [of(positive, mean, cell.place), of(negative, 1.0 - mean, 1.0 - cell.place)]
    });
    Some(both.collect())
}

fn confidence_column(inputs: &Layout) -> Option<&Column> {
    inputs.columns.iter().find(|column| column.role == Role::Derived && &*column.name == CONFIDENCE)
}

/// The derived column of the largest score of a multiclass task.
pub const CONFIDENCE: &str = "confidence";

/// Rows and sums of a score by cell; what lies outside of [0, 1] is taken to its ends.
fn cells_of(numbers: &Numbers<'_>) -> Vec<Cells> {
    let grid = numbers.grid();
    let cell = |(k, rows): (usize, &u64)| {
        let (low, high) = (grid.lower(k).unwrap_or(0.0), grid.upper(k).unwrap_or(1.0));
        let place = middle((low, high)).clamp(0.0, 1.0);
        let rows = *rows as f64;
        let offset = numbers.offset_mean(k) * numbers.present() as f64 / rows.max(1.0);
        // Offsets are measured from the left edge, in the first cell from the right one.
        let mean = if k == 0 { high - offset } else { low + offset };
        Cells { rows, sum: rows * mean.clamp(0.0, 1.0), place }
    };
    numbers.cells().iter().enumerate().map(cell).collect()
}

/// What happened less what the map expected, over the rows of the pairs that have scores.
fn residual(map: &[f64], pairs: &Layout, actuals: &Totals) -> Result<f64, Undefined> {
    let Some(PerformanceShape::Classification { confusion, scored }) = &pairs.performance else {
        return Err(Undefined::NotApplicable);
    };
    if confusion.read(actuals).is_none_or(|matrix| matrix.total() == 0) {
        return Err(Undefined::NoActuals);
    }
    let scored = scored.read(actuals).filter(|scored| scored.rows > 0).ok_or(Undefined::NoScores)?;
    let cells = scored.confidence.as_ref().or(scored.sections.first()).ok_or(Undefined::NoScores)?;
    let (mut rows, mut sum) = (0u64, 0.0);
    for ((n, p), share) in cells.negatives.iter().zip(cells.positives).zip(map) {
        rows += n + p;
        sum += *p as f64 - (n + p) as f64 * share;
    }
    if rows == 0 { Err(Undefined::NoScores) } else { Ok((sum / rows as f64).clamp(-1.0, 1.0)) }
}

impl<'a> From<Expected<'a>> for Estimated<'a> {
    /// A window of which nothing is known but what its scores say.
    fn from(expected: Expected<'a>) -> Estimated<'a> {
        let unknown = Undefined::NotApplicable;
        Estimated::Classification(Classified {
            classes: expected.classes(),
            binary: expected.positive.is_some(),
            expected: Ok(expected),
            surety: Err(unknown),
            condition: Err(unknown),
            shares: Err(unknown),
            residual: Err(unknown),
        })
    }
}
