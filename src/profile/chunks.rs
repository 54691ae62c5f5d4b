//! What the statistics of the reference's own parts are: up to a hundred equal chunks of neighbouring rows, each
//! compared with the whole reference.

use super::dispersion::FEWEST;
use super::findings::{ChunkFindings, Spread};
use crate::aggregate::{Delta, Frozen, Role, Tally, Totals};
use crate::observe::Observer;
use crate::statistics::drift::{self, Comparison};
use crate::statistics::performance::{self, Performance};
use crate::statistics::{Evaluated, Spec, Worse};
use std::collections::BTreeMap;

/// Chunks at most.
const MOST: u64 = 100;
/// Rows of a chunk at least.
const LEAST_ROWS: u64 = 50;

/// The statistics that are means of a loss.
const LOSSES: [&str; 3] = ["accuracy_ratio", "brier_score", "mean_absolute_error"];

/// Keeps the counts of each chunk.
#[derive(Clone, Debug)]
pub(super) struct Chunked {
    rows: u64,
    filled: u64,
    inputs: Tally,
    pairs: Tally,
    closed: Vec<(Frozen, Frozen)>,
}

impl Chunked {
    /// For this many rows; `None` when they make too few chunks.
    pub(super) fn new(observer: &Observer, rows: u64) -> Option<Chunked> {
        let size = rows.div_ceil(MOST).max(LEAST_ROWS);
        let inputs = Tally::new(observer.inputs.counts(), observer.inputs.sums());
        let pairs = Tally::new(observer.pairs.counts(), observer.pairs.sums());
        (rows / size >= FEWEST).then_some(Chunked { rows: size, filled: 0, inputs, pairs, closed: Vec::new() })
    }

    /// Takes what a row adds to the inputs.
    pub(super) fn inputs(&mut self, delta: &Delta) {
        self.inputs.apply(delta);
    }

    /// Takes what a row adds to the pairs.
    pub(super) fn pairs(&mut self, delta: &Delta) {
        self.pairs.apply(delta);
    }

    /// Ends a row.
    pub(super) fn end_row(&mut self) {
        self.filled += 1;
        if self.filled == self.rows {
            self.filled = 0;
            self.closed.push((self.inputs.freeze(), self.pairs.freeze()));
            self.inputs.clear();
            self.pairs.clear();
        }
    }

    /// The statistics of the chunks.
    pub(super) fn finish(self, observer: &Observer, inputs: &Totals, pairs: &Totals) -> Option<ChunkFindings> {
        let mut drift_values: Vec<BTreeMap<&str, Vec<f64>>> = Vec::new();
        let mut performance_values: BTreeMap<&str, Vec<Vec<f64>>> = BTreeMap::new();
        for (frozen_inputs, frozen_pairs) in &self.closed {
            let chunk = |frozen: &Frozen, counts: usize, sums: usize| {
                let mut totals = Totals::new(counts, sums);
                totals.add(&frozen.thaw(counts, sums));
                totals
            };
            let chunk_inputs = chunk(frozen_inputs, observer.inputs.counts(), observer.inputs.sums());
            let chunk_pairs = chunk(frozen_pairs, observer.pairs.counts(), observer.pairs.sums());
            let of_inputs = observer.inputs.columns.iter().map(|column| (column, inputs, &chunk_inputs));
            let of_pairs = observer.pairs.columns.iter().map(|column| (column, pairs, &chunk_pairs));
            for (place, (column, reference, current)) in of_inputs.chain(of_pairs).enumerate() {
                if drift_values.len() <= place {
                    drift_values.push(BTreeMap::new());
                }
                let comparison = Comparison::new(column, reference, current, true);
                let Some(comparison) = comparison.filter(|_| column.role != Role::Derived) else { continue };
                for entry in drift::ENTRIES {
                    if let Some(value) = judged(&entry.spec, (entry.evaluate)(&comparison)) {
                        drift_values[place].entry(entry.spec.key).or_default().push(value);
                    }
                }
            }
            let Some(window) = Performance::new(&observer.pairs, &chunk_pairs) else { continue };
            for entry in performance::ENTRIES {
                for (place, (_, outcome)) in entry.values(&window).into_iter().enumerate() {
                    let by_class = performance_values.entry(entry.spec.key).or_default();
                    if by_class.len() <= place {
                        by_class.push(Vec::new());
                    }
                    by_class[place].extend(judged(&entry.spec, outcome));
                }
            }
        }
        let threes = LOSSES.iter().filter_map(|key| {
            let values = performance_values.get(key)?.first()?;
            // A chunk without a value would shift the others.
            let deviation = threes(values).filter(|_| values.len() == self.closed.len())?;
            Some(((*key).to_owned(), deviation))
        });
        let threes = threes.collect();
        let spreads = |values: BTreeMap<&str, Vec<f64>>| -> BTreeMap<String, Spread> {
            let spreads = values.into_iter().map(|(key, values)| (key.to_owned(), spread(values)));
            spreads.filter_map(|(key, spread)| Some((key, spread?))).collect()
        };
        let by_class = |(key, values): (&str, Vec<Vec<f64>>)| {
            let spreads: Vec<Option<Spread>> = values.into_iter().map(spread).collect();
            spreads.iter().any(Option::is_some).then(|| (key.to_owned(), spreads))
        };
        Some(ChunkFindings {
            rows: self.rows,
            chunks: self.closed.len() as u64,
            drift: drift_values.into_iter().map(spreads).collect(),
            performance: performance_values.into_iter().filter_map(by_class).collect(),
            threes,
        })
        .filter(|found| found.chunks >= FEWEST)
    }
}

/// The value, or the distance from the ideal of one that is worse both ways; none of one that is never worse.
fn judged(spec: &Spec, outcome: Evaluated) -> Option<f64> {
    let value = outcome.ok()?.value;
    match spec.worse {
        Worse::Neither => None,
        Worse::Away => Some((value - spec.ideal?).abs()),
        Worse::Higher | Worse::Lower => Some(value),
    }
}

/// What is kept of the values; `None` of too few.
fn spread(values: Vec<f64>) -> Option<Spread> {
    (values.len() as u64 >= FEWEST).then(|| Spread::of(values))
}

/// The standard deviation of the means of three neighbours; `None` of too few.
fn threes(values: &[f64]) -> Option<f64> {
    let means = values.chunks_exact(3).map(|three| three.iter().sum::<f64>() / 3.0);
    spread(means.collect()).map(|spread| spread.deviation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_of_three_tell_what_lasts_from_what_does_not() {
        // Deviations by numpy 2.4.6: numpy.std(means, ddof=1).
        let lasting: Vec<f64> = (0..90).map(|at| f64::from(at / 3 % 2)).collect();
        assert_eq!(Some(0.508548), threes(&lasting));
        let passing: Vec<f64> = (0..90).map(|at| f64::from(at % 3 / 2)).collect();
        assert_eq!(Some(0.0), threes(&passing));
        assert_eq!(None, threes(&lasting[..89]));
    }
}
