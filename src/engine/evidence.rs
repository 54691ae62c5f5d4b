//! Evidence of drift, from panes of its own: each column, mean and loss has a detector that may be looked at any time.
//!
//! Panes of predictions are those the windows' ring gives away once they have settled, joined until they are as long as
//! [`config::Evidence::pane`] and hold at least 50 events. Panes of pairs are by the arrival of the actual: every pair
//! counts once, when it becomes known. What comes later than the lateness counts in the windows and not here.

mod arrivals;
mod column;
mod loss;
mod losses;
mod recent;
mod saved;
mod scalars;
mod season;
mod series;

pub(super) use losses::Outcome as PairLosses;
pub(super) use saved::Saved;
pub(super) use series::Series;

use super::config;
use crate::aggregate::{CoarseCells, Delta, Frozen, Gather, Role};
use crate::evidence::pane::{Collector, Pane};
use crate::profile::Reference;
use crate::time::{Length, Timestamp};
use crate::window::{Ring, WindowPlan};
use arrivals::Arrivals;
use column::ColumnEvidence;
use losses::LossesEvidence;
use scalars::ScalarsEvidence;
use std::sync::Arc;

/// How many standard deviations between chunks of the reference are no drift.
const WANDERING: f64 = 3.0;

/// What all detectors of a stream go by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// The evidence that is an alarm, in nats: the budget over all series of all streams.
    pub(super) threshold: f64,
    /// How long an alarm is held.
    pub(super) cool_down: Length,
}

/// The detectors of one stream against one reference.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// The length of a slot: panes are made of whole ones.
    pane: Length,
    lateness: Length,
    /// What is wanted of a pane of the inputs.
    gather: Gather,
    /// Where its answered predictions are gathered.
    answered: usize,
    inputs: Collector,
    columns: Vec<ColumnEvidence>,
    scalars: ScalarsEvidence,
    /// Of the pairs.
    actuals: CoarseCells,
    arrivals: Arrivals,
    pairs: Collector,
    actual: Option<ColumnEvidence>,
    losses: LossesEvidence,
    /// Events that came after their pane was taken.
    excluded: u64,
    panes: u64,
}

impl Evidence {
    /// Detectors that have seen nothing. `settings` are those of the model, `shared` those of all.
    pub(super) fn new(
        reference: &Arc<Reference>,
        plan: &WindowPlan,
        shared: &config::Config,
        settings: &config::Drift,
    ) -> Evidence {
        let observer = &reference.observer;
        let pane = slot(plan, shared.evidence.pane);
        let coarse = CoarseCells::new(&observer.inputs.columns);
        let noise = |place: usize| reference.findings.noise.get(place);
        let seasons = reference.findings.seasons.as_ref();
        let columns = observer.inputs.columns.iter().enumerate().filter_map(|(place, column)| {
            let counts = coarse.counts(place, &reference.inputs)?;
            ColumnEvidence::new(place, column, &counts, noise(place), seasons, settings)
        });
        let columns: Vec<ColumnEvidence> = columns.collect();
        let mut gather = Gather::new(&coarse);
        let answered = gather.count(observer.answered());
        let scalars = ScalarsEvidence::new(reference, settings, &mut gather);
        let actuals = CoarseCells::new(&observer.pairs.columns);
        let after = observer.inputs.columns.len();
        let actual = observer.pairs.columns.iter().enumerate().find(|(_, column)| column.role == Role::Actual);
        let actual = actual.and_then(|(place, column)| {
            let counts = actuals.counts(place, &reference.pairs)?;
            ColumnEvidence::new(place, column, &counts, noise(after + place), None, settings)
        });
        let losses = LossesEvidence::new(reference, settings);
        let width = actual.as_ref().map_or(0, ColumnEvidence::width);
        Evidence {
            pane,
            lateness: shared.lateness,
            inputs: Collector::new(columns.iter().map(ColumnEvidence::width).sum::<usize>() + scalars.width()),
            columns,
            scalars,
            gather,
            answered,
            actuals,
            arrivals: Arrivals::new(width + losses.width()),
            pairs: Collector::new(width + losses.width()),
            actual,
            losses,
            excluded: 0,
            panes: 0,
        }
    }

    /// Events that no pane could take any more.
    pub(super) fn excluded(&self) -> u64 {
        self.excluded.saturating_add(self.inputs.late()).saturating_add(self.pairs.late())
    }

    /// Panes taken so far.
    pub(super) fn panes(&self) -> u64 {
        self.panes
    }

    /// An event came for a pane that was taken.
    pub(super) fn exclude(&mut self) {
        self.excluded = self.excluded.saturating_add(1);
    }

    /// How many series share the budget.
    pub(super) fn len(&self) -> usize {
        self.series().count()
    }

    /// Takes the panes of the windows' ring that have settled.
    #[inline]
    pub(super) fn follow(&mut self, inputs: &mut Ring, plan: &WindowPlan, lateness: Length, rules: Rules) {
        inputs.give_settled(lateness, |id, settled| {
            let pane = plan.levels.first().map_or(1, |level| level.pane.nanos());
            self.predictions(Timestamp(id.saturating_mul(pane)), settled, rules);
        });
    }

    /// Takes a settled pane that begins at `start`.
    fn predictions(&mut self, start: Timestamp, pane: &Frozen, rules: Rules) {
        let gathered = self.gather.of(pane);
        let mut counts = Vec::with_capacity(self.inputs.width());
        for column in &self.columns {
            counts.extend_from_slice(gathered.counts(self.gather.column(column.place())));
        }
        self.scalars.append(&gathered, &mut counts);
        if let Some(pane) = self.inputs.add(start.pane(self.pane), gathered.count(self.answered), &counts) {
            self.take_inputs(&pane, rules);
        }
    }

    /// Takes a pair: its delta, its losses, and when it became known.
    pub(super) fn pair(&mut self, known_at: Timestamp, delta: &Delta, losses: &PairLosses, rules: Rules) {
        let mut counts = vec![0u64; self.actual.as_ref().map_or(0, ColumnEvidence::width)];
        let cell = self.actuals.of(delta).next();
        if let Some(count) = cell.and_then(|cell| counts.get_mut(usize::from(cell))) {
            *count += 1;
        }
        self.losses.append(losses, &mut counts);
        let settled = self.arrivals.add(known_at, &counts, self.pane, self.lateness);
        self.excluded = self.excluded.saturating_add(settled.is_late.into());
        for (slot, events, counts) in settled.slots {
            if let Some(pane) = self.pairs.add(slot, events, &counts) {
                self.take_pairs(&pane, rules);
            }
        }
    }

    /// Time has come to `now`: panes that have events enough end without a later one.
    pub(super) fn pass(&mut self, now: Timestamp, rules: Rules) {
        let slot = now.minus(self.lateness).pane(self.pane);
        if let Some(pane) = self.inputs.pass(slot) {
            self.take_inputs(&pane, rules);
        }
    }

    /// What every series says.
    pub(super) fn series(&self) -> impl Iterator<Item = Series<'_>> + '_ {
        let columns = self.columns.iter().chain(&self.actual).flat_map(ColumnEvidence::series);
        columns.chain(self.scalars.series()).chain(self.losses.series())
    }

    fn take_inputs(&mut self, pane: &Pane, rules: Rules) {
        self.panes = self.panes.saturating_add(1);
        let at = Taken::new(pane, self.pane, rules);
        let mut counts = pane.counts.as_slice();
        for column in &mut self.columns {
            let Some((own, rest)) = counts.split_at_checked(column.width()) else { return };
            counts = rest;
            column.take(own, &at);
        }
        self.scalars.take(counts, &at);
    }

    fn take_pairs(&mut self, pane: &Pane, rules: Rules) {
        self.panes = self.panes.saturating_add(1);
        let at = Taken::new(pane, self.pane, rules);
        let width = self.actual.as_ref().map_or(0, ColumnEvidence::width);
        let Some((cells, losses)) = pane.counts.split_at_checked(width) else { return };
        if let Some(actual) = &mut self.actual {
            actual.take(cells, &at);
        }
        self.losses.take(losses, &at);
    }
}

/// A pane as detectors see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    /// The start of its first slot, in nanoseconds: names it for the onset.
    start: i64,
    /// The end of its last slot, in nanoseconds: the time of the latch.
    end: i64,
    rules: Rules,
}

impl Taken {
    fn new(pane: &Pane, length: Length, rules: Rules) -> Taken {
        let at = |slot: i64| slot.saturating_mul(length.nanos());
        Taken { start: at(pane.first), end: at(pane.last.saturating_add(1)), rules }
    }
}

/// The shortest length of whole panes of the finest level that is at least `wanted`: evidence is taken by it.
pub(super) fn slot(plan: &WindowPlan, wanted: Length) -> Length {
    let finest = plan.levels.first().map_or(1, |level| level.pane.nanos().max(1));
    let panes = wanted.nanos().max(1).saturating_add(finest - 1) / finest;
    Length::from_nanos(finest.saturating_mul(panes))
}
