//! Estimates without actuals on real logs, `profile` and `replay` as a user runs them, against NannyML's: CBPE of a
//! classification, DLE of a regression.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
    pub mod ledger;
    pub mod program;
    pub mod prom_text;
}

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::case::Case;
use support::ledger::Ledger;
use support::program::printed;
use support::prom_text::Exposition;

/// A length that holds every log.
const EVER: &str = "5000d";

/// NannyML's name, ours, whether it is of the positive class, and how far they may be apart.
type Compared = (&'static str, &'static str, bool, f64);

const BINARY: &[Compared] = &[
    ("accuracy", "estimated_accuracy_ratio", false, 0.003),
    ("precision", "estimated_precision_ratio", true, 0.003),
    ("recall", "estimated_recall_ratio", true, 0.003),
    ("f1", "estimated_f1_ratio", true, 0.003),
    ("specificity", "estimated_specificity_ratio", true, 0.003),
    ("roc_auc", "estimated_roc_auc", false, 0.003),
    ("average_precision", "estimated_average_precision", false, 0.005),
];
/// Scores of several classes are not scaled to a sum of 1 row by row after calibration, for rows are not kept; and of a
/// class with 193 rows NannyML's ten random splits decide against calibration, which most other seeds do not.
const MULTICLASS: &[Compared] = &[
    ("accuracy", "estimated_accuracy_ratio", false, 0.035),
    ("f1", "estimated_f1_macro_ratio", false, 0.045),
    ("roc_auc", "estimated_roc_auc_macro", false, 0.055),
];
const REGRESSION: &[(&str, &str)] =
    &[("mae", "estimated_mean_absolute_error"), ("rmse", "estimated_root_mean_squared_error")];
/// The first chunk of car_price after its inputs have changed.
const CHANGED: usize = 5;

/// A profile of a case and its windows of rows.
struct Bench<'a> {
    case: &'a Case,
    oracle: &'a Value,
    folder: tempfile::TempDir,
    lines: Vec<String>,
}

impl<'a> Bench<'a> {
    fn new(case: &'a Case, oracle: &'a Value) -> Bench<'a> {
        let bench = Bench { case, oracle, folder: tempfile::tempdir().unwrap(), lines: case.lines() };
        bench.config(&case.predictions);
        let reference = case.reference.to_str().unwrap();
        let arguments = ["profile", "--config", "driftgauge.toml", "--input", reference, "-o", "profile.json"];
        printed(bench.folder.path(), arguments);
        bench
    }

    fn config(&self, predictions: &Path) {
        let text = self.case.config(predictions, &[EVER.to_owned()], "");
        fs::write(self.folder.path().join("driftgauge.toml"), text).unwrap();
    }

    /// The windows of NannyML's chunks, in their order.
    fn chunks(&self) -> Vec<&'a Value> {
        let size = self.oracle["nannyml"]["chunk_size"].as_u64().unwrap();
        let place = |window: &Value| {
            let (kind, k) = window["id"].as_str()?.split_once('/')?;
            (kind == format!("rows-{size}")).then(|| k.parse::<usize>().unwrap())
        };
        let windows = self.oracle["windows"].as_array().unwrap().iter();
        let mut chunks: Vec<(usize, &Value)> = windows.filter_map(|window| Some((place(window)?, window))).collect();
        chunks.sort_by_key(|(k, _)| *k);
        chunks.into_iter().map(|(_, window)| window).collect()
    }

    fn replay(&self, window: &Value) -> Exposition {
        let line = |key: &str| window[key].as_u64().unwrap() as usize;
        let path = self.folder.path().join("rows.jsonl");
        fs::write(&path, self.lines[line("first_line") - 1..line("last_line")].join("\n") + "\n").unwrap();
        self.config(&path);
        let found = Exposition::parse(&printed(self.folder.path(), ["replay", "--config", "driftgauge.toml"]));
        let (model, version) = (self.case.schema("model"), self.case.schema("version"));
        found.within(&[("model", model), ("version", version), ("window", EVER)])
    }
}

/// The largest distance of each, over all chunks.
fn check(case: &Case, oracle: &Value, names: &[Compared]) {
    let bench = Bench::new(case, oracle);
    let nannyml = &oracle["nannyml"];
    let positive = case.expected["schema"]["positive_class"].as_str().unwrap_or_default();
    let mut ledger = Ledger::default();
    let mut worst = vec![0.0f64; names.len()];
    let chunks = bench.chunks();
    for (k, window) in chunks.iter().enumerate() {
        let found = bench.replay(window);
        for ((key, name, of_class, tolerance), worst) in names.iter().zip(&mut worst) {
            let labels: &[(&str, &str)] = if *of_class { &[("class", positive)] } else { &[] };
            let expected = nannyml["estimated"][key]["value"][k].as_f64().unwrap();
            let observed = found.get(&format!("driftgauge_{name}"), labels);
            *worst = worst.max((observed.unwrap_or(f64::INFINITY) - expected).abs());
            ledger.equal(&format!("{key} of chunk {k}"), expected, observed, *tolerance);
        }
    }
    for ((key, ..), worst) in names.iter().zip(worst) {
        println!("{} {key}: {worst:.5}", case.name);
    }
    ledger.settle(&case.name, chunks.len() * names.len());
}

#[test]
fn the_bundled_log_agrees_with_cbpe() {
    let [elec, _] = Case::bundled();
    let oracle: Value = serde_json::from_str(include_str!("oracle/estimates.json")).unwrap();
    check(&elec, &oracle, BINARY);
}

#[test]
fn the_whole_cases_agree_with_nannyml_where_they_are_given() {
    let Some(folder) = std::env::var_os("DRIFTGAUGE_CASES") else { return };
    for (name, names) in [("car_loan", BINARY), ("covtype", MULTICLASS)] {
        let case = Case::open(&Path::new(&folder).join(name));
        check(&case, &case.expected, names);
    }
    check_losses(&Case::open(&Path::new(&folder).join("car_price")));
}

/// The table of losses knows no two columns together. As long as the inputs are as they were it is as near as NannyML's
/// trees; once they change it moves the right way, and less far.
fn check_losses(case: &Case) {
    let bench = Bench::new(case, &case.expected);
    let mut ledger = Ledger::default();
    let chunks = bench.chunks();
    let found: Vec<Exposition> = chunks.iter().map(|window| bench.replay(window)).collect();
    for (key, name) in REGRESSION {
        let observed = |k: usize| found[k].get(&format!("driftgauge_{name}"), &[]).unwrap();
        for k in 0..chunks.len() {
            for (side, unchanged, changed) in [("estimated", 0.01, 0.13), ("realized", 0.02, 0.18)] {
                let expected = case.expected["nannyml"][side][key]["value"][k].as_f64().unwrap();
                let tolerance = if k < CHANGED { unchanged } else { changed };
                ledger.equal(&format!("{side} {key} of {k}"), 1.0, Some(observed(k) / expected), tolerance);
            }
        }
        let least = (0..CHANGED).map(observed).fold(f64::INFINITY, f64::min);
        assert!((CHANGED..chunks.len()).all(|k| observed(k) < least), "{key} did not move");
    }
    ledger.settle(&case.name, 2 * REGRESSION.len() * 10);
}
