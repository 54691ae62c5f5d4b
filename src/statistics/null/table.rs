//! Quantiles of the non-central chi-square law, looked up instead of computed.
//!
//! The threshold of PSI at the effective size `N` and the dispersion `phi` is `phi Q(lambda) / N` with
//! `lambda = N tolerance / phi`: sizes, dispersion and tolerance enter through `lambda` alone. So one table over
//! `ln(lambda)` for each number of cells serves every column, window and dispersion.

use super::chi_square::quantile;
use std::collections::BTreeMap;

/// Knots per unit of `ln(lambda)`.
const DENSITY: f64 = 5.0;
/// The first knot; below it the central quantile is less than 1 part in 1000 off.
const FIRST: f64 = -7.0;
/// Knots: up to `lambda` = 1100, from where on the quantile has a formula.
const KNOTS: usize = 71;

/// Quantiles of the law with one number of degrees of freedom at one significance, over `lambda`.
#[derive(Clone, Debug)]
pub struct Table {
    freedom: f64,
    significance: f64,
    central: f64,
    /// Logarithms of the quantiles at the knots.
    knots: Vec<f64>,
}

impl Table {
    /// The table for this number of cells, at least 2.
    pub fn new(cells: usize, significance: f64) -> Table {
        let freedom = cells.max(2) as f64 - 1.0;
        let knot = |i: usize| quantile(significance, freedom, (FIRST + i as f64 / DENSITY).exp()).ln();
        Table {
            freedom,
            significance,
            central: quantile(significance, freedom, 0.0),
            knots: (0..KNOTS).map(knot).collect(),
        }
    }

    /// The quantile at `lambda`, to 1 part in 500.
    pub fn quantile(&self, lambda: f64) -> f64 {
        let place = (lambda.ln() - FIRST) * DENSITY;
        if place.is_nan() || place <= 0.0 {
            return self.central;
        }
        let (below, part) = (place.floor() as usize, place.fract());
        match (self.knots.get(below), self.knots.get(below + 1)) {
            (Some(low), Some(high)) => (low + part * (high - low)).exp(),
            _ => quantile(self.significance, self.freedom, lambda),
        }
    }

    /// The PSI that chance and a true PSI of `tolerance` together exceed with the table's significance, at the
    /// effective size `n m / (n + m)` and a dispersion of at least 1.
    pub fn threshold(&self, effective: f64, dispersion: f64, tolerance: f64) -> f64 {
        dispersion * self.quantile(effective * tolerance / dispersion) / effective
    }
}

/// Tables by number of cells, at one significance.
#[derive(Clone, Debug)]
pub struct Tables {
    significance: f64,
    tables: BTreeMap<usize, Table>,
}

impl Tables {
    /// Tables for these numbers of cells.
    pub fn new(significance: f64, cells: impl IntoIterator<Item = usize>) -> Tables {
        let mut tables = BTreeMap::new();
        for cells in cells {
            tables.entry(cells).or_insert_with(|| Table::new(cells, significance));
        }
        Tables { significance, tables }
    }

    /// The significance of all of them.
    pub fn significance(&self) -> f64 {
        self.significance
    }

    /// The table for this number of cells; `None` when it was not asked for, or below 2.
    pub fn get(&self, cells: usize) -> Option<&Table> {
        self.tables.get(&cells).filter(|_| cells >= 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_those_of_the_specification() {
        // Eight cells, 1000 reference rows and 950 of the window.
        let table = Table::new(8, 0.001);
        let effective = 950_000.0 / 1_950.0;
        for (tolerance, expected) in [(0.01, 0.07595345), (0.1, 0.22286846)] {
            let found = table.threshold(effective, 1.0, tolerance);
            assert!((found / expected - 1.0).abs() < 2e-3, "{tolerance}: {found}");
            let exact = quantile(0.001, 7.0, effective * tolerance) / effective;
            assert!((exact / expected - 1.0).abs() < 1e-7, "{tolerance}: {exact}");
        }
    }

    #[test]
    fn the_table_of_sizes_and_tolerances_agrees_with_scipy() {
        let text = include_str!("../../../tests/oracle/psi_thresholds.json");
        let rows: Vec<[f64; 6]> = serde_json::from_str(text).unwrap();
        assert!(rows.len() > 100);
        for [significance, cells, tolerance, dispersion, effective, expected] in rows {
            let table = Table::new(cells as usize, significance);
            let found = table.threshold(effective, dispersion, tolerance);
            assert!((found / expected - 1.0).abs() < 2e-3, "{cells} {tolerance} {effective}: {found} {expected}");
        }
    }

    #[test]
    fn interpolation_is_within_its_error_from_one_row_to_ten_million() {
        for (cells, tolerance, significance) in
            [(2, 0.02, 0.001), (3, 0.1, 0.05), (10, 0.02, 0.01), (20, 1e-4, 1e-4), (70, 0.5, 1e-6)]
        {
            let table = Table::new(cells, significance);
            for step in 0..=320 {
                let effective = 10f64.powf(f64::from(step) * 7.0 / 320.0);
                let exact = quantile(significance, cells as f64 - 1.0, effective * tolerance) / effective;
                let error = table.threshold(effective, 1.0, tolerance) / exact - 1.0;
                assert!(error.abs() < 2e-3, "{cells} {tolerance} {significance} {effective}: {error}");
            }
        }
    }
}
