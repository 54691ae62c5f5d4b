//! Performance statistics against scikit-learn, numpy and scipy: `oracle/performance.py` writes rows and values.

#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

use driftgauge::aggregate::confusion::Confusion;
use driftgauge::aggregate::ranked::Ranked;
use driftgauge::aggregate::residuals::Residuals;
use driftgauge::aggregate::scored::{Scored, ScoredRow};
use driftgauge::aggregate::{Delta, FixedPoint, Grid, Layout, Observed, PerformanceShape, Role, Shape, Totals};
use driftgauge::statistics::performance::{ABSOLUTE_ERROR, ENTRIES, Evaluate, Performance};
use driftgauge::statistics::{Companion, Evaluated};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[derive(Deserialize)]
struct Oracle {
    classification: Vec<Classes>,
    regression: Vec<Numbers>,
    ranking: Vec<Lists>,
}

#[derive(Deserialize)]
struct Classes {
    name: String,
    classes: Vec<Arc<str>>,
    positive: Option<usize>,
    actual: Vec<usize>,
    predicted: Vec<usize>,
    scores: Vec<Vec<f64>>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Numbers {
    name: String,
    center: f64,
    deviation: f64,
    actual: Vec<f64>,
    predicted: Vec<f64>,
    level: f64,
    intervals: Vec<Option<[f64; 2]>>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Lists {
    name: String,
    depth: usize,
    requests: Vec<(Vec<u64>, Vec<(u64, f64)>)>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    values: BTreeMap<String, Option<f64>>,
    #[serde(default)]
    classes: BTreeMap<String, BTreeMap<String, Option<f64>>>,
}

fn oracle() -> Oracle {
    serde_json::from_str(include_str!("oracle/performance.json")).unwrap()
}

/// The bins of calibration, and in between every `step`-th distinct score.
fn score_grid(scores: impl Iterator<Item = f64>, step: usize) -> Arc<Grid> {
    let mut distinct: Vec<f64> = scores.collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    let mut edges: Vec<f64> = (0..=10).map(|i| f64::from(i) / 10.0).collect();
    edges.extend(distinct.into_iter().step_by(step));
    edges.push(1f64.next_down());
    Arc::new(Grid::new(edges, &[]))
}

impl Classes {
    fn read(&self, step: usize) -> (Layout, Totals) {
        let mut layout = Layout::default();
        let confusion = Confusion::new(&mut layout, self.classes.clone(), self.positive);
        let column = |k: usize| score_grid(self.scores.iter().map(|row| row[k]), step);
        let (grids, confidence) = match self.positive {
            Some(positive) => (vec![(positive, column(0))], None),
            None => {
                let largest = self.scores.iter().map(|row| row.iter().copied().fold(0.0, f64::max));
                let grids = (0..self.classes.len()).map(|k| (k, column(k))).collect();
                (grids, Some(score_grid(largest, step)))
            }
        };
        let scored = Scored::new(&mut layout, grids, confidence);
        let mut totals = Totals::new(layout.counts(), layout.sums());
        for ((actual, predicted), scores) in self.actual.iter().zip(&self.predicted).zip(&self.scores) {
            let mut delta = Delta::default();
            confusion.observe(*actual, *predicted, &mut delta);
            scored.observe(ScoredRow { actual: *actual, correct: actual == predicted, scores }, &mut delta);
            totals.apply(&delta);
        }
        layout.performance = Some(PerformanceShape::Classification { confusion, scored });
        (layout, totals)
    }
}

impl Numbers {
    fn read(&self, cells: usize) -> (Layout, Totals) {
        let mut layout = Layout::default();
        let errors: Vec<f64> = self.actual.iter().zip(&self.predicted).map(|(y, z)| (z - y).abs()).collect();
        let mut edges = errors.clone();
        edges.sort_by(f64::total_cmp);
        // The largest errors are beyond the last edge, as in a window that is worse than its reference.
        edges.truncate(edges.len() - edges.len() / 20);
        let edges = edges.iter().copied().step_by(edges.len().div_ceil(cells)).collect();
        let fixed = FixedPoint::new(self.center, self.deviation);
        let shape =
            Shape::Numeric { grid: Arc::new(Grid::new(edges, &[])), fixed: FixedPoint { center: 0.0, ..fixed } };
        layout.push(ABSOLUTE_ERROR.into(), Role::Derived, shape);
        let residuals = Residuals::new(&mut layout, fixed);
        let mut totals = Totals::new(layout.counts(), layout.sums());
        let rows = self.actual.iter().zip(&self.predicted).zip(&self.intervals).zip(errors);
        for (((actual, predicted), interval), error) in rows {
            let mut delta = Delta::default();
            residuals.observe(*actual, *predicted, &mut delta);
            let [lower, upper] = interval.unwrap_or([f64::NAN; 2]);
            residuals.intervals.observe(*actual, lower, upper, &mut delta);
            layout.columns[0].observe(Observed::Number(error), &mut delta);
            totals.apply(&delta);
        }
        layout.performance = Some(PerformanceShape::Regression(residuals));
        (layout, totals)
    }
}

impl Lists {
    fn read(&self) -> (Layout, Totals) {
        let mut layout = Layout::default();
        let ranked = Ranked::new(&mut layout, self.depth);
        let mut totals = Totals::new(layout.counts(), layout.sums());
        for (shown, relevant) in &self.requests {
            let mut delta = Delta::default();
            ranked.observe(shown, relevant, &mut delta);
            totals.apply(&delta);
        }
        layout.performance = Some(PerformanceShape::Ranking(ranked));
        (layout, totals)
    }
}

/// Relative, absolute below one; log loss and Brier score keep six digits, the rest nine. With a bound the exact value
/// need only be inside.
fn compare(key: &str, case: &str, expected: Option<f64>, observed: Evaluated) {
    let Some(expected) = expected else {
        assert!(observed.is_err(), "{key} of {case}: expected none, observed {observed:?}");
        return;
    };
    let outcome = observed.unwrap_or_else(|reason| panic!("{key} of {case}: expected {expected}, observed {reason}"));
    let digits = if key.starts_with("log_loss") || key.starts_with("brier_score") { 1e-6 } else { 1e-9 };
    let tolerance = digits * expected.abs().max(1.0) + outcome.error_bound.unwrap_or(0.0);
    assert!(
        (outcome.value - expected).abs() <= tolerance,
        "{key} of {case}: expected {expected}, observed {outcome:?}"
    );
}

/// Compares every entry of the task and returns the keys.
fn compare_all(
    case: &str,
    classes: &[Arc<str>],
    expected: &Expected,
    window: &Performance<'_>,
) -> BTreeSet<&'static str> {
    let mut compared = BTreeSet::new();
    for entry in ENTRIES {
        let key = entry.spec.key;
        for (class, observed) in entry.values(window) {
            let expected = match class {
                None => expected.values[key],
                Some(class) => expected.classes[&*classes[class]][key],
            };
            compare(key, case, expected, observed);
            if let Ok(outcome) = observed {
                let (low, high) = entry.spec.range;
                assert!((low..=high).contains(&outcome.value), "{key} of {case}: {outcome:?} is out of range");
                let declared = entry.spec.companions.contains(&Companion::ErrorBound);
                assert_eq!(declared, outcome.error_bound.is_some(), "{key}");
            }
            compared.insert(key);
        }
    }
    compared
}

/// The keys of the entries that are computed in such a way: every one must be in the oracle.
fn keys(of: impl Fn(&Evaluate) -> bool) -> BTreeSet<&'static str> {
    ENTRIES.iter().filter(|entry| of(&entry.evaluate)).map(|entry| entry.spec.key).collect()
}

#[test]
fn classes_and_scores_agree_with_scikit_learn() {
    let mut compared = BTreeSet::new();
    for case in &oracle().classification {
        for step in [1, 3, 40, 100_000] {
            let (layout, totals) = case.read(step);
            let window = Performance::new(&layout, &totals).unwrap();
            compared.extend(compare_all(
                &format!("{}, step {step}", case.name),
                &case.classes,
                &case.expected,
                &window,
            ));
        }
    }
    assert_eq!(
        keys(|evaluate| {
            let others = matches!(evaluate, Evaluate::Regression(_) | Evaluate::Ranking(_));
            // Of what is missing: tests/late_actuals.rs.
            !others && !matches!(evaluate, Evaluate::Cohort(_) | Evaluate::BinaryCohort(_))
        }),
        compared
    );
}

#[test]
fn numbers_agree_with_scikit_learn() {
    for case in &oracle().regression {
        for cells in [4, 64, 100_000] {
            let (layout, totals) = case.read(cells);
            let window = Performance::new(&layout, &totals).unwrap().with_interval_level(case.level);
            let compared = compare_all(&format!("{}, {cells} cells", case.name), &[], &case.expected, &window);
            assert_eq!(keys(|evaluate| matches!(evaluate, Evaluate::Regression(_))), compared);
        }
    }
}

#[test]
fn lists_agree_with_scikit_learn() {
    for case in &oracle().ranking {
        let (layout, totals) = case.read();
        let window = Performance::new(&layout, &totals).unwrap();
        let compared = compare_all(&case.name, &[], &case.expected, &window);
        assert_eq!(keys(|evaluate| matches!(evaluate, Evaluate::Ranking(_))), compared);
    }
}

#[test]
fn bounds_shrink_with_the_cells() {
    let case = &oracle().classification[0];
    for key in ["roc_auc", "average_precision", "score_kolmogorov_smirnov", "recall_at_fpr_ratio"] {
        let bound = |step| {
            let (layout, totals) = case.read(step);
            let window = Performance::new(&layout, &totals).unwrap();
            let entry = ENTRIES.iter().find(|entry| entry.spec.key == key).unwrap();
            entry.values(&window)[0].1.unwrap().error_bound.unwrap()
        };
        assert!(bound(1) < 1e-12 && bound(8) < 0.05 && bound(8) < bound(80), "{key}: {} {}", bound(1), bound(8));
    }
}

#[test]
fn without_actuals_everything_is_undefined() {
    let oracle = oracle();
    let mut empty: Vec<(Layout, Totals)> = oracle.classification.iter().map(|case| case.read(3)).collect();
    empty.extend(oracle.regression.iter().map(|case| case.read(3)));
    empty.extend(oracle.ranking.iter().map(Lists::read));
    for (layout, _) in empty {
        let totals = Totals::new(layout.counts(), layout.sums());
        let window = Performance::new(&layout, &totals).unwrap();
        for (entry, (_, observed)) in
            ENTRIES.iter().flat_map(|entry| entry.values(&window).into_iter().map(move |v| (entry, v)))
        {
            assert_eq!(Err(driftgauge::statistics::Undefined::NoActuals), observed, "{}", entry.spec.key);
        }
    }
}
