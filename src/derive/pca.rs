//! PCA reconstruction error: how far a row is from what the reference's strongest linear relations say of it.
//!
//! # Formula
//!
//! `z` is the encoded row ([`super::encode`]) and `V` the orthonormal eigenvectors of the reference's correlation
//! matrix with the largest eigenvalues, as few as together exceed 65 % of the variance. The error is the Euclidean
//! norm of `z - V V' z`.
//!
//! # Limits
//!
//! It sees broken linear relations among features. It is blind to relations that are not linear and to changes along
//! the directions that are kept.
//!
//! # Example
//!
//! Two features that are always equal have the one direction (1, 1); a row where they differ is off by it.
//!
//! ```
//! use driftgauge::derive::pca::{Moments, Pca};
//!
//! let mut moments = Moments::new(2);
//! [[1.0, 1.0], [-1.0, -1.0]].iter().for_each(|row| moments.add(row));
//! let pca = Pca::new(&moments).unwrap();
//! assert!(pca.error(&[2.0, 2.0]).abs() < 1e-12);
//! assert!((pca.error(&[1.0, -1.0]) - 2f64.sqrt()).abs() < 1e-12);
//! ```
//!
//! # References
//!
//! NannyML's data reconstruction drift, whose means by chunk these errors give.

use super::eigen::eigen;
use serde::{Deserialize, Serialize};

/// The share of the variance that the kept directions exceed.
const VARIANCE: f64 = 0.65;

/// Sums of products of encoded rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    rows: u64,
    sums: Vec<f64>,
    /// By rows, to the diagonal.
    products: Vec<Vec<f64>>,
}

impl Moments {
    /// Of no rows of this length.
    pub fn new(length: usize) -> Moments {
        Moments { rows: 0, sums: vec![0.0; length], products: (1..=length).map(|n| vec![0.0; n]).collect() }
    }

    /// Takes an encoded row.
    pub fn add(&mut self, row: &[f64]) {
        self.rows += 1;
        for ((products, sum), x) in self.products.iter_mut().zip(&mut self.sums).zip(row) {
            *sum += x;
            products.iter_mut().zip(row).for_each(|(product, y)| *product += x * y);
        }
    }

    /// The covariance matrix, dividing by the number of rows.
    fn covariance(&self) -> Vec<Vec<f64>> {
        let n = self.rows.max(1) as f64;
        let entry = |i: usize, j: usize| {
            let (i, j) = (i.max(j), i.min(j));
            self.products[i][j] / n - self.sums[i] / n * (self.sums[j] / n)
        };
        let length = self.sums.len();
        (0..length).map(|i| (0..length).map(|j| entry(i, j)).collect()).collect()
    }
}

/// The directions that are kept, as written in a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pca {
    /// Unit vectors, that of the largest variance first.
    components: Vec<Vec<f64>>,
    /// The share of the variance along each.
    shares: Vec<f64>,
}

impl Pca {
    /// Fits; `None` when there are no rows or nothing varies.
    pub fn new(moments: &Moments) -> Option<Pca> {
        let pairs = eigen(moments.covariance());
        let all: f64 = pairs.iter().map(|(value, _)| value.max(0.0)).sum();
        if !(moments.rows > 0 && all > 0.0 && all.is_finite()) {
            return None;
        }
        let (mut components, mut shares, mut kept) = (Vec::new(), Vec::new(), 0.0);
        for (value, vector) in pairs {
            kept += value.max(0.0) / all;
            shares.push(value.max(0.0) / all);
            components.push(vector);
            if kept > VARIANCE {
                break;
            }
        }
        Some(Pca { components, shares })
    }

    /// How many directions are kept.
    pub fn components(&self) -> usize {
        self.components.len()
    }

    /// Whether it is one of encoded rows of this length.
    pub fn fits(&self, length: usize) -> bool {
        let unit = |vector: &Vec<f64>| {
            vector.len() == length && (vector.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-6
        };
        !self.components.is_empty()
            && self.components.len() == self.shares.len()
            && self.components.len() <= length
            && self.components.iter().all(unit)
            && self.shares.iter().all(|share| (0.0..=1.0 + 1e-9).contains(share))
    }

    /// The reconstruction error of an encoded row.
    pub fn error(&self, row: &[f64]) -> f64 {
        // The directions are orthonormal, so the norm needs no rest vector; but a rest keeps the digits of small errors.
        let along: Vec<f64> =
            self.components.iter().map(|vector| vector.iter().zip(row).map(|(v, x)| v * x).sum()).collect();
        let rest = |i: usize, x: f64| {
            let kept: f64 = self.components.iter().zip(&along).map(|(vector, y)| vector[i] * y).sum();
            x - kept
        };
        row.iter().enumerate().map(|(i, x)| rest(i, *x).powi(2)).sum::<f64>().sqrt()
    }
}
