//! Shares of the actual classes from those of the predicted ones, when only the mix of the classes has changed.

use std::iter::zip;

/// More classes than this are not solved for: the time it can take grows with the fourth power of their number.
pub const MOST_CLASSES: usize = 30;

/// How often each class is predicted when another is the actual one: `[predicted][actual]`, each column sums to at
/// most 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Rates {
    rates: Vec<Vec<f64>>,
    /// None when it is singular.
    inverse: Option<Vec<Vec<f64>>>,
    condition: f64,
}

impl Rates {
    /// From pairs by `[predicted][actual]`, a square table of at most [`MOST_CLASSES`]; every class must have been an
    /// actual one.
    pub fn new(pairs: &[Vec<u64>]) -> Option<Rates> {
        let side = pairs.len();
        if side == 0 || side > MOST_CLASSES || pairs.iter().any(|row| row.len() != side) {
            return None;
        }
        let actual: Vec<u64> = (0..side).map(|k| pairs.iter().map(|row| row[k]).sum()).collect();
        if actual.contains(&0) {
            return None;
        }
        let share = |row: &Vec<u64>| zip(row, &actual).map(|(n, all)| *n as f64 / *all as f64).collect();
        let rates: Vec<Vec<f64>> = pairs.iter().map(share).collect();
        let inverse = inverse(&rates);
        let condition = inverse.as_ref().map_or(f64::INFINITY, |inverse| norm(&rates) * norm(inverse));
        Some(Rates { rates, inverse, condition })
    }

    /// The condition number in the 1-norm: how many times larger an error of the predicted shares can become. At least
    /// 1; infinite when the table cannot be inverted.
    pub fn condition(&self) -> f64 {
        self.condition
    }

    /// The shares `q >= 0` of the actual classes whose expected predicted shares are nearest to `predicted`, scaled to
    /// a sum of 1.
    pub fn solve(&self, predicted: &[f64]) -> Option<Vec<f64>> {
        // Mostly nothing is at its limit, and the table fits exactly.
        let product = |row: &Vec<f64>| zip(row, predicted).map(|(a, b)| a * b).sum::<f64>();
        let exact: Vec<f64> = self.inverse.as_ref()?.iter().map(product).collect();
        let mut shares = match exact.iter().all(|share| *share >= 0.0) {
            true => exact,
            false => nonnegative_least_squares(&self.rates, predicted)?,
        };
        let sum: f64 = shares.iter().sum();
        if sum.is_nan() || sum <= 0.0 {
            return None;
        }
        shares.iter_mut().for_each(|share| *share = (*share / sum).min(1.0));
        Some(shares)
    }
}

/// The largest sum of a column's absolute values.
fn norm(matrix: &[Vec<f64>]) -> f64 {
    (0..matrix.len()).map(|j| matrix.iter().map(|row| row[j].abs()).sum()).fold(0.0, f64::max)
}

fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let side = matrix.len();
    let unit = |i: usize| (0..side).map(|j| f64::from(u8::from(i == j))).collect();
    solve(matrix.to_vec(), (0..side).map(unit).collect())
}

/// Gaussian elimination with pivots: the `x` of `a x = b`, `b` and `x` row by row. `None` when `a` is singular.
fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let side = a.len();
    for k in 0..side {
        let pivot = (k..side).max_by(|i, j| a[*i][k].abs().total_cmp(&a[*j][k].abs()))?;
        if a[pivot][k].abs() < 1e-14 {
            return None;
        }
        a.swap(k, pivot);
        b.swap(k, pivot);
        let (row_a, row_b) = (a[k].clone(), b[k].clone());
        for i in (0..side).filter(|i| *i != k) {
            let factor = a[i][k] / row_a[k];
            if factor != 0.0 {
                zip(&mut a[i], &row_a).for_each(|(x, y)| *x -= factor * y);
                zip(&mut b[i], &row_b).for_each(|(x, y)| *x -= factor * y);
            }
        }
    }
    for k in 0..side {
        let pivot = a[k][k];
        b[k].iter_mut().for_each(|x| *x /= pivot);
    }
    Some(b)
}

/// The `x >= 0` for which `|matrix x - target|` is smallest, by Lawson and Hanson's active set method on the normal
/// equations.
fn nonnegative_least_squares(matrix: &[Vec<f64>], target: &[f64]) -> Option<Vec<f64>> {
    let side = matrix.len();
    let column = |i: usize| matrix.iter().map(move |row| row[i]);
    let gram: Vec<Vec<f64>> =
        (0..side).map(|i| (0..side).map(|j| zip(column(i), column(j)).map(|(a, b)| a * b).sum()).collect()).collect();
    let wanted: Vec<f64> = (0..side).map(|i| zip(column(i), target).map(|(a, b)| a * b).sum()).collect();
    let restricted = |free: &[usize]| -> Option<Vec<f64>> {
        let a = free.iter().map(|i| free.iter().map(|j| gram[*i][*j]).collect()).collect();
        let solution = solve(a, free.iter().map(|i| vec![wanted[*i]]).collect())?;
        Some(solution.into_iter().map(|row| row[0]).collect())
    };
    let mut x = vec![0.0; side];
    let mut free: Vec<usize> = Vec::new();
    for _ in 0..3 * side {
        let slope = |i: usize, x: &[f64]| wanted[i] - zip(&gram[i], x).map(|(a, b)| a * b).sum::<f64>();
        let steepest = (0..side).filter(|i| !free.contains(i)).map(|i| (i, slope(i, &x)));
        let Some((enters, _)) = steepest.filter(|(_, s)| *s > 1e-12).max_by(|a, b| a.1.total_cmp(&b.1)) else { break };
        free.push(enters);
        loop {
            let solution = restricted(&free)?;
            // How far towards the solution before the first of them would be negative.
            let limits = zip(&free, &solution).filter(|(_, s)| **s <= 0.0).map(|(i, s)| x[*i] / (x[*i] - s));
            let step = limits.fold(1.0, f64::min);
            for (i, s) in zip(&free, &solution) {
                x[*i] += step * (s - x[*i]);
            }
            if step >= 1.0 {
                break;
            }
            let leaves: Vec<usize> = free.iter().copied().filter(|i| x[*i] <= 1e-15).collect();
            leaves.iter().for_each(|i| x[*i] = 0.0);
            free.retain(|i| !leaves.contains(i));
            if leaves.is_empty() || free.is_empty() {
                break;
            }
        }
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Deserialize)]
    struct Case {
        matrix: Vec<Vec<f64>>,
        target: Vec<f64>,
        solution: Vec<f64>,
        condition: f64,
    }

    #[test]
    fn agrees_with_scipy() {
        let text = include_str!("../../../tests/oracle/label_shift.json");
        let cases: Vec<Case> = serde_json::from_str(text).unwrap();
        let bound = cases.iter().filter(|case| case.solution.contains(&0.0)).count();
        assert!(cases.len() >= 40 && bound >= 10, "{} cases, {bound} at a limit", cases.len());
        for case in cases {
            let found = nonnegative_least_squares(&case.matrix, &case.target).unwrap();
            assert!(zip(&found, &case.solution).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?} {:?}", case.solution);
            let condition = norm(&case.matrix) * norm(&inverse(&case.matrix).unwrap());
            assert!((condition / case.condition - 1.0).abs() < 1e-9, "{condition} {}", case.condition);
        }
    }

    #[test]
    fn the_reference_gives_its_own_shares() {
        // 80 of 100 actuals of the first class are found, 30 of 300 of the second are taken for the first.
        let rates = Rates::new(&[vec![80, 30], vec![20, 270]]).unwrap();
        let shares = rates.solve(&[110.0 / 400.0, 290.0 / 400.0]).unwrap();
        assert!((shares[0] - 0.25).abs() < 1e-12 && (shares[1] - 0.75).abs() < 1e-12, "{shares:?}");
        assert_eq!(None, Rates::new(&[vec![0, 3], vec![0, 7]]));
        let blind = Rates::new(&[vec![5, 5], vec![5, 5]]).unwrap();
        assert_eq!(f64::INFINITY, blind.condition());
    }
}
