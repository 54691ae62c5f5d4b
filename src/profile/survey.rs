//! First pass over a reference: which columns there are, of which kind, and where their edges go.

use super::classes::{classes_of, positive_of, scored_class};
use super::edges::{grid_of, score_edges};
use super::sample::Sample;
use crate::aggregate::{Dictionary, FixedPoint, Shape};
use crate::derive::Derive;
use crate::event::{Batch, Datum, Happening, Kind, Served, Task, number_text};
use crate::observe::{Frame, datum_text, numeric};
use hashbrown::HashMap;
use std::sync::Arc;

/// Categories with a cell of their own.
pub(super) const CATEGORIES: usize = 64;
/// Distinct texts remembered of a column. What comes after is not told apart from the unseen.
pub(super) const TEXTS: usize = 100_000;
/// All values of a column are kept up to this many, and a sample of this size beyond.
const VALUES: usize = 10_000_000;
/// Values kept of all columns together: 256 MiB.
const ALL_VALUES: usize = 32 << 20;

/// What was seen of one column.
#[derive(Clone, Debug)]
pub(super) struct ColumnSurvey {
    pub(super) name: Arc<str>,
    kind: Kind,
    pub(super) numbers: Sample,
    pub(super) texts: HashMap<String, u64>,
    pub(super) present: u64,
    pub(super) missing: u64,
}

impl ColumnSurvey {
    fn new(name: Arc<str>, kind: Kind, limit: usize) -> ColumnSurvey {
        ColumnSurvey { name, kind, numbers: Sample::new(limit), texts: HashMap::new(), present: 0, missing: 0 }
    }

    fn push(&mut self, datum: Datum, batch: &Batch) {
        match datum {
            Datum::Missing => self.missing += 1,
            Datum::Invalid | Datum::List(_) => {}
            Datum::Number(value) | Datum::Coerced(value) => {
                self.present += 1;
                self.numbers.push(value);
            }
            Datum::Category(text) => {
                self.present += 1;
                self.text(batch.text(text));
            }
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(count) = self.texts.get_mut(text) {
            *count += 1;
        } else if self.texts.len() < TEXTS {
            self.texts.insert(text.to_owned(), 1);
        }
    }

    /// Numeric if every present value is a number.
    pub(super) fn is_numeric(&self) -> bool {
        match self.kind {
            Kind::Numeric => true,
            Kind::Categorical => false,
            Kind::Unknown => self.texts.is_empty() && self.numbers.seen() > 0,
        }
    }

    /// Category texts with their counts, the most frequent first.
    pub(super) fn categories(&self) -> Vec<(String, u64)> {
        let mut texts = self.texts.clone();
        for value in self.numbers.sorted() {
            *texts.entry(number_text(value).into_owned()).or_insert(0) += 1;
        }
        let mut categories: Vec<(String, u64)> = texts.into_iter().collect();
        categories.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        categories
    }

    /// Whether all values seen are one.
    pub(super) fn is_constant(&self) -> bool {
        self.numbers.range().is_some_and(|(low, high)| low == high)
    }

    fn fixed(&self) -> FixedPoint {
        let (mean, deviation) = self.numbers.moments();
        FixedPoint::new(mean, deviation)
    }

    fn shape(&self, numeric: bool, extra: &[f64]) -> Shape {
        if numeric {
            let grid = Arc::new(grid_of(&self.numbers.sorted(), self.numbers.range(), extra));
            return Shape::Numeric { grid, fixed: self.fixed() };
        }
        let categories = self.categories();
        let dictionary = Dictionary::new(categories.iter().map(|(text, rows)| (text.as_str(), *rows)), CATEGORIES);
        Shape::Categorical { dictionary: Arc::new(dictionary) }
    }
}

/// What was seen of the scores of one class.
#[derive(Clone, Debug)]
struct ScoreSurvey {
    class: String,
    all: ColumnSurvey,
    positives: Sample,
    negatives: Sample,
}

/// Settings of a survey.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the model does.
    pub task: Task,
    /// The positive class, when the config names it.
    pub positive_class: Option<String>,
    /// Scores above it are the positive class: an edge of the score's grid.
    pub decision_threshold: f64,
    /// How many of a ranking's items shown first count.
    pub depth: usize,
}

/// What cannot be decided from the reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SurveyError {
    /// There was no prediction.
    #[error("the reference has no rows")]
    Empty,
    /// Neither `1` nor `true` is a class.
    #[error("cannot tell the positive class from {0}: set performance.positive_class")]
    Positive(String),
    /// Named in the config and not in the data.
    #[error("positive_class {0:?} is not among the classes {1}")]
    UnknownPositive(String, String),
    /// A binary task has two classes.
    #[error("a binary task has two classes, the reference has {0}: set task = \"multiclass\"")]
    NotBinary(String),
    /// The other one could not be told from anything.
    #[error("a binary task has two classes, the reference has only {0}: it needs rows of the other one")]
    OneClass(String),
    /// Predictions or actuals of a regression are numbers.
    #[error("{0} of a regression holds text: set another task")]
    NotANumber(&'static str),
}

/// The first pass.
#[derive(Clone, Debug)]
pub struct Survey {
    options: Options,
    pub(super) features: Vec<ColumnSurvey>,
    by_name: HashMap<Arc<str>, usize>,
    pub(super) prediction: ColumnSurvey,
    pub(super) actual: ColumnSurvey,
    absolute_error: Sample,
    scores: Vec<ScoreSurvey>,
    pub(super) rows: u64,
    limit: usize,
}

impl Survey {
    /// A survey of nothing yet.
    pub fn new(options: Options) -> Survey {
        let limit = VALUES.min(ALL_VALUES / 8);
        Survey {
            options,
            features: Vec::new(),
            by_name: HashMap::new(),
            prediction: ColumnSurvey::new(crate::observe::PREDICTION.into(), Kind::Unknown, limit),
            actual: ColumnSurvey::new(crate::observe::ACTUAL.into(), Kind::Unknown, limit),
            absolute_error: Sample::new(limit),
            scores: Vec::new(),
            rows: 0,
            limit,
        }
    }

    /// Rows seen: answered predictions.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Scores above it are the positive class, where no prediction is logged.
    pub fn decision_threshold(&self) -> f64 {
        self.options.decision_threshold
    }

    /// Takes the answered predictions of a batch.
    pub fn add(&mut self, batch: &Batch) {
        for event in &batch.events {
            let Happening::Prediction(prediction) = &event.happening else { continue };
            let Served::Answered { prediction: answer, score, scores, .. } = &prediction.served else { continue };
            let Some((_, columns)) = batch.streams.get(prediction.stream as usize) else { continue };
            self.rows += 1;
            for ((name, kind), datum) in columns.features.iter().zip(batch.data(&prediction.features)) {
                let index = self.feature(name, *kind);
                self.features[index].push(datum, batch);
            }
            let answer = self.label(*answer, batch);
            self.prediction.push(answer, batch);
            let actual = self.label(prediction.actual.unwrap_or(Datum::Missing), batch);
            self.actual.push(actual, batch);
            if let (Datum::Number(answer) | Datum::Coerced(answer), Datum::Number(actual) | Datum::Coerced(actual)) =
                (answer, actual)
            {
                self.absolute_error.push((answer - actual).abs());
            }
            let class = datum_text(actual, batch);
            if !score.is_nan() {
                self.score("", *score, class.as_deref());
            }
            for (name, score) in columns.classes.iter().zip(batch.scores(scores)) {
                self.score(name, *score, class.as_deref());
            }
        }
    }

    /// A prediction or an actual: of a regression, text that reads as a number is one.
    fn label(&self, datum: Datum, batch: &Batch) -> Datum {
        match (self.options.task, numeric(datum, batch)) {
            (Task::Regression, Datum::Coerced(value)) => Datum::Coerced(value),
            (Task::Regression, Datum::Missing) => Datum::Missing,
            _ => datum,
        }
    }

    fn feature(&mut self, name: &Arc<str>, kind: Kind) -> usize {
        if let Some(index) = self.by_name.get(name) {
            return *index;
        }
        self.features.push(ColumnSurvey::new(name.clone(), kind, self.limit));
        // Rows before the first that has the column were missing it.
        if let Some(column) = self.features.last_mut() {
            column.missing = self.rows - 1;
        }
        self.limit = VALUES.min(ALL_VALUES / (self.features.len() + 8));
        self.by_name.insert(name.clone(), self.features.len() - 1);
        self.features.len() - 1
    }

    fn score(&mut self, class: &str, score: f64, actual: Option<&str>) {
        let index = self.scores.iter().position(|s| s.class == class).unwrap_or_else(|| {
            self.scores.push(ScoreSurvey {
                class: class.to_owned(),
                all: ColumnSurvey::new(class.into(), Kind::Numeric, self.limit),
                positives: Sample::new(self.limit),
                negatives: Sample::new(self.limit),
            });
            self.scores.len() - 1
        });
        let survey = &mut self.scores[index];
        survey.all.numbers.push(score);
        // The class of the single score is not known yet: told apart by the text and sorted out at the end.
        let positive = match (class, &self.options.positive_class, actual) {
            (_, _, None) => return,
            ("", Some(positive), Some(actual)) => actual == positive,
            ("", None, Some(actual)) => actual == "1" || actual == "true",
            (class, _, Some(actual)) => actual == class,
        };
        if positive { survey.positives.push(score) } else { survey.negatives.push(score) }
    }

    /// Ends the first pass: the frozen columns.
    pub fn frame(&self) -> Result<Frame, SurveyError> {
        if self.rows == 0 {
            return Err(SurveyError::Empty);
        }
        let classes = self.classes()?;
        let positive = positive_of(&self.options, &classes)?;
        let shape_of = |column: &ColumnSurvey| column.shape(self.options.task == Task::Regression, &[]);
        let single = self.scores.iter().any(|score| score.class.is_empty());
        let scores = self.scores.iter().filter_map(|score| {
            let class = scored_class(self.options.task, &score.class, single, &classes, positive);
            class.map(|class| (class, score.all.shape(true, &self.score_edges(score))))
        });
        let mut scores: Vec<(usize, Shape)> = scores.collect();
        scores.sort_by_key(|(class, _)| *class);
        let regression = self.options.task == Task::Regression;
        // What a ranking says and what comes of it are lists, no values of a column.
        let valued = self.options.task != Task::Ranking;
        let absolute_error = (regression && self.absolute_error.seen() > 0).then(|| {
            let (mean, deviation) = self.absolute_error.moments();
            let grid = grid_of(&self.absolute_error.sorted(), self.absolute_error.range(), &[]);
            Shape::Numeric { grid: Arc::new(grid), fixed: FixedPoint::new(mean, deviation) }
        });
        Ok(Frame {
            task: self.options.task,
            positive,
            features: self.features.iter().map(|c| (c.name.clone(), c.shape(c.is_numeric(), &[]))).collect(),
            scores,
            prediction: (valued && self.prediction.present > 0).then(|| shape_of(&self.prediction)),
            actual: (valued && self.actual.present > 0).then(|| shape_of(&self.actual)),
            absolute_error,
            derived: Derive::default(),
            residuals: if self.actual.present > 0 { self.actual.fixed() } else { self.prediction.fixed() },
            // Other tasks have no lists.
            depth: if self.options.task == Task::Ranking { self.options.depth } else { 0 },
            classes,
        })
    }

    /// The kurtosis of the scores of a class, or of the only score.
    pub(super) fn score_kurtosis(&self, class: Option<&str>) -> Option<f64> {
        let of = |name: &str| self.scores.iter().find(|score| score.class == name);
        class.and_then(of).or_else(|| of(""))?.all.numbers.kurtosis()
    }

    /// The classes of the task.
    fn classes(&self) -> Result<Vec<Arc<str>>, SurveyError> {
        if self.options.task == Task::Regression {
            for (column, name) in [(&self.prediction, "the prediction"), (&self.actual, "the actual")] {
                if !column.texts.is_empty() {
                    return Err(SurveyError::NotANumber(name));
                }
            }
            return Ok(Vec::new());
        }
        if self.options.task == Task::Ranking {
            return Ok(Vec::new());
        }
        let mut seen = self.prediction.categories();
        seen.extend(self.actual.categories());
        Ok(classes_of(self.options.task, self.scores.iter().map(|score| score.class.as_str()), seen))
    }

    /// Edges of a score's grid that serve performance: quantiles of each side, tenths and the decision threshold.
    fn score_edges(&self, score: &ScoreSurvey) -> Vec<f64> {
        let mut edges = score_edges(self.options.decision_threshold);
        for side in [&score.positives, &score.negatives] {
            let sorted = side.sorted();
            let n = sorted.len();
            edges.extend((1..128).filter(|_| n > 0).map(|i| sorted[(n * i).div_ceil(128).clamp(1, n) - 1]));
        }
        edges
    }
}
