//! Confidence intervals: against SciPy, numpy and scikit-learn (`oracle/intervals.py` writes the numbers), and how often
//! they cover the truth. Coverage of a share is computed exactly; the other simulations state seed and repetitions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
}

use driftgauge::aggregate::confusion::Confusion;
use driftgauge::aggregate::residuals::ResidualSums;
use driftgauge::aggregate::scored::{ScoreCells, Scored, ScoredRow};
use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Tally, Totals};
use driftgauge::statistics::interval::{Interval, Jackknife, Level, delong_variance};
use driftgauge::statistics::performance::{ENTRIES, Performance, Regression, entry};
use driftgauge::statistics::{Companion, Worse};
use serde_json::Value;
use statrs::distribution::{Binomial, ContinuousCDF, Discrete, Normal};
use std::sync::Arc;
use support::dice::Dice;

/// The level of every simulation.
const LEVEL: f64 = 0.95;
/// What an interval of that level is to cover.
const GOOD: std::ops::RangeInclusive<f64> = 0.93..=0.97;

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/intervals.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn close(what: &str, expected: &Value, found: Option<Interval>, tolerance: f64) {
    let expected = numbers(expected);
    let Interval { lower, upper } = found.unwrap_or_else(|| panic!("{what}: no interval"));
    let near = |a: f64, b: f64| (a - b).abs() <= tolerance * b.abs().max(1.0);
    assert!(near(lower, expected[0]) && near(upper, expected[1]), "{what}: {expected:?} but {lower} {upper}");
}

/// A binary task on a grid of hundredths, each alone in its cell.
fn layout() -> Layout {
    let mut layout = Layout::default();
    let confusion = Confusion::new(&mut layout, vec!["0".into(), "1".into()], Some(1));
    let edges = (0..=100).flat_map(|i| [(f64::from(i) / 100.0).next_down(), f64::from(i) / 100.0]).collect();
    let scored = Scored::new(&mut layout, vec![(1, Arc::new(Grid::new(edges, &[])))], None);
    layout.performance = Some(PerformanceShape::Classification { confusion, scored });
    layout
}

/// The counts of rows of (score, positive); above one half is said to be positive.
fn pane(layout: &Layout, rows: impl IntoIterator<Item = (f64, bool)>) -> Tally {
    let Some(PerformanceShape::Classification { confusion, scored }) = &layout.performance else { unreachable!() };
    let mut tally = Tally::new(layout.counts(), layout.sums());
    for (score, positive) in rows {
        let (actual, predicted) = (usize::from(positive), usize::from(score > 0.5));
        let mut delta = Delta::default();
        confusion.observe(actual, predicted, &mut delta);
        scored.observe(ScoredRow { actual, correct: actual == predicted, scores: &[score] }, &mut delta);
        tally.apply(&delta);
    }
    tally
}

fn sum(layout: &Layout, panes: &[Tally]) -> Totals {
    let mut totals = Totals::new(layout.counts(), layout.sums());
    panes.iter().for_each(|pane| totals.add(pane));
    totals
}

fn jackknife(layout: &Layout, panes: &[Tally]) -> Jackknife {
    Jackknife::new(layout, panes, |layout, totals| Performance::new(layout, totals).into_iter().collect())
}

/// The interval of a statistic in these panes, by them or, when `closed`, by its closed form.
fn interval(key: &str, layout: &Layout, panes: &[Tally], closed: bool) -> Option<Interval> {
    let totals = sum(layout, panes);
    let window = Performance::new(layout, &totals).unwrap();
    let value = entry(key).unwrap().values(&window)[0].1.unwrap().value;
    let jackknife = (!closed).then(|| jackknife(layout, panes));
    entry(key).unwrap().interval(&window, None, value, jackknife.as_ref(), Level::new(LEVEL))
}

#[test]
fn shares_and_quantiles_agree_with_scipy() {
    let oracle = oracle();
    for case in oracle["wilson"].as_array().unwrap() {
        let (hits, trials) = (case["hits"].as_u64().unwrap(), case["trials"].as_u64().unwrap());
        let level = Level::new(case["level"].as_f64().unwrap());
        close(&format!("{case}"), &case["interval"], Interval::wilson(hits, trials, level), 1e-9);
    }
    for case in oracle["student"].as_array().unwrap() {
        let level = Level::new(case["level"].as_f64().unwrap());
        let found = level.student(case["freedom"].as_f64().unwrap()).unwrap();
        let expected = case["quantile"].as_f64().unwrap();
        assert!((found / expected - 1.0).abs() < 1e-6, "{case}: {found}");
    }
}

#[test]
fn means_agree_with_scipy() {
    for case in oracle()["mean"].as_array().unwrap() {
        let errors = numbers(&case["errors"]);
        let sums = ResidualSums {
            n: errors.len() as u64,
            absolute_error: errors.iter().sum(),
            squared_error: errors.iter().map(|error| error * error).sum(),
            ..ResidualSums::default()
        };
        let window = Performance::Regression(Regression { sums, absolute_error: None });
        let entry = entry("mean_absolute_error").unwrap();
        let value = entry.values(&window)[0].1.unwrap().value;
        let found = entry.interval(&window, None, value, None, Level::new(LEVEL));
        close(&format!("{} errors", errors.len()), &case["interval"], found, 1e-6);
    }
}

#[test]
fn areas_agree_with_the_rows() {
    let layout = layout();
    for case in oracle()["delong"].as_array().unwrap() {
        let actual = numbers(&case["actual"]);
        let rows = numbers(&case["scores"]).into_iter().zip(actual.iter().map(|class| *class > 0.5));
        let panes = [pane(&layout, rows)];
        close("DeLong", &case["interval"], interval("roc_auc", &layout, &panes, true), 1e-9);
        let gini = interval("gini", &layout, &panes, true).unwrap();
        let half = Interval { lower: (gini.lower + 1.0) / 2.0, upper: (gini.upper + 1.0) / 2.0 };
        close("Gini", &case["interval"], Some(half), 1e-9);
    }
}

#[test]
fn golden_area() {
    let grid = Grid::new(vec![0.2, 0.4, 0.6, 0.8], &[]);
    let sums = [0; 9];
    let cells = ScoreCells::from_parts(1, &grid, &[20, 12, 6, 3, 1], &[1, 2, 4, 8, 10], &sums).unwrap();
    let variance = delong_variance(&cells).unwrap();
    assert!((variance - 0.00176341233).abs() < 1e-11, "{variance}");
    let area: f64 = 0.888_571_428_571_428_6;
    let error = variance.sqrt() / (area * (1.0 - area));
    let Interval { lower, upper } = Interval::logit(area, error, Level::new(LEVEL).normal()).unwrap();
    assert!((lower - 0.7764284).abs() < 1e-7 && (upper - 0.9482155).abs() < 1e-7, "{lower} {upper}");
}

#[test]
fn leaving_out_panes_agrees_with_leaving_out_their_rows() {
    let (layout, oracle) = (layout(), oracle());
    let panes: Vec<Tally> = oracle["panes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rows| pane(&layout, rows.as_array().unwrap().iter().map(|row| (row[0].as_f64().unwrap(), row[1] == 1.0))))
        .collect();
    let cases = oracle["jackknife"].as_object().unwrap();
    assert!(cases.len() >= 6);
    for (key, expected) in cases {
        close(key, expected, interval(key, &layout, &panes, false), 1e-6);
    }
    // An empty pane changes nothing; one pane too many of the pairs, or too few panes, and there is no jackknife.
    let empty = || Tally::new(layout.counts(), layout.sums());
    let with_empty: Vec<Tally> = panes.iter().cloned().chain([empty()]).collect();
    assert_eq!(jackknife(&layout, &panes), jackknife(&layout, &with_empty));
    assert_eq!(Jackknife::default(), jackknife(&layout, &panes[..19]));
    let mut large = panes.clone();
    for extra in &panes {
        large[0].add(extra);
    }
    assert_eq!(Jackknife::default(), jackknife(&layout, &large));
    let closed = interval("accuracy_ratio", &layout, &large, true);
    assert_eq!(closed, interval("accuracy_ratio", &layout, &large, false), "the closed form where panes do not do");
    assert_eq!(None, interval("log_loss", &layout, &large, false), "it has no closed form");
}

/// What judges a window has limits of its own; what is a test of it, leans to one side or bounds it has none.
#[test]
fn limits_are_listed_for_estimates_only() {
    for entry in ENTRIES {
        let limits = [Companion::Lower, Companion::Upper].map(|limit| entry.spec.companions.contains(&limit));
        let without = ["spiegelhalter_z", "calibration_error", "accuracy_worst_case_ratio", "accuracy_best_case_ratio"];
        let estimates = !without.contains(&entry.spec.key);
        assert_eq!([estimates; 2], limits, "{}", entry.spec.key);
        assert!(estimates || entry.spec.worse != Worse::Neither);
    }
}

/// Exact: the binomial probabilities of the counts whose interval holds the share. The coverage of Wilson's interval
/// oscillates with the share: of 50 trials with a share of 0.1 it is 0.9703, and nearer to 0 or 1 it leaves the range.
/// These shares are inside, and their mean is closer.
#[test]
fn wilson_covers_what_it_says() {
    let level = Level::new(LEVEL);
    let shares = [0.15, 0.2, 0.3, 0.4, 0.5, 0.55, 0.65, 0.75, 0.85];
    for trials in [50u64, 200, 1_000, 10_000, 100_000] {
        let coverage = shares.map(|share| {
            let binomial = Binomial::new(share, trials).unwrap();
            let reach = 8.0 * (share * (1.0 - share) * trials as f64).sqrt();
            let middle = share * trials as f64;
            let likely = (middle - reach).max(0.0) as u64..=((middle + reach) as u64).min(trials);
            let covers = |hits: &u64| {
                let Interval { lower, upper } = Interval::wilson(*hits, trials, level).unwrap();
                lower <= share && share <= upper
            };
            likely.filter(covers).map(|hits| binomial.pmf(hits)).sum::<f64>()
        });
        for (share, covered) in shares.iter().zip(coverage) {
            assert!(GOOD.contains(&covered), "{trials} trials of {share}: {covered}");
        }
        let mean = coverage.iter().sum::<f64>() / coverage.len() as f64;
        assert!((mean - LEVEL).abs() < 0.006, "{trials}: {mean}");
    }
}

/// Seed 1, 10,000 windows of each size; hits, misses and false alarms are a multinomial.
#[test]
fn f1_covers_what_it_says() {
    let mut dice = Dice(1);
    for (pairs, [hit, missed, alarm]) in
        [(50usize, [0.3, 0.1, 0.15]), (500, [0.08, 0.04, 0.02]), (5_000, [0.02, 0.01, 0.015])]
    {
        let truth = 2.0 * hit / (2.0 * hit + missed + alarm);
        let repetitions = if pairs > 1_000 { 2_000 } else { 10_000 };
        let covered = count(repetitions, || {
            let (mut hits, mut union) = (0, 0);
            for _ in 0..pairs {
                let share = dice.share();
                hits += u64::from(share < hit);
                union += u64::from(share < hit + missed + alarm);
            }
            Interval::f1(hits, union, Level::new(LEVEL)).is_some_and(|found| holds(found, truth))
        });
        assert!(GOOD.contains(&covered), "{pairs} pairs: {covered}");
    }
}

/// Seed 2, 3,000 windows of each size; normal scores of both classes, on 400 cells.
#[test]
fn areas_cover_what_they_say() {
    let mut dice = Dice(2);
    let normal = Normal::standard();
    for (positives, negatives, truth) in [(50, 500, 0.8), (200, 2_000, 0.8), (30, 30, 0.96)] {
        let distance = normal.inverse_cdf(truth) * 2f64.sqrt();
        let edges: Vec<f64> = (1..400).map(|i| -4.0 + f64::from(i) * (8.0 + distance) / 400.0).collect();
        let grid = Grid::new(edges, &[]);
        let sums = vec![0; grid.cells() + 4];
        let repetitions = if positives > 100 { 1_500 } else { 3_000 };
        let covered = count(repetitions, || {
            let mut draw = |n: usize, mean: f64| {
                let mut counts = vec![0u64; grid.cells()];
                (0..n).for_each(|_| counts[grid.cell(mean + gauss(&mut dice))] += 1);
                counts
            };
            let (p, n) = (draw(positives, distance), draw(negatives, 0.0));
            let cells = ScoreCells::from_parts(1, &grid, &n, &p, &sums).unwrap();
            let (mut below, mut area) = (0.0, 0.0);
            for (p, n) in p.iter().zip(&n) {
                area += *p as f64 * (below + *n as f64 / 2.0);
                below += *n as f64;
            }
            area /= (positives * negatives) as f64;
            let error = delong_variance(&cells).unwrap().sqrt() / (area * (1.0 - area));
            // An area of 1 has no interval, which is no cover.
            Interval::logit(area, error, Level::new(LEVEL).normal()).is_some_and(|found| holds(found, truth))
        });
        assert!(GOOD.contains(&covered), "{positives} positives, {negatives} negatives: {covered}");
    }
}

/// Seed 3, 600 windows of 40 panes of 30 rows. In each pane the positives' scores are shifted together: the rows of a
/// pane resemble each other, which DeLong's variance does not know.
#[test]
fn the_jackknife_covers_where_panes_differ() {
    let mut dice = Dice(3);
    let normal = Normal::standard();
    let layout = layout();
    let (distance, spread): (f64, f64) = (1.2, 0.9);
    let truth = normal.cdf(distance / (2.0 + spread * spread).sqrt());
    let (mut by_panes, mut by_delong) = (0, 0);
    let windows = 600;
    for _ in 0..windows {
        let panes: Vec<Tally> = (0..40)
            .map(|_| {
                let shift = spread * gauss(&mut dice);
                let row = |dice: &mut Dice| {
                    let positive = dice.share() < 0.5;
                    let score = gauss(dice) + if positive { distance + shift } else { 0.0 };
                    // Hundredths of the probability: an order, little coarser than that of the scores.
                    ((normal.cdf((score - 0.6) / 1.5) * 100.0).round() / 100.0, positive)
                };
                let rows: Vec<(f64, bool)> = (0..30).map(|_| row(&mut dice)).collect();
                pane(&layout, rows)
            })
            .collect();
        by_panes += u32::from(holds(interval("roc_auc", &layout, &panes, false).unwrap(), truth));
        by_delong += u32::from(holds(interval("roc_auc", &layout, &panes, true).unwrap(), truth));
    }
    let (by_panes, by_delong) = (f64::from(by_panes) / f64::from(windows), f64::from(by_delong) / f64::from(windows));
    println!("jackknife {by_panes}, DeLong {by_delong}");
    assert!((0.91..=0.97).contains(&by_panes), "jackknife {by_panes}");
    assert!(by_delong < 0.75, "DeLong {by_delong}");
}

fn holds(interval: Interval, truth: f64) -> bool {
    interval.lower <= truth && truth <= interval.upper
}

/// The share of so many trials that are true.
fn count(repetitions: u32, mut trial: impl FnMut() -> bool) -> f64 {
    f64::from((0..repetitions).map(|_| u32::from(trial())).sum::<u32>()) / f64::from(repetitions)
}

/// A standard normal number.
fn gauss(dice: &mut Dice) -> f64 {
    (-2.0 * (1.0 - dice.share()).ln()).sqrt() * (std::f64::consts::TAU * dice.share()).cos()
}
