//! The chi-square law, central and non-central.
//!
//! With `k` degrees of freedom and non-centrality `lambda` it is the law of a sum of `k` squared normal variables
//! whose means' squares sum to `lambda`. Up to `lambda` = 1000 its tail is computed as the Poisson mixture of central
//! tails (Johnson, Kotz and Balakrishnan 1995, Continuous Univariate Distributions 2, 29.2); beyond, its quantile is
//! Sankaran's approximation (1963, Approximations to the Non-Central Chi-Square Distribution), which is better than
//! 1 part in 20,000 there for tails down to one in a million.

use super::normal_quantile;
use statrs::function::gamma::{gamma_ur, ln_gamma};

/// From here on Sankaran's approximation is used.
const FAR: f64 = 1_000.0;

/// The probability to exceed `x`, with `freedom` above 0 and `lambda` not negative.
pub fn tail(x: f64, freedom: f64, lambda: f64) -> f64 {
    tail_and_density(x, freedom, lambda).0
}

/// The value exceeded with probability `significance`, between 0 and 1; `freedom` is above 0, `lambda` not negative.
pub fn quantile(significance: f64, freedom: f64, lambda: f64) -> f64 {
    let near = approximate_quantile(significance, freedom, lambda);
    if lambda > FAR {
        return near;
    }
    // Newton's steps on the logarithm of the tail, which is concave: they converge from either side.
    let target = significance.ln();
    let mut x = near.max(1e-12);
    for _ in 0..60 {
        let (tail, density) = tail_and_density(x, freedom, lambda);
        let next = if tail > 0.0 && density > 0.0 {
            (x + (tail.ln() - target) * tail / density).clamp(x / 8.0, x * 8.0)
        } else {
            x / 2.0
        };
        let moved = (next - x).abs();
        x = next;
        if moved <= 1e-12 * x {
            break;
        }
    }
    x
}

/// Sankaran's quantile; with `lambda` = 0 that of Wilson and Hilferty.
fn approximate_quantile(significance: f64, freedom: f64, lambda: f64) -> f64 {
    let (k, l) = (freedom, lambda);
    let h = 1.0 - 2.0 * (k + l) * (k + 3.0 * l) / (3.0 * (k + 2.0 * l).powi(2));
    let p = (k + 2.0 * l) / (k + l).powi(2);
    let m = (h - 1.0) * (1.0 - 3.0 * h);
    let mean = 1.0 + p * h * (h - 1.0 - 0.5 * (2.0 - h) * m * p);
    let deviation = h * (2.0 * p).sqrt() * (1.0 + 0.5 * m * p);
    (k + l) * (mean + deviation * normal_quantile(significance)).max(1e-3).powf(1.0 / h)
}

/// The probability to exceed `x`, and the density at `x`.
fn tail_and_density(x: f64, freedom: f64, lambda: f64) -> (f64, f64) {
    if x <= 0.0 {
        return (1.0, 0.0);
    }
    let (half_x, half_l) = (x / 2.0, lambda / 2.0);
    // Weights below the first are less than 1e-17 of the largest.
    let first = (half_l - 9.0 * (half_l + 1.0).sqrt() - 10.0).max(0.0).floor();
    let shape = freedom / 2.0 + first;
    let ln_weight = if half_l > 0.0 { first * half_l.ln() - half_l - ln_gamma(first + 1.0) } else { 0.0 };
    let mut weight = ln_weight.exp();
    let mut central = gamma_ur(shape, half_x);
    // x^a e^-x / Gamma(a + 1), by which the tail grows from shape a to a + 1; the density is half of a / x of it.
    let mut step = (shape * half_x.ln() - half_x - ln_gamma(shape + 1.0)).exp();
    let (mut tail, mut density) = (0.0, 0.0);
    let mut j = first;
    loop {
        let a = freedom / 2.0 + j;
        tail += weight * central;
        density += weight * step * a / half_x / 2.0;
        if half_l == 0.0 || (j > half_l && weight <= 1e-17 * tail.max(f64::MIN_POSITIVE)) || j > first + 1e5 {
            return (tail.min(1.0), density);
        }
        central += step;
        step *= half_x / (a + 1.0);
        j += 1.0;
        weight *= half_l / j;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_law_agrees_with_scipy() {
        let text = include_str!("../../../tests/oracle/chi_square.json");
        let rows: Vec<[f64; 4]> = serde_json::from_str(text).unwrap();
        assert!(rows.len() > 300);
        for [significance, freedom, lambda, expected] in rows {
            let found = quantile(significance, freedom, lambda);
            let allowed = if lambda > FAR { 5e-5 } else { 1e-8 };
            assert!((found / expected - 1.0).abs() < allowed, "{significance} {freedom} {lambda}: {found} {expected}");
            if lambda <= FAR {
                let back = tail(expected, freedom, lambda);
                assert!((back / significance - 1.0).abs() < 1e-7, "{significance} {freedom} {lambda}: {back}");
            }
        }
    }
}
