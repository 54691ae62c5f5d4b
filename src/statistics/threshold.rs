//! The value of a drift statistic that chance and a tolerance explain.
//!
//! A window exceeds it, without any drift, with the probability `significance`, as long as its rows are as independent
//! as the reference's chunks were. The tolerance is a true PSI that does not matter. For the statistics that are no
//! divergence it stands for the shift of a normal column that has this PSI, `sqrt(tolerance)` standard deviations; as
//! they are distances, what the shift makes of them is added to what chance makes of them, and the triangle inequality
//! keeps the probability below the significance.

use super::drift::{Comparison, Entry};
use super::null::{Constant, Quantiles, Tables, normal_quantile};
use super::{Spec, Worse};
use crate::aggregate::{Column, Totals};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How the threshold of a drift statistic is computed.
#[derive(Clone, Copy, Debug)]
pub enum Threshold {
    /// From that of PSI, by the equivalence of the divergences for small moves.
    Divergence(fn(psi: f64, comparison: &Comparison<'_>) -> f64),
    /// It is the significance: of a p-value.
    Significance,
    /// A null constant over the root of the effective size, and what a shift by this many deviations adds.
    Distance {
        /// The constant when missing and invalid values are cells, and when they are not.
        constants: [Constant; 2],
        /// What the tolerated shift, in standard deviations, makes of the statistic.
        shift: fn(f64) -> f64,
        /// By how much both are multiplied; `None` where that is not known.
        unit: fn(&Comparison<'_>) -> Option<f64>,
    },
    /// The same of the statistic's root, which is a distance.
    Squared {
        /// The constant.
        constant: Constant,
        /// What the tolerated shift makes of the root; of a statistic that grows with the rows, over their root.
        shift: fn(f64, comparison: &Comparison<'_>) -> f64,
        /// Whether the statistic is that of the root times the effective size.
        grows: bool,
    },
    /// A quantile of the normal law on both sides, and what the tolerance adds.
    Normal {
        /// The standard error of the statistic for independent rows.
        error: fn(&Comparison<'_>, &Chance) -> Option<f64>,
        /// What the tolerated PSI makes of the statistic.
        shift: fn(f64) -> f64,
    },
}

/// The effective size, over the kurtosis, from which on means have thresholds: 15 rows of a normal column, 45 of an
/// exponential one, and more than there are of a lognormal one with a deviation of 2.
const ROWS_BY_KURTOSIS: f64 = 5.0;

/// What chance does to a column, and what is tolerated: made once for each column of a reference.
#[derive(Clone, Debug)]
pub struct Chance {
    /// Quantiles by number of cells, at the significance.
    pub tables: Arc<Tables>,
    /// A true PSI that does not matter.
    pub tolerance: f64,
    /// Null constants of the column at the significance.
    pub constants: BTreeMap<Constant, f64>,
    /// Dispersion by rows, both increasing in rows; empty means 1.
    pub dispersion: Vec<(f64, f64)>,
    /// The fourth moment over the square of the variance, of a numeric column where it is known.
    pub kurtosis: Option<f64>,
    /// Half the significance lies above this many standard deviations.
    two_sided: f64,
}

impl Chance {
    /// What chance does with these tables and this tolerance, where nothing is known of the column.
    pub fn new(tables: Arc<Tables>, tolerance: f64) -> Chance {
        let two_sided = normal_quantile(tables.significance() / 2.0);
        let (constants, dispersion) = (BTreeMap::new(), Vec::new());
        Chance { tables, tolerance, constants, dispersion, kurtosis: None, two_sided }
    }

    /// The same with what was simulated for the column.
    pub fn with_constants(self, constants: &BTreeMap<Constant, Quantiles>) -> Chance {
        let significance = self.tables.significance();
        let constants = constants.iter().map(|(constant, quantiles)| (*constant, quantiles.at(significance)));
        Chance { constants: constants.collect(), ..self }
    }

    /// The variance of counts over that of independent rows, for a window of `n` rows: between the known sizes linear
    /// in the logarithm, beyond them as at the last.
    pub fn dispersion(&self, n: u64) -> f64 {
        dispersion_at(&self.dispersion, n)
    }

    /// Whether a mean over this effective size is near enough to its normal law: not of a column whose few largest values
    /// decide it.
    pub fn has_moments(&self, effective: f64) -> bool {
        self.kurtosis.is_none_or(|kurtosis| effective >= ROWS_BY_KURTOSIS * kurtosis)
    }

    /// The shift of a normal column, in standard deviations, that has the tolerated PSI.
    fn shift(&self) -> f64 {
        self.tolerance.sqrt()
    }
}

/// The variance of counts over that of independent rows, for `n` rows, from what is known by rows (which increase):
/// between the known sizes linear in the logarithm, beyond them as at the last; at least 1.
pub fn dispersion_at(known: &[(f64, f64)], n: u64) -> f64 {
    let n = n.max(1) as f64;
    let above = known.partition_point(|(rows, _)| *rows < n);
    let found = match (above.checked_sub(1).and_then(|i| known.get(i)), known.get(above)) {
        (Some((a, low)), Some((b, high))) => low + (high - low) * (n / a).ln() / (b / a).ln(),
        (Some((_, only)), None) | (None, Some((_, only))) => *only,
        (None, None) => 1.0,
    };
    found.max(1.0)
}

/// The numbers of cells that a column can have in a comparison: those of the reference that are not empty, and up to
/// all of the empty ones beside them.
pub fn cells_of(column: &Column, reference: &Totals) -> std::ops::RangeInclusive<usize> {
    let mut filled = vec![false; column.shape.coarse_cells()];
    let counts = reference.counts.get(column.counts..column.counts + column.shape.counts()).unwrap_or_default();
    for (count, place) in counts.iter().zip(column.shape.coarse_places()) {
        if let Some(filled) = place.and_then(|place| filled.get_mut(place)) {
            *filled |= *count > 0;
        }
    }
    let most = filled.len();
    // MISSING and INVALID may be told to be no cells.
    let extras = most.saturating_sub(2);
    let least = filled.iter().take(extras).filter(|filled| **filled).count();
    least.max(2)..=most.max(2)
}

impl Entry {
    /// The value from which the statistic is worse than chance and tolerance explain; of one that is worse both ways
    /// the largest distance from its ideal value that they do. `None` where nothing is known of chance, or the sides
    /// are empty.
    pub fn threshold(&self, comparison: &Comparison<'_>, chance: &Chance) -> Option<f64> {
        let limit = match self.threshold {
            Threshold::Significance => Some(chance.tables.significance()),
            Threshold::Divergence(of) => psi_threshold(comparison, chance).map(|psi| of(psi, comparison)),
            Threshold::Distance { constants: [all, present], shift, unit } => {
                let (constant, n, m) = if is_fine(all) {
                    let (reference, current) = comparison.numbers().ok()?;
                    (all, current.present(), reference.present())
                } else {
                    let cells = &comparison.cells;
                    let known = comparison.missing_as_category || !chance.constants.contains_key(&present);
                    (if known { all } else { present }, cells.n, cells.m)
                };
                let size = effective(n, m)?;
                if constant == Constant::Wasserstein && !chance.has_moments(size) {
                    return None;
                }
                let constant = chance.constants.get(&constant)?;
                let alone = constant * (chance.dispersion(n) / size).sqrt();
                Some((alone + shift(chance.shift())) * unit(comparison)?)
            }
            Threshold::Squared { constant, shift, grows } => {
                let (reference, current) = comparison.numbers().ok()?;
                let (n, m) = (current.present(), reference.present());
                let effective = effective(n, m)?;
                if constant == Constant::Energy && !chance.has_moments(effective) {
                    return None;
                }
                let constant = chance.constants.get(&constant)?;
                let root = constant * (chance.dispersion(n) / effective).sqrt() + shift(chance.shift(), comparison);
                Some(root * root * if grows { effective } else { 1.0 })
            }
            Threshold::Normal { error, shift } => {
                let n = comparison.numbers().ok()?.1.present();
                let error = error(comparison, chance)? * chance.dispersion(n).sqrt();
                Some(chance.two_sided * error + shift(chance.tolerance))
            }
        };
        limit.filter(|limit| limit.is_finite()).map(|limit| limit.min(furthest(&self.spec)))
    }
}

/// The threshold of PSI.
fn psi_threshold(comparison: &Comparison<'_>, chance: &Chance) -> Option<f64> {
    let cells = &comparison.cells;
    let effective = effective(cells.n, cells.m)?;
    let table = chance.tables.get(cells.len())?;
    Some(table.threshold(effective, chance.dispersion(cells.n), chance.tolerance))
}

fn effective(n: u64, m: u64) -> Option<f64> {
    let (n, m) = (n as f64, m as f64);
    (n > 0.0 && m > 0.0).then(|| n * m / (n + m))
}

/// Whether a constant is of the fine cells, on which missing values are left out.
fn is_fine(constant: Constant) -> bool {
    matches!(constant, Constant::KolmogorovSmirnov | Constant::Wasserstein)
}

/// The largest value, or the largest distance from the ideal one.
fn furthest(spec: &Spec) -> f64 {
    match spec.worse {
        Worse::Away => spec.range.1 - spec.ideal.unwrap_or(0.0),
        _ => spec.range.1,
    }
}
