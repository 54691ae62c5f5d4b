//! The grid of a numeric column from its reference values.

use crate::aggregate::Grid;

/// Fine cells hold about this share of the reference: one part of 128.
const FINE: usize = 128;
/// Coarse cells hold about a tenth.
const COARSE: usize = 10;
/// A column of at most this many distinct values has a cell for each.
const FEW: usize = 64;
/// Beyond the extremes there are this many doublings of their distance from the median.
const DOUBLINGS: i32 = 3;
/// Tails are refined while a cell is expected to hold at least this many reference values.
const TAIL_VALUES: usize = 20;

/// Builds the grid from sorted reference values, with `extra` edges among the fine ones. `range` is the smallest and
/// largest finite value, known exactly even when `sorted` is a sample.
///
/// Coarse edges are the deciles (inverted distribution function, so always values that occurred). A value of a tenth
/// of the reference or more has a coarse cell of its own: the edge just below it is one, too.
pub fn grid_of(sorted: &[f64], range: Option<(f64, f64)>, extra: &[f64]) -> Grid {
    let (Some((smallest, largest)), false) = (range, sorted.is_empty()) else {
        return Grid::new(extra.to_vec(), &[]);
    };
    let n = sorted.len();
    let quantile = |parts: usize, i: usize| sorted[(n * i).div_ceil(parts).clamp(1, n) - 1];
    let runs = runs(sorted);
    let mut edges = extra.to_vec();
    let own_cell = |value: f64, edges: &mut Vec<f64>| edges.extend([value.next_down(), value]);
    if runs.len() <= FEW {
        runs.iter().for_each(|(value, _)| own_cell(*value, &mut edges));
    } else {
        edges.extend((1..FINE).map(|i| quantile(FINE, i)));
        let mut parts = FINE * 2;
        while n / parts >= TAIL_VALUES {
            edges.extend([quantile(parts, 1), quantile(parts, parts - 1)]);
            parts *= 2;
        }
        for (value, _) in runs.iter().filter(|(_, count)| count * 2 * FINE >= n) {
            own_cell(*value, &mut edges);
        }
    }
    let median = quantile(2, 1);
    for power in 1..=DOUBLINGS {
        let factor = 2f64.powi(power);
        edges.extend([median - (median - smallest) * factor, median + (largest - median) * factor]);
    }
    let mut coarse = Vec::new();
    for decile in (1..COARSE).map(|i| quantile(COARSE, i)) {
        let count = runs.binary_search_by(|(value, _)| value.total_cmp(&decile)).map_or(0, |run| runs[run].1);
        if count * COARSE >= n {
            own_cell(decile, &mut coarse);
        } else {
            coarse.push(decile);
        }
    }
    coarse.sort_by(f64::total_cmp);
    coarse.dedup();
    Grid::new(edges, &coarse).with_range(smallest, largest)
}

/// Distinct values with their counts.
fn runs(sorted: &[f64]) -> Vec<(f64, usize)> {
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for value in sorted {
        match runs.last_mut() {
            Some((last, count)) if last == value => *count += 1,
            _ => runs.push((*value, 1)),
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
