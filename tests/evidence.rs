//! False alarms of the evidence without drift: no more than the budget, whatever the columns, sizes and clusters.
//!
//! Seeds are in the table. The test prints what it measured; `DRIFTGAUGE_LONG=1 cargo test --release --test evidence --
//! --nocapture` runs twenty times as long and makes the numbers of docs/STATISTICS.md.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
    pub mod draws;
}

use driftgauge::evidence::bounded_loss::{BoundedLoss, Means, Side};
use driftgauge::evidence::box_null::BoxNull;
use driftgauge::evidence::budget::Threshold;
use driftgauge::evidence::conformal::{Conformal, Ranks};
use driftgauge::evidence::multinomial::Multinomial;
use support::dice::Dice;
use support::draws::{Column, Learned, binomial, pane};

/// How much longer to run.
fn factor() -> usize {
    if std::env::var_os("DRIFTGAUGE_LONG").is_some() { 20 } else { 1 }
}

/// The count that a Poisson variable with this mean exceeds with a chance of at most 1e-4.
fn at_most(mean: f64) -> usize {
    let (mut mass, mut sum, mut count) = ((-mean).exp(), (-mean).exp(), 0);
    while 1.0 - sum > 1e-4 {
        count += 1;
        mass *= mean / count as f64;
        sum += mass;
    }
    count
}

/// A deployment without drift.
struct Null {
    columns: usize,
    m: u64,
    n: u64,
    clustered: bool,
    /// Panes of a deployment, and deployments, each with references of its own.
    panes: usize,
    deployments: usize,
    seed: u64,
}

const NULLS: &[Null] = &[
    Null { columns: 10, m: 2_000, n: 50, clustered: false, panes: 5_000, deployments: 2, seed: 1 },
    Null { columns: 10, m: 2_000, n: 500, clustered: false, panes: 5_000, deployments: 2, seed: 2 },
    Null { columns: 10, m: 2_000, n: 10_000, clustered: false, panes: 2_500, deployments: 2, seed: 3 },
    Null { columns: 10, m: 100_000, n: 50, clustered: false, panes: 5_000, deployments: 2, seed: 4 },
    Null { columns: 10, m: 100_000, n: 10_000, clustered: false, panes: 2_500, deployments: 2, seed: 5 },
    Null { columns: 10, m: 2_000, n: 50, clustered: true, panes: 5_000, deployments: 2, seed: 6 },
    Null { columns: 10, m: 2_000, n: 500, clustered: true, panes: 5_000, deployments: 2, seed: 7 },
    Null { columns: 10, m: 100_000, n: 50, clustered: true, panes: 5_000, deployments: 2, seed: 8 },
    Null { columns: 10, m: 100_000, n: 10_000, clustered: true, panes: 1_000, deployments: 2, seed: 9 },
    Null { columns: 100, m: 2_000, n: 200, clustered: false, panes: 2_000, deployments: 1, seed: 10 },
    Null { columns: 100, m: 100_000, n: 200, clustered: true, panes: 2_000, deployments: 1, seed: 11 },
    Null { columns: 1_000, m: 2_000, n: 50, clustered: true, panes: 300, deployments: 1, seed: 12 },
    Null { columns: 1_000, m: 100_000, n: 1_000, clustered: false, panes: 300, deployments: 1, seed: 13 },
];

const BUDGETS: [f64; 2] = [1_000.0, 10_000.0];

impl Null {
    /// Alarms for each budget, and the largest evidence of any column at any pane.
    fn run(&self, factor: usize) -> ([usize; 2], f64) {
        let mut dice = Dice(self.seed);
        let (mut alarms, mut largest) = ([0, 0], f64::NEG_INFINITY);
        let thresholds = BUDGETS.map(|panes| Threshold::of(panes, self.columns).alarm());
        for _ in 0..self.deployments * factor {
            for at in 0..self.columns {
                let shares = Column::ALL[at % 3].shares();
                let learned =
                    Learned::from(&mut dice, (self.m, self.n), &shares, Column::ALL[at % 3].ordered(), self.clustered);
                // A detector for each budget, as an alarm resets it.
                let mut detectors = BUDGETS.map(|_| Multinomial::new(&learned.null));
                let mut split = false;
                for slot in 0..self.panes as i64 {
                    let counts = pane(&mut dice, self.n, &shares, self.clustered);
                    for which in 0..2 {
                        if which == 1 && !split {
                            continue;
                        }
                        let detector = &mut detectors[which];
                        detector.advance(&learned.null, learned.dispersion, &counts, slot);
                        let evidence = detector.total().log_evidence.unwrap();
                        largest = largest.max(evidence);
                        let other = detector.clone();
                        if evidence >= thresholds[which] {
                            alarms[which] += 1;
                            detector.reset();
                            // Until its first alarm the smaller budget's detector is both.
                            if which == 0 && !split {
                                split = true;
                                detectors[1] = other;
                            }
                        }
                    }
                }
            }
        }
        (alarms, largest)
    }
}

#[test]
fn columns_without_drift_alarm_within_the_budget() {
    let factor = factor();
    println!(
        "| columns | m | n | clustered | panes | expected (1,000) | alarms | expected (10,000) | alarms | largest |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let mut complaints = Vec::new();
    for null in NULLS {
        let (alarms, largest) = null.run(factor);
        let panes = (null.panes * null.deployments * factor) as f64;
        let expected = BUDGETS.map(|budget| panes / budget);
        println!(
            "| {} | {} | {} | {} | {panes} | {:.1} | {} | {:.2} | {} | {largest:.1} |",
            null.columns,
            null.m,
            null.n,
            if null.clustered { "yes" } else { "no" },
            expected[0],
            alarms[0],
            expected[1],
            alarms[1],
        );
        for (expected, alarms) in expected.into_iter().zip(alarms) {
            if alarms > at_most(expected) {
                complaints.push(format!("seed {}: {alarms} alarms, {expected} budgeted", null.seed));
            }
        }
    }
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[test]
fn losses_at_the_bound_alarm_within_the_budget() {
    // The worst case: the mean is exactly the bound, so that nothing protects but the evidence itself.
    let panes = 20_000 * factor();
    println!("| mean | losses | clustered | alarms, 1,000 | alarms, 10,000 |");
    println!("|---|---|---|---|---|");
    for (seed, mean, n, clustered) in [
        (21, 0.1, 50, false),
        (22, 0.1, 1000, false),
        (23, 0.01, 200, false),
        (24, 0.5, 200, false),
        (25, 0.1, 200, true),
    ] {
        let mut dice = Dice(seed);
        let means = Means::around(mean, 0.0, 0.0, 0.0).unwrap();
        let mut alarms = [0, 0];
        let mut detectors = BUDGETS.map(|_| BoundedLoss::new(means, Side::Both));
        for slot in 0..panes as i64 {
            let counts = pane(&mut dice, n, &[mean, 1.0 - mean], clustered);
            let dispersion = if clustered { 5.0 } else { 1.0 };
            for (which, detector) in detectors.iter_mut().enumerate() {
                detector.advance(dispersion, counts[0] + counts[1], counts[0] as f64, slot);
                if detector.total().log_evidence.unwrap() >= Threshold::of(BUDGETS[which], 1).alarm() {
                    alarms[which] += 1;
                    detector.reset();
                }
            }
        }
        println!("| {mean} | {n} | {clustered} | {} | {} |", alarms[0], alarms[1]);
        for (budget, alarms) in BUDGETS.into_iter().zip(alarms) {
            assert!(alarms <= at_most(panes as f64 / budget), "seed {seed}: {alarms} alarms at {budget}");
        }
    }
}

#[test]
fn values_like_the_references_alarm_within_the_budget() {
    // Panes of 100 uniform values whose share in the upper tenth is watched: discrete, with ties.
    for (seed, panes_of_reference) in [(31, 100), (32, 1_000), (33, 10_000)] {
        let mut dice = Dice(seed);
        let (mut alarms, mut panes) = (0, 0);
        for _ in 0..10 * factor() {
            let reference = (0..panes_of_reference).map(|_| binomial(&mut dice, 100, 0.1) as f64).collect();
            let ranks = Ranks::new(reference).unwrap();
            let mut detector = Conformal::default();
            for slot in 0..10_000 {
                detector.advance(&ranks, binomial(&mut dice, 100, 0.1) as f64, slot);
                panes += 1;
                if detector.total().log_evidence.unwrap() >= Threshold::of(1_000.0, 1).alarm() {
                    alarms += 1;
                    detector.reset();
                }
            }
        }
        println!("| {panes_of_reference} reference panes | {panes} panes | {alarms} alarms |");
        assert!(alarms <= at_most(panes as f64 / 1_000.0), "seed {seed}: {alarms}");
    }
}

#[test]
fn draws_have_the_moments_of_their_law() {
    let mut dice = Dice(41);
    for (n, p) in [(50, 0.1), (10_000, 0.1), (10_000, 0.0005), (7, 0.9)] {
        let rounds = 20_000;
        let drawn: Vec<f64> = (0..rounds).map(|_| binomial(&mut dice, n, p) as f64).collect();
        let mean = drawn.iter().sum::<f64>() / f64::from(rounds);
        let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(rounds);
        let expected = n as f64 * p * (1.0 - p);
        assert!((mean - n as f64 * p).abs() < 4.5 * (expected / f64::from(rounds)).sqrt(), "{n} {p}: {mean}");
        assert!((variance / expected - 1.0).abs() < 0.06, "{n} {p}: {variance}");
    }
    // Clusters of 1 to 7: the variance of a count is that of independent events times sum size^2 / sum size = 5.
    let drawn: Vec<f64> = (0..20_000).map(|_| pane(&mut dice, 2_800, &[0.1, 0.9], true)[0] as f64).collect();
    let mean = drawn.iter().sum::<f64>() / 20_000.0;
    let variance = drawn.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
    assert!((mean - 280.0).abs() < 1.5 && (variance / 252.0 / 5.0 - 1.0).abs() < 0.06, "{mean} {variance}");
}

#[test]
fn shares_at_the_corners_of_the_box_alarm_within_the_budget() {
    // The worst that is no drift: the shares stand in a corner of a box that no reference widened, or jump from corner
    // to corner. The same streams against the shares of the middle alone show that they would be a drift.
    println!("| events a pane | panes in a corner | panes | alarms, 1,000 | alarms, 10,000 | without the box |");
    println!("|---|---|---|---|---|---|");
    let panes = 20_000 * factor();
    for (seed, n, stay) in [(71, 50, 1), (72, 50, 1_000_000), (73, 1_000, 1), (74, 1_000, 200), (75, 1_000, 1_000_000)]
    {
        let mut dice = Dice(seed);
        let middle = [0.1; 10];
        let held = BoxNull::new(&middle, &[0.09; 10], &[0.11; 10]).unwrap().in_order(10);
        let point = BoxNull::new(&middle, &middle, &middle).unwrap();
        let mut alarms = [0, 0, 0];
        let mut detectors = [&held, &held, &point].map(Multinomial::new);
        let mut shares = vec![0.09, 0.11, 0.09, 0.11, 0.09, 0.11, 0.09, 0.11, 0.09, 0.11];
        for slot in 0..panes {
            if slot % stay == 0 {
                dice.shuffle(&mut shares);
            }
            let counts = pane(&mut dice, n, &shares, false);
            for (which, detector) in detectors.iter_mut().enumerate() {
                let (null, budget) = [(&held, 1_000.0), (&held, 10_000.0), (&point, 1_000.0)][which];
                detector.advance(null, 1.0, &counts, slot as i64);
                if detector.total().log_evidence.unwrap() >= Threshold::of(budget, 1).alarm() {
                    alarms[which] += 1;
                    detector.reset();
                }
            }
        }
        println!("| {n} | {} | {panes} | {} | {} | {} |", stay.min(panes), alarms[0], alarms[1], alarms[2]);
        for (budget, alarms) in BUDGETS.into_iter().zip(alarms) {
            assert!(alarms <= at_most(panes as f64 / budget), "seed {seed}: {alarms} alarms at {budget}");
        }
        assert!(stay < panes || alarms[2] > 100, "seed {seed}: only {} alarms without the box", alarms[2]);
    }
}
