//! Event -> Delta: which counts and sums of a stream one prediction, and one pair of prediction and actual, add to.
//!
//! The profile builder and the engine both count through here, so a reference and a window hold the same numbers in
//! the same places.

mod known_cells;
mod many;

pub use many::{Answered, Many};

use crate::aggregate::answers::Answers;
use crate::aggregate::cohort::Cohort;
use crate::aggregate::confusion::Confusion;
use crate::aggregate::losses::Losses;
use crate::aggregate::ranked::Ranked;
use crate::aggregate::residuals::Residuals;
use crate::aggregate::scored::{Scored, ScoredRow};
use crate::aggregate::{
    CoarseCells, Column, Delta, FixedPoint, Grid, Layout, Observed, PerformanceShape, Role, Shape, Totals,
};
use crate::derive::Derive;
use crate::derive::embedding::Place;
use crate::event::{Batch, Datum, Item, Task, Vector, number_text};
use crate::statistics::{basis::CONFIDENCE, performance::ABSOLUTE_ERROR};
use std::borrow::Cow;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// The derived column of latencies, in seconds.
pub const LATENCY: &str = "latency";
/// The column of the score of a binary task.
pub const SCORE: &str = "score";
/// The column of predictions.
pub const PREDICTION: &str = "prediction";
/// The column of actuals.
pub const ACTUAL: &str = "actual";

/// The frozen columns of a stream, from which its layouts are made.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// What the model does.
    pub task: Task,
    /// The classes, in their order; none of a regression.
    pub classes: Vec<Arc<str>>,
    /// Index of the positive class of a binary task.
    pub positive: Option<usize>,
    /// The features in their order.
    pub features: Vec<(Arc<str>, Shape)>,
    /// The score of a binary task, or of each class of a multiclass one: index of the class and cells.
    pub scores: Vec<(usize, Shape)>,
    /// The prediction, when the reference has it.
    pub prediction: Option<Shape>,
    /// The actual, when the reference has it.
    pub actual: Option<Shape>,
    /// The size of a regression's errors, when the reference has actuals.
    pub absolute_error: Option<Shape>,
    /// Center and scale of a regression's sums.
    pub residuals: FixedPoint,
    /// How many of a ranking's items shown first count: `performance.k`.
    pub depth: usize,
    /// What is computed from rows, with its columns.
    pub derived: Derive,
}

impl Frame {
    /// Whether the model says one number for each row: a score of the positive class, or a prediction.
    pub fn is_valued(&self) -> bool {
        match self.task {
            Task::Binary => !self.scores.is_empty(),
            Task::Regression => true,
            Task::Multiclass | Task::Ranking => false,
        }
    }
}

/// What a model answered, as [`Observer::answer`] takes it.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// As it was logged.
    pub prediction: Datum,
    /// The class that stands for a prediction that was not logged: [`Observer::decide`]'s.
    pub decided: Option<usize>,
    /// In the order of the frame's scores; NaN where none was logged.
    pub scores: &'a [f64],
    /// In seconds; NaN when it was not logged.
    pub latency: f64,
}

/// What a text means that is predicted: found once for as long as the same text is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// [`Observer::class`] of it.
    pub class: usize,
    /// Its cell in the column of predictions, when that is one of categories.
    pub cell: Option<usize>,
}

/// One side of a pair: a class by its index (one past the last or beyond for one the reference does not have), or a
/// number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Label {
    /// Of a classification.
    Class(usize),
    /// Of a regression.
    Number(f64),
}

/// A frame with the places of everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Observer {
    /// The frozen columns.
    pub frame: Frame,
    /// Of predictions: features, scores, prediction, latency, what is derived from rows, largest score, predictions by score,
    /// sums of random features.
    pub inputs: Layout,
    /// Of pairs: actual, size of the error, performance, losses.
    pub pairs: Layout,
    /// The coarse cells of the features.
    pub coarse: CoarseCells,
    /// The place of the losses in the pairs, behind everything else.
    pub losses: Losses,
    without_losses: (usize, usize),
    answered: usize,
    failed: usize,
    scores: usize,
    prediction: Option<usize>,
    latency: usize,
    confidence: Option<usize>,
    random_features: usize,
    actual: Option<usize>,
    absolute_error: Option<usize>,
}

/// The edges of latencies: eight per doubling from 7.6 microseconds to 128 seconds, the same everywhere.
pub fn latency_edges() -> Vec<f64> {
    (0..=24 * 8).map(|step| 2f64.powf(f64::from(step) / 8.0 - 17.0)).collect()
}

/// The cells of latencies; a coarse one is a doubling.
fn latency_shape() -> Shape {
    let edges = latency_edges();
    let doublings: Vec<f64> = edges.iter().copied().step_by(8).collect();
    Shape::Numeric { grid: Arc::new(Grid::new(edges, &doublings)), fixed: FixedPoint::UNIT }
}

/// The cells of the largest score of a multiclass task: hundredths.
fn confidence_grid() -> Arc<Grid> {
    let hundredths = (0..=100).map(|step| f64::from(step) / 100.0);
    let edges = hundredths.chain([1f64.next_down()]).collect();
    let tenths: Vec<f64> = (1..10).map(|step| f64::from(step) / 10.0).collect();
    Arc::new(Grid::new(edges, &tenths))
}

/// The classes with scores and the grids of these.
fn score_grids(frame: &Frame) -> Vec<(usize, Arc<Grid>)> {
    let numeric = frame.scores.iter().filter_map(|(class, shape)| match shape {
        Shape::Numeric { grid, .. } => Some((*class, grid.clone())),
        Shape::Categorical { .. } => None,
    });
    numeric.collect()
}

impl Observer {
    /// Lays out a frame.
    pub fn new(frame: Frame) -> Observer {
        let mut inputs = Layout::default();
        let (answered, _) = inputs.reserve(2, 0);
        for (name, shape) in &frame.features {
            inputs.push(name.clone(), Role::Input, shape.clone());
        }
        let scores = inputs.columns.len();
        for (class, shape) in &frame.scores {
            let name = match frame.task {
                Task::Multiclass => frame.classes.get(*class).cloned().unwrap_or_else(|| SCORE.into()),
                _ => SCORE.into(),
            };
            inputs.push(name, Role::Score, shape.clone());
        }
        let prediction = frame.prediction.clone().map(|shape| inputs.push(PREDICTION.into(), Role::Prediction, shape));
        let latency = inputs.push(LATENCY.into(), Role::Derived, latency_shape());
        for (name, shape) in frame.derived.columns() {
            inputs.push(name.clone(), Role::Derived, shape.clone());
        }
        let grids = score_grids(&frame);
        let confidence = (frame.task == Task::Multiclass && !grids.is_empty()).then(confidence_grid);
        let confidence_column = confidence.clone().map(|grid| {
            inputs.push(CONFIDENCE.into(), Role::Derived, Shape::Numeric { grid, fixed: FixedPoint::UNIT })
        });
        inputs.answers = Answers::new(&mut inputs, grids.clone());
        let (_, random_features) = inputs.reserve(0, frame.derived.sums());
        let mut pairs = Layout::default();
        let actual = frame.actual.clone().map(|shape| pairs.push(ACTUAL.into(), Role::Actual, shape));
        let absolute_error =
            frame.absolute_error.clone().map(|shape| pairs.push(ABSOLUTE_ERROR.into(), Role::Derived, shape));
        let performance = match frame.task {
            Task::Regression => PerformanceShape::Regression(Residuals::new(&mut pairs, frame.residuals)),
            Task::Ranking => PerformanceShape::Ranking(Ranked::new(&mut pairs, frame.depth)),
            Task::Binary | Task::Multiclass => {
                let confusion = Confusion::new(&mut pairs, frame.classes.clone(), frame.positive);
                PerformanceShape::Classification { confusion, scored: Scored::new(&mut pairs, grids, confidence) }
            }
        };
        pairs.performance = Some(performance);
        let score = frame.scores.first().filter(|_| frame.task == Task::Binary).and_then(|(_, shape)| match shape {
            Shape::Numeric { grid, .. } => Some(grid.clone()),
            Shape::Categorical { .. } => None,
        });
        let classes = frame.task.is_classification().then_some(frame.classes.len());
        pairs.cohort = Some(Cohort::new(&mut pairs, classes, score));
        let without_losses = (pairs.counts(), pairs.sums());
        let coarse = CoarseCells::new(inputs.columns.get(..frame.features.len()).unwrap_or_default());
        let scale = if frame.task == Task::Regression { frame.residuals } else { FixedPoint::UNIT };
        let losses = Losses::new(&mut pairs, &coarse, scale);
        Observer {
            frame,
            inputs,
            pairs,
            coarse,
            losses,
            without_losses,
            answered,
            failed: answered + 1,
            scores,
            prediction,
            latency,
            confidence: confidence_column,
            random_features,
            actual,
            absolute_error,
        }
    }

    /// Index of the count of answered predictions in the inputs.
    pub fn answered(&self) -> usize {
        self.answered
    }

    /// Index of the count of failed predictions in the inputs.
    pub fn failed(&self) -> usize {
        self.failed
    }

    /// Counts and sums of pairs, those of losses left out: what a window without them holds.
    pub fn pairs_without_losses(&self) -> (usize, usize) {
        self.without_losses
    }

    /// The column of latencies.
    pub fn latency(&self) -> usize {
        self.latency
    }

    /// The derived column of this name.
    pub fn derived(&self, name: &str) -> Option<&Column> {
        let mut columns = self.inputs.columns.iter().skip(self.latency);
        columns.find(|column| column.role == Role::Derived && *column.name == *name)
    }

    /// The mean of each random feature over these inputs; `None` when there are no features or no rows.
    pub fn random_features(&self, inputs: &Totals) -> Option<Vec<f64>> {
        let rows = inputs.counts.get(self.answered).filter(|rows| **rows > 0)?;
        let sums = inputs.sums.get(self.random_feature_sums())?;
        let mean = |sum: &i128| FixedPoint::UNIT.first(*sum) / *rows as f64;
        (!sums.is_empty()).then(|| sums.iter().map(mean).collect())
    }

    /// The indices of the sums of random features in the inputs.
    pub fn random_feature_sums(&self) -> std::ops::Range<usize> {
        self.random_features..self.random_features + self.frame.derived.sums()
    }

    /// Adds a failed prediction.
    pub fn failure(&self, delta: &mut Delta) {
        delta.count(self.failed);
    }

    /// Adds an answered prediction: `features` in the order of the frame.
    pub fn answer(&self, batch: &Batch, features: impl Iterator<Item = Datum>, answer: Answer<'_>, delta: &mut Delta) {
        let derived = &self.frame.derived;
        let mut surprise = 0;
        delta.row.seen.clear();
        let columns = self.inputs.columns.iter().take(self.frame.features.len());
        for ((feature, column), datum) in columns.enumerate().zip(features) {
            let seen = match (&column.shape, datum) {
                (Shape::Categorical { .. }, Datum::Number(value)) => {
                    column.observe(Observed::Category(&number_text(value)), delta)
                }
                (_, datum) => column.observe(observed(datum, batch), delta),
            };
            surprise += derived.part(feature, seen.cell);
            if derived.keeps_rows() {
                delta.row.seen.push(seen);
            }
        }
        self.derive(surprise, delta);
        let said = self.said(answer.prediction, batch);
        self.answer_beside(batch, answer, said, None, delta);
    }

    /// What a prediction means as a text, when it has one and anything is counted by it.
    pub fn said(&self, prediction: Datum, batch: &Batch) -> Option<Said> {
        let column = self.prediction.and_then(|index| self.inputs.columns.get(index));
        let is_class = column.is_some_and(|column| matches!(column.shape, Shape::Categorical { .. }));
        let text = (is_class || !self.frame.scores.is_empty()).then(|| datum_text(prediction, batch)).flatten();
        text.map(|text| self.say(&text))
    }

    /// What a predicted text means.
    pub fn say(&self, text: &str) -> Said {
        let column = self.prediction.and_then(|index| self.inputs.columns.get(index));
        let cell = column.and_then(|column| match &column.shape {
            Shape::Categorical { dictionary } => Some(dictionary.cell(text)),
            Shape::Numeric { .. } => None,
        });
        Said { class: self.class(text), cell }
    }

    /// Adds what an answered prediction adds beside its features and what is derived from them; `said` is what its text
    /// means, when it has one. `counted` is the cell of its score when that is added, too ([`Observer::features`]). Returns
    /// the cell of the first score.
    pub fn answer_beside(
        &self,
        batch: &Batch,
        answer: Answer<'_>,
        said: Option<Said>,
        counted: Option<u32>,
        delta: &mut Delta,
    ) -> Option<u32> {
        let Answer { prediction, decided, scores, latency } = answer;
        delta.count(self.answered);
        let mut first = counted;
        if counted.is_none() {
            for (column, score) in self.score_columns().iter().zip(scores) {
                let seen = column.observe(Observed::Number(*score), delta);
                first = first.or(Some(seen.cell));
            }
        }
        if let Some(column) = self.prediction.and_then(|index| self.inputs.columns.get(index)) {
            match said.and_then(|said| said.cell) {
                Some(cell) => delta.count(column.counts + cell),
                None => drop(column.observe(observed(numeric(prediction, batch), batch), delta)),
            }
        }
        if let Some(column) = self.inputs.columns.get(self.latency).filter(|_| !latency.is_nan()) {
            column.observe(Observed::Number(latency), delta);
        }
        if let Some(column) = self.confidence.and_then(|index| self.inputs.columns.get(index)) {
            // `max` leaves NaN out: without any score there is nothing to count.
            let largest = scores.iter().copied().fold(f64::NAN, f64::max);
            column.observe(Observed::Number(largest), delta);
        }
        if !self.frame.scores.is_empty()
            && let Some(class) = said.map(|said| said.class).or(decided)
        {
            self.inputs.answers.observe_at(class, scores, first, delta);
        }
        first
    }

    fn score_columns(&self) -> &[Column] {
        self.inputs.columns.get(self.scores..self.scores + self.frame.scores.len()).unwrap_or_default()
    }

    /// Adds an answered prediction to what pairs are a part of: its class by index, when it is one, and its scores, and
    /// the cell of the first one, when it is known.
    pub fn cohort(&self, predicted: Option<usize>, scores: &[f64], cell: Option<u32>, delta: &mut Delta) {
        if let Some(cohort) = &self.pairs.cohort {
            cohort.answer_at(predicted, scores.first().copied().unwrap_or(f64::NAN), cell, delta);
        }
    }

    /// Adds the embedding of an answered prediction.
    pub fn embedding(&self, batch: &Batch, vector: &Vector, delta: &mut Delta) {
        let Some((first, embedding)) = self.frame.derived.embedding() else { return };
        let place = embedding.place(batch.vector(vector));
        let observed = |value: Option<f64>| match (value, vector) {
            (Some(value), _) => Observed::Number(value),
            (None, Vector::Missing) => Observed::Missing,
            (None, _) => Observed::Invalid,
        };
        let cluster = place.map(|place| number_text(place.cluster as f64));
        let of_place = |value: fn(Place) -> f64| observed(place.map(value));
        let values = [
            cluster.as_deref().map_or(observed(None), Observed::Category),
            of_place(|place| place.distance),
            of_place(|place| place.norm),
            of_place(|place| place.cosine),
        ];
        for (column, value) in self.inputs.columns.iter().skip(self.latency + 1 + first).zip(values) {
            column.observe(value, delta);
        }
    }

    /// The column of outlier scores.
    fn outlier_score(&self) -> Option<&Column> {
        self.frame.derived.fitted().outlier.as_ref()?;
        self.inputs.columns.get(self.latency + 1)
    }

    /// Adds what is computed from the features of a prediction: their row is in the delta.
    fn derive(&self, surprise: u64, delta: &mut Delta) {
        let derived = &self.frame.derived;
        if derived.fitted().is_empty() {
            return;
        }
        let mut row = std::mem::take(&mut delta.row);
        derived.values(surprise, &mut row, |index, value| {
            if let Some(column) = self.inputs.columns.get(self.latency + 1 + index) {
                column.observe(Observed::Number(value), delta);
            }
        });
        derived.random_features(&row, |index, value| {
            delta.sum(self.random_features + index, FixedPoint::UNIT.difference(value));
        });
        delta.row = row;
    }

    /// Adds a pair: `actual_text` is the class as written, for the column of actuals.
    pub fn pair(&self, actual: Label, actual_text: &str, predicted: Label, scores: &[f64], delta: &mut Delta) {
        let column = |index: Option<usize>| index.and_then(|index| self.pairs.columns.get(index));
        match (actual, predicted, &self.pairs.performance) {
            (
                Label::Class(actual),
                Label::Class(predicted),
                Some(PerformanceShape::Classification { confusion, scored }),
            ) => {
                confusion.observe(actual, predicted, delta);
                if let Some(cohort) = &self.pairs.cohort {
                    let (score, positive) = (scores.first().copied().unwrap_or(f64::NAN), self.frame.positive);
                    cohort.pair(predicted, score, actual == predicted, Some(actual) == positive, delta);
                }
                scored.observe(ScoredRow { actual, correct: actual == predicted, scores }, delta);
                if let Some(column) = column(self.actual) {
                    column.observe(Observed::Category(actual_text), delta);
                }
            }
            (Label::Number(actual), Label::Number(predicted), Some(PerformanceShape::Regression(residuals))) => {
                residuals.observe(actual, predicted, delta);
                if let Some(column) = column(self.actual) {
                    column.observe(Observed::Number(actual), delta);
                }
                if let Some(column) = column(self.absolute_error) {
                    column.observe(Observed::Number((predicted - actual).abs()), delta);
                }
            }
            _ => {}
        }
    }

    /// Adds the interval of a regression's prediction whose actual is known.
    pub fn interval(&self, actual: Label, ends: [f64; 2], delta: &mut Delta) {
        if let (Label::Number(actual), Some(PerformanceShape::Regression(residuals))) =
            (actual, &self.pairs.performance)
        {
            residuals.intervals.observe(actual, ends[0], ends[1], delta);
        }
    }

    /// Adds the loss of a pair whose features fell into these coarse cells.
    pub fn loss(&self, actual: Label, predicted: Label, cells: &[u16], delta: &mut Delta) {
        let loss = match (actual, predicted) {
            (Label::Class(actual), Label::Class(predicted)) => f64::from(u8::from(actual != predicted)),
            (Label::Number(actual), Label::Number(predicted)) => (predicted - actual).abs(),
            _ => return,
        };
        self.losses.observe(cells, loss, delta);
    }

    /// Adds a ranking whose relevant items are known.
    pub fn ranking(&self, shown: &[u64], relevant: &[Item], delta: &mut Delta) {
        if let Some(PerformanceShape::Ranking(ranked)) = &self.pairs.performance {
            ranked.observe(shown, relevant, delta);
        }
    }

    /// A datum as a label of this task; `None` when it is none.
    pub fn label(&self, datum: Datum, batch: &Batch) -> Option<Label> {
        match self.frame.task {
            Task::Regression => match numeric(datum, batch) {
                Datum::Number(value) | Datum::Coerced(value) => Some(Label::Number(value)),
                _ => None,
            },
            Task::Ranking => None,
            _ => datum_text(datum, batch).map(|text| Label::Class(self.class(&text))),
        }
    }

    /// The index of a class; past the last, equal for equal texts, when the reference does not have it.
    pub fn class(&self, text: &str) -> usize {
        let classes = &self.frame.classes;
        let unknown = || classes.len().saturating_add((xxh3_64(text.as_bytes()) >> 16) as usize);
        classes.iter().position(|class| &**class == text).unwrap_or_else(unknown)
    }

    /// The class that scores stand for when no prediction is logged: of a binary task the positive one above
    /// `threshold` and the other one else, of a multiclass task the one with the largest score.
    pub fn decide(&self, scores: &[f64], threshold: f64) -> Option<usize> {
        match (self.frame.task, self.frame.positive) {
            (Task::Binary, Some(positive)) => {
                let score = scores.first().filter(|score| !score.is_nan())?;
                if *score > threshold { Some(positive) } else { (0..self.frame.classes.len()).find(|c| *c != positive) }
            }
            (Task::Multiclass, _) => {
                let scored = self.frame.scores.iter().zip(scores).filter(|(_, score)| !score.is_nan());
                scored.max_by(|a, b| a.1.total_cmp(b.1)).map(|((class, _), _)| *class)
            }
            _ => None,
        }
    }
}

/// A datum as a column sees it.
fn observed<'a>(datum: Datum, batch: &'a Batch) -> Observed<'a> {
    match datum {
        Datum::Missing => Observed::Missing,
        Datum::Invalid | Datum::List(_) => Observed::Invalid,
        Datum::Number(value) => Observed::Number(value),
        Datum::Coerced(value) => Observed::Coerced(value),
        Datum::Category(text) => Observed::Category(batch.text(text)),
    }
}

/// The text of a datum as a class.
pub fn datum_text<'a>(datum: Datum, batch: &'a Batch) -> Option<Cow<'a, str>> {
    match datum {
        Datum::Missing | Datum::Invalid | Datum::List(_) => None,
        Datum::Number(value) | Datum::Coerced(value) => Some(number_text(value)),
        Datum::Category(text) => Some(batch.text(text).into()),
    }
}

/// A datum as a number, text that reads as one included.
pub fn numeric(datum: Datum, batch: &Batch) -> Datum {
    match datum {
        Datum::Category(text) => match batch.text(text).trim().parse::<f64>() {
            Ok(value) if !value.is_nan() => Datum::Coerced(value),
            Ok(_) => Datum::Missing,
            Err(_) => Datum::Invalid,
        },
        datum => datum,
    }
}
