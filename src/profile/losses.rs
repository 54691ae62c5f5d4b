//! Least squares while a reference is counted: what the coarse cells of a row say about the size of its error.

use crate::aggregate::{Delta, Layout};
use crate::statistics::basis::{Losses, places};

/// More terms than this are not fitted: the matrix has their number squared.
pub const MOST_TERMS: usize = 1_500;

/// Each term gets as much weight towards zero as one row has.
const RIDGE: f64 = 1.0;

/// The normal equations of an additive model of the size of errors and of their squares.
#[derive(Clone, Debug)]
pub(super) struct LossFit {
    places: Vec<Option<u32>>,
    terms: usize,
    rows: f64,
    sums: [f64; 2],
    /// How many rows had both terms; the upper triangle, row by row.
    gram: Vec<f64>,
    /// The sums of both losses over the rows that had the term.
    targets: Vec<[f64; 2]>,
    row: Vec<usize>,
}

impl LossFit {
    /// Equations for the columns of these inputs, or how many terms they would have when these are too many.
    pub(super) fn new(inputs: &Layout) -> Result<LossFit, usize> {
        let (places, terms) = places(inputs);
        if terms > MOST_TERMS {
            return Err(terms);
        }
        let (gram, targets) = (vec![0.0; terms * terms], vec![[0.0; 2]; terms]);
        Ok(LossFit { places, terms, rows: 0.0, sums: [0.0; 2], gram, targets, row: Vec::new() })
    }

    /// Notes the cells of a row, from what it added to the inputs.
    pub(super) fn inputs(&mut self, delta: &Delta) {
        let places = &self.places;
        let term = |index: &u32| places.get(*index as usize).copied().flatten().map(|term| term as usize);
        self.row.clear();
        self.row.extend(delta.counts().iter().filter_map(term));
        self.row.sort_unstable();
    }

    /// Adds the row that was noted last, with its error; one that is not finite is left out.
    pub(super) fn error(&mut self, error: f64) {
        let losses = [error.abs(), error * error];
        if !losses.iter().all(|loss| loss.is_finite()) {
            return;
        }
        self.rows += 1.0;
        for (k, loss) in losses.iter().enumerate() {
            self.sums[k] += loss;
        }
        for (first, i) in self.row.iter().enumerate() {
            for (k, loss) in losses.iter().enumerate() {
                self.targets[*i][k] += loss;
            }
            for j in &self.row[first..] {
                self.gram[i * self.terms + j] += 1.0;
            }
        }
    }

    /// The table; `None` without any row, or when its numbers are too large.
    pub(super) fn solve(mut self) -> Option<Losses> {
        if self.rows == 0.0 {
            return None;
        }
        let mean = self.sums.map(|sum| sum / self.rows);
        let side = self.terms;
        // Of the losses less their means.
        let mut terms: Vec<[f64; 2]> = (0..side)
            .map(|i| {
                let rows = self.gram[i * side + i];
                [0, 1].map(|k| self.targets[i][k] - rows * mean[k])
            })
            .collect();
        for i in 0..side {
            self.gram[i * side + i] += RIDGE;
        }
        cholesky(&mut self.gram, side, &mut terms)?;
        let finite = mean.iter().chain(terms.iter().flatten()).all(|value| value.is_finite());
        finite.then_some(Losses { mean, terms })
    }
}

/// Solves `a x = b` in place for a positive definite `a`, of which the upper triangle is given; `b` becomes `x`.
fn cholesky(a: &mut [f64], side: usize, b: &mut [[f64; 2]]) -> Option<()> {
    for k in 0..side {
        let pivot = a[k * side + k].sqrt();
        if pivot.is_nan() || pivot <= 0.0 {
            return None;
        }
        a[k * side + k..(k + 1) * side].iter_mut().for_each(|x| *x /= pivot);
        let (above, below) = a.split_at_mut((k + 1) * side);
        let row = &above[k * side..];
        for i in k + 1..side {
            let factor = row[i];
            if factor != 0.0 {
                let target = &mut below[(i - k - 1) * side + i..(i - k) * side];
                target.iter_mut().zip(&row[i..]).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    // With the upper factor: first down, then up.
    for k in 0..side {
        let solved = b[k].map(|x| x / a[k * side + k]);
        b[k] = solved;
        for i in k + 1..side {
            let factor = a[k * side + i];
            b[i] = [b[i][0] - factor * solved[0], b[i][1] - factor * solved[1]];
        }
    }
    for k in (0..side).rev() {
        let mut sum = b[k];
        for i in k + 1..side {
            let factor = a[k * side + i];
            sum = [sum[0] - factor * b[i][0], sum[1] - factor * b[i][1]];
        }
        b[k] = sum.map(|x| x / a[k * side + k]);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_solved() {
        // [[4, 2, 0], [2, 5, 3], [0, 3, 6]] times (1, -2, 3) and (0, 1, 1).
        let mut a = [4.0, 2.0, 0.0, 0.0, 5.0, 3.0, 0.0, 0.0, 6.0];
        let mut b = [[0.0, 2.0], [1.0, 8.0], [12.0, 9.0]];
        cholesky(&mut a, 3, &mut b).unwrap();
        for (found, expected) in b.iter().zip([[1.0, 0.0], [-2.0, 1.0], [3.0, 1.0]]) {
            assert!((0..2).all(|k| (found[k] - expected[k]).abs() < 1e-12), "{b:?}");
        }
        assert_eq!(None, cholesky(&mut [0.0], 1, &mut [[1.0, 1.0]]));
    }
}
