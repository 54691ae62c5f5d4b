//! The whole path on real logs, `profile` and `replay` as a user runs them, against numbers of other people's tools.
//!
//! elec and a trimmed covtype are in the repository (`data/README.md`). With `DRIFTGAUGE_CASES` set to a folder that
//! has elec, car_loan, car_price and covtype, all four run whole.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
    pub mod ledger;
    pub mod program;
    pub mod prom_text;
}

use driftgauge::profile::Reference;
use driftgauge::statistics::performance::{ENTRIES, Performance};
use driftgauge::statistics::{Outcome, drift};
use driftgauge::time::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use support::case::{Case, Row};
use support::ledger::{EXACT, Ledger};
use support::program::printed;
use support::prom_text::Exposition;

/// Windows taken of each kind and width.
const MOST: usize = 12;
/// Log loss and Brier score are sums over cells of scores.
const SCORES: f64 = 1e-6;
/// A length that holds every log.
const EVER: &str = "5000d";

const CLASSIFICATION: &[(&str, &str)] = &[
    ("accuracy", "accuracy_ratio"),
    ("balanced_accuracy", "balanced_accuracy_ratio"),
    ("precision_macro", "precision_macro_ratio"),
    ("precision_micro", "precision_micro_ratio"),
    ("precision_weighted", "precision_weighted_ratio"),
    ("recall_macro", "recall_macro_ratio"),
    ("recall_micro", "recall_micro_ratio"),
    ("recall_weighted", "recall_weighted_ratio"),
    ("f1_macro", "f1_macro_ratio"),
    ("f1_micro", "f1_micro_ratio"),
    ("f1_weighted", "f1_weighted_ratio"),
];
const SCORED: &[(&str, &str)] = &[("log_loss", "log_loss"), ("brier", "brier_score")];
const BOUNDED: &[(&str, &str)] = &[
    ("roc_auc", "roc_auc"),
    ("average_precision", "average_precision"),
    ("roc_auc_ovr_macro_defined", "roc_auc_macro"),
    ("ece_10", "calibration_error"),
];
const PER_CLASS: &[(&str, &str)] = &[("precision", "precision_ratio"), ("recall", "recall_ratio"), ("f1", "f1_ratio")];
const PER_CLASS_BOUNDED: &[(&str, &str)] =
    &[("roc_auc", "roc_auc_class"), ("average_precision", "average_precision_class")];
const REGRESSION: &[(&str, &str)] = &[
    ("rmse", "root_mean_squared_error"),
    ("mae", "mean_absolute_error"),
    ("bias", "mean_error"),
    ("error_variance", "error_variance"),
    ("mape", "mean_absolute_percentage_error_ratio"),
    ("r2", "r_squared"),
    ("explained_variance", "explained_variance_ratio"),
    ("pearson_r", "correlation"),
];

#[test]
fn replays_of_the_bundled_logs_agree_with_the_oracle() {
    let [elec, covtype] = Case::bundled();
    check(&elec, Shape { whole: true, times: 20, least: 1_900 });
    check(&covtype, Shape { whole: false, times: 12, least: 1_500 });
}

#[test]
fn replays_of_the_whole_cases_agree_with_the_oracle_where_they_are_given() {
    let Some(folder) = std::env::var_os("DRIFTGAUGE_CASES") else { return };
    for name in ["elec", "car_loan", "car_price", "covtype"] {
        let case = Case::open(&Path::new(&folder).join(name));
        check(&case, Shape { whole: true, times: 10, least: 2_000 });
    }
}

/// What a case must at least have.
struct Shape {
    /// The log is whole, so that the window `all` holds.
    whole: bool,
    /// Windows of time.
    times: usize,
    /// Comparisons.
    least: usize,
}

fn check(case: &Case, shape: Shape) {
    let folder = tempfile::tempdir().unwrap();
    let mut bench = Bench { case, folder: folder.path(), rows: case.rows(), ledger: Ledger::default() };
    bench.config(&case.predictions, &[EVER.to_owned()]);
    let reference = case.reference.to_str().unwrap();
    printed(folder.path(), ["profile", "--config", "driftgauge.toml", "--input", reference, "-o", "profile.json"]);
    bench.check_reference();
    let of_kind =
        |kind: &str| -> Vec<&Value> { case.windows().iter().filter(|window| window["kind"] == kind).collect() };
    let all = of_kind("all");
    assert_eq!(usize::from(shape.whole), all.len(), "{}", case.name);
    all.into_iter().for_each(|window| bench.check_all(window));
    let times = of_kind("time");
    let mut widths: Vec<u64> = times.iter().map(|window| window["seconds"].as_u64().unwrap()).collect();
    widths.sort_unstable();
    widths.dedup();
    let mut checked = 0;
    for width in &widths {
        let of_width: Vec<&Value> = times.iter().filter(|window| window["seconds"] == *width).copied().collect();
        let chosen = spread(&of_width);
        checked += chosen.len();
        bench.config(&case.predictions, &[format!("{width}s")]);
        chosen.into_iter().for_each(|window| bench.check_time(window));
    }
    assert!(checked >= shape.times, "{}: {checked} windows of time", case.name);
    let rows = of_kind("rows");
    assert!(rows.len() >= 2, "{}: {} windows of rows", case.name, rows.len());
    let lines = case.lines();
    spread(&rows).into_iter().for_each(|window| bench.check_rows(window, &lines));
    bench.ledger.settle(&case.name, shape.least);
}

/// At most [`MOST`] of them, at even distances, the first and the last among them.
fn spread<'a>(windows: &[&'a Value]) -> Vec<&'a Value> {
    let last = windows.len().saturating_sub(1);
    let mut places: Vec<usize> = (0..MOST).map(|i| i * last / (MOST - 1)).collect();
    places.dedup();
    places.into_iter().filter_map(|place| windows.get(place).copied()).collect()
}

/// Labels and predictions of a window counted from the log: where the oracle has a 0 or a null because it would divide
/// by 0, there and only there a number of ours may be absent.
#[derive(Default)]
struct Denominators {
    support: BTreeMap<String, u64>,
    predicted: BTreeMap<String, u64>,
}

impl Denominators {
    fn new<'a>(rows: impl Iterator<Item = &'a Row>) -> Denominators {
        let mut counts = Denominators::default();
        for (row, label) in rows.filter_map(|row| Some((row, row.label.as_ref()?))) {
            *counts.support.entry(class(label)).or_insert(0) += 1;
            *counts.predicted.entry(class(&row.prediction)).or_insert(0) += 1;
        }
        counts
    }

    fn support(&self, class: &str) -> u64 {
        self.support.get(class).copied().unwrap_or(0)
    }

    fn predicted(&self, class: &str) -> u64 {
        self.predicted.get(class).copied().unwrap_or(0)
    }

    fn pairs(&self) -> u64 {
        self.support.values().sum()
    }

    fn constant_actual(&self) -> bool {
        self.support.len() < 2
    }

    fn constant_prediction(&self) -> bool {
        self.predicted.len() < 2
    }
}

fn class(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

struct Bench<'a> {
    case: &'a Case,
    folder: &'a Path,
    rows: Vec<Row>,
    ledger: Ledger,
}

impl Bench<'_> {
    fn config(&self, predictions: &Path, lengths: &[String]) {
        let keys: Vec<&str> = drift::ENTRIES.iter().map(|entry| entry.spec.key).collect();
        let drift = format!("missing_as_category = false\nstatistics = {keys:?}");
        let text = self.case.config(predictions, lengths, &drift);
        fs::write(self.folder.join("driftgauge.toml"), text).unwrap();
    }

    fn replay(&self, more: &[&str]) -> Exposition {
        let arguments = ["replay", "--config", "driftgauge.toml"].iter().chain(more);
        let stream = [("model", self.case.schema("model")), ("version", self.case.schema("version"))];
        Exposition::parse(&printed(self.folder, arguments)).within(&stream)
    }

    fn check_all(&mut self, window: &Value) {
        let found = self.replay(&[]);
        self.check_counters(window, &found);
        let denominators = Denominators::new(self.rows.iter());
        self.check_window(window, &found.within(&[("window", EVER)]), &denominators);
    }

    fn check_time(&mut self, window: &Value) {
        let end = window["end"].as_str().unwrap();
        let time = |key: &str| Timestamp::parse_rfc3339(window[key].as_str().unwrap().as_bytes()).unwrap();
        let span = time("start")..time("end");
        let denominators = Denominators::new(self.rows.iter().filter(|row| span.contains(&row.at)));
        let found = self.replay(&["--until", end]);
        let length = format!("{}s", window["seconds"]);
        let shown = found.iter().find_map(|(_, labels, _)| labels.get("window").cloned()).unwrap();
        let seconds = |text: &str| driftgauge::time::Length::parse(text).unwrap();
        assert_eq!(seconds(&length), seconds(&shown));
        self.check_window(window, &found.within(&[("window", &shown)]), &denominators);
    }

    fn check_rows(&mut self, window: &Value, lines: &[String]) {
        let number = |key: &str| window[key].as_u64().unwrap();
        let span = number("first_line")..=number("last_line");
        let cut = &lines[*span.start() as usize - 1..*span.end() as usize];
        let path = self.folder.join("rows.jsonl");
        fs::write(&path, cut.join("\n") + "\n").unwrap();
        self.config(&path, &[EVER.to_owned()]);
        let denominators = Denominators::new(self.rows.iter().filter(|row| span.contains(&row.line)));
        let found = self.replay(&[]);
        self.check_counters(window, &found);
        self.check_window(window, &found.within(&[("window", EVER)]), &denominators);
    }

    /// Counters of the whole stream.
    fn check_counters(&mut self, window: &Value, found: &Exposition) {
        let id = window["id"].as_str().unwrap();
        let total = |name: &str, labels: &[(&str, &str)]| found.get(&format!("driftgauge_{name}"), labels);
        let lines = window["n_lines"].as_f64().unwrap();
        self.ledger.equal(&format!("{id} predictions"), lines, total("predictions_total", &[]), 0.0);
        let errors = window["errors_by_type"].as_object().unwrap();
        for (error, count) in errors {
            let observed = total("prediction_failures_total", &[("error", error)]);
            self.ledger.equal(&format!("{id} failures {error}"), count.as_f64().unwrap(), observed, 0.0);
        }
        let failures = found.sum("driftgauge_prediction_failures_total");
        self.ledger.equal(&format!("{id} failures"), window["n_errors"].as_f64().unwrap(), Some(failures), 0.0);
        let scored = total("actuals_scored_total", &[]);
        self.ledger.equal(&format!("{id} scored"), window["n_labelled"].as_f64().unwrap(), scored, 0.0);
    }

    fn check_window(&mut self, window: &Value, found: &Exposition, denominators: &Denominators) {
        let id = window["id"].as_str().unwrap();
        let counts = [("n_ok", "observations"), ("n_errors", "failed_predictions"), ("n_labelled", "pairs")];
        for (key, name) in counts {
            let observed = found.get(&format!("driftgauge_window_{name}"), &[]);
            self.ledger.equal(&format!("{id} {name}"), window[key].as_f64().unwrap(), observed, 0.0);
        }
        // The oracle's labels and those counted here must be the same before anything is reasoned from them.
        assert_eq!(window["n_labelled"].as_u64().unwrap(), denominators.pairs(), "{id}");
        self.check_latency(id, window, found);
        self.check_performance(id, &window["performance"], found, denominators);
        if let Some(columns) = window["drift"].as_object() {
            columns.iter().for_each(|(name, column)| self.check_column(id, name, column, found));
        }
    }

    fn check_latency(&mut self, id: &str, window: &Value, found: &Exposition) {
        for (key, level) in [("p50", "0.5"), ("p90", "0.9"), ("p95", "0.95"), ("p99", "0.99")] {
            let seconds = window["latency_ms"][key].as_f64().unwrap() / 1_000.0;
            let observed = found.get("driftgauge_window_latency_seconds", &[("level", level)]);
            let bound = found.get("driftgauge_window_latency_error_bound_seconds", &[("level", level)]);
            self.ledger.inside(&format!("{id} latency {key}"), seconds, observed, bound, bound);
        }
    }

    fn check_performance(&mut self, id: &str, oracle: &Value, found: &Exposition, denominators: &Denominators) {
        let get = |name: &str, labels: &[(&str, &str)]| found.get(&format!("driftgauge_{name}"), labels);
        let bound = |name: &str, labels: &[(&str, &str)]| get(&format!("{name}_error_bound"), labels);
        if self.case.schema("task") == "regression" {
            for (key, name) in REGRESSION {
                let what = format!("{id} {key}");
                let constant = match *key {
                    "r2" | "explained_variance" => denominators.constant_actual(),
                    "pearson_r" => denominators.constant_actual() || denominators.constant_prediction(),
                    _ => false,
                };
                match constant {
                    true => self.ledger.absent(&what, get(name, &[])),
                    false => self.ledger.equal(&what, oracle[key].as_f64().unwrap(), get(name, &[]), EXACT),
                }
            }
            let (median, bound) = (get("median_absolute_error", &[]), bound("median_absolute_error", &[]));
            self.ledger.inside(&format!("{id} median_ae"), oracle["median_ae"].as_f64().unwrap(), median, bound, bound);
            return;
        }
        for (tolerance, names) in [(EXACT, CLASSIFICATION), (SCORES, SCORED)] {
            // Windows of less detail have some of the keys only.
            for (key, name) in names.iter().filter(|(key, _)| oracle.get(key).is_some()) {
                self.ledger.equal(&format!("{id} {key}"), oracle[key].as_f64().unwrap(), get(name, &[]), tolerance);
            }
        }
        // The oracle has 0 where a side has one class only.
        let degenerate = denominators.constant_actual() || denominators.constant_prediction();
        match (degenerate, get("matthews_correlation", &[])) {
            (true, observed) => {
                self.ledger.equal(&format!("{id} oracle's mcc"), 0.0, oracle["mcc"].as_f64(), 0.0);
                self.ledger.absent(&format!("{id} mcc"), observed);
            }
            (false, observed) => {
                self.ledger.equal(&format!("{id} mcc"), oracle["mcc"].as_f64().unwrap(), observed, EXACT);
            }
        }
        // The oracle has null where both sides are of one and the same class.
        match oracle["kappa"].as_f64() {
            None => {
                assert!(denominators.constant_actual() && denominators.support == denominators.predicted, "{id}");
                self.ledger.absent(&format!("{id} kappa"), get("cohen_kappa", &[]));
            }
            Some(kappa) => self.ledger.equal(&format!("{id} kappa"), kappa, get("cohen_kappa", &[]), EXACT),
        }
        for (key, name) in BOUNDED.iter().filter(|(key, _)| oracle.get(key).is_some()) {
            let what = format!("{id} {key}");
            match oracle[key].as_f64() {
                None => {
                    assert!(denominators.constant_actual(), "{what}: null though labels are of both classes");
                    self.ledger.absent(&what, get(name, &[]));
                }
                Some(value) => {
                    self.ledger.inside(&what, value, get(name, &[]), bound(name, &[]), bound(name, &[]));
                }
            }
        }
        if let Some(positive) = self.case.expected["schema"]["positive_class"].as_str() {
            let label = [("class", positive)];
            for (key, name) in PER_CLASS {
                self.check_share(id, key, positive, &oracle[key], get(name, &label), denominators);
            }
            let rates = [("label_rate", "actual_class_ratio"), ("prediction_rate", "predicted_class_ratio")];
            for (key, name) in rates.iter().filter(|(key, _)| oracle.get(key).is_some()) {
                self.ledger.equal(&format!("{id} {key}"), oracle[key].as_f64().unwrap(), get(name, &label), EXACT);
            }
        }
        let Some(classes) = oracle["per_class"].as_object() else { return };
        for (class, oracle) in classes {
            let label = [("class", class.as_str())];
            for (key, name) in PER_CLASS {
                self.check_share(id, key, class, &oracle[key], get(name, &label), denominators);
            }
            for (key, name) in PER_CLASS_BOUNDED.iter().filter(|(key, _)| oracle.get(key).is_some()) {
                let what = format!("{id} {key} {class}");
                match oracle[key].as_f64() {
                    None => {
                        let (support, pairs) = (denominators.support(class), denominators.pairs());
                        assert!(support == 0 || support == pairs, "{what}: null though labels are of both kinds");
                        self.ledger.absent(&what, get(name, &label));
                    }
                    Some(value) => {
                        self.ledger.inside(&what, value, get(name, &label), bound(name, &label), bound(name, &label));
                    }
                }
            }
            if let Some(brier) = oracle["brier"].as_f64() {
                self.ledger.equal(&format!("{id} brier {class}"), brier, get("brier_score_class", &label), SCORES);
            }
        }
    }

    /// Precision, recall or F1 of a class; the oracle has 0 for 0/0.
    fn check_share(
        &mut self,
        id: &str,
        key: &str,
        class: &str,
        oracle: &Value,
        observed: Option<f64>,
        denominators: &Denominators,
    ) {
        let (support, predicted) = (denominators.support(class), denominators.predicted(class));
        let denominator = match key {
            "precision" => predicted,
            "recall" => support,
            _ => support + predicted,
        };
        let what = format!("{id} {key} {class}");
        let oracle = oracle.as_f64().unwrap();
        if denominator == 0 {
            self.ledger.equal(&format!("{what}, the oracle's 0/0"), 0.0, Some(oracle), 0.0);
            self.ledger.absent(&what, observed);
        } else {
            self.ledger.equal(&what, oracle, observed, EXACT);
        }
    }

    fn check_column(&mut self, id: &str, name: &str, oracle: &Value, found: &Exposition) {
        let (feature, role) = match name {
            "@prediction" => ("prediction", "prediction"),
            "@label" => ("actual", "actual"),
            "@score" => ("score", "score"),
            _ => match name.strip_prefix("@score[").and_then(|name| name.strip_suffix(']')) {
                Some(class) => (class, "score"),
                None => (name, "input"),
            },
        };
        let labels = [("feature", feature), ("role", role)];
        let get = |name: &str| found.get(&format!("driftgauge_feature_{name}"), &labels);
        let number = |key: &str| oracle[key].as_f64().unwrap_or_else(|| panic!("{id} {name} {key}: {oracle}"));
        let what = |key: &str| format!("{id} {name} {key}");
        let n = number("n");
        let missing = number("null_count") + number("absent_count");
        self.ledger.equal(&what("n"), n, get("observations"), 0.0);
        if n + missing > 0.0 {
            self.ledger.equal(&what("missing"), missing / (n + missing), get("missing_ratio"), EXACT);
        }
        if n == 0.0 {
            self.ledger.absent(&what("mean of nothing"), get("mean"));
            return;
        }
        if oracle.get("mean").is_some() {
            let outside = number("below_reference_min") + number("above_reference_max");
            self.ledger.equal(&what("out of range"), outside / n, get("out_of_range_ratio"), EXACT);
            self.ledger.equal(&what("mean"), number("mean"), get("mean"), EXACT);
            if n > 1.0 {
                self.ledger.equal(&what("std"), number("std"), get("standard_deviation"), EXACT);
            }
            let distance = get("kolmogorov_smirnov");
            let bound = get("kolmogorov_smirnov_error_bound");
            self.ledger.inside(&what("ks"), number("ks_statistic"), distance, Some(0.0), bound);
            match oracle["wasserstein_normed"].as_f64() {
                // The reference is constant: there is no deviation to divide by.
                None => self.ledger.absent(&what("wasserstein of a constant reference"), get("wasserstein_sd")),
                Some(distance) => {
                    let bound = get("wasserstein_sd_error_bound");
                    self.ledger.inside(&what("wasserstein"), distance, get("wasserstein_sd"), bound, bound);
                }
            }
            return;
        }
        let unseen = oracle["unseen"].as_object().unwrap().len();
        self.ledger.equal(&what("unseen"), number("unseen_count") / n, get("unseen_ratio"), EXACT);
        self.ledger.equal(&what("total variation"), number("total_variation"), get("total_variation"), EXACT);
        // A cell the reference does not have adds what is proportional to its count, however it is divided.
        self.ledger.equal(&what("chi2"), number("chi2"), get("chi_square"), EXACT);
        if unseen <= 1 {
            self.ledger.equal(&what("l_infinity"), number("l_infinity"), get("largest_difference"), EXACT);
            if number("chi2_dof") > 0.0 {
                self.ledger.equal(&what("chi2 p"), number("chi2_pvalue"), get("chi_square_pvalue"), EXACT);
            }
        } else {
            // Each unseen category is a cell of the oracle's, all together are one of ours: from its counts.
            let reference = &self.case.expected["reference"]["columns"][name];
            let of = |counts: &Value, category: &str| counts["counts"][category].as_f64().unwrap_or(0.0);
            let size = reference["n"].as_f64().unwrap();
            let seen = reference["counts"].as_object().unwrap().keys();
            let seen = seen.map(|category| (of(oracle, category) / n - of(reference, category) / size).abs());
            let largest = seen.fold(number("unseen_count") / n, f64::max);
            self.ledger.equal(&what("l_infinity, unseen as one"), largest, get("largest_difference"), EXACT);
        }
    }

    /// The families that show the reference's own performance.
    fn check_reference(&mut self) {
        let found = self.replay(&[]);
        let profile = Reference::from_json(&fs::read(self.folder.join("profile.json")).unwrap()).unwrap();
        let own = Performance::new(&profile.observer.pairs, &profile.pairs).unwrap();
        // The reference's families have no bound beside them; the profile knows it.
        let outcome = |family: &str, class: Option<&str>| -> Option<Outcome> {
            let classes = &profile.observer.frame.classes;
            let entry = ENTRIES.iter().find(|entry| entry.spec.name == format!("driftgauge_{family}"))?;
            let values = entry.values(&own);
            let found = values.iter().find(|(k, _)| k.and_then(|k| classes.get(k)).map(|name| &**name) == class)?;
            found.1.ok()
        };
        let oracle = &self.case.expected["reference"]["performance"];
        let get = |name: &str, labels: &[(&str, &str)]| found.get(&format!("driftgauge_{name}_reference"), labels);
        let agreement = [("mcc", "matthews_correlation"), ("kappa", "cohen_kappa")];
        let exact = CLASSIFICATION.iter().chain(&agreement).chain(REGRESSION).map(|names| (names, EXACT));
        let names = exact.chain(SCORED.iter().map(|names| (names, SCORES)));
        for ((key, name), tolerance) in names.filter(|((key, _), _)| oracle.get(key).is_some()) {
            let what = format!("reference {key}");
            self.ledger.equal(&what, oracle[key].as_f64().unwrap(), get(name, &[]), tolerance);
        }
        for (key, name) in BOUNDED.iter().filter(|(key, _)| oracle.get(key).is_some()) {
            let bound = outcome(name, None).and_then(|outcome| outcome.error_bound);
            let what = format!("reference {key}");
            self.ledger.inside(&what, oracle[key].as_f64().unwrap(), get(name, &[]), bound, bound);
        }
        let none = serde_json::Map::new();
        for (class, oracle) in oracle["per_class"].as_object().unwrap_or(&none) {
            let label = [("class", class.as_str())];
            for (key, name) in PER_CLASS {
                let what = format!("reference {key} {class}");
                self.ledger.equal(&what, oracle[key].as_f64().unwrap(), get(name, &label), EXACT);
            }
            for (key, name) in PER_CLASS_BOUNDED.iter().filter(|(key, _)| oracle.get(key).is_some()) {
                let bound = outcome(name, Some(class)).and_then(|outcome| outcome.error_bound);
                let what = format!("reference {key} {class}");
                self.ledger.inside(&what, oracle[key].as_f64().unwrap(), get(name, &label), bound, bound);
            }
        }
    }
}
