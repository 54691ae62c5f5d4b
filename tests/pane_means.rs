//! Evidence from the means of panes and from rows as a whole, as a user meets it: quiet while the log wanders as the
//! reference did, an alarm when a mean moves further. Simulations have a stated seed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
    pub mod program;
    pub mod prom_text;
}

use driftgauge::time::Timestamp;
use std::fmt::Write;
use std::fs;
use support::dice::Dice;
use support::program::printed;
use support::prom_text::Exposition;
use tempfile::TempDir;

const START: i64 = 1_583_625_600;

fn normal(dice: &mut Dice) -> f64 {
    let radius = (-2.0 * (1.0 - dice.share()).ln()).sqrt();
    radius * (std::f64::consts::TAU * dice.share()).cos()
}

/// What is different from the reference.
#[derive(Clone, Copy, Default)]
struct Moved {
    /// Of the score, in its own units.
    score: f64,
    /// The latency is longer by this part.
    latency: f64,
    /// The features are not related any more.
    apart: bool,
}

/// Rows whose score and latency wander slowly around their means.
struct Rows {
    dice: Dice,
    wander: [f64; 2],
    /// The correlation of what wanders from row to row.
    keep: f64,
}

impl Rows {
    /// Two features, score, milliseconds.
    fn next(&mut self, moved: Moved) -> [f64; 4] {
        let keep = self.keep;
        self.wander = self.wander.map(|at| keep * at + (1.0 - keep * keep).sqrt() * normal(&mut self.dice));
        let (a, own) = (normal(&mut self.dice), normal(&mut self.dice));
        let b = if moved.apart { own } else { 0.95 * a + (1.0f64 - 0.95 * 0.95).sqrt() * own };
        let score = 0.5 + moved.score + 0.05 * self.wander[0] + 0.1 * normal(&mut self.dice);
        let latency = 20.0 * (0.2 * self.wander[1] + 0.4 * normal(&mut self.dice)).exp() * (1.0 + moved.latency);
        [a, b, score.clamp(0.0, 1.0), latency]
    }
}

/// What `replay` says after a reference of these rows and a log of two parts of so many minutes each.
fn replayed(seed: u64, rows: usize, minutes: [usize; 2], moved: Moved) -> Exposition {
    // A correlation of 1/e over 100 rows.
    replayed_with((300, 0.99), seed, rows, minutes, moved)
}

/// With so many rows a minute, which keep so much of what wanders.
fn replayed_with(
    (a_minute, keep): (usize, f64),
    seed: u64,
    rows: usize,
    minutes: [usize; 2],
    moved: Moved,
) -> Exposition {
    let folder: TempDir = tempfile::tempdir().unwrap();
    let mut made = Rows { dice: Dice(seed), wander: [0.0; 2], keep };
    let mut text = "a,b,score,latency_ms,prediction\n".to_owned();
    for _ in 0..rows {
        let [a, b, score, latency] = made.next(Moved::default());
        writeln!(text, "{a},{b},{score},{latency},{}", u8::from(score > 0.5)).unwrap();
    }
    fs::write(folder.path().join("reference.csv"), text).unwrap();
    let mut log = String::new();
    for minute in 0..minutes[0] + minutes[1] {
        let moved = if minute < minutes[0] { Moved::default() } else { moved };
        for row in 0..a_minute {
            let [a, b, score, latency] = made.next(moved);
            let at = Timestamp::from_seconds(START + (60 * minute + 60 * row / a_minute) as i64);
            writeln!(
                log,
                "{{\"ts\":\"{at}\",\"model\":\"m\",\"version\":\"1\",\"features\":{{\"a\":{a},\"b\":{b}}},\
                 \"score\":{score},\"prediction\":{},\"latency_ms\":{latency}}}",
                u8::from(score > 0.5)
            )
            .unwrap();
        }
    }
    fs::write(folder.path().join("log.jsonl"), log).unwrap();
    let config = "[[source]]\npaths = [\"log.jsonl\"]\n[[model]]\nname = \"m\"\ntask = \"binary\"\nprofile = \
                  \"profile.json\"\n[windows]\nlengths = [\"5m\"]\n[multivariate]\nmmd = true\nmmd_features = 32\n";
    fs::write(folder.path().join("driftgauge.toml"), config).unwrap();
    let config = ["--config", "driftgauge.toml"];
    printed(
        folder.path(),
        ["profile"].into_iter().chain(config).chain(["--input", "reference.csv", "-o", "profile.json"]),
    );
    Exposition::parse(&printed(folder.path(), ["replay"].into_iter().chain(config)))
}

const SCORE: &[(&str, &str)] = &[("feature", "score"), ("role", "score"), ("statistic", "mean")];
const LATENCY: &[(&str, &str)] = &[("feature", "latency"), ("role", "derived"), ("statistic", "mean")];
const WHOLE: &[(&str, &str)] = &[("statistic", "maximum_mean_discrepancy")];

/// Alarms, and the minute of the onset.
fn alarms(found: &Exposition, series: &[(&str, &str)]) -> (Option<f64>, Option<f64>) {
    let get = |name: &str| {
        let labels: Vec<_> = [("model", "m"), ("version", "1")].iter().chain(series).copied().collect();
        found.get(name, &labels)
    };
    println!("{series:?} {:?} {:?}", get("driftgauge_drift_log_evalue"), get("driftgauge_drift_effect"));
    let onset = get("driftgauge_drift_onset_timestamp_seconds").map(|onset| (onset - START as f64) / 60.0);
    (get("driftgauge_drift_alarms_total"), onset)
}

#[test]
fn means_that_wander_as_in_the_reference_are_no_alarm() {
    for seed in 1..4 {
        let found = replayed(seed, 20_000, [300, 0], Moved::default());
        for series in [SCORE, LATENCY, WHOLE] {
            assert_eq!((Some(0.0), None), alarms(&found, series), "seed {seed}");
        }
    }
}

#[test]
fn large_panes_of_slow_wandering_are_no_alarm() {
    // A pane of 3,000 rows is within one hump of the wandering: by the standard error of all its rows, nearly every
    // pane would be more extreme than chunks of 64 rows are.
    let found = replayed_with((3_000, 0.999), 10, 100_000, [120, 0], Moved::default());
    for series in [SCORE, LATENCY, WHOLE] {
        assert_eq!((Some(0.0), None), alarms(&found, series));
        let evidence: Vec<_> = [("model", "m"), ("version", "1")].iter().chain(series).copied().collect();
        assert!(found.get("driftgauge_drift_log_evalue", &evidence).unwrap() < 3.0, "{series:?}");
    }
}

#[test]
fn means_that_move_are_an_alarm_that_knows_when() {
    for (seed, moved, series) in [
        (4, Moved { score: -0.1, ..Moved::default() }, SCORE),
        (5, Moved { score: 0.1, ..Moved::default() }, SCORE),
        (6, Moved { latency: 0.6, ..Moved::default() }, LATENCY),
        (7, Moved { apart: true, ..Moved::default() }, WHOLE),
    ] {
        let found = replayed(seed, 40_000, [60, 60], moved);
        let (count, onset) = alarms(&found, series);
        assert_eq!(Some(1.0), count, "{series:?}");
        assert!(onset.is_some_and(|onset| (58.0..=62.0).contains(&onset)), "{series:?}: {onset:?}");
        for other in [SCORE, LATENCY, WHOLE].into_iter().filter(|other| *other != series) {
            assert_eq!((Some(0.0), None), alarms(&found, other), "{series:?} moved");
        }
    }
}

#[test]
fn a_shorter_latency_is_no_drift_and_few_chunks_make_no_series() {
    let found = replayed(8, 20_000, [10, 60], Moved { latency: -0.5, ..Moved::default() });
    assert_eq!((Some(0.0), None), alarms(&found, LATENCY));
    // 79 chunks of 64 rows.
    let found = replayed(9, 80 * 64 - 1, [2, 0], Moved::default());
    assert!([SCORE, LATENCY, WHOLE].iter().all(|series| alarms(&found, series) == (None, None)));
    let found = replayed(9, 80 * 64, [2, 0], Moved::default());
    assert!([SCORE, LATENCY, WHOLE].iter().all(|series| alarms(&found, series) == (Some(0.0), None)));
}
