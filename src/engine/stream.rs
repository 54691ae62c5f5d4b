//! Everything kept of one model and version.

use super::cells;
use super::companions::Companions;
use super::config::{Config, Model};
use super::counters::{DELAY_BOUNDS, Histogram, LATENCY_BOUNDS};
use super::evaluate::{Errors, Kept};
use super::evidence::{Evidence, Rules};
use super::fleet::{BinCounts, Counted};
use super::limits::Limits;
use super::saved::Pending;
use super::segments::Segmented;
use crate::aggregate::{Layout, Role};
use crate::event::{Columns, StreamKey};
use crate::profile::{Options, Reference, Resolved, Standing, Warmup};
use crate::statistics::basis::Basis;
use crate::time::{Length, Timestamp};
use crate::window::{Ring, WindowPlan};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Windows against one reference.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    pub(super) reference: Arc<Reference>,
    /// Of predictions, by their time.
    pub(super) inputs: Ring,
    /// Of pairs, by the time of the prediction (or of the actual, as the axis says), and of all answered predictions
    /// beside them; behind by the maturity.
    pub(super) pairs: Ring,
    /// Standard errors of performance by window, kept from one evaluation to the next.
    pub(super) errors: Vec<Errors>,
    /// Names of the coarse cells of each column of the inputs, and of the pairs.
    pub(super) cell_names: [Vec<Vec<Arc<str>>>; 2],
    pub(super) limits: Limits,
    /// What the reference teaches about predictions without actuals.
    pub(super) basis: Basis,
    /// Whether the pairs hold losses by cell.
    pub(super) losses: bool,
    /// The declared segments, counted behind everything else.
    pub(super) segments: Segmented,
    /// Detectors of drift.
    pub(super) evidence: Evidence,
    /// What the places and the meaning of the counts depend on besides the reference.
    pub(super) settings: String,
    /// The columns whose cells have counters.
    pub(super) counted: Counted,
}

impl Watch {
    /// Empty windows; those of pairs keep losses by cell when `model` says so.
    fn new(reference: Arc<Reference>, plan: &Arc<WindowPlan>, model: &Model, shared: &Config) -> Watch {
        let observer = &reference.observer;
        let losses = model.causes.losses;
        let all = (observer.pairs.counts(), observer.pairs.sums());
        let of_pairs = if losses { all } else { observer.pairs_without_losses() };
        let of_inputs = (observer.inputs.counts(), observer.inputs.sums());
        let (segments, of_inputs, of_pairs) = Segmented::new(&reference, &model.segments, of_inputs, of_pairs);
        let inputs = Ring::new(plan.clone(), of_inputs.0, of_inputs.1).giving();
        let pairs = Ring::lagging(plan.clone(), of_pairs.0, of_pairs.1, model.performance.maturity);
        let names = |layout: &Layout| layout.columns.iter().map(cells::names).collect();
        let cell_names = [names(&observer.inputs), names(&observer.pairs)];
        let limits = Limits::new(&reference, model);
        let errors = plan.windows.iter().map(|_| Errors::default()).collect();
        let table = reference.findings.losses.clone().unwrap_or_default();
        let (predictions, actuals) = (&reference.inputs, &reference.pairs);
        let basis = Basis::new(&observer.inputs, predictions, &observer.pairs, actuals, &table);
        let evidence = Evidence::new(&reference, plan, shared, &model.drift);
        let counted = Counted::new(&reference.observer.inputs.columns, &model.fleet);
        let settings = settings_of(plan, model);
        Watch {
            reference,
            inputs,
            pairs,
            errors,
            cell_names,
            limits,
            basis,
            losses,
            segments,
            evidence,
            settings,
            counted,
        }
    }
}

/// What the places and the meaning of the counts of windows depend on besides the reference, as text that is compared.
fn settings_of(plan: &WindowPlan, model: &Model) -> String {
    let windows: Vec<Length> = plan.windows.iter().map(|window| window.length).collect();
    let Model { task, performance, causes, segments, .. } = model;
    format!("{windows:?} {task:?} {performance:?} {} {segments:?}", causes.losses)
}

/// What a warm-up of this model is told.
pub(super) fn warmup_options(model: &Model) -> Options {
    Options {
        task: model.task,
        positive_class: model.performance.positive_class.clone(),
        decision_threshold: model.performance.decision_threshold,
        depth: model.performance.k,
    }
}

/// What a stream is compared with.
#[derive(Debug)]
pub(super) enum Against {
    /// A reference.
    Reference(Box<Watch>),
    /// Nothing yet: it is learned. The time is that of the first prediction.
    Learning { warmup: Box<Warmup>, since: Option<Timestamp> },
    /// Windows as a state file had them, until their reference can be loaded again.
    Pending(Box<Pending>),
    /// Nothing: the profile could not be loaded, or the stream is one too many.
    Nothing,
}

/// How far the logged times are ahead of the clock: the largest distance of those read between two evaluations, as
/// only the quickest of them shows the clocks and not the way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Skew {
    open: Option<f64>,
    last: Option<f64>,
}

impl Skew {
    /// A prediction was dated `ahead` seconds after the clock.
    pub(super) fn observe(&mut self, ahead: f64) {
        self.open = Some(self.open.map_or(ahead, |most| most.max(ahead)));
    }

    /// The distance as of the last predictions; starts over.
    pub(super) fn take(&mut self) -> Option<f64> {
        self.last = self.open.take().or(self.last);
        self.last
    }
}

/// A column and what is looked at of it; none of a loss.
pub(super) type SeriesKey = (Option<(Arc<str>, Role)>, Cow<'static, str>);

/// What detectors have counted, which goes on when there are others.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "SavedPast", into = "SavedPast")]
pub(super) struct Past {
    alarms: BTreeMap<SeriesKey, u64>,
    panes: u64,
    excluded: u64,
}

/// As it is written: keys of a map have to be texts there.
#[derive(Serialize, Deserialize)]
struct SavedPast {
    alarms: Vec<(SeriesKey, u64)>,
    panes: u64,
    excluded: u64,
}

impl From<SavedPast> for Past {
    fn from(saved: SavedPast) -> Past {
        let SavedPast { alarms, panes, excluded } = saved;
        Past { alarms: alarms.into_iter().collect(), panes, excluded }
    }
}

impl From<Past> for SavedPast {
    fn from(past: Past) -> SavedPast {
        let Past { alarms, panes, excluded } = past;
        SavedPast { alarms: alarms.into_iter().collect(), panes, excluded }
    }
}

impl Past {
    /// What was counted since.
    fn less(mut self, before: &Past) -> Past {
        for (key, count) in &mut self.alarms {
            *count = count.saturating_sub(before.alarms.get(key).copied().unwrap_or(0));
        }
        self.panes = self.panes.saturating_sub(before.panes);
        self.excluded = self.excluded.saturating_sub(before.excluded);
        self
    }

    fn add(&mut self, evidence: &Evidence) {
        for series in evidence.series() {
            let key = (series.column.map(|(name, role)| (name.clone(), role)), Cow::Borrowed(series.statistic));
            let count = self.alarms.entry(key).or_insert(0);
            *count = count.saturating_add(series.standing.alarm().1);
        }
        self.panes = self.panes.saturating_add(evidence.panes());
        self.excluded = self.excluded.saturating_add(evidence.excluded());
    }
}

/// Counts of one stream.
#[derive(Clone, Debug)]
pub(super) struct Counts {
    pub(super) predictions: u64,
    pub(super) failures: BTreeMap<u32, u64>,
    pub(super) classes: BTreeMap<u32, u64>,
    pub(super) latency: Histogram,
    pub(super) late_applied: u64,
    pub(super) late_dropped: u64,
    pub(super) future: u64,
    pub(super) repeated: u64,
    pub(super) scored: u64,
    pub(super) correct: u64,
    pub(super) delay: Histogram,
    pub(super) bins: BinCounts,
}

impl Counts {
    /// All zero.
    pub(super) fn new() -> Counts {
        Counts {
            predictions: 0,
            failures: BTreeMap::new(),
            classes: BTreeMap::new(),
            latency: Histogram::new(LATENCY_BOUNDS),
            late_applied: 0,
            late_dropped: 0,
            future: 0,
            repeated: 0,
            scored: 0,
            correct: 0,
            delay: Histogram::new(DELAY_BOUNDS),
            bins: BinCounts::new(),
        }
    }
}

/// One model and version.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) key: StreamKey,
    /// It was dropped: its place waits for another one.
    pub(super) is_vacant: bool,
    /// Index of its model's name, for actuals that name one.
    pub(super) model_name: u32,
    pub(super) model: Arc<Model>,
    pub(super) against: Against,
    /// What the detectors against earlier references counted.
    pub(super) past: Past,
    /// What was counted before the counters began at zero again.
    pub(super) before: Past,
    /// How many references there have been at its place: those of streams before it count as well, so that what was
    /// saved of them is not taken for its own.
    pub(super) epoch: u32,
    /// The profile could not be loaded the last time it was looked for.
    pub(super) stale: bool,
    pub(super) counts: Counts,
    /// The detectors of the field on its errors.
    pub(super) companions: Companions,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    /// How far its newest predictions were ahead of the clock.
    pub(super) skew: Skew,
    /// How long nothing came.
    pub(super) silent: Length,
    /// What was reported of it and has not changed.
    pub(super) kept: Kept,
    /// How the last seen columns of records are placed in the reference's.
    places: Option<(Arc<Columns>, Vec<Option<usize>>)>,
}

impl Stream {
    /// A stream that has seen nothing and is compared with nothing.
    pub(super) fn bare(key: StreamKey, model_name: u32, resolved: &Resolved) -> Stream {
        Stream {
            key,
            is_vacant: false,
            model_name,
            model: resolved.model.clone(),
            against: Against::Nothing,
            past: Past::default(),
            before: Past::default(),
            epoch: 0,
            stale: false,
            counts: Counts::new(),
            companions: Companions::default(),
            first: None,
            last: None,
            skew: Skew::default(),
            silent: Length::ZERO,
            kept: Kept::default(),
            places: None,
        }
    }

    /// Takes what is known of the stream now: another reference, or settings by which something else is counted, start
    /// its windows anew; the counts go on.
    pub(super) fn settle(&mut self, resolved: &Resolved, plan: &Arc<WindowPlan>, shared: &Config) {
        self.kept = Kept::default();
        let same_settings = self.model == resolved.model;
        let alike = self.model.counts_alike(&resolved.model);
        self.model = resolved.model.clone();
        self.companions.choose(&self.model.drift.companions, self.model.task);
        self.stale = matches!(resolved.standing, Standing::Loaded { stale: true, .. } | Standing::Unavailable);
        match &resolved.standing {
            Standing::Loaded { reference, .. } => {
                let same =
                    matches!(&self.against, Against::Reference(watch) if watch.reference.sha == reference.sha) && alike;
                match &mut self.against {
                    Against::Reference(watch) if same && !same_settings => {
                        watch.limits = Limits::new(&watch.reference, &self.model);
                        let columns = &watch.reference.observer.inputs.columns;
                        watch.counted = Counted::new(columns, &self.model.fleet);
                    }
                    _ if same => {}
                    against => {
                        if let Against::Reference(watch) = against {
                            self.past.add(&watch.evidence);
                        }
                        let watch = Watch::new(reference.clone(), plan, &self.model, shared);
                        let pending = match std::mem::replace(against, Against::Nothing) {
                            Against::Pending(pending) => Some(pending),
                            _ => None,
                        };
                        let (watch, resumed) = watch.resume(pending);
                        *against = Against::Reference(Box::new(watch));
                        self.places = None;
                        match resumed {
                            Some(past) => self.past = past,
                            None => {
                                self.companions.measure(reference);
                                self.epoch += 1;
                            }
                        }
                    }
                }
            }
            Standing::Unavailable => {
                if !matches!(self.against, Against::Reference(_) | Against::Pending(_)) {
                    self.against = Against::Nothing;
                }
            }
            Standing::Learn => {
                let begun = matches!(self.against, Against::Learning { .. }) && !alike;
                if begun || matches!(self.against, Against::Nothing | Against::Pending(_)) {
                    let warmup = Box::new(Warmup::new(warmup_options(&self.model), shared.limits.features));
                    self.against = Against::Learning { warmup, since: None };
                }
            }
        }
    }

    /// The windows, for each feature of the reference the place of its value in records of these columns, and the counts.
    pub(super) fn watch(&mut self, columns: &Arc<Columns>) -> Option<(&mut Watch, &[Option<usize>], &mut Counts)> {
        let Against::Reference(watch) = &mut self.against else { return None };
        let known = self.places.as_ref().is_some_and(|(placed, _)| Arc::ptr_eq(placed, columns));
        if !known {
            let features = watch.reference.observer.frame.features.iter();
            let place = |name: &Arc<str>| columns.features.iter().position(|(known, _)| known == name);
            self.places = Some((columns.clone(), features.map(|(name, _)| place(name)).collect()));
        }
        let (_, places) = self.places.as_ref()?;
        Some((watch.as_mut(), places.as_slice(), &mut self.counts))
    }

    /// The newest time of the stream's windows, or of its predictions when it has none.
    pub(super) fn head(&self) -> Option<Timestamp> {
        match &self.against {
            Against::Reference(watch) => watch.inputs.head().max(self.last),
            _ => self.last,
        }
    }

    /// Moves the windows to `now`.
    pub(super) fn advance(&mut self, now: Timestamp, plan: &WindowPlan, lateness: Length, rules: Rules) {
        if let Against::Reference(watch) = &mut self.against {
            watch.inputs.advance(now);
            watch.pairs.advance(now);
            watch.evidence.follow(&mut watch.inputs, plan, lateness, rules);
            watch.evidence.pass(now, rules);
        }
    }

    /// Alarms so far, by column and statistic.
    pub(super) fn alarms(&self) -> BTreeMap<SeriesKey, u64> {
        self.counted().less(&self.before).alarms
    }

    /// Panes that the detectors have taken, and events that came too late for theirs.
    pub(super) fn evidence_counts(&self) -> (u64, u64) {
        let counted = self.counted().less(&self.before);
        (counted.panes, counted.excluded)
    }

    /// The same of the detectors there are, since they began.
    pub(super) fn evidence_seen(&self) -> (u64, u64) {
        match &self.against {
            Against::Reference(watch) => (watch.evidence.panes(), watch.evidence.excluded()),
            _ => (0, 0),
        }
    }

    /// What all detectors there were have counted.
    pub(super) fn counted(&self) -> Past {
        let mut counted = self.past.clone();
        if let Against::Reference(watch) = &self.against {
            counted.add(&watch.evidence);
        }
        counted
    }

    /// Counts from zero again; windows and detectors go on.
    pub(super) fn reset_counts(&mut self) {
        self.kept = Kept::default();
        self.counts = Counts::new();
        self.companions.reset_counts();
        self.before = self.counted();
    }
}
