//! What the grid cannot see stays inside the error bound: statistics of scores and of |error| against their exact
//! values on random rows with ties and random cells.

#![allow(clippy::unwrap_used, clippy::panic, clippy::type_complexity)]

use driftgauge::aggregate::confusion::Confusion;
use driftgauge::aggregate::residuals::Residuals;
use driftgauge::aggregate::scored::{Scored, ScoredRow};
use driftgauge::aggregate::{Delta, FixedPoint, Grid, Layout, Observed, PerformanceShape, Role, Shape, Totals};
use driftgauge::statistics::Outcome;
use driftgauge::statistics::performance::{ABSOLUTE_ERROR, Performance, entry};
use proptest::prelude::*;

/// (score, positive)
type Row = (f64, bool);

fn observed(key: &str, rows: &[Row], edges: Vec<f64>) -> Option<Outcome> {
    let mut layout = Layout::default();
    let confusion = Confusion::new(&mut layout, vec!["0".into(), "1".into()], Some(1));
    let scored = Scored::new(&mut layout, vec![(1, Grid::new(edges, &[]).into())], None);
    let mut totals = Totals::new(layout.counts(), layout.sums());
    for (score, positive) in rows {
        let (actual, predicted) = (usize::from(*positive), usize::from(*score > 0.5));
        let mut delta = Delta::default();
        confusion.observe(actual, predicted, &mut delta);
        scored.observe(ScoredRow { actual, correct: actual == predicted, scores: &[*score] }, &mut delta);
        totals.apply(&delta);
    }
    layout.performance = Some(PerformanceShape::Classification { confusion, scored });
    let window = Performance::new(&layout, &totals).unwrap();
    entry(key).unwrap().values(&window)[0].1.ok()
}

fn positives(rows: &[Row]) -> f64 {
    rows.iter().filter(|row| row.1).count() as f64
}

fn negatives(rows: &[Row]) -> f64 {
    rows.len() as f64 - positives(rows)
}

/// (true, false) positives at each distinct score as threshold, from the highest down.
fn thresholds(rows: &[Row]) -> Vec<(f64, f64)> {
    let mut scores: Vec<f64> = rows.iter().map(|row| row.0).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    scores.dedup();
    let above = |score: f64, positive: bool| rows.iter().filter(|r| r.0 >= score && r.1 == positive).count() as f64;
    scores.into_iter().map(|score| (above(score, true), above(score, false))).collect()
}

fn exact_roc_auc(rows: &[Row]) -> f64 {
    let mut ordered = 0.0;
    for p in rows.iter().filter(|row| row.1) {
        for n in rows.iter().filter(|row| !row.1) {
            ordered += if p.0 > n.0 { 1.0 } else { f64::from(u8::from(p.0 == n.0)) / 2.0 };
        }
    }
    ordered / (positives(rows) * negatives(rows))
}

fn exact_average_precision(rows: &[Row]) -> f64 {
    let mut before = 0.0;
    let mut sum = 0.0;
    for (t, f) in thresholds(rows) {
        sum += (t - before) * t / (t + f);
        before = t;
    }
    sum / positives(rows)
}

fn exact_separation(rows: &[Row]) -> f64 {
    let rates = thresholds(rows).into_iter().map(|(t, f)| (t / positives(rows) - f / negatives(rows)).abs());
    rates.fold(0.0, f64::max)
}

fn exact_recall_at_fpr(rows: &[Row]) -> f64 {
    let allowed = thresholds(rows).into_iter().filter(|(_, f)| f / negatives(rows) <= 0.05);
    allowed.map(|(t, _)| t / positives(rows)).fold(0.0, f64::max)
}

fn exact_calibration_error(rows: &[Row]) -> f64 {
    let bin = |score: f64| (1..10).filter(|i| f64::from(*i) / 10.0 < score).count();
    let in_bin = |b: usize| rows.iter().filter(move |row| bin(row.0) == b);
    let gap = |b: usize| in_bin(b).map(|row| f64::from(u8::from(row.1)) - row.0).sum::<f64>().abs();
    (0..10).map(gap).sum::<f64>() / rows.len() as f64
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    // Few distinct scores make ties; 0 and 1 are among them.
    let score = prop_oneof![(0u32..=8).prop_map(|i| f64::from(i) / 8.0), 0.0..=1.0];
    prop::collection::vec((score, prop::bool::weighted(0.3)), 2..80)
        .prop_filter("both classes", |rows| positives(rows) > 0.0 && negatives(rows) > 0.0)
}

/// Random edges, some of them around a score that many rows have, so that it is alone in its cell.
fn edges() -> impl Strategy<Value = Vec<f64>> {
    let alone = (0u32..=8).prop_map(|i| [(f64::from(i) / 8.0).next_down(), f64::from(i) / 8.0]);
    (prop::collection::vec(0.0..=1.0, 1..12), prop::collection::vec(alone, 0..4))
        .prop_map(|(edges, alone)| edges.into_iter().chain(alone.into_iter().flatten()).collect())
}

proptest! {
    #[test]
    fn exact_values_lie_inside_the_bounds(rows in rows(), edges in edges()) {
        let cases: [(&str, fn(&[Row]) -> f64); 5] = [
            ("roc_auc", exact_roc_auc),
            ("average_precision", exact_average_precision),
            ("score_kolmogorov_smirnov", exact_separation),
            ("recall_at_fpr_ratio", exact_recall_at_fpr),
            ("calibration_error", exact_calibration_error),
        ];
        for (key, exact) in cases {
            let (exact, outcome) = (exact(&rows), observed(key, &rows, edges.clone()).unwrap());
            let distance = (outcome.value - exact).abs();
            prop_assert!(distance <= outcome.error_bound.unwrap() + 1e-12, "{key}: exact {exact}, {outcome:?}");
            prop_assert!((0.0..=1.0).contains(&outcome.value), "{key}: {outcome:?}");
        }
        let separation = observed("score_kolmogorov_smirnov", &rows, edges).unwrap();
        prop_assert!(separation.value <= exact_separation(&rows) + 1e-12, "the value is never above the exact one");
    }

    #[test]
    fn scores_alone_in_their_cells_leave_no_doubt(rows in rows()) {
        let edges: Vec<f64> = rows.iter().flat_map(|row| [row.0.next_down(), row.0]).collect();
        for key in ["roc_auc", "average_precision", "score_kolmogorov_smirnov", "recall_at_fpr_ratio"] {
            prop_assert_eq!(Some(0.0), observed(key, &rows, edges.clone()).unwrap().error_bound, "{}", key);
        }
    }

    #[test]
    fn exact_quantiles_lie_inside_the_bounds(
        errors in prop::collection::vec(prop_oneof![(0u32..6).prop_map(f64::from), 0.0..50.0], 1..60),
        edges in prop::collection::vec(0.0..20.0, 1..12),
    ) {
        let mut layout = Layout::default();
        let shape = Shape::Numeric { grid: Grid::new(edges, &[]).into(), fixed: FixedPoint::UNIT };
        layout.push(ABSOLUTE_ERROR.into(), Role::Derived, shape);
        let residuals = Residuals::new(&mut layout, FixedPoint::UNIT);
        let mut totals = Totals::new(layout.counts(), layout.sums());
        for error in &errors {
            let mut delta = Delta::default();
            residuals.observe(0.0, *error, &mut delta);
            layout.columns[0].observe(Observed::Number(*error), &mut delta);
            totals.apply(&delta);
        }
        layout.performance = Some(PerformanceShape::Regression(residuals));
        let window = Performance::new(&layout, &totals).unwrap();
        let mut sorted = errors.clone();
        sorted.sort_by(f64::total_cmp);
        for (key, quantile) in [("median_absolute_error", 0.5), ("absolute_error_p90", 0.9)] {
            let position = quantile * (sorted.len() - 1) as f64;
            let (lower, upper) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
            let exact = lower + position.fract() * (upper - lower);
            let outcome = entry(key).unwrap().values(&window)[0].1.unwrap();
            let distance = (outcome.value - exact).abs();
            prop_assert!(distance <= outcome.error_bound.unwrap() + 1e-9, "{key}: exact {exact}, {outcome:?}");
        }
    }
}
