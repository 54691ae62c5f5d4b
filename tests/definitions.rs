//! The divergences whose cells are our own rule, on real logs, against a Python script that computes them from the raw
//! data by the documented rule: `oracle/definitions.py` writes the numbers. So for the causes, which use the same cells.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
    pub mod ledger;
    pub mod program;
    pub mod prom_text;
}

use driftgauge::statistics::{causes, drift};
use serde_json::Value;
use std::fs;
use std::path::Path;
use support::case::Case;
use support::ledger::{EXACT, Ledger};
use support::program::printed;
use support::prom_text::Exposition;

#[test]
fn divergences_on_real_logs_follow_their_documented_definition() {
    let oracle: Value = serde_json::from_str(include_str!("oracle/definitions.json")).unwrap();
    for (case, least) in Case::bundled().iter().zip([600, 1_000]) {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::default();
        let windows = oracle[&case.name].as_array().unwrap();
        assert!(windows.len() >= 10, "{}: {} windows", case.name, windows.len());
        for (index, window) in windows.iter().enumerate() {
            check(case, folder.path(), index == 0, window, &mut ledger);
        }
        ledger.settle(&case.name, least);
    }
}

fn check(case: &Case, folder: &Path, is_first: bool, window: &Value, ledger: &mut Ledger) {
    let length = window["seconds"].as_u64().map_or("5000d".to_owned(), |seconds| format!("{seconds}s"));
    let keys: Vec<&str> = drift::ENTRIES.iter().map(|entry| entry.spec.key).collect();
    let mut config = case.config(&case.predictions, &[length], &format!("statistics = {keys:?}"));
    config.push_str("\n[causes]\nlosses = true\ntop = 100\n");
    fs::write(folder.join("driftgauge.toml"), config).unwrap();
    if is_first {
        let reference = case.reference.to_str().unwrap();
        printed(folder, ["profile", "--config", "driftgauge.toml", "--input", reference, "-o", "profile.json"]);
    }
    let mut arguments = vec!["replay", "--config", "driftgauge.toml"];
    arguments.extend(window["end"].as_str().map(|end| ["--until", end]).into_iter().flatten());
    let found = Exposition::parse(&printed(folder, arguments));
    let shown = found.iter().find_map(|(_, labels, _)| labels.get("window").cloned()).unwrap();
    let (model, version) = (case.schema("model"), case.schema("version"));
    let everywhere = found.within(&[("model", case.schema("model")), ("version", case.schema("version"))]);
    for (feature, value) in window["importance"].as_object().unwrap() {
        let observed = everywhere.get("driftgauge_feature_importance", &[("feature", feature), ("role", "input")]);
        ledger.equal(&format!("importance of {feature}"), value.as_f64().unwrap(), observed, EXACT);
    }
    let found = found.within(&[("model", model), ("version", version), ("window", &shown)]);
    for column in window["columns"].as_array().unwrap() {
        let text = |key: &str| column[key].as_str().unwrap();
        let labels = [("feature", text("feature")), ("role", text("role"))];
        for (name, value) in column["values"].as_object().unwrap() {
            let observed = found.get(&format!("driftgauge_feature_{name}"), &labels);
            let what = format!("{} {} {name}", window["id"], text("feature"));
            ledger.equal(&what, value.as_f64().unwrap(), observed, EXACT);
        }
    }
    if let Some(shift) = window["loss_shift"].as_f64() {
        ledger.equal(&format!("{} loss shift", window["id"]), shift, found.get("driftgauge_loss_shift", &[]), EXACT);
    }
    for (feature, values) in window["causes"].as_object().unwrap() {
        for (key, value) in values.as_object().unwrap() {
            let spec = &causes::entry(key).unwrap().spec;
            let observed = found.get(spec.name, &[("feature", feature), ("role", "input")]);
            ledger.equal(&format!("{} {feature} {key}", window["id"]), value.as_f64().unwrap(), observed, EXACT);
        }
    }
}
