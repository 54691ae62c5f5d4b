//! Outlier score: how surprising the values of a row are, feature by feature.
//!
//! # Formula
//!
//! `score = sum over features of (ln t_j)^2`, where `t_j` is the tail share of the cell that holds the value of
//! feature `j`: `t = (s + 1/2) / (m + 1)`. `m` is the number of reference rows and `s` how many of them lie in cells
//! that are no denser. The density of a cell is its reference count and a half over its width; the two open ends have
//! the width of their neighbour. A cell of a single value is denser than every interval, and among such cells, as among
//! the cells of a categorical feature (OTHER, UNSEEN, MISSING and INVALID included), the count decides. MISSING and
//! INVALID of a numeric feature are compared with each other only.
//!
//! # Why so
//!
//! A sum of `-ln p(cell)` (HBOS) ranks by the density, and a sum of `-ln` of the distribution's tail (ECOD) by
//! the distance from the middle. The share of less dense cells does both: it is small in the tails and in a gap between two modes, and
//! its distribution is the same for every feature, so that features with many cells do not outweigh those with few.
//! The square lets one absurd value count for more than several that are somewhat rare. Each part is rounded to a
//! multiple of 2^-16, so that sums are exact and the same everywhere.
//!
//! # Limits
//!
//! It sees one feature at a time: a combination that is rare while each of its values is common is not surprising.
//!
//! # Example
//!
//! Of 98 rows 90 have `a` and 8 have `b`. For `a` all 98 are no more frequent, `t = 98.5 / 99`; for `b` they are 8,
//! `t = 8.5 / 99`; and for a category that was not seen `t = 0.5 / 99`.
//!
//! ```
//! use driftgauge::aggregate::{Dictionary, Shape};
//! use driftgauge::derive::outlier::{Parts, score};
//! use std::sync::Arc;
//!
//! let dictionary = Arc::new(Dictionary::new([("a", 90), ("b", 8)], 64));
//! let shape = Shape::Categorical { dictionary: dictionary.clone() };
//! // a, b, OTHER, UNSEEN, MISSING, INVALID
//! let parts = Parts::new([(&shape, [90u64, 8, 0, 0, 0, 0].as_slice())].into_iter());
//! for (text, tail) in [("a", 98.5f64 / 99.0), ("b", 8.5 / 99.0), ("c", 0.5 / 99.0)] {
//!     let part = score(parts.part(0, dictionary.cell(text) as u32));
//!     assert!((part - tail.ln().powi(2)).abs() < 1e-5, "{text}");
//! }
//! ```
//!
//! # References
//!
//! Goldstein and Dengel (2012), Histogram-based Outlier Score; Li et al. (2022), ECOD. The tail share of the density
//! is the p-value of the highest density region, Hyndman (1996).

use crate::aggregate::numeric::Numbers;
use crate::aggregate::{Column, Grid, Shape, Totals};
use serde::{Deserialize, Serialize};

/// Parts of a score are whole numbers of this unit.
const UNIT: f64 = 1.0 / 65_536.0;

/// The levels whose quantiles of the reference's scores are edges, and how they are written.
pub const LEVELS: [(f64, &str); 2] = [(0.99, "0.99"), (0.999, "0.999")];

/// What is fitted of the outlier score, as written in a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outlier {
    /// The quantiles of the reference's scores at [`LEVELS`]; they are edges of the column's grid.
    pub levels: [f64; LEVELS.len()],
}

impl Outlier {
    /// The quantiles (inverted distribution function) of sorted scores; `None` when there is no score.
    pub fn new(sorted: &[f64]) -> Option<Outlier> {
        let last = sorted.len().checked_sub(1)?;
        let quantile = |level: f64| sorted[((level * sorted.len() as f64).ceil() as usize).saturating_sub(1).min(last)];
        Some(Outlier { levels: LEVELS.map(|(level, _)| quantile(level)) })
    }

    /// Whether the levels are edges of this shape.
    pub fn fits(&self, shape: &Shape) -> bool {
        matches!(shape, Shape::Numeric { grid, .. } if self.levels.iter().all(|level| above(grid, *level).is_some()))
    }

    /// The share of scores beyond each level; `None` when there are none.
    pub fn ratios(&self, column: &Column, totals: &Totals) -> Option<[f64; LEVELS.len()]> {
        let numbers = Numbers::of(column, totals).filter(|numbers| numbers.present() > 0)?;
        let beyond = |level: f64| {
            let first = above(numbers.grid(), level)?;
            let count: u64 = numbers.cells().get(first..)?.iter().sum();
            Some(count as f64 / numbers.present() as f64)
        };
        Some([beyond(self.levels[0])?, beyond(self.levels[1])?])
    }
}

/// The first cell above an edge.
fn above(grid: &Grid, edge: f64) -> Option<usize> {
    grid.edges().binary_search_by(|e| e.total_cmp(&edge)).ok().map(|index| index + 1)
}

/// A score from the sum of its parts.
pub fn score(parts: u64) -> f64 {
    parts as f64 * UNIT
}

/// What each cell of each feature adds to the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    parts: Vec<u32>,
    /// Where the cells of each feature begin.
    first: Vec<u32>,
}

impl Parts {
    /// From features with their counts in the reference, placed as [`Shape::counts`] says.
    pub fn new<'a>(features: impl Iterator<Item = (&'a Shape, &'a [u64])>) -> Parts {
        let (mut parts, mut first) = (Vec::new(), vec![0]);
        for (shape, counts) in features {
            parts.extend(tails(shape, counts).into_iter().map(|tail| (tail.ln().powi(2) / UNIT).round() as u32));
            first.push(parts.len() as u32);
        }
        Parts { parts, first }
    }

    /// What each cell of a feature adds to the score.
    pub fn of(&self, feature: usize) -> &[u32] {
        let range = self.first.get(feature).zip(self.first.get(feature + 1));
        range.and_then(|(from, to)| self.parts.get(*from as usize..*to as usize)).unwrap_or_default()
    }

    /// What a cell of a feature (MISSING is behind its cells, then INVALID) adds to the score, in units.
    pub fn part(&self, feature: usize, cell: u32) -> u64 {
        let place = self.first.get(feature).map_or(usize::MAX, |first| (first + cell) as usize);
        self.parts.get(place).copied().map_or(0, u64::from)
    }
}

/// The tail share of each cell of a feature, then of MISSING and INVALID.
fn tails(shape: &Shape, counts: &[u64]) -> Vec<f64> {
    let special = |cells: usize| counts.iter().skip(cells).take(2).map(|count| (*count, 0, *count as f64));
    let groups: Vec<Vec<(u64, u8, f64)>> = match shape {
        Shape::Categorical { dictionary } => {
            let cells = counts.iter().take(dictionary.cells()).map(|count| (*count, 0, *count as f64));
            vec![cells.chain(special(dictionary.cells())).collect()]
        }
        Shape::Numeric { grid, .. } => {
            let density = |(k, count): (usize, &u64)| match grid.is_atomic(k) {
                true => (*count, 1, *count as f64),
                false => (*count, 0, (*count as f64 + 0.5) / width(grid, k)),
            };
            let cells = counts.iter().enumerate().take(grid.cells()).map(density);
            vec![cells.collect(), special(grid.cells()).collect()]
        }
    };
    let all: u64 = groups.iter().flatten().map(|(count, _, _)| count).sum();
    groups.iter().flat_map(|cells| tail_shares(cells, all as f64)).collect()
}

/// The width of a cell; an open end has that of its neighbour.
fn width(grid: &Grid, k: usize) -> f64 {
    let last = grid.cells() - 1;
    let inner = if last < 2 { return 1.0 } else { k.clamp(1, last - 1) };
    let width = grid.upper(inner).zip(grid.lower(inner)).map_or(1.0, |(upper, lower)| upper - lower);
    width.max(f64::MIN_POSITIVE)
}

/// Of cells with count, class and density: for each the share of all rows in cells that are no denser, half a row added.
fn tail_shares(cells: &[(u64, u8, f64)], all: f64) -> Vec<f64> {
    let key = |k: usize| (cells[k].1, cells[k].2);
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by(|a, b| key(*a).0.cmp(&key(*b).0).then(key(*a).1.total_cmp(&key(*b).1)));
    let mut shares = vec![1.0; cells.len()];
    let mut up_to = 0;
    for tied in order.chunk_by(|a, b| key(*a) == key(*b)) {
        up_to += tied.iter().map(|k| cells[*k].0).sum::<u64>();
        tied.iter().for_each(|k| shares[*k] = (up_to as f64 + 0.5) / (all + 1.0));
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::FixedPoint;
    use std::sync::Arc;

    #[test]
    fn a_gap_between_two_modes_is_as_surprising_as_the_tails() {
        let grid = Grid::new(vec![0.0, 1.0, 2.0, 3.0], &[]);
        let shape = Shape::Numeric { grid: Arc::new(grid), fixed: FixedPoint::UNIT };
        // Cells up to 0, (0, 1], (1, 2], (2, 3], above; missing, invalid, infinite, coerced.
        let tails = tails(&shape, &[1, 50, 0, 46, 1, 1, 0, 0, 0]);
        let expected = [2.5, 98.5, 0.5, 48.5, 2.5, 1.5, 0.5].map(|rows: f64| rows / 100.0);
        assert_eq!(expected.to_vec(), tails);
    }

    #[test]
    fn a_value_of_its_own_is_denser_than_any_interval() {
        let grid = Grid::new(vec![0.0, 5f64.next_down(), 5.0, 6.0], &[]);
        let shape = Shape::Numeric { grid: Arc::new(grid), fixed: FixedPoint::UNIT };
        let tails = tails(&shape, &[0, 95, 4, 0, 0, 0, 0, 0, 0]);
        assert_eq!(99.5 / 100.0, tails[2]);
        assert_eq!(95.5 / 100.0, tails[1]);
    }

    #[test]
    fn levels_are_values_that_occurred() {
        let sorted: Vec<f64> = (1..=1000).map(f64::from).collect();
        assert_eq!(Some(Outlier { levels: [990.0, 999.0] }), Outlier::new(&sorted));
        assert_eq!(None, Outlier::new(&[]));
    }
}
