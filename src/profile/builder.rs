//! Second pass over a reference: exact counts on the frozen cells. When columns are derived it is followed by a third,
//! which counts everything again with them.

use super::chunks::Chunked;
use super::dispersion::Chunks;
use super::file::Reference;
use super::findings::{ColumnNoise, Findings};
use super::fitting::Fitting;
use super::hygiene::{self, Warning};
use super::importance::Responses;
use super::losses::LossFit;
use super::pane_values::PaneValues;
use super::seasons::SeasonCounts;
use super::survey::{Survey, SurveyError};
use crate::aggregate::{Column, Delta, Role, Totals};
use crate::derive::{Derive, Wanted};
use crate::event::{Batch, Columns, Datum, Happening, Kind, Prediction, Served, Task};
use crate::observe::{Answer, Frame, Label, Observer, datum_text};
use crate::statistics::null::shortened;
use crate::time::{Season, Timestamp};
use std::sync::Arc;

/// Counts a reference.
#[derive(Clone, Debug)]
pub struct Builder {
    survey: Survey,
    observer: Arc<Observer>,
    inputs: Totals,
    pairs: Totals,
    /// The inputs of the last fifth of the rows, to tell whether the reference itself drifts.
    last: Totals,
    /// The rows by chunks, to tell how independent they are: of the inputs, and of the pairs.
    dispersion: (Chunks, Chunks),
    /// The chunks themselves, when there are enough of them.
    chunks: Option<Chunked>,
    /// The means of chunks of rows.
    pane_values: PaneValues,
    /// The rows by slot of a season, when one is wanted.
    seasons: Option<SeasonCounts>,
    rows: u64,
    responses: Responses,
    /// Of a regression with actuals; without one that has too many cells: their number.
    losses: Option<Result<LossFit, usize>>,
    delta: Delta,
    cells: Vec<u16>,
    fitting: Option<Fitting>,
}

impl Builder {
    /// Freezes what the survey found.
    pub fn new(survey: Survey) -> Result<Builder, SurveyError> {
        let frame = survey.frame()?;
        Ok(Builder::counting(survey, frame))
    }

    /// Fits what is wanted while it counts; then [`Builder::fit`] gives the builder of a third pass.
    pub fn deriving(self, wanted: Wanted) -> Builder {
        if wanted.is_nothing() {
            return self;
        }
        let frame = Frame { derived: Derive::keeping_rows(), ..self.observer.frame.clone() };
        let fitting = Fitting::new(wanted, &self.survey, &self.observer);
        Builder { fitting: Some(fitting), ..Builder::counting(self.survey, frame) }
    }

    /// Freezes the derived columns of what was counted and begins to count anew; nothing changes without any.
    pub fn fit(mut self) -> Builder {
        let Some(fitting) = self.fitting.take() else { return self };
        let derived = fitting.finish(&self.observer, &self.inputs);
        let frame = Frame { derived, ..self.observer.frame.clone() };
        Builder::counting(self.survey, frame)
    }

    fn counting(survey: Survey, frame: Frame) -> Builder {
        let observer = Arc::new(Observer::new(frame));
        let inputs = Totals::new(observer.inputs.counts(), observer.inputs.sums());
        let pairs = Totals::new(observer.pairs.counts(), observer.pairs.sums());
        let responses = Responses::new(&observer.frame, observer.coarse.cells());
        let losses = observer.frame.absolute_error.is_some().then(|| LossFit::new(&observer.inputs));
        let rows = survey.rows();
        Builder {
            dispersion: (Chunks::new(&observer.inputs, rows), Chunks::new(&observer.pairs, rows)),
            chunks: Chunked::new(&observer, rows),
            pane_values: PaneValues::new(&observer, rows),
            seasons: None,
            survey,
            observer,
            last: inputs.clone(),
            inputs,
            pairs,
            rows: 0,
            responses,
            losses,
            delta: Delta::default(),
            cells: Vec::new(),
            fitting: None,
        }
    }

    /// Counts by slot of this season as well, in this pass.
    pub fn by_season(self, season: Option<Season>) -> Builder {
        let seasons = season.map(|season| SeasonCounts::new(season, &self.observer.inputs, self.survey.rows()));
        Builder { seasons, ..self }
    }

    /// The columns records are mapped to in this pass.
    pub fn columns(&self) -> Arc<Columns> {
        columns_of(&self.observer)
    }

    /// Counts the answered predictions of a batch, and the pairs of those with an actual.
    pub fn add(&mut self, batch: &Batch) {
        for event in &batch.events {
            if let Happening::Prediction(prediction) = &event.happening {
                self.observe(batch, prediction, event.at);
                if let (Some(chunks), Served::Answered { .. }) = (&mut self.chunks, &prediction.served) {
                    chunks.end_row();
                }
            }
        }
    }

    fn observe(&mut self, batch: &Batch, prediction: &Prediction, at: Option<Timestamp>) {
        let Served::Answered { prediction: answer, score, scores, interval, items, latency } = &prediction.served
        else {
            return;
        };
        let Some((_, columns)) = batch.streams.get(prediction.stream as usize) else { return };
        self.rows += 1;
        let mut in_order = Vec::new();
        frame_scores(&self.observer, columns, *score, batch.scores(scores), &mut in_order);
        let scores = in_order;
        self.delta.clear();
        let features = batch.data(&prediction.features);
        let decided = self.observer.decide(&scores, self.survey.decision_threshold());
        let counted = Answer { prediction: *answer, decided, scores: &scores, latency: *latency };
        self.observer.answer(batch, features, counted, &mut self.delta);
        self.observer.embedding(batch, &prediction.embedding, &mut self.delta);
        self.inputs.apply(&self.delta);
        self.dispersion.0.row(&self.delta);
        self.pane_values.row(&self.delta);
        if let Some(seasons) = &mut self.seasons {
            seasons.row(at, &self.delta);
        }
        if let Some(chunks) = &mut self.chunks {
            chunks.inputs(&self.delta);
        }
        if let Some(Ok(losses)) = &mut self.losses {
            losses.inputs(&self.delta);
        }
        if let Some(fitting) = &mut self.fitting {
            fitting.add(&mut self.delta.row);
            fitting.embed(batch.vector(&prediction.embedding));
        }
        if self.rows * 5 > self.survey.rows() * 4 {
            self.last.apply(&self.delta);
        }
        self.cells.clear();
        self.cells.extend(self.observer.coarse.of(&self.delta));
        let said = predicted(&self.observer, *answer, &scores, batch, self.survey.decision_threshold());
        let score = scores.first().copied().filter(|_| self.observer.frame.task == Task::Binary);
        self.responses.observe(&self.cells, score, said);
        let class = match said {
            Some(Label::Class(class)) => Some(class),
            _ => None,
        };
        self.delta.clear();
        self.observer.cohort(class, &scores, None, &mut self.delta);
        self.add_pair();
        let Some(actual) = prediction.actual else { return };
        if let (Some(shown), Datum::List(relevant)) = (items, actual) {
            let shown: Vec<u64> = batch.items(*shown).iter().map(|(hash, _)| *hash).collect();
            self.delta.clear();
            self.observer.ranking(&shown, batch.items(relevant), &mut self.delta);
            self.add_pair();
        }
        let Some(label) = self.observer.label(actual, batch) else { return };
        let Some(predicted) = said else { return };
        if let (Some(Ok(losses)), Label::Number(actual), Label::Number(predicted)) =
            (&mut self.losses, label, predicted)
        {
            losses.error(predicted - actual);
        }
        self.delta.clear();
        let text = datum_text(actual, batch).unwrap_or_default();
        self.observer.pair(label, &text, predicted, &scores, &mut self.delta);
        self.observer.interval(label, *interval, &mut self.delta);
        self.observer.loss(label, predicted, &self.cells, &mut self.delta);
        self.dispersion.1.row(&self.delta);
        self.add_pair();
    }

    /// Adds the pair in `delta`.
    fn add_pair(&mut self) {
        self.pairs.apply(&self.delta);
        if let Some(chunks) = &mut self.chunks {
            chunks.pairs(&self.delta);
        }
    }

    /// The reference, and what is doubtful about it.
    pub fn finish(self, model: Option<String>, created: Timestamp) -> (Reference, Vec<Warning>) {
        let mut warnings = hygiene::warnings(&self.survey, &self.observer, &self.inputs, &self.pairs, &self.last);
        let noise = self.noise();
        let Builder { observer, inputs, pairs, rows, chunks, pane_values, seasons, responses, losses, .. } = self;
        let losses = match losses {
            Some(Err(terms)) => {
                warnings.push(Warning::TooManyCells(terms));
                None
            }
            fit => fit.and_then(Result::ok).and_then(LossFit::solve),
        };
        let chunks = chunks.and_then(|chunks| chunks.finish(&observer, &inputs, &pairs));
        let panes = pane_values.finish(&observer, &inputs);
        let seasons = seasons.and_then(|seasons| {
            let (found, doubts) = seasons.finish();
            warnings.extend(doubts);
            found
        });
        let findings = Findings {
            importance: responses.importance(),
            responses: responses.means(),
            noise,
            chunks,
            losses,
            panes,
            seasons,
        };
        (Reference::new(model, created, rows, observer, inputs, pairs, findings), warnings)
    }

    /// What chance does to the columns, but for the null constants.
    fn noise(&self) -> Vec<ColumnNoise> {
        let (inputs, pairs) = (&self.observer.inputs.columns, &self.observer.pairs.columns);
        let found = self.dispersion.0.finish(inputs).into_iter().chain(self.dispersion.1.finish(pairs));
        let noise = inputs.iter().chain(pairs).zip(found).map(|(column, found)| ColumnNoise {
            dispersion: found.dispersion,
            between: found.between,
            kurtosis: self.kurtosis(column),
            ..ColumnNoise::default()
        });
        noise.collect()
    }

    /// Of a numeric column.
    fn kurtosis(&self, column: &Column) -> Option<f64> {
        if !matches!(column.shape, crate::aggregate::Shape::Numeric { .. }) {
            return None;
        }
        let found = match column.role {
            Role::Input => self.survey.features.iter().find(|feature| feature.name == column.name)?.numbers.kurtosis(),
            Role::Prediction => self.survey.prediction.numbers.kurtosis(),
            Role::Actual => self.survey.actual.numbers.kurtosis(),
            Role::Score => {
                let frame = &self.observer.frame;
                let scores = self.observer.inputs.columns.iter().filter(|column| column.role == Role::Score);
                let place = scores.zip(&frame.scores).find(|(score, _)| score.counts == column.counts);
                let class = place.and_then(|(_, (class, _))| frame.classes.get(*class));
                self.survey.score_kurtosis(class.map(|class| &**class))
            }
            Role::Derived => None,
        };
        found.map(|kurtosis| shortened(kurtosis, 4))
    }
}

/// The columns that records of a stream with this observer are mapped to.
pub fn columns_of(observer: &Observer) -> Arc<Columns> {
    let frame = &observer.frame;
    let kind = |shape: &crate::aggregate::Shape| match shape {
        crate::aggregate::Shape::Numeric { .. } => Kind::Numeric,
        crate::aggregate::Shape::Categorical { .. } => Kind::Categorical,
    };
    Arc::new(Columns {
        features: frame.features.iter().map(|(name, shape)| (name.clone(), kind(shape))).collect(),
        classes: frame.scores.iter().filter_map(|(class, _)| frame.classes.get(*class).cloned()).collect(),
    })
}

/// The scores of a record in the order of the frame's scores, put into `scores`.
#[inline]
pub fn frame_scores(observer: &Observer, columns: &Columns, score: f64, by_class: &[f64], scores: &mut Vec<f64>) {
    let frame = &observer.frame;
    scores.clear();
    if frame.task == Task::Binary && !score.is_nan() {
        scores.extend(frame.scores.iter().map(|_| score));
        return;
    }
    // Columns of the reference itself have the classes in the same places; those found in a log may not.
    let of_class = |place: usize, class: usize| {
        let name = frame.classes.get(class)?;
        let is_here = columns.classes.get(place).is_some_and(|known| Arc::ptr_eq(known, name));
        let place = if is_here { place } else { columns.classes.iter().position(|known| known == name)? };
        by_class.get(place).copied()
    };
    let classes = frame.scores.iter().enumerate();
    scores.extend(classes.map(|(place, (class, _))| of_class(place, *class).unwrap_or(f64::NAN)));
}

/// [`frame_scores`] of a frame with one score: that one.
#[inline]
pub fn frame_score(observer: &Observer, columns: &Columns, score: f64, by_class: &[f64], scores: &mut Vec<f64>) -> f64 {
    if observer.frame.task == Task::Binary && !score.is_nan() {
        return score;
    }
    frame_scores(observer, columns, score, by_class, scores);
    scores.first().copied().unwrap_or(f64::NAN)
}

/// What was predicted: as logged, else as the scores decide.
pub fn predicted(observer: &Observer, answer: Datum, scores: &[f64], batch: &Batch, threshold: f64) -> Option<Label> {
    observer.label(answer, batch).or_else(|| observer.decide(scores, threshold).map(Label::Class))
}
