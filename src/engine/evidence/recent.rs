//! Counts of the recent past, for the size of a drift: decayed by the pane, over a short and a long memory.

use crate::statistics::drift::{Cells, population_stability_index};
use serde::{Deserialize, Serialize};

/// After how many panes the memories have half forgotten: the shorter sees a jump at once, the longer a small shift.
const HALF_LIVES: [f64; 2] = [3.0, 30.0];

/// Decayed counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Recent {
    memories: Vec<Memory>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Memory {
    keep: f64,
    counts: Vec<f64>,
    /// Sum of the weights of all events, and of their squares.
    weight: f64,
    squares: f64,
}

impl Memory {
    fn stability_index(&self, reference: impl Iterator<Item = u64>, dispersion: f64) -> Option<f64> {
        // As many events as have the same noise.
        let events = self.weight * self.weight / self.squares;
        let scaled = self.counts.iter().map(|count| (count / self.weight * events).round() as u64);
        let cells = Cells::new(reference.zip(scaled));
        let effective = cells.effective();
        let chance = dispersion * (cells.len().saturating_sub(1)) as f64 / effective;
        (effective > 0.0).then(|| (population_stability_index(&cells) - chance).max(0.0))
    }
}

impl Recent {
    /// Nothing yet, in this many cells.
    pub(super) fn new(cells: usize) -> Recent {
        let memory = |half_life: f64| Memory {
            keep: (-std::f64::consts::LN_2 / half_life).exp(),
            counts: vec![0.0; cells],
            weight: 0.0,
            squares: 0.0,
        };
        Recent { memories: HALF_LIVES.map(memory).to_vec() }
    }

    /// The number of its cells.
    pub(super) fn cells(&self) -> usize {
        self.memories.first().map_or(0, |memory| memory.counts.len())
    }

    /// Whether it remembers this many cells, as long as a fresh one does: a state from disk need not.
    pub(super) fn fits(&self, cells: usize) -> bool {
        let fresh = Recent::new(cells);
        // Counts are sums of distances for some, which have both signs.
        let is_size = |number: &f64| number.is_finite() && *number >= 0.0;
        self.memories.len() == fresh.memories.len()
            && self.memories.iter().zip(&fresh.memories).all(|(memory, fresh)| {
                let same = memory.keep == fresh.keep && memory.counts.len() == cells;
                same && memory.counts.iter().all(|count| count.is_finite())
                    && [&memory.weight, &memory.squares].into_iter().all(is_size)
            })
    }

    /// Adds the counts of a pane of so many events.
    pub(super) fn add(&mut self, counts: impl Iterator<Item = f64> + Clone, events: f64) {
        for memory in &mut self.memories {
            for (sum, count) in memory.counts.iter_mut().zip(counts.clone()) {
                *sum = *sum * memory.keep + count;
            }
            memory.weight = memory.weight * memory.keep + events;
            memory.squares = memory.squares * memory.keep * memory.keep + events;
        }
    }

    /// The largest, over the memories, of the population stability index against these reference counts less what
    /// chance gives with this dispersion.
    pub(super) fn stability_index(&self, reference: &[u64], dispersion: f64) -> Option<f64> {
        let indices = self.filled().filter_map(|memory| memory.stability_index(reference.iter().copied(), dispersion));
        indices.reduce(f64::max)
    }

    /// The same against the shares that `expected` had in the same panes, with the weight of this many rows.
    pub(super) fn stability_index_of(&self, expected: &Recent, rows: f64, dispersion: f64) -> Option<f64> {
        let both = self.filled().zip(expected.filled());
        let indices = both.filter_map(|(memory, expected)| {
            let reference = expected.counts.iter().take(memory.counts.len());
            let reference = reference.map(|count| (count / expected.weight * rows).round() as u64);
            memory.stability_index(reference, dispersion)
        });
        indices.reduce(f64::max)
    }

    /// The share of a cell that is furthest from `reference`.
    pub(super) fn share(&self, cell: usize, reference: f64) -> Option<f64> {
        let shares = self.filled().filter_map(|memory| Some(memory.counts.get(cell)? / memory.weight));
        shares.reduce(|a, b| if (a - reference).abs() >= (b - reference).abs() { a } else { b })
    }

    /// The largest, over the memories, of the squared distance of the means from `expected` less what chance gives
    /// vectors of length 1, over their variance: as a shift in standard deviations, so its root.
    pub(super) fn distance(&self, expected: &[f64]) -> Option<f64> {
        let variance = 1.0 - expected.iter().map(|mean| mean * mean).sum::<f64>();
        let distances = self.filled().map(|memory| {
            let squared = memory.counts.iter().zip(expected).map(|(sum, mean)| (sum / memory.weight - mean).powi(2));
            let chance = variance * memory.squares / (memory.weight * memory.weight);
            (squared.sum::<f64>() - chance).max(0.0)
        });
        distances.reduce(f64::max).filter(|_| variance > 0.0).map(|squared| (squared / variance).sqrt())
    }

    fn filled(&self) -> impl Iterator<Item = &Memory> {
        self.memories.iter().filter(|memory| memory.weight > 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_memory_sees_a_jump_and_chance_is_taken_off() {
        let mut recent = Recent::new(2);
        for _ in 0..100 {
            recent.add([500.0, 500.0].into_iter(), 1_000.0);
        }
        assert_eq!(Some(0.0), recent.stability_index(&[50_000, 50_000], 1.0));
        assert_eq!(Some(0.5), recent.share(0, 0.5));
        for _ in 0..6 {
            recent.add([700.0, 300.0].into_iter(), 1_000.0);
        }
        // Three quarters of the short memory is after the jump: a share of 0.65.
        let expected = 0.15 * (0.65f64 / 0.35).ln();
        assert!((recent.stability_index(&[50_000, 50_000], 1.0).unwrap() - expected).abs() < 2e-3);
        assert!((recent.share(0, 0.5).unwrap() - 0.65).abs() < 1e-6);
    }
}
