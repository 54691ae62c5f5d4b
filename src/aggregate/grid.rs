//! The frozen cells of a numeric column.
//!
//! Cells are right-closed, `(e[k-1], e[k]]`, as Prometheus' `le`; the first reaches to minus infinity and the last
//! to plus infinity. With `n` edges there are `n + 1` cells. A cell that can hold one value only (its edges are
//! neighbouring floats) is *atomic*: comparing inside it is exact. The coarse cells, on which the divergences with
//! logarithms are computed, are unions of fine ones.

use super::lookup::Lookup;
use serde::{Deserialize, Serialize};

/// Strictly increasing edges, and which of them bound coarse cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Grid {
    /// The edges.
    lookup: Lookup,
    /// For each fine cell the coarse cell it belongs to.
    coarse_of: Vec<u16>,
    atomic: Vec<bool>,
    /// Indices of the edges that bound coarse cells.
    coarse_edges: Vec<usize>,
    /// The edges just below the reference's smallest value and at its largest.
    range: Option<(usize, usize)>,
}

/// As written in a profile.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    edges: Vec<f64>,
    coarse_edges: Vec<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    range: Option<(usize, usize)>,
}

impl From<Grid> for Stored {
    fn from(grid: Grid) -> Stored {
        Stored { edges: grid.edges().to_vec(), coarse_edges: grid.coarse_edges, range: grid.range }
    }
}

impl TryFrom<Stored> for Grid {
    type Error = String;

    fn try_from(stored: Stored) -> Result<Grid, String> {
        let increasing = stored.edges.windows(2).all(|pair| pair[0] < pair[1]);
        if !increasing || stored.edges.iter().any(|e| !e.is_finite()) || stored.edges.len() > 100_000 {
            return Err("the edges of a grid must be finite and strictly increasing".to_owned());
        }
        let coarse: Option<Vec<f64>> = stored.coarse_edges.iter().map(|i| stored.edges.get(*i).copied()).collect();
        let coarse = coarse.ok_or_else(|| "a coarse edge of a grid is not among its edges".to_owned())?;
        if !coarse.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err("the coarse edges of a grid must be strictly increasing".to_owned());
        }
        if stored.range.is_some_and(|(below, largest)| below >= largest || largest >= stored.edges.len()) {
            return Err("the range of a grid is not two of its edges".to_owned());
        }
        Ok(Grid { range: stored.range, ..Grid::new(stored.edges, &coarse) })
    }
}

impl Grid {
    /// A grid of the given edges (sorted and freed of duplicates here; those that are not finite are dropped), of
    /// which `coarse` bound the coarse cells (added to the edges when they are not among them).
    pub fn new(mut edges: Vec<f64>, coarse: &[f64]) -> Grid {
        edges.extend_from_slice(coarse);
        edges.retain(|e| e.is_finite());
        for edge in &mut edges {
            // Minus zero is zero.
            *edge += 0.0;
        }
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        let mut coarse_edges: Vec<usize> =
            coarse.iter().filter_map(|c| edges.binary_search_by(|e| e.total_cmp(&(*c + 0.0))).ok()).collect();
        coarse_edges.sort_unstable();
        coarse_edges.dedup();
        let cells = edges.len() + 1;
        let coarse_of = (0..cells).map(|k| coarse_edges.partition_point(|i| *i < k) as u16).collect();
        let atomic = (0..cells).map(|k| k > 0 && k < edges.len() && edges[k - 1].next_up() == edges[k]).collect();
        Grid { lookup: Lookup::new(&edges), coarse_of, atomic, coarse_edges, range: None }
    }

    /// The grid with the reference's smallest and largest value known, so that values outside of them can be counted:
    /// the largest, and the float below the smallest, become edges when they are none yet. Bounds that are not finite
    /// or the wrong way round leave the grid as it is.
    pub fn with_range(self, smallest: f64, largest: f64) -> Grid {
        let (below, largest) = ((smallest + 0.0).next_down(), largest + 0.0);
        if !smallest.is_finite() || !below.is_finite() || !largest.is_finite() || below >= largest {
            return self;
        }
        let coarse: Vec<f64> = self.coarse_edges().collect();
        let mut edges = self.edges().to_vec();
        edges.extend([below, largest]);
        let grid = Grid::new(edges, &coarse);
        let index = |edge: f64| grid.edges().binary_search_by(|e| e.total_cmp(&edge)).ok();
        let range = index(below).zip(index(largest));
        Grid { range, ..grid }
    }

    /// The edges, strictly increasing.
    pub fn edges(&self) -> &[f64] {
        self.lookup.edges()
    }

    /// The number of fine cells.
    pub fn cells(&self) -> usize {
        self.edges().len() + 1
    }

    /// The number of coarse cells.
    pub fn coarse_cells(&self) -> usize {
        self.coarse_edges.len() + 1
    }

    /// The edges between coarse cells.
    pub fn coarse_edges(&self) -> impl Iterator<Item = f64> + '_ {
        self.coarse_edges.iter().map(|i| self.edges()[*i])
    }

    /// The coarse cell that fine cell `k` belongs to.
    pub fn coarse_of(&self, k: usize) -> usize {
        usize::from(self.coarse_of[k])
    }

    /// Whether fine cell `k` can hold one value only.
    pub fn is_atomic(&self, k: usize) -> bool {
        self.atomic[k]
    }

    /// The fine cell of a value; NaN has none and is counted as missing before it comes here.
    #[inline]
    pub fn cell(&self, x: f64) -> usize {
        self.lookup.below(x)
    }

    /// The table of the edges.
    #[inline(always)]
    pub(super) fn lookup(&self) -> &Lookup {
        &self.lookup
    }

    /// The left edge of cell `k`; `None` for the first.
    pub fn lower(&self, k: usize) -> Option<f64> {
        k.checked_sub(1).map(|i| self.edges()[i])
    }

    /// The right edge of cell `k`; `None` for the last.
    pub fn upper(&self, k: usize) -> Option<f64> {
        self.edges().get(k).copied()
    }

    /// What is summed of a value in cell `k`: `x - e[k-1]`, in the first cell `e[0] - x`. Never negative.
    #[inline]
    pub fn offset(&self, k: usize, x: f64) -> f64 {
        match (self.lower(k), self.edges().first()) {
            (Some(lower), _) => x - lower,
            (None, Some(first)) => first - x,
            (None, None) => 0.0,
        }
    }

    /// Whether fine cell `k` lies outside of the reference's smallest and largest value; `None` when they are not
    /// known.
    pub fn is_outside(&self, k: usize) -> Option<bool> {
        self.range.map(|(below, largest)| k <= below || k > largest)
    }

    /// Adds fine counts up to coarse ones.
    pub fn coarsen(&self, fine: &[u64]) -> Vec<u64> {
        let mut coarse = vec![0; self.coarse_cells()];
        for (k, count) in fine.iter().enumerate().take(self.cells()) {
            coarse[self.coarse_of(k)] += count;
        }
        coarse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn edges_keep_their_last_bit_in_json(values in prop::collection::vec(-1e9f64..1e9, 1..20)) {
            let edges: Vec<f64> = values.iter().flat_map(|x| [x.next_down(), *x]).collect();
            let grid = Grid::new(edges, &values);
            let read: Grid = serde_json::from_str(&serde_json::to_string(&grid).unwrap()).unwrap();
            prop_assert_eq!(grid, read);
        }
    }

    #[test]
    fn cells_are_right_closed() {
        let grid = Grid::new(vec![1.0, 2.0], &[2.0]);
        let cells: Vec<usize> = [0.0, 1.0, 1.5, 2.0, 2.5].iter().map(|x| grid.cell(*x)).collect();
        assert_eq!(vec![0, 0, 1, 1, 2], cells);
        assert_eq!(vec![3, 3], grid.coarsen(&[1, 2, 3]));
    }

    #[test]
    fn neighbouring_edges_make_an_atomic_cell() {
        let grid = Grid::new(vec![5.0, 5f64.next_down()], &[]);
        assert!(grid.is_atomic(1) && !grid.is_atomic(0) && !grid.is_atomic(2));
        assert_eq!(1, grid.cell(5.0));
    }

    #[test]
    fn the_range_separates_values_outside_and_survives_json() {
        let grid = Grid::new(vec![0.0, 4.0], &[1.5]).with_range(-0.0, 3.0);
        assert_eq!(&[0f64.next_down(), 0.0, 1.5, 3.0, 4.0], grid.edges());
        assert_eq!(vec![1.5], grid.coarse_edges().collect::<Vec<f64>>());
        let read: Grid = serde_json::from_str(&serde_json::to_string(&grid).unwrap()).unwrap();
        assert_eq!(grid, read);
        for (x, outside) in [(-1e-300, true), (0.0, false), (3.0, false), (3.5, true), (f64::INFINITY, true)] {
            assert_eq!(Some(outside), read.is_outside(read.cell(x)), "{x}");
        }
        assert_eq!(None, Grid::new(vec![0.0], &[]).with_range(f64::NAN, 1.0).is_outside(0));
    }

    #[test]
    fn a_damaged_grid_is_refused() {
        for text in [
            r#"{"edges":[2.0,1.0],"coarse_edges":[]}"#,
            r#"{"edges":[1.0],"coarse_edges":[1]}"#,
            r#"{"edges":[1.0,2.0],"coarse_edges":[1,0]}"#,
            r#"{"edges":[1.0,2.0],"coarse_edges":[],"range":[1,1]}"#,
            r#"{"edges":[1.0,2.0],"coarse_edges":[],"range":[0,2]}"#,
        ] {
            assert!(serde_json::from_str::<Grid>(text).is_err(), "{text}");
        }
    }
}
