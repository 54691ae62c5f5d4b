//! Null constants: how far chance alone moves a statistic that has no formula.

use serde::{Deserialize, Serialize};

/// What a constant is of. Under no drift `sqrt(N / phi)` times the statistic (of the last three: times its square
/// root) has one law for all sizes, `N` being the effective size and `phi` the dispersion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constant {
    /// Total variation, missing and invalid values being cells.
    TotalVariation,
    /// The largest difference, missing and invalid values being cells.
    LargestDifference,
    /// Total variation of the values present; only where some are not.
    PresentTotalVariation,
    /// The largest difference of the values present; only where some are not.
    PresentLargestDifference,
    /// Kolmogorov-Smirnov distance.
    KolmogorovSmirnov,
    /// Wasserstein distance in standard deviations.
    Wasserstein,
    /// Root of the Cramer-von Mises statistic over `N`.
    CramerVonMises,
    /// Root of the Anderson-Darling statistic over `N`.
    AndersonDarling,
    /// Root of the energy distance.
    Energy,
}

/// The tails of the stored quantiles.
const TAILS: [f64; 4] = [0.05, 0.01, 0.001, 0.0001];

/// Where the tail of simulated values is taken to be exponential in their squares.
const FITTED: f64 = 0.02;

/// The values exceeded by chance once in 20, 100, 1000 and 10,000.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quantiles([f64; 4]);

impl Quantiles {
    /// From simulated values, which are brought into another order. The first two quantiles are read off, the others
    /// from an exponential law of the squares fitted to the largest fiftieth: of 20,000 values two only lie above the
    /// last.
    pub(super) fn of(values: &mut [f64]) -> Quantiles {
        let n = values.len();
        let above = |tail: f64| (n - 1).min((n as f64 * (1.0 - tail)) as usize);
        let start = above(TAILS[0]);
        if n > 0 {
            values.select_nth_unstable_by(start, f64::total_cmp);
            values[start..].sort_unstable_by(f64::total_cmp);
        }
        let at = |tail: f64| values.get(above(tail)).copied().unwrap_or(0.0);
        let base = at(FITTED).powi(2);
        let beyond = values.get(above(FITTED)..).unwrap_or_default();
        let slope = beyond.iter().map(|value| value * value - base).sum::<f64>() / beyond.len().max(1) as f64;
        let fitted = |tail: f64| (base + slope * (FITTED / tail).ln()).sqrt();
        Quantiles([at(TAILS[0]), at(TAILS[1]), fitted(TAILS[2]), fitted(TAILS[3])].map(|value| shortened(value, 4)))
    }

    /// The value exceeded with probability `significance`: between and beyond the stored ones the logarithm of the
    /// tail is taken to be linear in the square.
    pub fn at(&self, significance: f64) -> f64 {
        let upper = TAILS.iter().position(|tail| significance >= *tail).unwrap_or(3).clamp(1, 3);
        let (low, high) = (self.0[upper - 1].powi(2), self.0[upper].powi(2));
        let part = (TAILS[upper - 1] / significance).ln() / (TAILS[upper - 1] / TAILS[upper]).ln();
        (low + part * (high - low)).max(0.0).sqrt()
    }

    /// Whether they are numbers, and in their order.
    pub fn is_sound(&self) -> bool {
        self.0.iter().all(|value| value.is_finite() && *value >= 0.0) && self.0.windows(2).all(|two| two[0] <= two[1])
    }
}

/// A number with this many digits: short in a file, and the same on every machine.
pub fn shortened(value: f64, digits: usize) -> f64 {
    format!("{value:.*e}", digits.saturating_sub(1)).parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantiles_of_a_rayleigh_law_are_found() {
        // The square is exponential: P(x > c) = exp(-c^2 / 2).
        let mut values: Vec<f64> = (0..20_000).map(|i| (-2.0 * ((i as f64 + 0.5) / 20_000.0).ln()).sqrt()).collect();
        let quantiles = Quantiles::of(&mut values);
        assert!(quantiles.is_sound());
        for significance in [0.1, 0.05, 0.02, 0.01, 0.003, 0.001, 0.0003, 0.0001, 0.00001] {
            let expected = (-2.0 * f64::ln(significance)).sqrt();
            let found = quantiles.at(significance);
            assert!((found / expected - 1.0).abs() < 2e-3, "{significance}: {found} {expected}");
        }
    }

    #[test]
    fn numbers_are_shortened_to_their_digits() {
        assert_eq!([1.235, 0.0001235, 123500.0, 0.0], [1.23456, 0.000123456, 123456.0, 0.0].map(|x| shortened(x, 4)));
    }
}
