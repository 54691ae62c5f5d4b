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
    ("average_precision", "estimated_average_precision", false, 0.003),
];
const MULTICLASS: &[Compared] = &[
    ("accuracy", "estimated_accuracy_ratio", false, 0.003),
    ("f1", "estimated_f1_macro_ratio", false, 0.003),
    ("roc_auc", "estimated_roc_auc_macro", false, 0.003),
];
const REGRESSION: &[Compared] = &[
    ("mae", "estimated_mean_absolute_error", false, 0.003),
    ("rmse", "estimated_root_mean_squared_error", false, 0.003),
];

/// A profile of a case and its windows of rows.
struct Bench<'a> {
    case: &'a Case,
    folder: tempfile::TempDir,
    lines: Vec<String>,
}

impl Bench<'_> {
    fn new(case: &Case) -> Bench<'_> {
        let bench = Bench { case, folder: tempfile::tempdir().unwrap(), lines: case.lines() };
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
    fn chunks(&self) -> Vec<&Value> {
        let size = self.case.expected["nannyml"]["chunk_size"].as_u64().unwrap();
        let place = |window: &Value| {
            let (kind, k) = window["id"].as_str()?.split_once('/')?;
            (kind == format!("rows-{size}")).then(|| k.parse::<usize>().unwrap())
        };
        let mut chunks: Vec<(usize, &Value)> =
            self.case.windows().iter().filter_map(|window| Some((place(window)?, window))).collect();
        chunks.sort_by_key(|(k, _)| *k);
        chunks.into_iter().map(|(_, window)| window).collect()
    }

    fn replay(&self, window: &Value) -> Exposition {
        let line = |key: &str| window[key].as_u64().unwrap() as usize;
        let path = self.folder.path().join("rows.jsonl");
        fs::write(&path, self.lines[line("first_line") - 1..line("last_line")].join("\n") + "\n").unwrap();
        self.config(&path);
        let found = Exposition::parse(&printed(self.folder.path(), ["replay", "--config", "driftgauge.toml"]));
        found.within(&[("model", self.case.schema("model")), ("window", EVER)])
    }
}

/// The largest distance of each, over all chunks.
fn check(case: &Case, names: &[Compared], relative: bool) {
    let bench = Bench::new(case);
    let nannyml = &case.expected["nannyml"];
    let positive = case.expected["schema"]["positive_class"].as_str().unwrap_or_default();
    let mut ledger = Ledger::default();
    let mut worst = vec![0.0f64; names.len()];
    let chunks = bench.chunks();
    for (k, window) in chunks.iter().enumerate() {
        let found = bench.replay(window);
        for ((key, name, of_class, tolerance), worst) in names.iter().zip(&mut worst) {
            let labels: &[(&str, &str)] = if *of_class { &[("class", positive)] } else { &[] };
            let expected = nannyml["estimated"][key]["value"][k].as_f64().unwrap();
            let unit = if relative { expected } else { 1.0 };
            let observed = found.get(&format!("driftgauge_{name}"), labels).map(|value| value / unit);
            *worst = worst.max((observed.unwrap_or(f64::INFINITY) - expected / unit).abs());
            ledger.equal(&format!("{key} of chunk {k}"), expected / unit, observed, *tolerance);
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
    check(&elec, BINARY, false);
}

#[test]
fn the_whole_cases_agree_with_nannyml_where_they_are_given() {
    let Some(folder) = std::env::var_os("DRIFTGAUGE_CASES") else { return };
    let open = |name: &str| Case::open(&Path::new(&folder).join(name));
    check(&open("car_loan"), BINARY, false);
    check(&open("covtype"), MULTICLASS, false);
    check(&open("car_price"), REGRESSION, true);
}
