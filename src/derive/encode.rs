//! Row -> vector: every feature becomes a number with mean 0 and standard deviation 1 in the reference.
//!
//! A number that is missing or of the wrong kind is the mean, a category is its share of the reference rows, one that
//! is missing counts as the most frequent one, and one that was not seen has the share 0. Categories without a cell of
//! their own have the mean share of those. That is how NannyML prepares its data reconstruction. A feature of a
//! single value keeps its unit; nothing is further than [`FURTHEST`] from the mean.

use crate::aggregate::{Row, Shape};
use serde::{Deserialize, Serialize};

/// The largest standardised value: what lies beyond, and the infinities, are there.
pub const FURTHEST: f64 = 1e9;

/// How one feature becomes a number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoded {
    /// `(x - mean) / scale`.
    Number {
        /// The mean.
        mean: f64,
        /// The standard deviation (dividing by the number of rows), or 1 when it is 0.
        scale: f64,
    },
    /// The number of each cell, MISSING and INVALID behind them.
    Cells(Vec<f64>),
}

impl Encoded {
    /// Of numbers: mean and standard deviation of the `present` ones among `rows`.
    pub fn number(mean: f64, deviation: f64, present: u64, rows: u64) -> Encoded {
        let scale = deviation * (present as f64 / rows.max(1) as f64).sqrt();
        Encoded::Number { mean, scale: if scale > 0.0 && scale.is_finite() { scale } else { 1.0 } }
    }

    /// Of categories: the rows of each with a cell of its own, the rows and the number of the others, and all rows.
    /// Rows of none of them have no category.
    pub fn categories(own: &[u64], other: (u64, usize), rows: u64) -> Encoded {
        let known = own.iter().sum::<u64>() + other.0;
        let absent = rows.saturating_sub(known);
        let all = rows.max(1) as f64;
        let most = (0..own.len()).max_by_key(|k| (own[*k], std::cmp::Reverse(*k)));
        let share = |k: usize| (own[k] + if Some(k) == most { absent } else { 0 }) as f64 / all;
        let others = other.0 as f64 / other.1.max(1) as f64 / all;
        let mut cells: Vec<f64> = (0..own.len()).map(share).collect();
        let mode = most.map_or(0.0, share);
        let weight = |k: usize| cells[k];
        let mean = (0..own.len()).map(|k| weight(k) * cells[k]).sum::<f64>() + other.0 as f64 / all * others;
        let square = |x: f64| (x - mean) * (x - mean);
        let variance =
            (0..own.len()).map(|k| weight(k) * square(cells[k])).sum::<f64>() + other.0 as f64 / all * square(others);
        // A variance of rounding errors is none, as in scikit-learn's StandardScaler.
        let rounding = (10.0 * f64::EPSILON * mean).powi(2);
        let scale = if variance > rounding { variance.sqrt() } else { 1.0 };
        // OTHER, UNSEEN, MISSING, INVALID.
        cells.extend([others, 0.0, mode, mode]);
        Encoded::Cells(cells.into_iter().map(|share| (share - mean) / scale).collect())
    }

    fn fits(&self, shape: &Shape) -> bool {
        match (self, shape) {
            (Encoded::Number { mean, scale }, Shape::Numeric { .. }) => {
                mean.is_finite() && scale.is_finite() && *scale > 0.0
            }
            (Encoded::Cells(cells), Shape::Categorical { .. }) => {
                cells.len() == shape.counts() && cells.iter().all(|value| value.is_finite())
            }
            _ => false,
        }
    }
}

/// How a row becomes a vector, feature by feature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Encoding(pub Vec<Encoded>);

impl Encoding {
    /// Whether it is one of these features.
    pub fn fits(&self, features: &[Shape]) -> bool {
        self.0.len() == features.len() && self.0.iter().zip(features).all(|(encoded, shape)| encoded.fits(shape))
    }

    /// Encodes a row.
    pub fn encode(&self, row: &mut Row) {
        let (seen, encoded) = (&row.seen, &mut row.encoded);
        encoded.clear();
        encoded.extend(self.0.iter().zip(seen).map(|(encoded, seen)| {
            let value = match encoded {
                Encoded::Number { .. } if seen.value.is_nan() => 0.0,
                Encoded::Number { mean, scale } => (seen.value - mean) / scale,
                Encoded::Cells(cells) => cells.get(seen.cell as usize).copied().unwrap_or(0.0),
            };
            value.clamp(-FURTHEST, FURTHEST)
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_have_mean_0_and_deviation_1_after_imputing() {
        let own = [50, 30, 10];
        let Encoded::Cells(cells) = Encoded::categories(&own, (6, 3), 100) else { panic!() };
        // Four rows have none and count as the first.
        let weights = [54.0, 30.0, 10.0, 6.0];
        let mean: f64 = weights.iter().zip(&cells).map(|(w, z)| w * z).sum::<f64>() / 100.0;
        let square: f64 = weights.iter().zip(&cells).map(|(w, z)| w * z * z).sum::<f64>() / 100.0;
        assert!(mean.abs() < 1e-12 && (square - 1.0).abs() < 1e-12);
        assert_eq!(cells[0], cells[5]);
        assert!(cells[4] < cells[3] && cells[3] < cells[2]);
    }
}
