//! Ratios by segment and gaps between segments, against fairlearn and scikit-learn: `oracle/segments.py` writes the numbers
//! from the raw logs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
    pub mod ledger;
    pub mod program;
    pub mod prom_text;
    pub mod small;
}

use driftgauge::statistics::segments::{ENTRIES, entry};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use support::case::Case;
use support::ledger::{EXACT, Ledger};
use support::program::{output, printed};
use support::prom_text::Exposition;
use support::small::{CONFIG, Small, actuals, predictions};

const PROFILE: &[&str] = &["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
const REPLAY: &[&str] = &["replay", "--config", "driftgauge.toml"];

fn oracle() -> Value {
    serde_json::from_str(include_str!("oracle/segments.json")).unwrap()
}

/// Compares what a feature's segments show, within the labels of a stream, with what the oracle says.
fn compare(stream: &Exposition, window: &str, feature: &str, expected: &Value, ledger: &mut Ledger) {
    let shown = stream.within(&[("window", window), ("feature", feature)]);
    let segments = expected["segments"].as_object().unwrap();
    for (segment, counts) in segments {
        let what = |of: &str| format!("{window} {feature} {segment} {of}");
        let labels = [("segment", segment.as_str())];
        for of in ["observations", "pairs"] {
            let observed = shown.get(&format!("driftgauge_segment_{of}"), &labels);
            ledger.equal(&what(of), counts[of].as_f64().unwrap(), observed, 0.0);
        }
        for (key, value) in counts["values"].as_object().unwrap() {
            one(&shown, key, &labels, value, &what(key), ledger);
        }
    }
    for (key, value) in expected["gaps"].as_object().unwrap() {
        one(&shown, key, &[], value, &format!("{window} {feature} {key}"), ledger);
    }
    // Every row is in a segment, and no segment has a row that it should not have.
    let rows: f64 = segments.values().map(|counts| counts["observations"].as_f64().unwrap()).sum();
    ledger.equal(&format!("{window} {feature} rows"), rows, Some(shown.sum("driftgauge_segment_observations")), 0.0);
    let (key, name) = match shown.sum("driftgauge_segment_mean_absolute_error") > 0.0 {
        true => ("segment_mean_absolute_error", "driftgauge_segment_mean_absolute_error_reference"),
        false => ("segment_accuracy", "driftgauge_segment_accuracy_ratio_reference"),
    };
    for (segment, value) in expected["reference"].as_object().unwrap() {
        let observed = stream.get(name, &[("feature", feature), ("segment", segment)]);
        ledger.equal(&format!("{feature} {segment} reference {key}"), value.as_f64().unwrap(), observed, EXACT);
    }
}

/// The value where there is one; where there is none, no series and the reason.
fn one(shown: &Exposition, key: &str, labels: &[(&str, &str)], expected: &Value, what: &str, ledger: &mut Ledger) {
    let observed = shown.get(entry(key).unwrap().spec.name, labels);
    match expected.as_f64() {
        Some(value) => ledger.equal(what, value, observed, EXACT),
        None => {
            ledger.absent(what, observed);
            let mut labels = labels.to_vec();
            labels.extend([("statistic", key), ("reason", "too_few")]);
            ledger.equal(&format!("{what} is undefined"), 1.0, shown.get("driftgauge_undefined_info", &labels), 0.0);
        }
    }
}

#[test]
fn segments_of_real_logs_are_those_of_fairlearn() {
    let oracle = oracle();
    let [elec, covtype] = Case::bundled();
    for (case, name, least) in [(&elec, "elec", 1_000), (&covtype, "covtype", 400), (&covtype, "covtype_pooled", 15)] {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::default();
        for (index, window) in oracle[name].as_array().unwrap().iter().enumerate() {
            check(case, folder.path(), index == 0, window, &mut ledger);
        }
        ledger.settle(name, least);
    }
}

fn check(case: &Case, folder: &Path, is_first: bool, window: &Value, ledger: &mut Ledger) {
    let length = window["seconds"].as_u64().map_or("5000d".to_owned(), |seconds| format!("{seconds}s"));
    let features: Vec<&String> = window["features"].as_object().unwrap().keys().collect();
    let mut config = case.config(&case.predictions, &[length], "");
    config.push_str(&format!("\n[segments]\nfeatures = {features:?}\n"));
    config.push_str(&format!("\n[limits]\nlabel_values = {}\n", window["most"]));
    fs::write(folder.join("driftgauge.toml"), config).unwrap();
    if is_first {
        let reference = case.reference.to_str().unwrap();
        printed(folder, ["profile", "--config", "driftgauge.toml", "--input", reference, "-o", "profile.json"]);
    }
    let until = window["end"].as_str().map(|end| ["--until", end]);
    let found = Exposition::parse(&printed(folder, REPLAY.iter().copied().chain(until.into_iter().flatten())));
    let shown = found.iter().find_map(|(_, labels, _)| labels.get("window").cloned()).unwrap();
    let stream = found.within(&[("model", case.schema("model")), ("version", case.schema("version"))]);
    for (feature, expected) in window["features"].as_object().unwrap() {
        compare(&stream, &shown, feature, expected, ledger);
    }
}

#[test]
fn errors_of_a_regression_by_segment_are_those_of_scikit_learn() {
    let regression = &oracle()["regression"];
    let rows = |side: &str| regression[side].as_array().unwrap().clone();
    let config = CONFIG.replace("churn", "price").replace("binary", "regression").replace("\"5m\", ", "");
    let small = Small::new(&format!("{config}\n[segments]\nfeatures = [\"region\"]\n"));
    let text = |row: &Value| format!("{},{},{}\n", row[0].as_str().unwrap(), row[1], row[2]);
    small.write(
        "reference.csv",
        &format!("region,prediction,label\n{}", rows("reference").iter().map(text).collect::<String>()),
    );
    printed(small.path(), PROFILE);
    let line = |(index, row): (usize, &Value)| {
        let second = index % 60;
        format!(
            "{{\"ts\":\"2020-03-08T10:00:{second:02}Z\",\"id\":\"{index}\",\"model\":\"price\",\"version\":\"1\",\
             \"features\":{{\"region\":{}}},\"prediction\":{},\"label\":{}}}\n",
            row[0], row[1], row[2]
        )
    };
    small.write("log.jsonl", &rows("window").iter().enumerate().map(line).collect::<String>());
    let found = Exposition::parse(&printed(small.path(), REPLAY));
    let stream = found.within(&[("model", "price"), ("version", "1")]);
    let mut ledger = Ledger::default();
    compare(&stream, "1h", "region", &regression["expected"], &mut ledger);
    ledger.settle("regression", 20);
    let gaps = ENTRIES.iter().filter(|entry| !entry.is_per_segment());
    for entry in gaps {
        assert!(found.iter().all(|(name, _, _)| name != entry.spec.name), "{} of a regression", entry.spec.name);
    }
}

#[test]
fn every_statistic_of_segments_has_an_oracle() {
    let mut known = BTreeSet::new();
    let mut add = |features: &Value| {
        let segments = features["segments"].as_object().unwrap().values();
        known.extend(segments.flat_map(|counts| counts["values"].as_object().unwrap().keys().cloned()));
        known.extend(features["gaps"].as_object().unwrap().keys().cloned());
    };
    let oracle = oracle();
    for name in ["elec", "covtype"] {
        let windows = oracle[name].as_array().unwrap().iter();
        windows.flat_map(|window| window["features"].as_object().unwrap().values()).for_each(&mut add);
    }
    add(&oracle["regression"]["expected"]);
    assert_eq!(ENTRIES.iter().map(|entry| entry.spec.key.to_owned()).collect::<BTreeSet<String>>(), known);
}

/// The series of segments that a replay of the small case shows with these settings.
fn small_series(settings: &str, log: &str) -> (Small, Exposition) {
    let small = Small::new(&format!("{CONFIG}\n{settings}"));
    printed(small.path(), PROFILE);
    small.write("log.jsonl", log);
    let found = Exposition::parse(&printed(small.path(), REPLAY));
    (small, found.within(&[("model", "churn"), ("version", "1"), ("window", "1h")]))
}

#[test]
fn segments_are_as_with_losses_beside_them_and_cost_nothing_when_none_is_declared() {
    let log = predictions(0..300) + &actuals(0..250);
    let is_segment = |name: &str| name.contains("_segment_") || ENTRIES.iter().any(|entry| entry.spec.name == name);
    let series = |found: &Exposition| -> Vec<(String, f64)> {
        let own = found.iter().filter(|(name, _, _)| is_segment(name));
        own.map(|(name, labels, value)| (format!("{name} {labels:?}"), value)).collect()
    };
    let (_, without) = small_series("", &log);
    assert_eq!(Vec::<(String, f64)>::new(), series(&without));
    let segments = "[segments]\nfeatures = [\"plan\", \"age\"]\nleast = 5\n";
    let (_, alone) = small_series(segments, &log);
    assert!(series(&alone).len() > 50, "{:?}", series(&alone));
    let (_, beside) = small_series(&format!("{segments}[causes]\nlosses = true\n"), &log);
    assert_eq!(series(&alone), series(&beside));
    let (_, losses) = small_series("[causes]\nlosses = true\n", &log);
    for key in ["driftgauge_loss_shift", "driftgauge_accuracy_ratio"] {
        assert!(losses.get(key, &[]).is_some(), "{key}");
        assert_eq!(losses.get(key, &[]), beside.get(key, &[]), "{key}");
    }
    assert_eq!(None, alone.get("driftgauge_loss_shift", &[]), "losses are kept when asked for only");
    assert_eq!(without.get("driftgauge_accuracy_ratio", &[]), alone.get("driftgauge_accuracy_ratio", &[]));
}

#[test]
fn what_has_no_actuals_is_said_once_for_a_feature() {
    let (_, found) = small_series("[segments]\nfeatures = [\"plan\"]\n", &predictions(0..300));
    let plan = found.within(&[("feature", "plan")]);
    for (key, reason) in [("segment_recall", "no_actuals"), ("equalized_odds_difference", "no_actuals")] {
        let labels = [("statistic", key), ("reason", reason)];
        assert_eq!(Some(1.0), plan.get("driftgauge_undefined_info", &labels), "{key}");
    }
    assert!(plan.get("driftgauge_demographic_parity_difference", &[]).is_some());
    assert_eq!(Some(0.0), plan.get("driftgauge_segment_pairs", &[("segment", "pro")]));
    // Neither side has an unseen plan, so that nothing is said of it.
    assert_eq!(None, plan.get("driftgauge_segment_observations", &[("segment", "unseen")]));
}

#[test]
fn categories_called_like_a_segment_are_counted_with_it() {
    let small = Small::new(&format!("{CONFIG}\n[segments]\nfeatures = [\"plan\"]\nleast = 1\n"));
    let plans = ["missing", "unseen", "__other__", "pro"];
    let row = |i: usize| format!("{},{},0.{},{},{}\n", i % 60, plans[i % 4], i % 10, i % 2, i % 2);
    small.write(
        "reference.csv",
        &(0..200).fold("age,plan,score,prediction,label\n".to_owned(), |text, i| text + &row(i)),
    );
    printed(small.path(), PROFILE);
    let said = |i: usize, plan: &str| {
        format!(
            "{{\"ts\":\"2020-03-08T10:00:{i:02}Z\",\"id\":\"{i}\",\"model\":\"churn\",\"version\":\"1\",\
             \"features\":{{\"age\":1,\"plan\":{plan}}},\"prediction\":1,\"score\":0.7,\"label\":1}}\n"
        )
    };
    let logged = ["\"missing\"", "null", "null", "\"gold\"", "\"unseen\"", "\"pro\"", "[1]", "\"__other__\""];
    small.write("log.jsonl", &logged.iter().enumerate().map(|(i, plan)| said(i, plan)).collect::<String>());
    // No series twice: the reader of the exposition would refuse it.
    let found = Exposition::parse(&printed(small.path(), REPLAY));
    let plan = found.within(&[("model", "churn"), ("version", "1"), ("window", "1h"), ("feature", "plan")]);
    for (segment, rows) in [("missing", 3.0), ("unseen", 2.0), ("invalid", 1.0), ("pro", 1.0), ("__other__", 1.0)] {
        let labels = [("segment", segment)];
        assert_eq!(Some(rows), plan.get("driftgauge_segment_observations", &labels), "{segment}");
        assert_eq!(Some(rows), plan.get("driftgauge_segment_pairs", &labels), "{segment}");
        assert_eq!(Some(1.0), plan.get("driftgauge_segment_accuracy_ratio", &labels), "{segment}");
    }
}

#[test]
fn a_feature_that_the_profile_does_not_have_is_noted_and_left_out() {
    let settings = "[segments]\nfeatures = [\"plan\", \"colour\"]\n";
    let (small, found) = small_series(settings, &(predictions(0..100) + &actuals(0..80)));
    assert!(found.iter().all(|(_, labels, _)| labels.get("feature").is_none_or(|name| name != "colour")));
    let checked = output(small.path(), ["check", "--config", "driftgauge.toml"]);
    let told = String::from_utf8(checked.stderr).unwrap();
    assert_eq!(Some(0), checked.status.code(), "{told}");
    let note = "note: segments.features: the profile of churn 1 has no feature \"colour\"";
    assert_eq!(1, told.matches(note).count(), "{told}");
    assert!(!told.contains("no feature \"plan\""), "{told}");
}
