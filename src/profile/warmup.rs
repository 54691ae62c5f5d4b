//! Learning a reference from live traffic, where no profile is configured: one pass, nothing raw kept.
//!
//! Where the edges of a column go is known at the end only. Until then its numbers are counted in [`bins`], which
//! are finer than cells and are moved into them whole, because all edges are borders of bins. So the counts are
//! those that observing every value again on the frozen cells would give, and they do not depend on the order of the
//! events. A value that has a bin of its own is an atom, while a column has at most 4096 different values each of them.
//! Among more, zero and values at borders of bins (round numbers, as limits and stand-ins for missing values mostly are)
//! still are; any other frequent value shares its cell with its close neighbours.
//!
//! What is bounded: the features (those found first stay), the bins of a column (their width doubles instead), the
//! texts of a column (of more than 100,000 those found first stay, the others count as unseen), the scores (100
//! classes). Numbers of a column that has texts as well are categories; when there are more than 4096 different ones,
//! their texts cannot be told from the bins, and all of them count as unseen, as they will in the windows.
//!
//! There are no pairs: actuals come later. Of what pairs are a part of only the number of answered predictions is
//! known: class and score are learned each for itself, not together. An actual that stands in the line of its prediction
//! names a class, nothing else.
//!
//! Of derived columns there is the latency only: the others are fitted by a second look at the rows.

mod bins;
mod column;
mod saved;

pub use saved::SavedWarmup;

use self::column::Learned;
use super::classes::{CLASSES, classes_of, positive_of, scored_class};
use super::edges::score_edges;
use super::{Findings, Options, Reference, SurveyError};
use crate::aggregate::{FixedPoint, Role, Totals};
use crate::derive::Derive;
use crate::event::{Batch, Columns, Datum, Kind, Prediction, Served, Task};
use crate::observe::{Frame, LATENCY, Observer, latency_edges, numeric};
use crate::time::Timestamp;
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A reference that is being learned.
#[derive(Clone, Debug)]
pub struct Warmup {
    options: Options,
    most_features: usize,
    features: HashMap<Arc<str>, Learned>,
    /// By class, in the order of their names; the single score of a binary task has none.
    scores: BTreeMap<String, Learned>,
    prediction: Learned,
    /// For the classes only.
    actual: Learned,
    latency: Learned,
    rows: u64,
}

impl Warmup {
    /// Learns at most `most_features` features.
    pub fn new(options: Options, most_features: usize) -> Warmup {
        Warmup {
            options,
            most_features,
            features: HashMap::new(),
            scores: BTreeMap::new(),
            prediction: Learned::new(Kind::Unknown, &[]),
            actual: Learned::new(Kind::Unknown, &[]),
            latency: Learned::new(Kind::Numeric, &latency_edges()),
            rows: 0,
        }
    }

    /// Takes one answered prediction of a batch (failed ones are ignored).
    pub fn observe(&mut self, batch: &Batch, prediction: &Prediction) {
        let Served::Answered { prediction: answer, score, scores, latency, .. } = &prediction.served else { return };
        let Some((_, columns)) = batch.streams.get(prediction.stream as usize) else { return };
        self.rows += 1;
        self.features(columns, batch.data(&prediction.features), batch);
        if self.options.task == Task::Regression {
            self.prediction.push(numeric(*answer, batch), batch);
        } else {
            self.prediction.push(*answer, batch);
            self.actual.push(prediction.actual.unwrap_or(Datum::Missing), batch);
        }
        if !score.is_nan() {
            self.score("", *score);
        }
        for (class, score) in columns.classes.iter().zip(batch.scores(scores)) {
            self.score(class, *score);
        }
        self.latency.number(*latency);
    }

    /// Answered predictions taken.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The frozen reference with the counts of everything taken. After an error learning goes on: more rows may show
    /// what could not be decided.
    pub fn reference(&self, model: Option<String>, created: Timestamp) -> Result<Reference, SurveyError> {
        let observer = Arc::new(Observer::new(self.frame()?));
        let inputs = self.totals(&observer);
        let mut pairs = Totals::new(observer.pairs.counts(), observer.pairs.sums());
        if let Some(cohort) = &observer.pairs.cohort {
            cohort.set_answered(self.rows, &mut pairs);
        }
        Ok(Reference::new(model, created, self.rows, observer, inputs, pairs, Findings::default()))
    }

    fn features(&mut self, columns: &Columns, data: impl Iterator<Item = Datum>, batch: &Batch) {
        for ((name, kind), datum) in columns.features.iter().zip(data) {
            if let Some(learned) = self.features.get_mut(name) {
                learned.push(datum, batch);
            } else if self.features.len() < self.most_features {
                let mut learned = Learned::new(*kind, &[]);
                learned.push(datum, batch);
                self.features.insert(name.clone(), learned);
            }
        }
    }

    fn score(&mut self, class: &str, score: f64) {
        if let Some(learned) = self.scores.get_mut(class) {
            learned.number(score);
        } else if self.scores.len() <= CLASSES {
            let mut learned = Learned::new(Kind::Numeric, &score_edges(self.options.decision_threshold));
            learned.number(score);
            self.scores.insert(class.to_owned(), learned);
        }
    }

    /// The features in the order of their names, which does not depend on which came first.
    fn sorted_features(&self) -> Vec<(&Arc<str>, &Learned)> {
        let mut features: Vec<(&Arc<str>, &Learned)> = self.features.iter().collect();
        features.sort_by_key(|(name, _)| *name);
        features
    }

    fn frame(&self) -> Result<Frame, SurveyError> {
        if self.rows == 0 {
            return Err(SurveyError::Empty);
        }
        let task = self.options.task;
        let classes = self.classes()?;
        let positive = positive_of(&self.options, &classes)?;
        let extra = score_edges(self.options.decision_threshold);
        let scores = self.frame_scores(&classes, positive);
        let prediction = &self.prediction;
        Ok(Frame {
            task,
            // Other tasks have no lists.
            depth: if self.options.task == Task::Ranking { self.options.depth } else { 0 },
            positive,
            features: self
                .sorted_features()
                .into_iter()
                .map(|(name, learned)| (name.clone(), learned.shape(learned.is_numeric(), &[])))
                .collect(),
            scores: scores.into_iter().map(|(class, learned)| (class, learned.shape(true, &extra))).collect(),
            prediction: (prediction.present() > 0).then(|| prediction.shape(task == Task::Regression, &[])),
            actual: None,
            absolute_error: None,
            derived: Derive::default(),
            residuals: if task == Task::Regression { prediction.fixed() } else { FixedPoint::UNIT },
            classes,
        })
    }

    fn classes(&self) -> Result<Vec<Arc<str>>, SurveyError> {
        if self.options.task == Task::Regression {
            if self.prediction.present_numbers() == 0 && self.prediction.not_numbers() > 0 {
                return Err(SurveyError::NotANumber("the prediction"));
            }
            return Ok(Vec::new());
        }
        let mut seen = self.prediction.categories();
        seen.extend(self.actual.categories());
        Ok(classes_of(self.options.task, self.scores.keys().map(String::as_str), seen))
    }

    /// The scores of the frame, in the order of the classes.
    fn frame_scores(&self, classes: &[Arc<str>], positive: Option<usize>) -> Vec<(usize, &Learned)> {
        let single = self.scores.contains_key("");
        let scores = self.scores.iter().filter_map(|(name, learned)| {
            let class = scored_class(self.options.task, name, single, classes, positive)?;
            Some((class, learned))
        });
        let mut scores: Vec<(usize, &Learned)> = scores.collect();
        scores.sort_by_key(|(class, _)| *class);
        scores
    }

    fn totals(&self, observer: &Observer) -> Totals {
        let mut totals = Totals::new(observer.inputs.counts(), observer.inputs.sums());
        if let Some(answered) = totals.counts.get_mut(observer.answered()) {
            *answered = self.rows;
        }
        let mut features = self.sorted_features().into_iter().map(|(_, learned)| learned);
        let mut scores =
            self.frame_scores(&observer.frame.classes, observer.frame.positive).into_iter().map(|(_, learned)| learned);
        for column in &observer.inputs.columns {
            let (learned, rows) = match column.role {
                Role::Input => (features.next(), self.rows),
                Role::Score => (scores.next(), self.rows),
                Role::Prediction => (Some(&self.prediction), self.rows),
                // A latency that was not logged is not missing.
                _ if *column.name == *LATENCY => (Some(&self.latency), 0),
                // The largest score serves estimates, which need actuals: there are none.
                _ => (None, 0),
            };
            if let Some(learned) = learned {
                learned.place(column, rows, &mut totals);
            }
        }
        totals
    }
}

#[cfg(test)]
mod tests;
