//! The core: events in, reports out. It owns every counter, window and position, and does no I/O.
//!
//! [`Engine::ingest`] applies one batch of one source, with its counts of lines. [`Engine::evaluate`] reads. Time is
//! an argument: the newest event decides where windows end, the clock only says what is the future and how long
//! nothing came.

mod ahead;
mod cells;
mod companions;
pub mod config;
mod counters;
mod detectors;
mod evaluate;
mod evidence;
mod fleet;
mod leaving;
mod limits;
mod names;
mod pairs;
mod said;
mod saved;
mod segments;
mod sources;
mod stream;

pub use companions::Companion;
pub use detectors::Detectors;
pub use limits::unanswered;
pub use saved::{Head, Record};
pub use sources::Live;

use crate::aggregate::Delta;
use crate::event::{Batch, Datum, Event, Happening, Prediction, Served, StreamKey, Task};
use crate::evidence::budget::Threshold;
use crate::observe::{Answer, Many, datum_text};
use crate::pairing::{Content, Kept, Pairing, Unmatched, Waiting};
use crate::profile::{Reference, ReferenceSource, frame_scores};
use crate::schema::LineCounts;
use crate::schema::Position;
use crate::time::{Length, Timestamp};
use crate::window::{Landed, PaneError, WindowPlan};
use evidence::Rules;
use hashbrown::HashMap;
use names::{Names, OTHER};
use sources::Source;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use stream::{Against, Counts, Stream, Watch};

/// Distinct class and model texts remembered over all streams.
const TEXTS: usize = 10_000;

/// Everything driftgauge knows.
#[derive(Debug)]
pub struct Engine {
    config: config::Config,
    plan: Arc<WindowPlan>,
    streams: Vec<Stream>,
    by_key: HashMap<StreamKey, usize>,
    /// Records of streams beyond the limit, by nothing but their number.
    overflow: Option<usize>,
    streams_overflowed: u64,
    sources: Vec<Source>,
    pairing: Pairing,
    /// Class texts, and names of models in actuals.
    classes: Names,
    models: Names,
    /// Failure types.
    errors: Names,
    actuals: u64,
    unmatched: BTreeMap<Unmatched, u64>,
    generation: u64,
    now: Option<Timestamp>,
    /// The latest that the clock has said, and the time that passed since.
    latest: Option<Timestamp>,
    delta: Delta,
    /// For features that are counted many at a time.
    many: Many,
    scores: Vec<f64>,
    said: said::Memory,
    learned: Vec<(StreamKey, Arc<Reference>)>,
    /// Streams that were dropped.
    left: Vec<StreamKey>,
    /// What evidence is judged by: the budget over the series there are.
    budget: Threshold,
}

impl Engine {
    /// An engine that has seen nothing, for these sources. `max_delay` is the longest of any model's.
    pub fn new(config: config::Config, max_delay: Length, sources: &[Arc<str>]) -> Result<Engine, PaneError> {
        let plan = Arc::new(WindowPlan::new(&config.windows)?);
        Ok(Engine {
            plan,
            streams: Vec::new(),
            by_key: HashMap::new(),
            overflow: None,
            streams_overflowed: 0,
            sources: sources.iter().map(|name| Source::new(name.clone())).collect(),
            pairing: Pairing::new(config.limits.waiting_ids, max_delay),
            classes: Names::new(TEXTS),
            models: Names::new(TEXTS),
            errors: Names::new(config.limits.label_values),
            actuals: 0,
            unmatched: BTreeMap::new(),
            generation: 0,
            now: None,
            latest: None,
            delta: Delta::default(),
            many: Many::default(),
            scores: Vec::new(),
            said: said::Memory::default(),
            learned: Vec::new(),
            left: Vec::new(),
            budget: Threshold::of(1.0, 1),
            config,
        })
    }

    /// The newest time of any prediction.
    pub fn now(&self) -> Option<Timestamp> {
        self.now
    }

    /// Adds the counts of lines of a source, and takes over how far its files were read.
    pub fn count(&mut self, source: usize, counts: &LineCounts) {
        if let Some(source) = self.sources.get_mut(source) {
            source.add(counts);
        }
    }

    /// How far each followed file of a source is part of this state, by its number.
    pub fn positions(&self, source: usize) -> impl Iterator<Item = (u64, &Position)> + '_ {
        let positions = self.sources.get(source).map(|source| source.counts.positions.iter());
        positions.into_iter().flatten().filter_map(|(file, position)| Some((*file, position.as_ref()?)))
    }

    /// Takes the events of a batch. `clock` is the wall clock when it means anything (`run`), and `None` in a replay.
    pub fn ingest(&mut self, batch: &Batch, references: &dyn ReferenceSource, clock: Option<Timestamp>) {
        self.ingest_some(batch, 0..batch.events.len(), references, clock);
    }

    /// Takes some of the events of a batch: for merging batches by time.
    pub fn ingest_some(
        &mut self,
        batch: &Batch,
        events: Range<usize>,
        references: &dyn ReferenceSource,
        clock: Option<Timestamp>,
    ) {
        self.settle(references);
        self.said.clear();
        // Only what has an event here is looked up: a stream is known by its events, not by those of its batch.
        let mut last: Option<(u32, usize)> = None;
        let events = batch.events.get(events).unwrap_or_default();
        // Events from the one to the other are counted, with their answers or by their features alone.
        let (mut counted_from, mut counted) = (0, 0);
        for (index, event) in events.iter().enumerate() {
            if index % Pairing::TOGETHER == 0 {
                self.pairing.look_ahead(events.iter().skip(index).take(Pairing::TOGETHER).filter_map(|event| event.id));
            }
            match &event.happening {
                Happening::Prediction(prediction) => {
                    let Some((key, _)) = batch.streams.get(prediction.stream as usize) else { continue };
                    let known = last.filter(|(place, _)| *place == prediction.stream);
                    let stream = known.map_or_else(|| self.stream(key, references), |(_, stream)| stream);
                    last = Some((prediction.stream, stream));
                    if index >= counted {
                        let ahead = events.get(index..).unwrap_or_default();
                        (counted_from, counted) = (index, index + self.count_ahead(stream, ahead, batch, clock));
                    }
                    let ahead = (index < counted).then(|| index - counted_from);
                    match ahead.and_then(|number| self.many.answered(number)) {
                        Some(answered) => self.counted(stream, event, clock, answered),
                        None => self.prediction(stream, event, prediction, batch, clock, ahead),
                    }
                }
                Happening::Actual(actual) => self.actual(event.at, event.id, actual, batch, clock),
            }
        }
    }

    /// Looks at references again when any has changed.
    pub fn settle(&mut self, references: &dyn ReferenceSource) {
        if self.generation == references.generation() {
            return;
        }
        self.generation = references.generation();
        for stream in self.streams.iter_mut().filter(|stream| !stream.is_vacant) {
            if let Some(resolved) = references.resolve(&stream.key) {
                stream.settle(&resolved, &self.plan, &self.config);
            }
        }
        self.drop_unconfigured(references);
        self.admit_classes();
        self.share_budget();
    }

    /// The budget over the series there are now.
    fn share_budget(&mut self) {
        let series = |stream: &Stream| match &stream.against {
            Against::Reference(watch) => watch.evidence.len(),
            _ => 0,
        };
        let pane = evidence::slot(&self.plan, self.config.evidence.pane);
        let series = self.streams.iter().map(series).sum();
        self.budget = self.config.evidence.false_alarms.threshold(pane, series);
    }

    /// What detectors go by now.
    fn rules(&self) -> Rules {
        Rules { threshold: self.budget.alarm(), cool_down: self.config.evidence.cool_down }
    }

    /// Time passed without regard to events: windows of silent streams move on by as much.
    pub fn pass(&mut self, elapsed: Length) {
        self.latest = self.latest.map(|latest| latest.plus(elapsed));
        let rules = self.rules();
        for stream in &mut self.streams {
            stream.silent = Length::from_nanos(stream.silent.nanos().saturating_add(elapsed.nanos()));
            if let (true, Some(last)) = (stream.silent >= self.config.idle_timeout, stream.last) {
                stream.advance(last.plus(stream.silent), &self.plan, self.config.lateness, rules);
            }
        }
        let ttl = self.config.limits.stream_ttl;
        self.drop_streams(|stream| stream.silent >= ttl);
    }

    /// The time of the clock, or a later one when it was set back: it never was earlier than the newest prediction was
    /// taken for.
    fn today(&mut self, clock: Timestamp) -> Timestamp {
        self.latest = self.latest.max(Some(clock));
        clock.max(self.latest.min(self.now).unwrap_or(clock))
    }

    /// Moves the windows of every stream to `now`.
    pub fn advance(&mut self, now: Timestamp) {
        let (rules, lateness) = (self.rules(), self.config.lateness);
        self.streams.iter_mut().for_each(|stream| stream.advance(now, &self.plan, lateness, rules));
    }

    /// References that warm-up has finished since the last call.
    pub fn take_learned(&mut self) -> Vec<(StreamKey, Arc<Reference>)> {
        std::mem::take(&mut self.learned)
    }

    /// Forgets what waited too long and packs panes that have settled. Call it now and then.
    pub fn tidy(&mut self) {
        if let Some(now) = self.now {
            self.pairing.expire(now);
        }
        for stream in &mut self.streams {
            if let Against::Reference(watch) = &mut stream.against {
                watch.inputs.settle(self.config.lateness);
            }
        }
    }

    fn stream(&mut self, key: &StreamKey, references: &dyn ReferenceSource) -> usize {
        if let Some(index) = self.by_key.get(key) {
            return *index;
        }
        let full = self.by_key.len() >= self.config.limits.streams;
        if let Some(index) = self.overflow.filter(|_| full) {
            return index;
        }
        let key = if full { StreamKey { model: OTHER.into(), version: OTHER.into() } } else { key.clone() };
        let name = self.models.admit(&key.model);
        let resolved = references.resolve(&key).unwrap_or_else(sources::unconfigured);
        let index = self.place(Stream::bare(key.clone(), name, &resolved));
        self.streams[index].settle(&resolved, &self.plan, &self.config);
        self.admit_classes_of(index);
        self.share_budget();
        if full {
            self.overflow = Some(index);
        } else {
            self.by_key.insert(key, index);
        }
        index
    }

    fn prediction(
        &mut self,
        index: usize,
        event: &Event,
        prediction: &Prediction,
        batch: &Batch,
        clock: Option<Timestamp>,
        ahead: Option<usize>,
    ) {
        let Some((_, columns)) = batch.streams.get(prediction.stream as usize) else { return };
        let (id, rules) = (event.id, self.rules());
        let (at, late) = self.arrive(index, event.at, clock);
        let stream = &mut self.streams[index];
        self.delta.clear();
        let (answer, score, by_class, interval, shown, latency) = match &prediction.served {
            Served::Failed(error) => {
                let error = self.errors.index(batch.text(*error));
                *stream.counts.failures.entry(error).or_insert(0) += 1;
                if let Some((watch, _, counts)) = stream.watch(columns) {
                    watch.reference.observer.failure(&mut self.delta);
                    let landed = watch.inputs.apply(at, &self.delta);
                    watch.evidence.follow(&mut watch.inputs, &self.plan, self.config.lateness, rules);
                    counts.late(late, landed);
                }
                if let Some(id) = id {
                    let joined = self.pairing.fail(id, at, index as u32);
                    self.joined(index, joined);
                }
                if prediction.actual.is_some() {
                    self.actuals += 1;
                    *self.unmatched.entry(Unmatched::FailedRequest).or_insert(0) += 1;
                }
                return;
            }
            Served::Answered { prediction, score, scores, interval, items, latency } => {
                let shown = items.map(|items| batch.items(items));
                (*prediction, *score, batch.scores(scores), *interval, shown, *latency)
            }
        };
        if !latency.is_nan() {
            stream.counts.latency.observe(latency);
        }
        if let Against::Learning { warmup, since } = &mut stream.against {
            warmup.observe(batch, prediction);
            let since = *since.get_or_insert(at);
            // Once it is handed over, it is waited for.
            if at >= since.plus(stream.model.warmup)
                && !self.learned.iter().any(|(key, _)| *key == stream.key)
                && let Ok(reference) = warmup.reference(Some(stream.key.model.to_string()), at)
            {
                self.learned.push((stream.key.clone(), Arc::new(reference)));
            }
        }
        let task = stream.model.task;
        let threshold = stream.model.performance.decision_threshold;
        let keep_scores = stream.model.performance.class_scores && task == Task::Multiclass;
        let mut scores = std::mem::take(&mut self.scores);
        scores.clear();
        let (epoch, mut cells) = (stream.epoch, Box::default());
        let (mut class, said) = match &stream.against {
            Against::Reference(watch) if task.is_classification() => {
                let known = self.said.look_up(index, answer, batch, &mut self.classes, &watch.reference.observer);
                (known.map(|(class, _)| class), known.and_then(|(_, said)| said))
            }
            _ => {
                let text = datum_text(answer, batch).filter(|_| task.is_classification());
                (text.map(|text| self.classes.index(&text)), None)
            }
        };
        if let Some((watch, places, counts)) = stream.watch(columns) {
            let Watch { reference, inputs, pairs, evidence, segments, counted, losses, .. } = watch;
            let observer = &reference.observer;
            frame_scores(observer, columns, score, by_class, &mut scores);
            let mut decided = None;
            if class.is_none() && task.is_classification() {
                decided = observer.decide(&scores, threshold);
                let text = decided.and_then(|class| observer.frame.classes.get(class));
                class = text.map(|class| self.classes.index(class));
            }
            let answer = Answer { prediction: answer, decided, scores: &scores, latency };
            let mut score_cell = None;
            if let Some(number) = ahead {
                let said = if task.is_classification() { said } else { observer.said(answer.prediction, batch) };
                let counted = self.many.score_cell(number);
                score_cell = observer.answer_beside(batch, answer, said, counted, &mut self.delta);
            } else {
                let value = |place: &Option<usize>| {
                    place.map_or(Datum::Missing, |place| batch.value(&prediction.features, place))
                };
                observer.answer(batch, places.iter().map(value), answer, &mut self.delta);
            }
            if *losses || !segments.is_empty() {
                cells = observer.coarse.of(&self.delta).collect();
                let class = class.filter(|_| task == Task::Binary).map(|class| self.classes.get(class));
                segments.prediction(&cells, class.map(|class| observer.class(class)), &mut self.delta);
            }
            observer.embedding(batch, &prediction.embedding, &mut self.delta);
            counted.count(&self.delta, &mut counts.bins);
            let landed = inputs.apply(at, &self.delta);
            if landed != Landed::Open && inputs.is_given(at) {
                evidence.exclude();
            }
            evidence.follow(inputs, &self.plan, self.config.lateness, rules);
            let predicted = class.filter(|_| task.is_classification()).map(|class| match said {
                Some(said) if class != 0 => said.class,
                _ => observer.class(self.classes.get(class)),
            });
            self.delta.clear();
            observer.cohort(predicted, &scores, score_cell, &mut self.delta);
            pairs.apply(at, &self.delta);
            counts.late(late, landed);
        }
        if let Some(class) = class {
            *stream.counts.classes.entry(class).or_insert(0) += 1;
        }
        let value = match (task, answer) {
            (Task::Regression, Datum::Number(value) | Datum::Coerced(value)) => value,
            (Task::Regression, Datum::Category(text)) => batch.text(text).trim().parse().unwrap_or(f64::NAN),
            (Task::Binary, _) => scores.first().copied().unwrap_or(score),
            _ => f64::NAN,
        };
        let comparable = match task {
            Task::Regression => !value.is_nan(),
            Task::Ranking => shown.is_some(),
            _ => class.is_some(),
        };
        let waiting = Waiting { stream: index as u32, model: stream.model_name, class: class.unwrap_or(0), value };
        let inline = prediction.actual.map(|actual| self.held(actual, batch));
        let content = match task {
            Task::Ranking => shown.map(|items| Content::Items(items.iter().map(|(hash, _)| *hash).collect())),
            Task::Regression if interval.iter().any(|end| end.is_nan()) => None,
            Task::Regression => Some(Content::Numbers(interval.into())),
            Task::Multiclass if keep_scores || inline.is_some() => Some(Content::Numbers(scores.as_slice().into())),
            _ => None,
        };
        let kept = match content {
            None if cells.is_empty() => None,
            content => Some(Kept { content: content.unwrap_or(Content::Nothing), cells, epoch }),
        };
        if comparable {
            self.wait(id, at, waiting, kept, inline);
        } else if inline.is_some() {
            self.actuals += 1;
            *self.unmatched.entry(Unmatched::Invalid).or_insert(0) += 1;
        }
        self.scores = scores;
    }

    /// A prediction came: takes note of its time. Says what it is taken for, and whether it is late.
    fn arrive(&mut self, index: usize, at: Option<Timestamp>, clock: Option<Timestamp>) -> (Timestamp, bool) {
        self.streams_overflowed += u64::from(self.overflow == Some(index));
        let today = clock.map(|clock| self.today(clock));
        let stream = &mut self.streams[index];
        if let (Some(at), Some(clock)) = (at, clock) {
            stream.skew.observe(at.seconds_since(clock));
        }
        let clock = today;
        let mut at = at.or(clock).or(self.now).unwrap_or(Timestamp::EPOCH);
        if let Some(clock) = clock.filter(|clock| at > clock.plus(self.config.future_tolerance)) {
            stream.counts.future += 1;
            at = clock;
        }
        stream.counts.predictions += 1;
        stream.silent = Length::ZERO;
        stream.first = Some(stream.first.map_or(at, |first| first.min(at)));
        let late = stream.head().is_some_and(|head| at < head.minus(self.config.lateness));
        stream.last = stream.last.max(Some(at));
        self.now = self.now.max(Some(at));
        (at, late)
    }
}

impl Counts {
    fn late(&mut self, late: bool, landed: Landed) {
        if landed == Landed::TooLate {
            self.late_dropped += 1;
        } else if late {
            self.late_applied += 1;
        }
    }
}
