//! Laws that every statistic of every list keeps.
#![allow(clippy::unwrap_used, clippy::panic)]

mod support {
    pub mod columns;
}

use driftgauge::aggregate::{Dictionary, FixedPoint, Grid, Layout, Observed, Totals};
use driftgauge::statistics::drift::{self, Comparison, Sides, fine_cells};
use driftgauge::statistics::quality::Side;
use driftgauge::statistics::{Companion, Evaluated, Spec, Undefined, Worse, causes, moments, quality, segments, specs};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use std::collections::BTreeSet;
use std::path::Path;
use support::columns::{categorical, column, numeric, totals};

// Names.

fn names() -> Vec<String> {
    let own = |spec: &'static Spec| {
        let companions = spec.companions.iter().map(|companion| format!("{}{}", spec.name, companion.suffix()));
        std::iter::once(spec.name.to_owned()).chain(companions)
    };
    specs().flat_map(own).collect()
}

#[test]
fn names_are_well_formed_and_their_own() {
    let names = names();
    let all: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    assert_eq!(names.len(), all.len(), "two families share a name");
    for name in &names {
        assert!(name.starts_with("driftgauge_") && !name.contains("__") && !name.ends_with('_'), "{name}");
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'), "{name}");
        for suffix in ["_total", "_sum", "_count", "_bucket", "_created", "_info"] {
            assert!(!name.ends_with(suffix), "{name} is a gauge");
            assert!(!all.contains(format!("{name}{suffix}").as_str()), "{name}{suffix} would be taken for {name}");
        }
        // What promtool's lint takes for a type or for a unit that is no base unit.
        let traps = "gauge counter histogram summary s ms us ns sec b kb mb gb tb pb m h d minute minutes hour hours \
                     day days week weeks month months year years bit bits percent milliseconds kilobytes";
        for part in name.split('_') {
            assert!(!traps.split_whitespace().any(|trap| trap == part), "{part} in {name}");
        }
    }
}

#[test]
fn specs_are_well_formed() {
    let mut keys = BTreeSet::new();
    for spec in specs() {
        assert!(keys.insert(spec.key), "{} twice", spec.key);
        assert!(spec.help.ends_with('.') && !spec.help.contains('\n') && spec.help.len() < 140, "{}", spec.help);
        assert!(spec.help.starts_with(|c: char| c.is_ascii_uppercase()), "{}", spec.help);
        assert!(spec.range.0 < spec.range.1 && spec.least > 0, "{}", spec.key);
        assert!(spec.ideal.is_none_or(|ideal| spec.range.0 <= ideal && ideal <= spec.range.1), "{}", spec.key);
        assert!(!spec.references.is_empty(), "{}", spec.key);
    }
    for spec in quality::ENTRIES.iter().map(|entry| &entry.spec) {
        assert!(spec.name.ends_with("_ratio") && spec.range == (0.0, 1.0), "{}", spec.name);
        assert_eq!((Worse::Higher, &[Companion::Reference][..]), (spec.worse, spec.companions), "{}", spec.name);
    }
}

// Files.

#[test]
fn every_file_is_in_its_list_and_documents_nine_parts() {
    let parts = [
        "//! **What it answers.**",
        "//! **Definition.**",
        "//! **Range and direction.**",
        "//! **Empty",
        "//! **Least data.**",
        "//! **Known bias.**",
        "//! **Choosing a threshold.**",
        "//! **References.**",
        "//! **Example.**",
        "//! ```",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/statistics");
    for family in ["drift", "quality", "moments", "causes", "segments", "performance", "estimates"] {
        let list = std::fs::read_to_string(root.join(family).with_extension("rs")).unwrap();
        for file in std::fs::read_dir(root.join(family)).unwrap() {
            let path = file.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            assert!(list.contains(&format!("mod {stem};")), "{family}/{stem} is no module");
            assert!(list.contains(&format!("{stem}::ENTRY")), "{family}/{stem} is not in the list");
            let text = std::fs::read_to_string(&path).unwrap();
            let mut rest = text.as_str();
            for part in parts {
                let at = rest.find(part).unwrap_or_else(|| panic!("{family}/{stem}: no {part} in its place"));
                rest = &rest[at + part.len()..];
            }
        }
    }
    let stems = |family: &str| -> BTreeSet<String> {
        let files = std::fs::read_dir(root.join(family)).unwrap();
        files.map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let keys = |specs: Vec<&Spec>| specs.iter().map(|spec| spec.key.to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(stems("drift"), keys(drift::ENTRIES.iter().map(|entry| &entry.spec).collect()));
    assert_eq!(stems("quality"), keys(quality::ENTRIES.iter().map(|entry| &entry.spec).collect()));
    assert_eq!(stems("causes"), keys(causes::ENTRIES.iter().map(|entry| &entry.spec).collect()));
    assert_eq!(stems("segments"), keys(segments::ENTRIES.iter().map(|entry| &entry.spec).collect()));
    assert_eq!(stems("moments"), keys(moments::ENTRIES.iter().map(|entry| &entry.spec).collect()));
}

// Random columns.

/// A value as a log may have it.
#[derive(Clone, Debug)]
enum Logged {
    Number(f64),
    Category(u8),
    Missing,
    Invalid,
}

impl Logged {
    fn observed(&self) -> Observed<'_> {
        const NAMES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];
        match self {
            Logged::Number(value) => Observed::Number(*value),
            Logged::Category(index) => Observed::Category(NAMES[usize::from(*index) % NAMES.len()]),
            Logged::Missing => Observed::Missing,
            Logged::Invalid => Observed::Invalid,
        }
    }
}

/// Numbers with ties, a frequent value, a few far out, some missing or of the wrong kind.
fn number() -> impl Strategy<Value = Logged> {
    prop_oneof![
        6 => (-3.0..3.0f64).prop_map(Logged::Number),
        4 => (-4i8..5).prop_map(|i| Logged::Number(f64::from(i) / 2.0)),
        3 => Just(Logged::Number(0.0)),
        1 => (-60.0..60.0f64).prop_map(Logged::Number),
        1 => Just(Logged::Missing),
        1 => Just(Logged::Invalid),
    ]
}

fn infinite() -> impl Strategy<Value = Logged> {
    prop_oneof![9 => number(), 1 => Just(Logged::Number(f64::INFINITY)), 1 => Just(Logged::Number(f64::NEG_INFINITY))]
}

fn category() -> impl Strategy<Value = Logged> {
    prop_oneof![8 => (0u8..8).prop_map(Logged::Category), 1 => Just(Logged::Missing), 1 => Just(Logged::Invalid)]
}

fn column_of<S: Strategy<Value = Logged>>(value: impl Fn() -> S) -> impl Strategy<Value = (Vec<Logged>, Vec<Logged>)> {
    (prop::collection::vec(value(), 0..60), prop::collection::vec(value(), 0..60))
}

fn finite(values: &[Logged]) -> Vec<f64> {
    let number = |value: &Logged| match value {
        Logged::Number(x) if x.is_finite() => Some(*x),
        _ => None,
    };
    let mut numbers: Vec<f64> = values.iter().filter_map(number).collect();
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// Every fourth value of the reference is an edge, every twelfth a coarse one; a frequent one has a cell of its own.
fn numeric_layout(reference: &[Logged]) -> Layout {
    let values = finite(reference);
    let mut edges: Vec<f64> = values.iter().copied().step_by(4).collect();
    let atoms = values.windows(4).filter(|run| run[0] == run[3]).map(|run| run[0]);
    edges.extend(atoms.flat_map(|atom| [atom.next_down(), atom]));
    let coarse: Vec<f64> = values.iter().copied().step_by(12).collect();
    let m = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / m;
    let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / m;
    let grid = match (values.first(), values.last()) {
        (Some(smallest), Some(largest)) => Grid::new(edges, &coarse).with_range(*smallest, *largest),
        _ => Grid::new(edges, &coarse),
    };
    numeric(grid, FixedPoint::new(mean, variance.sqrt()))
}

fn categorical_layout() -> Layout {
    categorical(Dictionary::new([("a", 50), ("b", 30), ("c", 9), ("d", 2)], 3))
}

fn sides(layout: &Layout, pair: &(Vec<Logged>, Vec<Logged>)) -> (Totals, Totals) {
    let of = |values: &[Logged]| totals(layout, values.iter().map(Logged::observed));
    (of(&pair.0), of(&pair.1))
}

fn evaluated(layout: &Layout, reference: &Totals, window: &Totals) -> Vec<(&'static Spec, Evaluated)> {
    let comparison = Comparison::new(column(layout), reference, window, true).unwrap();
    let side = Side::new(column(layout), window).unwrap();
    let drift = drift::ENTRIES.iter().map(|entry| (&entry.spec, (entry.evaluate)(&comparison)));
    let one = quality::ENTRIES.iter().chain(moments::ENTRIES);
    drift.chain(one.map(|entry| (&entry.spec, (entry.evaluate)(&side)))).collect()
}

fn keeps_the_laws(layout: &Layout, pair: &(Vec<Logged>, Vec<Logged>)) -> Result<(), TestCaseError> {
    let (reference, window) = sides(layout, pair);
    let results = evaluated(layout, &reference, &window);
    for (spec, result) in &results {
        let Ok(outcome) = result else { continue };
        let inside = spec.range.0 <= outcome.value && outcome.value <= spec.range.1;
        prop_assert!(outcome.value.is_finite() && inside, "{}: {:?}", spec.key, outcome);
        prop_assert_eq!(spec.companions.contains(&Companion::ErrorBound), outcome.error_bound.is_some());
        prop_assert!(outcome.error_bound.is_none_or(|bound| bound >= 0.0), "{}: {:?}", spec.key, outcome);
    }
    let mut turned = pair.clone();
    turned.0.reverse();
    turned.1.rotate_left(pair.1.len() / 3);
    let (again, moved) = sides(layout, &turned);
    for ((spec, before), (_, after)) in results.iter().zip(evaluated(layout, &again, &moved)) {
        prop_assert_eq!(before, &after, "the order of observations matters to {}", spec.key);
    }

    for (spec, result) in evaluated(layout, &reference, &reference) {
        if let (Some(ideal), Ok(outcome)) = (spec.ideal, result) {
            prop_assert!((outcome.value - ideal).abs() < 1e-12, "{} of itself: {:?}", spec.key, outcome);
        }
    }
    let empty = Totals::new(layout.counts(), layout.sums());
    for (spec, result) in evaluated(layout, &reference, &empty) {
        let expected = [Err(Undefined::NoObservations), Err(Undefined::NotApplicable)];
        prop_assert!(expected.contains(&result), "{} of nothing: {:?}", spec.key, result);
    }
    for (spec, result) in evaluated(layout, &empty, &window).iter().take(drift::ENTRIES.len()) {
        prop_assert!(result.is_err(), "{} against nothing: {:?}", spec.key, result);
    }
    Ok(())
}

/// Integrals of `|F - G|` and of `(F - G)^2`, and the largest `|F - G|`, from the values themselves.
fn exact(reference: &[f64], window: &[f64]) -> (f64, f64, f64) {
    let mut points: Vec<f64> = reference.iter().chain(window).copied().collect();
    points.sort_by(f64::total_cmp);
    let share = |values: &[f64], x: f64| values.iter().filter(|v| **v <= x).count() as f64 / values.len() as f64;
    let difference = |x: f64| (share(reference, x) - share(window, x)).abs();
    let steps = || points.windows(2).map(|pair| (pair[1] - pair[0], difference(pair[0])));
    (
        steps().map(|(w, d)| w * d).sum(),
        steps().map(|(w, d)| w * d * d).sum(),
        points.iter().map(|x| difference(*x)).fold(0.0, f64::max),
    )
}

fn wins(reference: &[f64], window: &[f64]) -> f64 {
    let score = |x: f64, y: f64| {
        if y > x {
            1.0
        } else if y == x {
            0.5
        } else {
            0.0
        }
    };
    let sum: f64 = window.iter().map(|y| reference.iter().map(|x| score(*x, *y)).sum::<f64>()).sum();
    sum / (reference.len() * window.len()) as f64
}

fn seeded(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(seeded(600))]

    #[test]
    fn numeric_statistics_keep_the_laws(pair in column_of(infinite)) {
        keeps_the_laws(&numeric_layout(&pair.0), &pair)?;
    }

    #[test]
    fn categorical_statistics_keep_the_laws(pair in column_of(category)) {
        keeps_the_laws(&categorical_layout(), &pair)?;
    }

    #[test]
    fn missing_and_invalid_values_do_not_touch_the_numbers(pair in column_of(number)) {
        let layout = numeric_layout(&pair.0);
        let (reference, window) = sides(&layout, &pair);
        let fill = [Logged::Missing, Logged::Invalid].into_iter().cycle().take(9);
        let (_, filled) = sides(&layout, &(vec![], pair.1.iter().cloned().chain(fill).collect()));
        let of = |totals: &Totals| -> Vec<Evaluated> {
            let first = drift::ENTRIES.iter().position(|entry| entry.spec.key == "kolmogorov_smirnov").unwrap();
            let results = evaluated(&layout, &reference, totals);
            results[first..drift::ENTRIES.len()].iter().map(|(_, result)| *result).collect()
        };
        prop_assert_eq!(of(&window), of(&filled));
    }

    #[test]
    fn error_bounds_hold_the_exact_numbers(pair in column_of(number)) {
        let (x, y) = (finite(&pair.0), finite(&pair.1));
        prop_assume!(!x.is_empty() && !y.is_empty());
        let layout = numeric_layout(&pair.0);
        let (reference, window) = sides(&layout, &pair);
        let comparison = Comparison::new(column(&layout), &reference, &window, true).unwrap();
        let (area, squares, largest) = exact(&x, &y);
        let outcome = |key: &str| (drift::entry(key).unwrap().evaluate)(&comparison);
        let within = |key: &str, below: f64, expected: f64| {
            let found = outcome(key).unwrap();
            let bound = found.error_bound.unwrap();
            let inside = found.value - below * bound - 1e-9 <= expected && expected <= found.value + bound + 1e-9;
            prop_assert!(inside, "{}: {} but {:?}", key, expected, found);
            Ok(())
        };
        within("kolmogorov_smirnov", 0.0, largest)?;
        within("drift_auc", 1.0, wins(&x, &y))?;
        within("energy_distance", 1.0, 2.0 * squares)?;
        let Sides::Numeric { reference, current } = comparison.sides else { unreachable!() };
        if reference.is_constant() {
            prop_assert_eq!(Err(Undefined::ConstantReference), outcome("wasserstein"));
        } else {
            // Never above the exact distance but for the rounding of offsets.
            within("wasserstein", 0.0, area / reference.variance(0).unwrap().sqrt())?;
        }
        let areas: f64 = fine_cells(&reference, &current).iter().map(|cell| cell.area).sum();
        let means = current.mean().unwrap() - reference.mean().unwrap();
        prop_assert!((areas - means).abs() < 1e-8, "{} but {}", areas, means);
    }
}
