//! The means of the reference's own chunks of neighbouring rows, as evidence compares the means of panes with them.
//!
//! Of a chunk of 64 rows, `n` of which have a finite value of the column, the value is `(mean - mu) / (sigma /
//! sqrt(n))`, with the mean and the standard deviation (ddof 0) of the whole reference; of rows as a whole it is the
//! maximum mean discrepancy of the chunk in standard deviations above chance. A chunk with less than 32 values has none.

use super::dispersion::SMALLEST;
use super::file::Reference;
use super::findings::PaneFindings;
use crate::aggregate::numeric::Numbers;
use crate::aggregate::{Column, Delta, FixedPoint, Role, Shape, Totals};
use crate::derive::{OUTLIER_SCORE, PCA_ERROR, embedding, mmd};
use crate::event::Task;
use crate::observe::{LATENCY, Observer};
use crate::statistics::null::shortened;

/// Chunks that are kept at most.
pub const MOST: u64 = 2_000;
/// Values below which a chunk, or a pane, says nothing of a column.
pub const LEAST: u64 = SMALLEST / 2;
/// Digits of a value.
const DIGITS: usize = 4;

/// Derived columns of which a larger mean is a drift.
const UPWARDS: &[&str] = &[LATENCY, PCA_ERROR, OUTLIER_SCORE, embedding::COLUMNS[1]];

/// A column whose mean is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct PaneScalar {
    /// Its index among the columns of the inputs.
    pub column: usize,
    /// Whether a smaller mean is a drift as well.
    pub two_sided: bool,
    /// Index of the sum of first moments.
    pub first: usize,
    /// Center and scale of that sum.
    pub fixed: FixedPoint,
}

/// The columns whose mean is looked at: score of a binary task, prediction of a regression, and derived columns.
pub fn pane_scalars(observer: &Observer) -> Vec<PaneScalar> {
    let task = observer.frame.task;
    let sides = |column: &Column| match column.role {
        Role::Score => (task == Task::Binary).then_some(true),
        Role::Prediction => (task == Task::Regression).then_some(true),
        Role::Derived => UPWARDS.contains(&&*column.name).then_some(false),
        Role::Input | Role::Actual => None,
    };
    let columns = observer.inputs.columns.iter().enumerate();
    let scalars = columns.filter_map(|(place, column)| {
        let two_sided = sides(column)?;
        let Shape::Numeric { grid, fixed } = &column.shape else { return None };
        Some(PaneScalar { column: place, two_sided, first: column.sums + grid.cells(), fixed: *fixed })
    });
    scalars.collect()
}

/// Sums of one chunk.
#[derive(Clone, Debug)]
struct Sums {
    rows: u64,
    /// Of each scalar the finite values, and the sum of their first moments.
    moments: Vec<(u64, i128)>,
    random_features: Vec<i128>,
}

/// Collects the chunks while a reference is counted.
#[derive(Clone, Debug)]
pub(super) struct PaneValues {
    scalars: Vec<PaneScalar>,
    /// By index of a sum the place it is added to: scalars, then random features.
    places: Vec<Option<u32>>,
    /// Every so many chunks one is kept.
    every: u64,
    chunks: u64,
    open: Sums,
    closed: Vec<Sums>,
}

impl PaneValues {
    /// For this many rows.
    pub(super) fn new(observer: &Observer, rows: u64) -> PaneValues {
        let scalars = pane_scalars(observer);
        let features = observer.random_feature_sums();
        let mut places = vec![None; observer.inputs.sums()];
        let indices = scalars.iter().map(|scalar| scalar.first).chain(features.clone());
        for (place, index) in indices.enumerate() {
            if let Some(slot) = places.get_mut(index) {
                *slot = Some(place as u32);
            }
        }
        let open = Sums { rows: 0, moments: vec![(0, 0); scalars.len()], random_features: vec![0; features.len()] };
        let every = (rows / SMALLEST).div_ceil(MOST).max(1);
        PaneValues { scalars, places, every, chunks: 0, open, closed: Vec::new() }
    }

    /// Takes what a row adds to the inputs.
    pub(super) fn row(&mut self, delta: &Delta) {
        let open = &mut self.open;
        if self.chunks.is_multiple_of(self.every) {
            for (index, value) in delta.sums() {
                let Some(Some(place)) = self.places.get(index as usize) else { continue };
                let place = *place as usize;
                if let Some((count, sum)) = open.moments.get_mut(place) {
                    *count += 1;
                    *sum += value;
                } else if let Some(sum) = open.random_features.get_mut(place - self.scalars.len()) {
                    *sum += value;
                }
            }
        }
        open.rows += 1;
        if open.rows == SMALLEST {
            if self.chunks.is_multiple_of(self.every) && (self.closed.len() as u64) < MOST {
                self.closed.push(open.clone());
            }
            self.chunks += 1;
            open.rows = 0;
            open.moments.fill((0, 0));
            open.random_features.fill(0);
        }
    }

    /// The values of the chunks; `None` without any chunk.
    pub(super) fn finish(self, observer: &Observer, inputs: &Totals) -> Option<PaneFindings> {
        let mut means = Vec::new();
        for (place, scalar) in self.scalars.iter().enumerate() {
            let column = observer.inputs.columns.get(scalar.column)?;
            let Some(standard) = Standard::of(column, inputs) else { continue };
            let sums = self.closed.iter().filter_map(|sums| sums.moments.get(place));
            let values: Vec<f64> = sums
                .filter(|(count, _)| *count >= LEAST)
                .map(|(count, sum)| {
                    let mean = scalar.fixed.center + scalar.fixed.first(*sum) / *count as f64;
                    shortened(standard.score(mean, *count as f64), DIGITS)
                })
                .collect();
            if !values.is_empty() {
                means.push((scalar.column, values));
            }
        }
        let discrepancy = self.discrepancies(observer, inputs).unwrap_or_default();
        (!self.closed.is_empty()).then_some(PaneFindings { means, discrepancy })
    }

    fn discrepancies(&self, observer: &Observer, inputs: &Totals) -> Option<Vec<f64>> {
        let expected = observer.random_features(inputs)?;
        let all = *inputs.counts.get(observer.answered())?;
        let traces = observer.frame.derived.fitted().mmd.as_ref()?.traces;
        let values = self.closed.iter().filter_map(|sums| {
            let mean = |sum: &i128| FixedPoint::UNIT.first(*sum) / sums.rows as f64;
            let current: Vec<f64> = sums.random_features.iter().map(mean).collect();
            let found = mmd::discrepancy(&current, sums.rows, &expected, all, traces)?;
            Some(shortened(found.sigma, DIGITS))
        });
        Some(values.filter(|value| value.is_finite()).collect())
    }
}

/// Mean and standard deviation of a column of the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Standard {
    /// The mean of the finite values.
    pub mean: f64,
    /// Their standard deviation (ddof 0), above 0.
    pub deviation: f64,
    /// The share of the rows that have a finite value.
    pub share: f64,
}

impl Standard {
    /// `None` of a column that has no finite values in these totals, or one value only.
    fn of(column: &Column, totals: &Totals) -> Option<Standard> {
        let numbers = Numbers::of(column, totals).filter(|numbers| !numbers.is_constant())?;
        let deviation = numbers.variance(0)?.sqrt();
        Some(Standard { mean: numbers.mean()?, deviation, share: 1.0 }).filter(|found| found.deviation > 0.0)
    }

    /// Of a column of the inputs of a reference.
    pub fn in_reference(reference: &Reference, column: usize) -> Option<Standard> {
        let column = reference.observer.inputs.columns.get(column)?;
        let finite = Numbers::of(column, &reference.inputs)?.finite() as f64;
        let found = Standard::of(column, &reference.inputs)?;
        Some(Standard { share: (finite / reference.rows.max(1) as f64).min(1.0), ..found })
    }

    /// The distance of a mean of `n` values from the reference's, in its standard errors.
    pub fn score(&self, mean: f64, n: f64) -> f64 {
        (mean - self.mean) / self.deviation * n.sqrt()
    }
}
