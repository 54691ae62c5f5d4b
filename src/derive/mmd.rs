//! Maximum mean discrepancy by random Fourier features: whether rows as a whole come from the reference's distribution.
//!
//! # Formula
//!
//! Of an encoded row `z` ([`super::encode`]) the random features are `phi = D^(-1/2) [cos(w_j' z), sin(w_j' z)]`, with
//! `w_j ~ N(0, I / s^2)` for `j` up to `D`, and `s^2` half the median squared distance of two reference rows. Their
//! sums are kept as any other sums. With the mean `f` over `n` rows of the window and `mu` over `m` rows of the reference
//!
//! ```text
//! M = |f - mu|^2,   Q = M n m / (n + m)
//! t1 = 1 - |mu|^2,  t2 = tr S^2,  t3 = tr S^3     (S: covariance of phi in the reference)
//! ```
//!
//! Without drift `Q` is a sum of chi-squares of mean `t1`, variance `2 t2` and third cumulant `8 t3`; it is taken as a
//! chi-square of `h = t2^3 / t3^2` degrees of freedom, shifted and scaled to the same three: the threshold of `M` at a
//! false alarm rate of 1 % is `(t1 + sqrt(2 t2) (q - h) / sqrt(2 h)) (n + m) / (n m)` with `q` the 99 % quantile of
//! that chi-square, `sigma` is `(Q - t1) / sqrt(2 t2)`, and the p-value is that of the same law.
//!
//! # Range and limits
//!
//! `M` is from 0 to 4. It sees any change of the joint distribution that is not much finer than `s`, correlations included.
//! It takes rows for independent; traffic in bursts gives more false alarms than stated. It does not say which feature
//! moved.
//!
//! # Example
//!
//! ```
//! use driftgauge::derive::mmd::{Traces, discrepancy};
//!
//! // M is the squared distance of the means; n_eff = 100 * 300 / 400 = 75.
//! let traces = Traces { second: 0.02, third: 0.004 };
//! let found = discrepancy(&[0.5, 0.1], 100, &[0.4, 0.1], 300, traces).unwrap();
//! assert!((found.value - 0.01).abs() < 1e-15);
//! // t1 = 1 - 0.17 = 0.83, sigma = (0.75 - 0.83) / 0.2
//! assert!((found.sigma - (0.75 - 0.83) / 0.2).abs() < 1e-12);
//! ```
//!
//! # References
//!
//! Rahimi and Recht (2007), random features; Gretton et al. (2012), the statistic; Liu, Tang and Zhang (2009), the law of
//! three moments.

use super::dice::Dice;
use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// Pairs of random features when the config does not say.
pub const FEATURES: usize = 128;
/// The most that are allowed.
pub const MOST_FEATURES: usize = 1_024;
/// The chance of a false alarm at the threshold.
pub const FALSE_ALARM: f64 = 0.01;
/// The seed of the directions.
const SEED: u64 = 0x6472_6966_7467_6175;

/// Traces of powers of the covariance of the random features in the reference.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Traces {
    /// Of the square, `t2`.
    pub second: f64,
    /// Of the cube, `t3`.
    pub third: f64,
}

/// What is fitted of the random features, as written in a profile. Their means are among the reference's sums.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mmd {
    /// Pairs of features, `D`.
    features: usize,
    /// Of the directions.
    seed: u64,
    /// The length `s`.
    length: f64,
    /// Traces of the reference.
    pub traces: Traces,
}

impl Mmd {
    /// Fits `features` pairs to encoded reference rows; `None` when fewer than two rows differ.
    pub fn new(rows: &[Vec<f64>], features: usize) -> Option<Mmd> {
        let width = rows.first()?.len();
        let squared = |(x, y): (&Vec<f64>, &Vec<f64>)| x.iter().zip(y).map(|(x, y)| (x - y) * (x - y)).sum::<f64>();
        // Neighbours may be alike: rows are in the order of their time.
        let apart = rows.iter().zip(rows.iter().skip(rows.len() / 2));
        let mut distances: Vec<f64> = apart.map(squared).filter(|distance| *distance > 0.0).collect();
        distances.sort_by(f64::total_cmp);
        let length = (distances.get(distances.len() / 2)? / 2.0).sqrt();
        let traces = Traces { second: 1.0, third: 1.0 };
        let mut mmd = Mmd { features: features.clamp(1, MOST_FEATURES), seed: SEED, length, traces };
        let directions = mmd.directions(width);
        mmd.traces = traces_of(rows, &directions, mmd.sums());
        mmd.fits().then_some(mmd)
    }

    /// How many sums the features take: two for each pair.
    pub fn sums(&self) -> usize {
        2 * self.features
    }

    /// Whether the numbers make sense.
    pub fn fits(&self) -> bool {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        (1..=MOST_FEATURES).contains(&self.features)
            && positive(self.length)
            && positive(self.traces.second)
            && positive(self.traces.third)
    }

    /// The directions for encoded rows of this width.
    pub fn directions(&self, width: usize) -> Directions {
        let mut dice = Dice::new(self.seed);
        let weights = (0..self.features * width).map(|_| dice.normal() / self.length).collect();
        Directions { weights, width, norm: 1.0 / (self.features as f64).sqrt() }
    }
}

/// The directions `w_j`.
#[derive(Clone, Debug, PartialEq)]
pub struct Directions {
    weights: Vec<f64>,
    width: usize,
    norm: f64,
}

impl Directions {
    /// The random features of an encoded row with their places: cosine and sine of each direction.
    pub fn features(&self, row: &[f64], mut feature: impl FnMut(usize, f64)) {
        for (j, weights) in self.weights.chunks_exact(self.width.max(1)).enumerate() {
            let angle: f64 = weights.iter().zip(row).map(|(w, x)| w * x).sum();
            let (sine, cosine) = angle.sin_cos();
            feature(2 * j, cosine * self.norm);
            feature(2 * j + 1, sine * self.norm);
        }
    }
}

/// Traces of the covariance of the features of these rows, that of the square freed of the bias of a sample.
fn traces_of(rows: &[Vec<f64>], directions: &Directions, width: usize) -> Traces {
    let n = rows.len() as f64;
    let mut all = vec![0.0; rows.len() * width];
    for (features, row) in all.chunks_exact_mut(width).zip(rows) {
        directions.features(row, |index, value| features[index] = value);
    }
    let mut means = vec![0.0; width];
    for features in all.chunks_exact(width) {
        means.iter_mut().zip(features).for_each(|(mean, x)| *mean += x / n);
    }
    let (mut covariance, mut fourth) = (vec![vec![0.0; width]; width], 0.0);
    for features in all.chunks_exact_mut(width) {
        features.iter_mut().zip(&means).for_each(|(x, mean)| *x -= mean);
        fourth += features.iter().map(|x| x * x).sum::<f64>().powi(2);
        for (row, x) in covariance.iter_mut().zip(features.iter()) {
            row.iter_mut().zip(features.iter()).for_each(|(entry, y)| *entry += x * y / n);
        }
    }
    let squared = |i: usize, j: usize| covariance[i].iter().zip(&covariance[j]).map(|(x, y)| x * y).sum::<f64>();
    let plain: f64 = covariance.iter().flatten().map(|x| x * x).sum();
    let second = (n * n * plain - fourth) / (n * (n - 1.0)).max(1.0);
    let third = (0..width).map(|i| (0..width).map(|j| squared(i, j) * covariance[i][j]).sum::<f64>()).sum();
    Traces { second, third }
}

/// The statistic of a window with what it would be by chance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discrepancy {
    /// `M`.
    pub value: f64,
    /// The value that chance exceeds with probability [`FALSE_ALARM`].
    pub threshold: f64,
    /// Standard deviations above what chance alone gives.
    pub sigma: f64,
    /// The probability of a value as large by chance.
    pub pvalue: f64,
}

/// Compares the mean features of `n` rows of a window with those of `m` rows of the reference; `None` when either has
/// no rows, or the traces have no law.
pub fn discrepancy(current: &[f64], n: u64, reference: &[f64], m: u64, traces: Traces) -> Option<Discrepancy> {
    let effective = if n == 0 || m == 0 { return None } else { n as f64 * m as f64 / (n as f64 + m as f64) };
    let value: f64 = current.iter().zip(reference).map(|(x, y)| (x - y) * (x - y)).sum();
    let first = 1.0 - reference.iter().map(|x| x * x).sum::<f64>();
    let deviation = (2.0 * traces.second).sqrt();
    let freedom = traces.second.powi(3) / traces.third.powi(2);
    let law = ChiSquared::new(freedom).ok()?;
    let sigma = (value * effective - first) / deviation;
    let quantile = law.inverse_cdf(1.0 - FALSE_ALARM);
    let threshold = (first + deviation * (quantile - freedom) / (2.0 * freedom).sqrt()) / effective;
    let pvalue = law.sf((sigma * (2.0 * freedom).sqrt() + freedom).max(0.0)).clamp(0.0, 1.0);
    Some(Discrepancy { value, threshold, sigma, pvalue })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `n` rows of 20 normal features, each pair with this correlation.
    fn rows(dice: &mut Dice, n: usize, correlation: f64) -> Vec<Vec<f64>> {
        let (shared, own) = (correlation.sqrt(), (1.0 - correlation).sqrt());
        let row = |dice: &mut Dice| {
            let common = dice.normal() * shared;
            (0..20).map(|_| common + own * dice.normal()).collect()
        };
        (0..n).map(|_| row(dice)).collect()
    }

    fn mean(rows: &[Vec<f64>], directions: &Directions, width: usize) -> Vec<f64> {
        let mut mean = vec![0.0; width];
        for row in rows {
            directions.features(row, |index, value| mean[index] += value / rows.len() as f64);
        }
        mean
    }

    /// The share of 200 windows of 200 rows beyond the threshold.
    fn alarms(dice: &mut Dice, mmd: &Mmd, reference: &[f64], m: usize, correlation: f64) -> f64 {
        let directions = mmd.directions(20);
        let alarm = |dice: &mut Dice| {
            let current = mean(&rows(dice, 200, correlation), &directions, mmd.sums());
            let found = discrepancy(&current, 200, reference, m as u64, mmd.traces).unwrap();
            assert_eq!(found.value > found.threshold, found.pvalue < FALSE_ALARM);
            found.value > found.threshold
        };
        (0..200).filter(|_| alarm(dice)).count() as f64 / 200.0
    }

    #[test]
    fn a_change_of_correlation_alone_is_found_and_chance_is_not() {
        let mut dice = Dice::new(7);
        let reference = rows(&mut dice, 10_000, 0.5);
        let mmd = Mmd::new(&reference, FEATURES).unwrap();
        let means = mean(&reference, &mmd.directions(20), mmd.sums());
        assert!(alarms(&mut dice, &mmd, &means, reference.len(), 0.2) >= 0.99);
        // Of 200 windows 2 are expected; 8 or more have a chance of 1 in 1000.
        assert!(alarms(&mut dice, &mmd, &means, reference.len(), 0.5) < 0.04);
    }

    #[test]
    fn equal_rows_have_no_length() {
        assert_eq!(None, Mmd::new(&vec![vec![1.0, 2.0]; 10], 4));
        assert_eq!(None, Mmd::new(&[], 4));
    }
}
