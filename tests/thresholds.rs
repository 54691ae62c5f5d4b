//! Under no drift a statistic exceeds its threshold as often as the significance says: simulated, with new references
//! as well as new windows, over sizes and shapes of columns.
//!
//! `DRIFTGAUGE_RATES=1 cargo test --release --test thresholds -- --nocapture` repeats more often and prints the table of
//! `docs/STATISTICS.md`.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support {
    pub mod columns;
    pub mod dice;
}

use driftgauge::aggregate::{Delta, Dictionary, FixedPoint, Layout, Observed, Totals};
use driftgauge::profile::grid_of;
use driftgauge::statistics::drift::{self, Chance, Comparison, cells_of};
use driftgauge::statistics::null::{Tables, normal_quantile, simulate};
use driftgauge::statistics::{Spec, Worse};
use std::collections::BTreeMap;
use std::sync::Arc;
use support::columns::{categorical, column, numeric};
use support::dice::Dice;

/// A column whose values are drawn one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Normal,
    /// Four tenths are zero.
    Atom,
    /// The logarithm has a deviation of 2.
    Lognormal,
    /// The index is 3: the variance is finite, the fourth moment is not.
    Pareto,
    /// Five categories.
    Categories,
    /// Forty categories by Zipf's law.
    Rare,
}

const SHAPES: [Shape; 6] =
    [Shape::Normal, Shape::Atom, Shape::Lognormal, Shape::Pareto, Shape::Categories, Shape::Rare];

/// A value: a number, or the place of a category.
fn draw(shape: Shape, dice: &mut Dice) -> f64 {
    let u = dice.share().max(1e-15);
    match shape {
        Shape::Normal => normal_quantile(u),
        Shape::Atom if u < 0.4 => 0.0,
        Shape::Atom => normal_quantile(dice.share().max(1e-15)),
        Shape::Lognormal => (2.0 * normal_quantile(u)).exp(),
        Shape::Pareto => u.powf(-1.0 / 3.0),
        Shape::Categories => [0.4, 0.7, 0.85, 0.95].iter().filter(|edge| u >= **edge).count() as f64,
        Shape::Rare => {
            let all: f64 = (1..=40).map(|k| 1.0 / f64::from(k)).sum();
            let mut left = u * all;
            let place = (1..=40).position(|k| {
                left -= 1.0 / f64::from(k);
                left <= 0.0
            });
            place.unwrap_or(39) as f64
        }
    }
}

/// Names of categories.
fn name(place: f64) -> String {
    format!("c{place}")
}

struct Reference {
    layout: Layout,
    totals: Totals,
}

fn count(layout: &Layout, values: impl Iterator<Item = f64>) -> Totals {
    let mut totals = Totals::new(layout.counts(), layout.sums());
    let numeric = column(layout).shape.sums() > 0;
    let names: Vec<String> = (0..40).map(|place| name(f64::from(place))).collect();
    let mut delta = Delta::default();
    for value in values {
        delta.clear();
        let observed = if numeric { Observed::Number(value) } else { Observed::Category(&names[value as usize]) };
        column(layout).observe(observed, &mut delta);
        totals.apply(&delta);
    }
    totals
}

impl Reference {
    fn of(shape: Shape, values: &[f64]) -> Reference {
        let layout = if matches!(shape, Shape::Categories | Shape::Rare) {
            let mut rows: BTreeMap<u64, u64> = BTreeMap::new();
            values.iter().for_each(|value| *rows.entry(*value as u64).or_insert(0) += 1);
            let rows: Vec<(String, u64)> = rows.into_iter().map(|(place, rows)| (name(place as f64), rows)).collect();
            categorical(Dictionary::new(rows.iter().map(|(name, rows)| (name.as_str(), *rows)), 64))
        } else {
            let mut sorted = values.to_vec();
            sorted.sort_by(f64::total_cmp);
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let deviation = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
            numeric(grid_of(&sorted, Some((sorted[0], sorted[sorted.len() - 1])), &[]), FixedPoint::new(mean, deviation))
        };
        let totals = count(&layout, values.iter().copied());
        Reference { layout, totals }
    }

    fn chance(&self, significance: f64, dispersion: &[(f64, f64)], draws: usize) -> Chance {
        let column = column(&self.layout);
        let tables = Arc::new(Tables::new(significance, cells_of(column, &self.totals)));
        let chance = Chance::new(tables, 0.0).with_constants(&simulate(column, &self.totals, draws));
        Chance { dispersion: dispersion.to_vec(), ..chance }
    }
}

/// The statistics that features show by default, and what else has a simulated constant.
fn keys(shape: Shape) -> &'static [&'static str] {
    if matches!(shape, Shape::Categories | Shape::Rare) {
        &["psi", "psi_debiased", "jensen_shannon", "largest_difference", "total_variation", "hellinger", "chi_square"]
    } else {
        &[
            "psi",
            "psi_debiased",
            "jensen_shannon",
            "kolmogorov_smirnov",
            "wasserstein",
            "mean_shift",
            "drift_auc",
            "total_variation",
            "cramer_von_mises",
            "anderson_darling",
            "energy_distance",
        ]
    }
}

fn exceeds(spec: &Spec, value: f64, threshold: f64) -> bool {
    match spec.worse {
        Worse::Away => (value - spec.ideal.unwrap()).abs() > threshold,
        Worse::Lower => value < threshold,
        _ => value > threshold,
    }
}

/// How often each statistic exceeds its threshold: `references` new references of `m` rows, `windows` windows of `n`
/// rows against each.
fn rates(
    shape: Shape,
    (n, m): (usize, usize),
    (references, windows): (usize, usize),
    significance: f64,
    dice: &mut Dice,
) -> BTreeMap<&'static str, f64> {
    let mut exceeded: BTreeMap<&str, u32> = keys(shape).iter().map(|key| (*key, 0)).collect();
    for _ in 0..references {
        let values: Vec<f64> = (0..m).map(|_| draw(shape, dice)).collect();
        let reference = Reference::of(shape, &values);
        let chance = reference.chance(significance, &[], 4_000);
        for _ in 0..windows {
            let current = count(&reference.layout, (0..n).map(|_| draw(shape, dice)));
            add(&reference, &current, &chance, shape, &mut exceeded);
        }
    }
    let all = (references * windows) as f64;
    exceeded.into_iter().map(|(key, count)| (key, f64::from(count) / all)).collect()
}

fn add(
    reference: &Reference,
    current: &Totals,
    chance: &Chance,
    shape: Shape,
    exceeded: &mut BTreeMap<&'static str, u32>,
) {
    let comparison = Comparison::new(column(&reference.layout), &reference.totals, current, true).unwrap();
    for key in keys(shape) {
        let entry = drift::entry(key).unwrap();
        let value = (entry.evaluate)(&comparison).unwrap().value;
        let threshold = entry.threshold(&comparison, chance).unwrap_or_else(|| panic!("{key} has no threshold"));
        *exceeded.get_mut(key).unwrap() += u32::from(exceeds(&entry.spec, value, threshold));
    }
}

#[test]
fn explore() {
    for shape in SHAPES {
        for (n, m) in [(50, 2_000), (300, 3_000), (2_000, 20_000), (100_000, 20_000)] {
            for significance in [0.05, 0.01] {
                let many = if n > 10_000 { (15, 2) } else if n > 1000 { (20, 50) } else { (20, 150) };
                let found = rates(shape, (n, m), many, significance, &mut Dice(n as u64));
                let row: Vec<String> = found.iter().map(|(key, rate)| format!("{key} {:.2}", rate / significance)).collect();
                println!("{shape:?} n {n} m {m} {significance}: {}", row.join(", "));
            }
        }
    }
}
