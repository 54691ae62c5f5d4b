//! Statistics of a feature that say how much of a change it accounts for. They rank features; only the first ones are
//! exposed.

mod drift_importance;
mod loss_shift_covariate;
mod loss_shift_expected;
mod loss_shift_spread;
mod loss_shift_within;
mod prediction_shift;

use super::drift::Cells;
use super::{Evaluated, Spec, Undefined};
use crate::aggregate::losses::LossCells;

/// Every statistic of causes, in the order they are shown in.
pub static ENTRIES: &[Entry] = &[
    drift_importance::ENTRY,
    prediction_shift::ENTRY,
    loss_shift_expected::ENTRY,
    loss_shift_covariate::ENTRY,
    loss_shift_within::ENTRY,
    loss_shift_spread::ENTRY,
];

/// One statistic of causes.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is.
    pub spec: Spec,
    /// Whether it needs the losses of the window's labelled rows, which are kept only when asked for.
    pub needs_losses: bool,
    /// Computes it.
    pub evaluate: fn(&Cause<'_>) -> Evaluated,
}

/// What is known of one feature. All cells are its coarse ones with MISSING and INVALID, in the same order throughout.
#[derive(Clone, Copy, Debug)]
pub struct Cause<'a> {
    /// The cells that drift is measured on.
    pub drift: &'a Cells,
    /// How much the feature matters to the model, of 1 for all features together.
    pub importance: Option<f64>,
    /// The mean score or prediction of the reference by cell, `NaN` where the reference has no row; empty when the model
    /// gives classes only.
    pub responses: &'a [f64],
    /// Predictions of the reference by cell.
    pub reference_counts: &'a [u64],
    /// Predictions of the window by cell.
    pub current_counts: &'a [u64],
    /// Losses of the reference.
    pub reference: Option<LossCells<'a>>,
    /// Losses of the labelled rows of the window.
    pub current: Option<LossCells<'a>>,
}

impl Cause<'_> {
    fn reference(&self) -> Result<&LossCells<'_>, Undefined> {
        // Whether the reference knows actuals does not change; no series says so.
        self.reference.as_ref().ok_or(Undefined::NotApplicable)
    }

    fn current(&self) -> Result<&LossCells<'_>, Undefined> {
        self.current.as_ref().ok_or(Undefined::NoActuals)
    }

    /// The mean of `value` by cell over the window's predictions less that over the reference's. `otherwise` stands for
    /// cells without a value.
    fn moved(&self, value: impl Fn(usize) -> Option<f64>, otherwise: f64) -> Evaluated {
        let (m, n) = (self.reference_counts.iter().sum::<u64>(), self.current_counts.iter().sum::<u64>());
        if m == 0 || n == 0 {
            return Err(Undefined::NoObservations);
        }
        let cells = self.reference_counts.iter().zip(self.current_counts).enumerate();
        let moved = cells.map(|(b, (r, c))| {
            let shift = *c as f64 / n as f64 - *r as f64 / m as f64;
            shift * value(b).unwrap_or(otherwise)
        });
        super::finite(moved.sum::<f64>().into())
    }
}

/// The loss of cell `b` in the reference; where it has no row, that of all its rows, so that what is not known says
/// nothing.
fn expected_loss(reference: &LossCells<'_>, b: usize) -> f64 {
    reference.mean(b).unwrap_or_else(|| reference.overall())
}

/// The entry with this key.
pub fn entry(key: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.spec.key == key)
}

/// A cause made of bare parts, for the tests of the statistics.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::FixedPoint;

    /// Kitagawa's identity on random cells, some of them empty on either side.
    #[test]
    fn the_two_parts_sum_to_the_change_of_the_loss() {
        let mut state = 17u64;
        let mut random = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % most
        };
        let unit = FixedPoint::UNIT;
        for _ in 0..200 {
            let mut side = || -> (Vec<u64>, Vec<i128>) {
                let counts: Vec<u64> = (0..8).map(|_| random(4) * random(50)).collect();
                let sums = counts.iter().map(|n| unit.difference(*n as f64 * random(100) as f64 / 100.0)).collect();
                (counts, sums)
            };
            let (reference, current) = (side(), side());
            let (Some(l_ref), Some(l_live)) = (
                LossCells::from_parts(&reference.0, &reference.1, unit),
                LossCells::from_parts(&current.0, &current.1, unit),
            ) else {
                continue;
            };
            let cells = Cells::default();
            let cause = Cause {
                drift: &cells,
                importance: None,
                responses: &[],
                reference_counts: &reference.0,
                current_counts: &current.0,
                reference: Some(l_ref),
                current: Some(l_live),
            };
            let value = |key: &str| (entry(key).unwrap().evaluate)(&cause).unwrap().value;
            let parts = value("loss_shift_covariate") + value("loss_shift_within");
            assert!((parts - (l_live.overall() - l_ref.overall())).abs() < 1e-12);
            // All rows are labelled here: what is expected of all predictions is the covariate part.
            assert!((value("loss_shift_expected") - value("loss_shift_covariate")).abs() < 1e-12);
        }
    }
}
