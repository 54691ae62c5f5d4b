//! Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations.

/// Sweeps after which what is left off the diagonal is rounding.
const SWEEPS: usize = 60;

/// A symmetric matrix by rows -> eigenvalues, the largest first, each with its unit vector (the entry of largest size is
/// positive). Cyclic Jacobi: Golub and Van Loan, Matrix Computations, 8.5.
pub(super) fn eigen(mut a: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let n = a.len();
    // Row i of `v` becomes the vector of eigenvalue i.
    let mut v: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    for _ in 0..SWEEPS {
        let off: f64 = (0..n).map(|i| a[i][..i].iter().map(|x| x * x).sum::<f64>()).sum();
        let on: f64 = (0..n).map(|i| a[i][i] * a[i][i]).sum();
        if off <= on * 1e-30 {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] != 0.0 {
                    rotate(&mut a, &mut v, p, q);
                }
            }
        }
    }
    let mut pairs: Vec<(f64, Vec<f64>)> = a.iter().enumerate().map(|(i, row)| row[i]).zip(v).collect();
    pairs.sort_by(|x, y| y.0.total_cmp(&x.0));
    for (_, vector) in &mut pairs {
        let largest = vector.iter().fold(0.0f64, |best, x| if x.abs() > best.abs() + 1e-9 { *x } else { best });
        if largest < 0.0 {
            vector.iter_mut().for_each(|x| *x = -*x);
        }
    }
    pairs
}

/// Makes `a[p][q]` zero.
fn rotate(a: &mut [Vec<f64>], v: &mut [Vec<f64>], p: usize, q: usize) {
    let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for row in a.iter_mut() {
        let (x, y) = (row[p], row[q]);
        row[p] = c * x - s * y;
        row[q] = s * x + c * y;
    }
    turn(a, p, q, c, s);
    turn(v, p, q, c, s);
}

/// Rotates the rows `p` and `q`, of which `p` is the earlier.
fn turn(rows: &mut [Vec<f64>], p: usize, q: usize, c: f64, s: f64) {
    let (before, after) = rows.split_at_mut(q);
    for (x, y) in before[p].iter_mut().zip(&mut after[0]) {
        (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_orthonormal_and_rebuild_the_matrix() {
        let n = 12;
        let entry = |i: usize, j: usize| ((i * j + i + j) % 7) as f64 - 2.0 + if i == j { 5.0 } else { 0.0 };
        let matrix: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| entry(i, j)).collect()).collect();
        let pairs = eigen(matrix.clone());
        assert!(pairs.windows(2).all(|two| two[0].0 >= two[1].0));
        for i in 0..n {
            for j in 0..n {
                let rebuilt: f64 = pairs.iter().map(|(value, vector)| value * vector[i] * vector[j]).sum();
                assert!((rebuilt - matrix[i][j]).abs() < 1e-12, "{i} {j}");
                let dot: f64 = pairs[i].1.iter().zip(&pairs[j].1).map(|(x, y)| x * y).sum();
                assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn two_by_two_is_known() {
        let pairs = eigen(vec![vec![2.0, 1.0], vec![1.0, 2.0]]);
        assert!((pairs[0].0 - 3.0).abs() < 1e-14 && (pairs[1].0 - 1.0).abs() < 1e-14);
        assert!(pairs[0].1.iter().all(|x| (x - 0.5f64.sqrt()).abs() < 1e-14));
    }
}
