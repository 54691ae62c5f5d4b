//! What is usual for one column at this slot of a season: the box that stands for no drift, and the shares to compare with.

use super::super::config::Drift;
use super::recent::Recent;
use super::{Taken, WANDERING};
use crate::evidence::box_null::{Allowance, BoxNull};
use crate::profile::Seasons;
use crate::statistics::dispersion_at;
use crate::time::Season;
use std::sync::Arc;

/// Rows of the chunks that the profile's variances between chunks are of.
const CHUNK: f64 = 64.0;

/// Standard errors that a slot's missing ratio is above the whole one's before it counts as usual.
const HIGHER: f64 = 4.5;

/// A column's references by slot.
#[derive(Clone, Debug)]
pub(super) struct Seasonal {
    season: Season,
    /// By slot; none where the whole reference stands in.
    slots: Vec<Option<Slot>>,
    whole: Whole,
    /// Cells in the order of a number.
    ordered: usize,
    /// Dispersion by rows, inside slots.
    dispersion: Vec<(f64, f64)>,
    /// The standard deviation of each cell's share between chunks of a slot.
    between: Vec<f64>,
    tolerance: f64,
    /// The counts that recent panes would have had by the shares of their slots.
    expected: Recent,
}

/// The whole reference.
#[derive(Clone, Debug)]
pub(super) struct Whole {
    pub(super) null: BoxNull,
    pub(super) rows: u64,
    pub(super) dispersion: Vec<(f64, f64)>,
    pub(super) between: Vec<f64>,
}

#[derive(Clone, Debug)]
struct Slot {
    /// Of the judged cells.
    counts: Vec<u64>,
    /// Missing values, and all.
    missing: (u64, u64),
    /// Made at the first pane of the slot: all at once would take half a millisecond for each slot and column.
    null: Option<Arc<BoxNull>>,
}

/// What a pane is compared with.
#[derive(Clone, Debug)]
pub(super) struct Usual {
    /// The box: that of the slot, or one around those of all slots the pane touches.
    pub(super) null: Arc<BoxNull>,
    /// The memory of learned bets that it belongs to.
    pub(super) memory: u32,
    /// Of counts of so many events.
    pub(super) dispersion: f64,
    /// Rows of the smallest of the slots.
    rows: f64,
}

impl Seasonal {
    /// Of a column at this place, when the profile has the season that `settings` ask for.
    pub(super) fn new(
        seasons: Option<&Seasons>,
        place: usize,
        (judged, ordered, tolerance): (usize, usize, f64),
        settings: &Drift,
        whole: Whole,
    ) -> Option<Seasonal> {
        let seasons = seasons.filter(|seasons| Some(seasons.season) == settings.season)?;
        let slot = |columns: &Vec<Vec<u64>>| {
            let counts = columns.get(place)?;
            let all: u64 = counts.iter().sum();
            let missing = counts.get(counts.len().checked_sub(2)?)?;
            let judged = counts.get(..judged).filter(|counts| counts.iter().any(|count| *count > 0))?;
            Some(Slot { counts: judged.to_vec(), missing: (*missing, all), null: None })
        };
        let slots: Vec<Option<Slot>> = seasons.slots.iter().map(slot).collect();
        let noise = seasons.noise.get(place)?;
        let found = noise.dispersion.iter().map(|(rows, phi)| (*rows as f64, *phi)).collect::<Vec<_>>();
        let known = !found.is_empty();
        let between = match noise.between.is_empty() {
            false => wandering(&slots, &noise.between, judged),
            true => whole.between.iter().take(judged).copied().collect(),
        };
        Some(Seasonal {
            season: seasons.season,
            slots,
            dispersion: if known { found } else { whole.dispersion.clone() },
            whole,
            ordered,
            between,
            tolerance,
            expected: Recent::new(judged),
        })
    }

    /// What a pane of so many events is compared with.
    pub(super) fn usual(&mut self, at: &Taken, events: u64) -> Usual {
        let touched: Vec<usize> = self.season.touched(at.start, at.end).collect();
        let boxes: Vec<Option<Arc<BoxNull>>> = touched.iter().map(|slot| self.null(*slot)).collect();
        let mut dispersion = dispersion_at(&self.dispersion, events);
        let mut rows = f64::INFINITY;
        for (slot, null) in touched.iter().zip(&boxes) {
            let own = self.slots.get(*slot).and_then(Option::as_ref).filter(|_| null.is_some());
            rows = rows.min(own.map_or(self.whole.rows, |slot| slot.missing.1) as f64);
            if null.is_none() {
                dispersion = dispersion.max(dispersion_at(&self.whole.dispersion, events));
            }
        }
        let first = touched.first().copied().unwrap_or(0) as u32;
        let null = match boxes.as_slice() {
            [Some(one)] => one.clone(),
            [_] => Arc::new(self.whole.null.clone()),
            several => {
                let several: Vec<&BoxNull> =
                    several.iter().map(|null| null.as_deref().unwrap_or(&self.whole.null)).collect();
                let around = BoxNull::around(&several).map(|null| null.in_order(self.ordered));
                Arc::new(around.unwrap_or_else(|| self.whole.null.clone()))
            }
        };
        // Panes of several slots show a mixture: they have a memory of their own beside that of their first slot.
        let memory = 2 * first + u32::from(null.is_mixed());
        Usual { null, memory, dispersion, rows }
    }

    /// The counts that recent panes would have had.
    pub(super) fn expected(&self) -> &Recent {
        &self.expected
    }

    /// Takes them from a saved state; `false` when they do not fit.
    pub(super) fn restore(&mut self, expected: &Recent) -> bool {
        let fits = expected.fits(self.expected.cells());
        if fits {
            self.expected = expected.clone();
        }
        fits
    }

    /// Adds the counts that a pane would have had.
    pub(super) fn expect(&mut self, usual: &Usual, events: u64) {
        let events = events as f64;
        self.expected.add(usual.null.prior().iter().map(|share| share * events), events);
    }

    /// The population stability index of `recent` against the mixture of the slots that the same panes had.
    pub(super) fn stability_index(&self, recent: &Recent, usual: &Usual) -> Option<f64> {
        recent.stability_index_of(&self.expected, usual.rows, usual.dispersion)
    }

    /// How far the missing ratio of the slot with the most is above `ratio`, by more than chance; else 0.
    pub(super) fn higher_missing(&self, ratio: f64) -> f64 {
        let known = self.slots.iter().flatten().map(|slot| (slot.missing.0 as f64, slot.missing.1.max(1) as f64));
        let above = known.map(|(missing, rows)| {
            let error = (ratio * (1.0 - ratio) * dispersion_at(&self.dispersion, rows as u64) / rows).sqrt();
            let above = missing / rows - ratio;
            if above > HIGHER * error { above } else { 0.0 }
        });
        above.fold(0.0, f64::max)
    }

    /// The box of a slot; none where the whole reference stands in.
    fn null(&mut self, slot: usize) -> Option<Arc<BoxNull>> {
        let own = self.slots.get_mut(slot)?.as_mut()?;
        if own.null.is_none() {
            let allowance = Allowance {
                tolerance: self.tolerance,
                wandering: WANDERING,
                dispersion: dispersion_at(&self.dispersion, own.missing.1),
            };
            let null = BoxNull::learn(&own.counts, &self.between, allowance)?;
            own.null = Some(Arc::new(null.in_order(self.ordered)));
        }
        own.null.clone()
    }
}

/// The standard deviation of each judged cell's share between chunks of one slot, where it is more than three standard
/// errors above what independent rows have; else 0.
fn wandering(slots: &[Option<Slot>], between: &[f64], judged: usize) -> Vec<f64> {
    let known: Vec<&Slot> = slots.iter().flatten().collect();
    let rows = known.iter().map(|slot| slot.missing.1).sum::<u64>().max(1) as f64;
    let freedom = (rows / CHUNK - known.len() as f64).max(1.0);
    let wander = between.iter().take(judged).enumerate().map(|(cell, variance)| {
        let expected = known.iter().map(|slot| {
            let count = slot.counts.get(cell).copied().unwrap_or(0) as f64;
            count * (1.0 - count / slot.missing.1.max(1) as f64)
        });
        let expected = expected.sum::<f64>() / rows / CHUNK;
        if *variance > 3.0 * expected * (2.0 / freedom).sqrt() { variance.sqrt() } else { 0.0 }
    });
    wander.collect()
}
