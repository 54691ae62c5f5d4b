//! How soon a drift is found, beside fixed thresholds and the detectors of the field, all with the same run length to a
//! false alarm. It prints the table of docs/STATISTICS.md and takes minutes:
//! `cargo test --release --test evidence_delay -- --ignored --nocapture`.
//!
//! Every detector but the evidence is tuned on streams without drift until it alarms once per 1000 panes there. The
//! evidence has the threshold that guarantees that (`ln 1000`), and beside it the one tuned like the others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
    pub mod draws;
}

use driftgauge::evidence::bounded_loss::{BoundedLoss, Means, Side};
use driftgauge::evidence::box_null::{Allowance, BoxNull};
use driftgauge::evidence::companions::adwin::{self, Adwin};
use driftgauge::evidence::companions::ddm::{self, Ddm};
use driftgauge::evidence::companions::page_hinkley::{self, PageHinkley};
use driftgauge::evidence::multinomial::Multinomial;
use driftgauge::statistics::drift::{Cells, population_stability_index};
use std::collections::VecDeque;
use support::dice::Dice;
use support::draws::{Column, Learned, pane, shifted_deciles};

/// Panes to a false alarm.
const RUN_LENGTH: f64 = 1_000.0;
/// References, and panes without drift of each, to tune on.
const TUNING: (usize, usize) = (15, 2_000);
/// Streams with a drift.
const STREAMS: usize = 41;
/// Panes before the drift, and those after it at which one gives up.
const BEFORE: usize = 200;
const LONGEST: usize = 1_000;

/// Counts of a pane, and the cells of its events in some order.
struct Pane {
    counts: Vec<u64>,
    events: Vec<usize>,
}

impl Pane {
    fn draw(dice: &mut Dice, n: u64, shares: &[f64]) -> Pane {
        let counts = pane(dice, n, shares, false);
        let mut events: Vec<usize> =
            counts.iter().enumerate().flat_map(|(cell, count)| vec![cell; *count as usize]).collect();
        dice.shuffle(&mut events);
        Pane { counts, events }
    }
}

/// A detector: takes a pane and says after which part of it there was an alarm; begins again after one.
type Detector<'a> = Box<dyn FnMut(&Pane) -> Option<f64> + 'a>;

/// A way to detect with one number to tune; more of it alarms less.
struct Way {
    name: &'static str,
    /// Where the tuning looks, on a logarithmic scale; `None` takes the first as it is.
    range: (f64, Option<f64>),
    make: fn(&Learned, f64) -> Detector<'_>,
}

fn evidence(learned: &Learned, threshold: f64) -> Detector<'_> {
    let mut detector = Multinomial::new(&learned.null);
    let mut at = 0;
    Box::new(move |pane| {
        at += 1;
        detector.advance(&learned.null, learned.dispersion, &pane.counts, at);
        let alarm = detector.total().log_evidence.unwrap() >= threshold.ln();
        if alarm {
            detector.reset();
        }
        alarm.then_some(1.0)
    })
}

/// The evidence with a box that only the chance in the reference widens.
fn evidence_of_anything(learned: &Learned, threshold: f64) -> Detector<'_> {
    let allowance = Allowance { tolerance: 0.0, ..Allowance::default() };
    let null = BoxNull::learn(&learned.counts, &[], allowance).unwrap();
    let null = if learned.counts.len() == 12 { null.in_order(10) } else { null };
    let mut detector = Multinomial::new(&null);
    let mut at = 0;
    Box::new(move |pane| {
        at += 1;
        detector.advance(&null, 1.0, &pane.counts, at);
        let alarm = detector.total().log_evidence.unwrap() >= threshold.ln();
        if alarm {
            detector.reset();
        }
        alarm.then_some(1.0)
    })
}

/// A statistic of the last `panes` panes above a limit.
fn windowed(learned: &Learned, panes: usize, limit: f64, statistic: fn(&[u64], &[u64]) -> f64) -> Detector<'_> {
    let mut window: VecDeque<Vec<u64>> = VecDeque::new();
    Box::new(move |pane| {
        window.push_back(pane.counts.clone());
        if window.len() > panes {
            window.pop_front();
        }
        let sum: Vec<u64> = (0..pane.counts.len()).map(|cell| window.iter().map(|counts| counts[cell]).sum()).collect();
        let alarm = window.len() == panes && statistic(&learned.counts, &sum) >= limit;
        if alarm {
            window.clear();
        }
        alarm.then_some(1.0)
    })
}

fn psi(reference: &[u64], current: &[u64]) -> f64 {
    population_stability_index(&Cells::new(reference.iter().copied().zip(current.iter().copied())))
}

fn kolmogorov_smirnov(reference: &[u64], current: &[u64]) -> f64 {
    let (m, n) = (reference.iter().sum::<u64>() as f64, current.iter().sum::<u64>() as f64);
    let (mut f, mut g, mut largest) = (0.0, 0.0, 0.0f64);
    for (r, c) in reference.iter().zip(current) {
        f += *r as f64 / m;
        g += *c as f64 / n;
        largest = largest.max((f - g).abs());
    }
    largest
}

/// A detector of single values, given the rank of the cell in [0, 1].
fn single<'a>(learned: &'a Learned, mut fires: impl FnMut(f64) -> bool + 'a) -> Detector<'a> {
    // Two cells are an error rate; twelve are ten deciles, missing and unseen.
    let value = move |cell: usize| match learned.null.cells() {
        2 => f64::from(cell == 0),
        _ => (cell as f64 + 0.5) / learned.null.cells() as f64,
    };
    Box::new(move |pane| {
        let mut first = None;
        for (at, event) in pane.events.iter().enumerate() {
            if fires(value(*event)) && first.is_none() {
                first = Some((at + 1) as f64 / pane.events.len() as f64);
            }
        }
        first
    })
}

fn adwin(learned: &Learned, strictness: f64) -> Detector<'_> {
    let mut detector = Adwin::new(adwin::Settings { delta: 1.0 / strictness, ..adwin::Settings::default() });
    single(learned, move |value| detector.update(value))
}

fn page_hinkley(learned: &Learned, threshold: f64) -> Detector<'_> {
    let mut detector = PageHinkley::new(page_hinkley::Settings { threshold, ..page_hinkley::Settings::default() });
    single(learned, move |value| detector.update(value))
}

const COLUMN_WAYS: &[Way] = &[
    Way { name: "evidence, guaranteed", range: (RUN_LENGTH, None), make: evidence },
    Way { name: "evidence, tuned", range: (0.1, Some(1e4)), make: evidence },
    Way { name: "evidence, tolerance 0, guaranteed", range: (RUN_LENGTH, None), make: evidence_of_anything },
    Way { name: "PSI, 1 pane", range: (1e-4, Some(5.0)), make: |l, x| windowed(l, 1, x, psi) },
    Way { name: "PSI, 10 panes", range: (1e-4, Some(5.0)), make: |l, x| windowed(l, 10, x, psi) },
    Way { name: "PSI, 60 panes", range: (1e-4, Some(5.0)), make: |l, x| windowed(l, 60, x, psi) },
    Way { name: "KS, 1 pane", range: (1e-4, Some(1.0)), make: |l, x| windowed(l, 1, x, kolmogorov_smirnov) },
    Way { name: "KS, 10 panes", range: (1e-4, Some(1.0)), make: |l, x| windowed(l, 10, x, kolmogorov_smirnov) },
    Way { name: "KS, 60 panes", range: (1e-4, Some(1.0)), make: |l, x| windowed(l, 60, x, kolmogorov_smirnov) },
    Way { name: "ADWIN", range: (1.0, Some(1e12)), make: adwin },
    Way { name: "Page-Hinkley", range: (1.0, Some(1e4)), make: page_hinkley },
];

/// The bounded loss upwards, against the bound of a reference of the size it was learned from.
fn loss(learned: &Learned, threshold: f64) -> Detector<'_> {
    let m = learned.counts.iter().sum::<u64>() as f64;
    let mean = learned.counts[0] as f64 / m;
    let means = Means::around(mean, 0.0, (mean * (1.0 - mean) / m).sqrt(), 2.0).unwrap();
    let mut detector = BoundedLoss::new(means, Side::Up);
    Box::new(move |pane| {
        detector.advance(1.0, pane.counts[0] + pane.counts[1], pane.counts[0] as f64, 0);
        let alarm = detector.total().log_evidence.unwrap() >= threshold.ln();
        if alarm {
            detector.reset();
        }
        alarm.then_some(1.0)
    })
}

fn ddm(learned: &Learned, drift: f64) -> Detector<'_> {
    let mut detector = Ddm::new(ddm::Settings { least: 500, warning: drift, drift });
    single(learned, move |value| detector.update(value == 1.0))
}

const LOSS_WAYS: &[Way] = &[
    Way { name: "evidence, guaranteed", range: (RUN_LENGTH, None), make: loss },
    Way { name: "evidence, tuned", range: (0.1, Some(1e4)), make: loss },
    Way { name: "ADWIN", range: (1.0, Some(1e12)), make: adwin },
    Way { name: "Page-Hinkley", range: (1.0, Some(1e4)), make: page_hinkley },
    Way { name: "DDM", range: (0.5, Some(50.0)), make: ddm },
];

/// Twelve cells are ten deciles, missing and unseen; others have no order.
fn ordered(shares: &[f64]) -> usize {
    if shares.len() == 12 { 10 } else { 0 }
}

/// The references and the streams without drift of one column.
struct Tuning {
    references: Vec<Learned>,
    panes: Vec<Vec<Pane>>,
}

impl Tuning {
    fn new(seed: u64, m: u64, n: u64, shares: &[f64]) -> Tuning {
        let mut dice = Dice(seed);
        let references =
            (0..TUNING.0).map(|_| Learned::from(&mut dice, (m, n), shares, ordered(shares), false)).collect();
        let stream = |dice: &mut Dice| (0..TUNING.1).map(|_| Pane::draw(dice, n, shares)).collect();
        let panes = (0..TUNING.0).map(|_| stream(&mut dice)).collect();
        Tuning { references, panes }
    }

    fn alarms(&self, way: &Way, number: f64) -> usize {
        let count = |(learned, panes): (&Learned, &Vec<Pane>)| {
            let mut detector = (way.make)(learned, number);
            panes.iter().filter(|pane| detector(pane).is_some()).count()
        };
        self.references.iter().zip(&self.panes).map(count).sum()
    }

    /// The number at which there is an alarm per `RUN_LENGTH` panes.
    fn number(&self, way: &Way) -> f64 {
        let (mut low, Some(mut high)) = way.range else { return way.range.0 };
        let budget = (TUNING.0 * TUNING.1) as f64 / RUN_LENGTH;
        for _ in 0..12 {
            let middle = (low * high).sqrt();
            if self.alarms(way, middle) as f64 > budget { low = middle } else { high = middle }
        }
        high
    }
}

/// The median of the panes from a drift to the first alarm after it.
fn delay(seed: u64, way: &Way, number: f64, m: u64, n: u64, from: &[f64], to: &[f64]) -> f64 {
    let mut delays: Vec<f64> = (0..STREAMS)
        .map(|stream| {
            // The same streams for all ways.
            let mut dice = Dice(seed.wrapping_mul(1000).wrapping_add(stream as u64));
            let learned = Learned::from(&mut dice, (m, n), from, ordered(from), false);
            let mut detector = (way.make)(&learned, number);
            for _ in 0..BEFORE {
                detector(&Pane::draw(&mut dice, n, from));
            }
            let found =
                (0..LONGEST).find_map(|at| detector(&Pane::draw(&mut dice, n, to)).map(|part| at as f64 + part));
            found.unwrap_or(f64::INFINITY)
        })
        .collect();
    delays.sort_by(f64::total_cmp);
    delays[STREAMS / 2]
}

/// One table: a row for each way, a column for each drift. Returns the delays.
fn table(seed: u64, ways: &[Way], m: u64, n: u64, from: &[f64], drifts: &[(&str, Vec<f64>)]) -> Vec<Vec<f64>> {
    let tuning = Tuning::new(seed, m, n, from);
    let names: Vec<&str> = drifts.iter().map(|(name, _)| *name).collect();
    println!("| m = {m}, {n} events a pane | limit | false alarms per 1,000 panes | {} |", names.join(" | "));
    println!("|---|---|---|{}", "---|".repeat(drifts.len()));
    let mut delays = Vec::new();
    for way in ways {
        let number = tuning.number(way);
        let rate = tuning.alarms(way, number) as f64 * 1000.0 / (TUNING.0 * TUNING.1) as f64;
        let row: Vec<f64> = drifts.iter().map(|(_, to)| delay(seed, way, number, m, n, from, to)).collect();
        let cell = |delay: &f64| if delay.is_finite() { format!("{delay:.1}") } else { format!("> {LONGEST}") };
        println!(
            "| {} | {number:.3} | {rate:.2} | {} |",
            way.name,
            row.iter().map(cell).collect::<Vec<_>>().join(" | ")
        );
        delays.push(row);
    }
    println!();
    delays
}

#[test]
#[ignore = "minutes; prints the table of docs/STATISTICS.md"]
fn drifts_of_a_column_are_found_soon() {
    let mut missing = vec![0.099; 10];
    missing.extend([0.01, 0.0]);
    let mut more_missing = vec![0.095; 10];
    more_missing.extend([0.05, 0.0]);
    let mut moved = Column::Zipf.shares();
    moved[0] -= 0.05;
    moved[1] += 0.05;
    for (m, n) in [(100_000, 200), (10_000, 200)] {
        let shifts = [("0.1 sd", 0.1), ("0.25 sd", 0.25), ("0.5 sd", 0.5)];
        let shifts: Vec<(&str, Vec<f64>)> = shifts.into_iter().map(|(name, sd)| (name, shifted_deciles(sd))).collect();
        let delays = table(51, COLUMN_WAYS, m, n, &Column::Deciles.shares(), &shifts);
        assert!(delays[0][2] <= 4.0, "half a deviation takes {} panes", delays[0][2]);
        table(52, COLUMN_WAYS, m, n, &missing, &[("missing 1 % to 5 %", more_missing.clone())]);
        table(53, &COLUMN_WAYS[..6], m, n, &Column::Zipf.shares(), &[("5 points of share", moved.clone())]);
    }
}

#[test]
#[ignore = "minutes; prints the table of docs/STATISTICS.md"]
fn worse_losses_are_found_soon() {
    let rates = [(".11", 0.11), (".12", 0.12), (".15", 0.15), (".20", 0.20)];
    let drifts: Vec<(&str, Vec<f64>)> = rates.into_iter().map(|(name, rate)| (name, vec![rate, 1.0 - rate])).collect();
    for (seed, m) in [(61, 100_000), (62, 10_000)] {
        let delays = table(seed, LOSS_WAYS, m, 100, &[0.1, 0.9], &drifts);
        assert!(delays[0][3] <= 4.0, "twice the errors take {} panes", delays[0][3]);
    }
}
