//! The grid of a numeric column from its reference values.

use crate::aggregate::Grid;

/// Fine cells hold about this share of the reference: one part of 128.
const FINE: u64 = 128;
/// Coarse cells hold about a tenth.
const COARSE: u64 = 10;
/// A column of at most this many distinct values has a cell for each.
const FEW: usize = 64;
/// Beyond the extremes there are this many doublings of their distance from the median.
const DOUBLINGS: i32 = 3;
/// Tails are refined while a cell is expected to hold at least this many reference values.
const TAIL_VALUES: u64 = 20;

/// One value, or one bin of values, with its count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Run {
    /// The edge below it: of a value the float below, of a bin its lower border.
    pub(super) below: f64,
    /// The value; of a bin its upper border.
    pub(super) value: f64,
    /// How often it occurred.
    pub(super) count: u64,
}

/// Builds the grid from sorted reference values, with `extra` edges among the fine ones. `range` is the smallest and
/// largest finite value, known exactly even when `sorted` is a sample.
///
/// Coarse edges are the deciles (inverted distribution function, so always values that occurred). A value of a tenth
/// of the reference or more has a coarse cell of its own: the edge just below it is one, too.
pub fn grid_of(sorted: &[f64], range: Option<(f64, f64)>, extra: &[f64]) -> Grid {
    grid_of_runs(&runs(sorted), range, extra)
}

/// The same from runs, which follow each other upwards and do not overlap. All edges between the smallest and the
/// largest value are edges of runs or `extra`.
pub(super) fn grid_of_runs(runs: &[Run], range: Option<(f64, f64)>, extra: &[f64]) -> Grid {
    let ranks = Ranks::new(runs);
    let (Some((smallest, largest)), Some(median)) = (range, ranks.quantile(2, 1)) else {
        return Grid::new(extra.to_vec(), &[]);
    };
    let n = ranks.values();
    let mut edges = extra.to_vec();
    let own_cell = |run: &Run, edges: &mut Vec<f64>| edges.extend([run.below, run.value]);
    if runs.len() <= FEW {
        runs.iter().for_each(|run| own_cell(run, &mut edges));
    } else {
        edges.extend((1..FINE).filter_map(|i| ranks.quantile(FINE, i)).map(|run| run.value));
        let mut parts = FINE * 2;
        while n / parts >= TAIL_VALUES {
            edges.extend([1, parts - 1].iter().filter_map(|i| ranks.quantile(parts, *i)).map(|run| run.value));
            parts *= 2;
        }
        for run in runs.iter().filter(|run| run.count * 2 * FINE >= n) {
            own_cell(run, &mut edges);
        }
    }
    let median = median.value;
    for power in 1..=DOUBLINGS {
        let factor = 2f64.powi(power);
        edges.extend([median - (median - smallest) * factor, median + (largest - median) * factor]);
    }
    let mut coarse = Vec::new();
    for decile in (1..COARSE).filter_map(|i| ranks.quantile(COARSE, i)) {
        if decile.count * COARSE >= n {
            own_cell(&decile, &mut coarse);
        } else {
            coarse.push(decile.value);
        }
    }
    coarse.sort_by(f64::total_cmp);
    coarse.dedup();
    Grid::new(edges, &coarse).with_range(smallest, largest)
}

/// Edges that the grid of every score has: tenths and the decision threshold. Scores of exactly 0 and 1 tie: the float
/// below 1 sets the cell of the latter apart.
pub(super) fn score_edges(decision_threshold: f64) -> Vec<f64> {
    let tenths = (0..=10).map(|tenth| f64::from(tenth) / 10.0);
    tenths.chain([decision_threshold, 1f64.next_down()]).collect()
}

/// Runs by rank.
struct Ranks<'a> {
    runs: &'a [Run],
    /// Values up to and with each run.
    cumulative: Vec<u64>,
}

impl Ranks<'_> {
    fn new(runs: &[Run]) -> Ranks<'_> {
        let up_to = runs.iter().scan(0, |sum, run| {
            *sum += run.count;
            Some(*sum)
        });
        Ranks { runs, cumulative: up_to.collect() }
    }

    fn values(&self) -> u64 {
        self.cumulative.last().copied().unwrap_or(0)
    }

    /// The run of the `i`-th of the values that divide all into so many parts.
    fn quantile(&self, parts: u64, i: u64) -> Option<Run> {
        let rank = (u128::from(self.values()) * u128::from(i)).div_ceil(u128::from(parts)).max(1);
        self.runs.get(self.cumulative.partition_point(|up_to| u128::from(*up_to) < rank)).copied()
    }
}

/// Distinct values with their counts.
fn runs(sorted: &[f64]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for value in sorted {
        match runs.last_mut() {
            Some(last) if last.value == *value => last.count += 1,
            _ => runs.push(Run { below: value.next_down(), value: *value, count: 1 }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_column_has_a_cell_below_at_and_above() {
        let grid = grid_of(&[5.0; 100], Some((5.0, 5.0)), &[]);
        assert_eq!(vec![5f64.next_down(), 5.0], grid.coarse_edges().collect::<Vec<_>>());
        assert_eq!(vec![0, 1, 2], [4.9, 5.0, 5.1].map(|x| grid.coarse_of(grid.cell(x))));
    }

    #[test]
    fn deciles_of_continuous_values_are_values_that_occurred() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i) / 7.0).collect();
        let grid = grid_of(&values, Some((values[0], values[999])), &[]);
        let expected: Vec<f64> = (1..10).map(|i| values[i * 100 - 1]).collect();
        assert_eq!(expected, grid.coarse_edges().collect::<Vec<_>>());
    }

    #[test]
    fn an_atom_has_a_cell_of_its_own() {
        let mut values: Vec<f64> = (1..=600).map(f64::from).collect();
        values.extend([0.0; 400]);
        values.sort_by(f64::total_cmp);
        let grid = grid_of(&values, Some((0.0, 600.0)), &[]);
        assert!(grid.is_atomic(grid.cell(0.0)));
        assert_eq!(Some(-f64::from_bits(1)), grid.coarse_edges().next());
    }

    #[test]
    fn every_value_of_a_column_of_few_values_has_a_cell() {
        let values: Vec<f64> = (0..500).map(|i| f64::from(i % 20)).collect();
        let mut sorted = values.clone();
        sorted.sort_by(f64::total_cmp);
        let grid = grid_of(&sorted, Some((0.0, 19.0)), &[]);
        assert!((0..20).all(|i| grid.is_atomic(grid.cell(f64::from(i)))));
    }
}
