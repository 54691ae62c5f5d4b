//! Drift, quality and moments against numbers of SciPy and numpy from the raw data: `oracle/drift.py` writes them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support {
    pub mod columns;
}

use driftgauge::aggregate::{Dictionary, FixedPoint, Grid, Layout, Observed};
use driftgauge::statistics::drift::{self, Comparison};
use driftgauge::statistics::quality::Side;
use driftgauge::statistics::{Evaluated, moments, quality};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use support::columns::{categorical, column, numeric, totals};

type Numbers = BTreeMap<String, Option<f64>>;

#[derive(Deserialize)]
struct Cases {
    numeric: Vec<NumericCase>,
    categorical: Vec<CategoricalCase>,
}

#[derive(Deserialize)]
struct NumericCase {
    exact: bool,
    edges: Vec<f64>,
    coarse_edges: Vec<f64>,
    smallest: f64,
    largest: f64,
    center: f64,
    deviation: f64,
    #[serde(flatten)]
    common: Common,
}

#[derive(Deserialize)]
struct CategoricalCase {
    categories: Vec<(String, u64)>,
    limit: usize,
    #[serde(flatten)]
    common: Common,
}

#[derive(Deserialize)]
struct Common {
    name: String,
    reference: Vec<Value>,
    window: Vec<Value>,
    drift: Numbers,
    reference_side: Numbers,
    window_side: Numbers,
}

fn cases() -> Cases {
    serde_json::from_str(include_str!("oracle/drift.json")).unwrap()
}

fn observed(value: &Value, is_numeric: bool) -> Observed<'_> {
    match value {
        Value::Null => Observed::Missing,
        // Infinities are text in JSON.
        Value::String(text) if is_numeric => Observed::Number(text.parse().unwrap()),
        Value::String(text) => Observed::Category(text),
        number => Observed::Number(number.as_f64().unwrap()),
    }
}

fn close(expected: f64, value: f64) -> bool {
    (expected - value).abs() <= 1e-9 * expected.abs().max(1.0)
}

/// Equal to 1e-9, or within the bound where there is one.
fn check(place: &str, key: &str, expected: Option<f64>, outcome: Evaluated, exact: bool) {
    match (expected, outcome) {
        (None, Err(_)) => {}
        (Some(expected), Ok(outcome)) => {
            let bound = outcome.error_bound.filter(|_| !exact).unwrap_or(0.0);
            let below = if key == "kolmogorov_smirnov" { 0.0 } else { bound };
            let within = outcome.value - below <= expected && expected <= outcome.value + bound;
            assert!(within || close(expected, outcome.value), "{place}: {key}: {expected} but {outcome:?}");
        }
        (expected, outcome) => panic!("{place}: {key}: {expected:?} but {outcome:?}"),
    }
}

fn check_case(layout: &Layout, case: &Common, is_numeric: bool, exact: bool) {
    let column = column(layout);
    let of = |values: &[Value]| totals(layout, values.iter().map(|value| observed(value, is_numeric)));
    let (reference, window) = (of(&case.reference), of(&case.window));
    let comparison = Comparison::new(column, &reference, &window, true).unwrap();
    for entry in drift::ENTRIES {
        let expected = case.drift.get(entry.spec.key).unwrap_or_else(|| panic!("no oracle for {}", entry.spec.key));
        check(&case.name, entry.spec.key, *expected, (entry.evaluate)(&comparison), exact);
    }
    for (numbers, totals) in [(&case.reference_side, &reference), (&case.window_side, &window)] {
        let side = Side::new(column, totals).unwrap();
        for entry in quality::ENTRIES.iter().chain(moments::ENTRIES) {
            let expected = numbers.get(entry.spec.key).unwrap_or_else(|| panic!("no oracle for {}", entry.spec.key));
            check(&case.name, entry.spec.key, *expected, (entry.evaluate)(&side), exact);
        }
    }
}

fn layout_of(case: &NumericCase) -> Layout {
    let grid = Grid::new(case.edges.clone(), &case.coarse_edges).with_range(case.smallest, case.largest);
    assert_eq!(case.edges, grid.edges(), "{}", case.common.name);
    numeric(grid, FixedPoint::new(case.center, case.deviation))
}

#[test]
fn numeric_columns_agree_with_scipy() {
    for case in cases().numeric {
        check_case(&layout_of(&case), &case.common, true, case.exact);
    }
}

#[test]
fn categorical_columns_agree_with_scipy() {
    for case in cases().categorical {
        let rows = case.categories.iter().map(|(text, rows)| (text.as_str(), *rows));
        check_case(&categorical(Dictionary::new(rows, case.limit)), &case.common, false, false);
    }
}

/// A bound that is always right may still be worthless: on 64 cells these hold.
#[test]
fn error_bounds_are_small() {
    let limits = [("kolmogorov_smirnov", 0.04), ("wasserstein", 0.12), ("drift_auc", 0.02)];
    let names = ["normal, shifted", "normal, not shifted", "lognormal", "four tenths zero", "far from zero"];
    for case in cases().numeric.iter().filter(|case| names.contains(&case.common.name.as_str())) {
        let layout = layout_of(case);
        let of = |values: &[Value]| totals(&layout, values.iter().map(|value| observed(value, true)));
        let (reference, window) = (of(&case.common.reference), of(&case.common.window));
        let comparison = Comparison::new(column(&layout), &reference, &window, true).unwrap();
        for (key, limit) in limits {
            let outcome = (drift::entry(key).unwrap().evaluate)(&comparison).unwrap();
            assert!(outcome.error_bound.unwrap() < limit, "{}: {key}: {outcome:?}", case.common.name);
        }
    }
}
