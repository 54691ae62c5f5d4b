//! What chance alone does to a statistic: the laws from which thresholds are taken.
//!
//! Two kinds of law. The divergences and chi-square follow, once multiplied by the effective size, a chi-square law,
//! non-central when a difference is tolerated: [`chi_square`], tabulated in [`Tables`]. The others have no formula
//! that holds with ties: their constants are simulated on the reference's own cells by [`simulate`], once, when a
//! profile is built.

pub mod chi_square;
mod constants;
mod simulation;
mod table;

pub use constants::{Constant, Quantiles, shortened};
pub use simulation::simulate;
pub use table::{Table, Tables};

use statrs::function::erf::{erf, erfc_inv};

/// The number of standard deviations that a normal variable exceeds upwards with this probability.
pub fn normal_quantile(significance: f64) -> f64 {
    std::f64::consts::SQRT_2 * erfc_inv(2.0 * significance)
}

/// The share of a normal law below `z` standard deviations.
pub fn normal_share(z: f64) -> f64 {
    0.5 + 0.5 * erf(z / std::f64::consts::SQRT_2)
}
