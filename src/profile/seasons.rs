//! The inputs of a reference by slot of a season: what is usual at this hour, or on this day.
//!
//! What varies by itself is looked for inside the slots: a chunk is neighbouring rows of one slot, and is compared with
//! its slot. So night and day are no noise of each other, while what one Monday differs from another is.

use super::dispersion::Chunks;
use super::findings::ColumnNoise;
use super::hygiene::Warning;
use crate::aggregate::{Delta, Layout};
use crate::time::{Season, Timestamp};
use serde::{Deserialize, Serialize};

/// Rows below which a slot has no counts of its own.
pub(super) const LEAST: u64 = 200;

/// The largest sum of counts that is believed.
const MOST: u64 = 1 << 53;

/// The inputs by slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seasons {
    /// The cycle.
    pub season: Season,
    /// By slot and column the counts of the coarse cells, MISSING and INVALID last. A slot with fewer than 200 rows is
    /// empty: the whole reference stands in for it.
    pub slots: Vec<Vec<Vec<u64>>>,
    /// By column what chance does inside the slots, all of them together; empty with fewer than 30 chunks.
    pub noise: Vec<ColumnNoise>,
}

impl Seasons {
    /// Whether it is of columns with this many coarse cells.
    pub(super) fn is_sound(&self, cells: &[usize]) -> bool {
        let fits = |slot: &Vec<Vec<u64>>| slot.is_empty() || slot.iter().map(Vec::len).eq(cells.iter().copied());
        let sum = |counts: &Vec<u64>| counts.iter().try_fold(0u64, |sum, count| sum.checked_add(*count));
        let small = self.slots.iter().flatten().all(|counts| sum(counts).is_some_and(|sum| sum <= MOST));
        let noise = self.noise.len() == cells.len();
        let sound = self.noise.iter().zip(cells).all(|(noise, cells)| noise.is_sound(*cells));
        self.slots.len() == self.season.slots() && self.slots.iter().all(fits) && small && noise && sound
    }
}

/// Counts the rows of the inputs by slot.
#[derive(Clone, Debug)]
pub(super) struct SeasonCounts {
    season: Season,
    slots: Vec<Option<Slot>>,
    /// An empty slot's.
    empty: Chunks,
    untimed: u64,
}

#[derive(Clone, Debug)]
struct Slot {
    rows: u64,
    /// Coarse cells of all columns, one after the other.
    counts: Vec<u64>,
    chunks: Chunks,
}

impl SeasonCounts {
    /// Of at most this many rows.
    pub(super) fn new(season: Season, inputs: &Layout, rows: u64) -> SeasonCounts {
        SeasonCounts { season, slots: vec![None; season.slots()], empty: Chunks::new(inputs, rows), untimed: 0 }
    }

    /// Takes the next row.
    pub(super) fn row(&mut self, at: Option<Timestamp>, delta: &Delta) {
        let Some(at) = at else {
            self.untimed += 1;
            return;
        };
        let Some(slot) = self.slots.get_mut(self.season.slot(at)) else { return };
        let cells = self.empty.columns().last().copied().unwrap_or(0);
        let slot = slot.get_or_insert_with(|| Slot { rows: 0, counts: vec![0; cells], chunks: self.empty.clone() });
        slot.rows += 1;
        for cell in self.empty.cells(delta) {
            if let Some(count) = slot.counts.get_mut(cell) {
                *count += 1;
            }
        }
        slot.chunks.row(delta);
    }

    /// The inputs by slot, when one has rows enough, and what is doubtful about them.
    pub(super) fn finish(self) -> (Option<Seasons>, Vec<Warning>) {
        let mut doubts = Vec::new();
        let known: Vec<Option<&Slot>> =
            self.slots.iter().map(|slot| slot.as_ref().filter(|slot| slot.rows >= LEAST)).collect();
        let few = known.iter().filter(|slot| slot.is_none()).count();
        if self.untimed > 0 {
            doubts.push(Warning::Untimed(self.untimed));
        }
        if few > 0 {
            doubts.push(Warning::FewSlots(self.season, few));
        }
        if few == known.len() {
            return (None, doubts);
        }
        let columns = self.empty.columns();
        let split = |slot: &Slot| -> Vec<Vec<u64>> {
            columns.windows(2).map(|ends| slot.counts.get(ends[0]..ends[1]).unwrap_or_default().to_vec()).collect()
        };
        let parts: Vec<&Chunks> = known.iter().flatten().map(|slot| &slot.chunks).collect();
        let noise = Chunks::pooled(&parts).into_iter().map(|found| ColumnNoise {
            dispersion: found.dispersion,
            between: found.between,
            ..ColumnNoise::default()
        });
        let (season, noise) = (self.season, noise.collect());
        let slots = known.into_iter().map(|slot| slot.map(split).unwrap_or_default()).collect();
        (Some(Seasons { season, slots, noise }), doubts)
    }
}
