//! Actuals that come late, or for some predictions only: what is published then, and what it becomes once all are known.
//! Simulations have a stated seed; what could be known at an instant is compared with scikit-learn's numbers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
    pub mod dice;
    pub mod ledger;
    pub mod program;
    pub mod prom_text;
    pub mod small;
}

use driftgauge::time::Timestamp;
use serde_json::Value;
use std::fs;
use std::path::Path;
use support::case::Case;
use support::dice::Dice;
use support::ledger::{EXACT, Ledger};
use support::program::printed;
use support::prom_text::Exposition;
use support::small::Small;

/// Performance of a case as of an instant.
const AS_OF: &[(&str, &str, bool)] = &[
    ("accuracy", "accuracy_ratio", false),
    ("precision", "precision_ratio", true),
    ("recall", "recall_ratio", true),
    ("f1", "f1_ratio", true),
    ("mcc", "matthews_correlation", false),
    ("kappa", "cohen_kappa", false),
    ("log_loss", "log_loss", false),
    ("brier", "brier_score", false),
    ("mae", "mean_absolute_error", false),
    ("rmse", "root_mean_squared_error", false),
];

#[test]
fn what_could_be_known_then_agrees_with_the_oracle() {
    let [elec, _] = Case::bundled();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/elec/as_of.json");
    let snapshots: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    check_as_of(&elec, &snapshots["as_of"], 120);
}

#[test]
fn what_could_be_known_then_agrees_in_all_cases_where_they_are_given() {
    let Some(folder) = std::env::var_os("DRIFTGAUGE_CASES") else { return };
    for name in ["elec", "car_loan", "car_price", "covtype"] {
        let case = Case::open(&Path::new(&folder).join(name));
        let snapshots = case.expected["as_of"].clone();
        check_as_of(&case, &snapshots, 20);
    }
}

fn check_as_of(case: &Case, snapshots: &Value, least: usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    // Panes of this window are seconds: it begins less than one before the oracle's.
    let length = format!("{}s", snapshots["window_seconds"].as_u64().unwrap() + 1);
    fs::write(folder.path().join("driftgauge.toml"), case.config(&case.predictions, &[length], "")).unwrap();
    let reference = case.reference.to_str().unwrap();
    printed(folder.path(), ["profile", "--config", "driftgauge.toml", "--input", reference, "-o", "profile.json"]);
    for point in snapshots["points"].as_array().unwrap() {
        let at = point["at"].as_str().unwrap();
        let arguments = ["replay", "--config", "driftgauge.toml", "--until", at, "--known-before", at];
        let found = Exposition::parse(&printed(folder.path(), arguments));
        let window = found.iter().find_map(|(_, labels, _)| labels.get("window").cloned()).unwrap();
        let (model, version) = (case.schema("model"), case.schema("version"));
        let found = found.within(&[("model", model), ("version", version), ("window", &window)]);
        let get = |name: &str, labels: &[(&str, &str)]| found.get(&format!("driftgauge_{name}"), labels);
        let (ok, labelled) = (point["n_ok"].as_f64().unwrap(), point["n_labelled"].as_f64().unwrap());
        ledger.equal(&format!("{at} n_ok"), ok, get("window_observations", &[]), 0.0);
        ledger.equal(&format!("{at} n_labelled"), labelled, get("window_pairs", &[]), 0.0);
        ledger.equal(&format!("{at} coverage"), labelled / ok, get("actual_coverage_ratio", &[]), EXACT);
        // Null when nothing was labelled yet.
        let nothing = serde_json::Map::new();
        let performance = point["performance"].as_object().unwrap_or(&nothing);
        let positive = case.expected["schema"]["positive_class"].as_str();
        for (key, name, of_class) in AS_OF.iter().filter(|(key, ..)| performance.contains_key(*key)) {
            let Some(value) = performance[*key].as_f64() else { continue };
            let class = [("class", positive.unwrap_or_default())];
            let labels: &[(&str, &str)] = if *of_class { &class } else { &[] };
            let tolerance = if ["log_loss", "brier"].contains(key) { 1e-6 } else { EXACT };
            match (get(name, labels), value) {
                // The oracle's 0 for 0/0.
                (None, 0.0) => ledger.absent(&format!("{at} {key}"), None),
                (observed, value) => ledger.equal(&format!("{at} {key}"), value, observed, tolerance),
            }
        }
        if let (Some(accuracy), Some(worst)) = (performance.get("accuracy"), get("accuracy_worst_case_ratio", &[])) {
            let right = accuracy.as_f64().unwrap() * labelled;
            ledger.equal(&format!("{at} worst case"), right / ok, Some(worst), EXACT);
            let best = (right + ok - labelled) / ok;
            ledger.equal(&format!("{at} best case"), best, get("accuracy_best_case_ratio", &[]), EXACT);
        }
    }
    ledger.settle(&case.name, least);
}

/// A prediction of a simulation.
struct Made {
    second: i64,
    score: f64,
    actual: bool,
    /// When its actual comes, if ever.
    known: Option<i64>,
}

const START: i64 = 1_583_625_600;
const HOUR: i64 = 3_600;

impl Made {
    fn said(&self) -> bool {
        self.score > 0.5
    }

    fn is_right(&self) -> bool {
        self.said() == self.actual
    }
}

/// The log and what `driftgauge replay` says of it, with these settings of performance and these windows.
struct Simulation {
    small: Small,
}

impl Simulation {
    fn new(made: &[Made], windows: &str, performance: &str) -> Simulation {
        let small = Small::new(&format!(
            "[[source]]\npaths = [\"log.jsonl\"]\nrole = \"predictions\"\n[[source]]\npaths = [\"actuals.jsonl\"]\n\
             role = \"actuals\"\n[[model]]\nname = \"churn\"\ntask = \"binary\"\nprofile = \"profile.json\"\n\
             [windows]\nlengths = [{windows}]\n[performance]\n{performance}\n"
        ));
        let rows = (0..2_000u32).map(|i| {
            let score = f64::from(i % 200) / 200.0;
            format!("{i},{score},{},{}\n", u8::from(score > 0.5), u8::from(i % 3 == 0))
        });
        small.write("reference.csv", &rows.fold("age,score,prediction,label\n".to_owned(), |text, row| text + &row));
        let (mut log, mut actuals) = (String::new(), Vec::new());
        for (id, made) in made.iter().enumerate() {
            let (score, said) = (made.score, u8::from(made.said()));
            log.push_str(&format!(
                "{{\"ts\":\"{}\",\"id\":\"{id}\",\"model\":\"churn\",\"version\":\"1\",\"features\":{{\"age\":1}},\
                 \"score\":{score},\"prediction\":{said}}}\n",
                Timestamp::from_seconds(made.second)
            ));
            if let Some(known) = made.known {
                let at = Timestamp::from_seconds(known);
                actuals.push((
                    known,
                    format!("{{\"ts\":\"{at}\",\"id\":\"{id}\",\"label\":{}}}\n", u8::from(made.actual)),
                ));
            }
        }
        actuals.sort();
        small.write("log.jsonl", &log);
        small.write("actuals.jsonl", &actuals.into_iter().map(|(_, line)| line).collect::<String>());
        let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
        printed(small.path(), arguments);
        Simulation { small }
    }

    /// As of this second, with what was known then.
    fn at(&self, second: i64) -> Exposition {
        let at = Timestamp::from_seconds(second).to_string();
        let arguments = ["replay", "--config", "driftgauge.toml", "--until", &at, "--known-before", &at];
        Exposition::parse(&printed(self.small.path(), arguments)).within(&[("model", "churn"), ("version", "1")])
    }
}

fn within(found: &Exposition, window: &str) -> impl Fn(&str) -> Option<f64> {
    let found = found.within(&[("window", window)]);
    move |name| found.get(&format!("driftgauge_{name}"), &[])
}

fn accuracy<'a>(made: impl Iterator<Item = &'a Made>) -> f64 {
    let (all, right) = made.fold((0.0, 0.0), |(all, right), m| (all + 1.0, right + f64::from(u8::from(m.is_right()))));
    right / all
}

/// Seed 5: a prediction a minute for ten days. Positives become known sooner than negatives; 40 % never do when `share`
/// is 0.6.
fn slow(share: f64) -> Vec<Made> {
    let mut dice = Dice(5);
    (0..10 * 24 * 60)
        .map(|minute| {
            let second = START + 60 * minute;
            let score = (dice.share() * 1_000.0).round() / 1_000.0;
            let actual = dice.share() < 0.02 + 0.9 * score * score;
            let delay = if actual { 6.0 } else { 72.0 } * HOUR as f64 * dice.share();
            let known = (dice.share() < share).then_some(second + delay as i64);
            Made { second, score, actual, known }
        })
        .collect()
}

#[test]
fn the_bounds_hold_the_final_accuracy_whatever_is_missing() {
    let made = slow(0.6);
    let simulation = Simulation::new(&made, "\"6h\", \"24h\"", "max_delay = \"30d\"");
    let mut apart = 0;
    for end in [START + 4 * 24 * HOUR, START + 7 * 24 * HOUR, START + 10 * 24 * HOUR] {
        let report = simulation.at(end);
        for (window, hours) in [("6h", 6), ("24h", 24)] {
            let get = within(&report, window);
            let span = end - hours * HOUR..end;
            let inside: Vec<&Made> = made.iter().filter(|made| span.contains(&made.second)).collect();
            let last = accuracy(inside.iter().copied());
            let known = inside.iter().filter(|made| made.known.is_some_and(|known| known < end)).count();
            assert_eq!(Some(known as f64), get("window_pairs"), "{window} at {end}");
            let coverage = known as f64 / inside.len() as f64;
            assert!((get("actual_coverage_ratio").unwrap() - coverage).abs() < 1e-12 && coverage < 0.6);
            let (worst, best) = (get("accuracy_worst_case_ratio").unwrap(), get("accuracy_best_case_ratio").unwrap());
            assert!(worst <= last && last <= best, "{window}: {worst} {last} {best}");
            assert!((best - worst - (1.0 - coverage)).abs() < 1e-9, "as wide as what is missing");
            apart += u32::from((get("accuracy_ratio").unwrap() - last).abs() > 0.05);
            assert!(get("actual_coverage_least_ratio").unwrap() <= coverage);
        }
        // By age: the older three quarters of the day.
        let age = within(&report, "24h")("actual_coverage_age_ratio").unwrap();
        let span = end - 24 * HOUR..end - 6 * HOUR;
        let old: Vec<&Made> = made.iter().filter(|made| span.contains(&made.second)).collect();
        let known = old.iter().filter(|made| made.known.is_some_and(|known| known < end)).count();
        assert!((age - known as f64 / old.len() as f64).abs() < 1e-9, "{age}");
    }
    assert!(apart >= 3, "the simulation is meant to be biased: {apart} of 6");
}

#[test]
fn with_the_maturity_of_the_slowest_actual_the_accuracy_is_final() {
    let made = slow(1.0);
    let simulation = Simulation::new(&made, "\"6h\", \"24h\"", "max_delay = \"30d\"\nmaturity = \"72h\"");
    for end in [START + 5 * 24 * HOUR, START + 10 * 24 * HOUR] {
        let report = simulation.at(end);
        for (window, hours) in [("6h", 6), ("24h", 24)] {
            let get = within(&report, window);
            let mature = end - 72 * HOUR;
            let inside = made.iter().filter(|made| (mature - hours * HOUR..mature).contains(&made.second));
            let last = accuracy(inside);
            assert!((get("accuracy_ratio").unwrap() - last).abs() < 1e-12, "{window} at {end}");
            assert_eq!(Some(1.0), get("actual_coverage_ratio"));
            assert_eq!(get("accuracy_worst_case_ratio"), get("accuracy_best_case_ratio"));
            assert_eq!(Some(mature as f64), get("performance_window_end_timestamp_seconds"));
            assert_eq!(Some(end as f64), get("window_end_timestamp_seconds"));
        }
    }
}

#[test]
fn below_the_least_coverage_only_the_bounds_are_left() {
    let simulation = Simulation::new(&slow(0.6), "\"6h\", \"24h\"", "max_delay = \"30d\"\ncoverage_min = 0.7");
    let report = simulation.at(START + 10 * 24 * HOUR);
    let get = within(&report, "24h");
    assert_eq!((None, None), (get("accuracy_ratio"), get("accuracy_poststratified_ratio")));
    assert!(get("accuracy_worst_case_ratio").is_some() && get("accuracy_best_case_ratio").is_some());
    let labels = [("window", "24h"), ("statistic", "accuracy_ratio"), ("reason", "coverage_below_minimum")];
    assert_eq!(Some(1.0), report.get("driftgauge_undefined_info", &labels[..]));
}

#[test]
fn by_arrival_a_pair_is_where_its_actual_came() {
    let made = slow(1.0);
    let end = START + 8 * 24 * HOUR;
    let simulation = Simulation::new(&made, "\"24h\"", "max_delay = \"30d\"\naxis = \"arrival\"");
    let report = simulation.at(end);
    let found = report.within(&[("window", "24h"), ("axis", "arrival")]);
    let arrived: Vec<&Made> =
        made.iter().filter(|made| made.known.is_some_and(|known| (end - 24 * HOUR..end).contains(&known))).collect();
    // An actual after the newest prediction counts at that prediction's time, which is in the window as well.
    assert_eq!(Some(arrived.len() as f64), found.get("driftgauge_window_pairs", &[]));
    let observed = found.get("driftgauge_accuracy_ratio", &[]).unwrap();
    assert!((observed - accuracy(arrived.into_iter())).abs() < 1e-12);
    assert_eq!(None, report.get("driftgauge_actual_coverage_ratio", &[]));
    for key in ["actual_coverage_ratio", "accuracy_worst_case_ratio", "accuracy_poststratified_ratio"] {
        let labels = [("statistic", key), ("reason", "arrival_axis")];
        assert_eq!(Some(1.0), found.get("driftgauge_undefined_info", &labels), "{key}");
    }
}

/// Seed 6: 40,000 predictions, of which nearly all positive ones are checked and few negative ones, at random within
/// each stratum: as in a fraud desk that looks at what the model flags.
#[test]
fn poststratified_numbers_are_near_the_truth_where_naive_ones_are_not() {
    let mut dice = Dice(6);
    let made: Vec<Made> = (0..40_000)
        .map(|index| {
            let second = START + index;
            let score = ((dice.share() * dice.share() * dice.share()).sqrt() * 1_000.0).round() / 1_000.0;
            let actual = dice.share() < 0.05 + 0.5 * score * score;
            let checked = if score > 0.5 { 0.95 } else { 0.02 + 0.05 * score };
            let known = (dice.share() < checked).then_some(second);
            Made { second, score, actual, known }
        })
        .collect();
    let simulation = Simulation::new(&made, "\"24h\"", "max_delay = \"30d\"");
    let report = simulation.at(START + 40_000).within(&[("window", "24h")]);
    let get = |name: &str| report.get(&format!("driftgauge_{name}"), &[]).unwrap();
    let of = |class: &str, name: &str| report.get(&format!("driftgauge_{name}"), &[("class", class)]).unwrap();
    let count = |holds: fn(&Made) -> bool| made.iter().filter(|made| holds(made)).count() as f64;
    let (positive, both) = (count(|made| made.actual), count(|made| made.actual && made.said()));
    let (all, said) = (made.len() as f64, count(Made::said));
    println!(
        "recall: naive {}, truth {}, post-stratified {}",
        of("1", "recall_ratio"),
        both / positive,
        get("recall_poststratified_ratio")
    );
    for (naive, truth, corrected, near, far) in [
        (get("accuracy_ratio"), count(Made::is_right) / all, "accuracy_poststratified_ratio", 0.015, 0.1),
        (of("1", "recall_ratio"), both / positive, "recall_poststratified_ratio", 0.04, 0.3),
        (of("1", "actual_class_ratio"), positive / all, "actual_class_poststratified_ratio", 0.015, 0.1),
        (of("1", "precision_ratio"), both / said, "precision_poststratified_ratio", 0.01, 0.0),
    ] {
        let value = get(corrected);
        assert!((value - truth).abs() < near, "{corrected}: {value}, truth {truth}");
        assert!((naive - truth).abs() >= far, "{corrected}: naive {naive}, truth {truth}");
        let limit = |which: &str| report.get(&format!("driftgauge_{corrected}_{which}"), &[("level", "0.95")]).unwrap();
        let (lower, upper) = (limit("lower"), limit("upper"));
        assert!(lower < value && value < upper, "{corrected}: {lower} {upper}");
    }
    assert!(get("poststratified_weight_ratio") > 0.99);
    let (rare, flagged) = (of("0", "actual_coverage_class_ratio"), of("1", "actual_coverage_class_ratio"));
    assert!(rare < 0.05 && flagged > 0.9, "{rare} {flagged}");
    assert!(get("actual_coverage_least_ratio") <= rare);
}
