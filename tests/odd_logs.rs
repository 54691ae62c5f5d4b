//! Logs as servers write them that are not the usual one: what they say is counted, and what follows from it is true.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod program;
    pub mod prom_text;
}

use std::fs;
use support::program::{output, printed};
use support::prom_text::Exposition;
use tempfile::TempDir;

const REPLAY: [&str; 3] = ["replay", "--config", "driftgauge.toml"];
const PROFILE: [&str; 7] = ["profile", "--config", "driftgauge.toml", "--input", "reference.jsonl", "-o", "p.json"];

/// A folder with a config of one model, a reference and a log.
fn folder(task: &str, settings: &str, reference: &str, log: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[[source]]\npaths = [\"log.jsonl\"]\n[[model]]\nname = \"m\"\ntask = \"{task}\"\nprofile = \"p.json\"\n\
         [windows]\nlengths = [\"1h\"]\n{settings}\n"
    );
    for (name, content) in [("driftgauge.toml", &*config), ("reference.jsonl", reference), ("log.jsonl", log)] {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn replayed(folder: &TempDir, more: &[&str]) -> Exposition {
    printed(folder.path(), PROFILE);
    Exposition::parse(&printed(folder.path(), REPLAY.iter().chain(more)))
}

/// One line for each index, with its time.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    let time = |i: usize| format!("2025-03-08T{:02}:{:02}:{:02}Z", i / 3_600, i / 60 % 60, i % 60);
    (0..count).map(|i| format!("{{\"ts\":\"{}\",{}}}\n", time(i), line(i))).collect()
}

#[test]
fn streams_beyond_the_limit_count_once_a_prediction_and_only_when_there_is_one() {
    let row = |i: usize| format!(r#""features":{{"a":{i}}},"prediction":{}"#, i % 2);
    let log = lines(100, |i| format!(r#"{},"version":"v{}""#, row(i), i % 5));
    let folder = folder("binary", "[limits]\nstreams = 3", &lines(100, row), &log);
    let overflow = "driftgauge_series_overflow_total";
    assert_eq!(40.0, replayed(&folder, &[]).sum(overflow));
    // Only v0 and v1 are there by then.
    let early = replayed(&folder, &["--until", "2025-03-08T00:00:02Z"]);
    let versions = early.iter().filter(|(name, _, _)| *name == "driftgauge_predictions_total").count();
    assert_eq!((2, 0.0), (versions, early.sum(overflow)));
}

#[test]
fn a_reference_of_scores_is_judged_by_the_decision_threshold_of_the_config() {
    // Scores of 0.60 to 0.69 are below the threshold: all of class 0, and all right.
    let row = |i: usize| format!(r#""features":{{"a":{i}}},"score":0.6{},"label":{}"#, i % 10, 0);
    let settings = "[performance]\ndecision_threshold = 0.8";
    let found = replayed(&folder("binary", settings, &lines(100, row), &lines(100, row)), &[]);
    assert_eq!(1.0, found.sum("driftgauge_accuracy_ratio"));
    assert_eq!(1.0, found.sum("driftgauge_accuracy_ratio_reference"));
}

#[test]
fn numbers_of_a_regression_may_be_text_in_the_reference_as_in_the_log() {
    let row = |i: usize| format!(r#""features":{{"a":{i}}},"prediction":"{i}.5","label":"{i}""#);
    let found = replayed(&folder("regression", "", &lines(100, row), &lines(100, row)), &[]);
    for name in ["driftgauge_mean_error", "driftgauge_mean_error_reference"] {
        assert_eq!(0.5, found.sum(name), "{name}");
    }
}

#[test]
fn a_reference_without_classes_leaves_performance_undefined() {
    let reference = lines(100, |i| format!(r#""features":{{"a":{i}}}"#));
    let log = lines(100, |i| format!(r#""features":{{"a":{i}}},"prediction":"cat","label":"cat""#));
    let found = replayed(&folder("multiclass", "", &reference, &log), &[]);
    // All of them are right, which the counter says.
    assert_eq!(100.0, found.sum("driftgauge_actuals_correct_total"));
    assert!(found.iter().all(|(name, _, _)| name != "driftgauge_accuracy_ratio"));
    let why = |labels: &std::collections::BTreeMap<String, String>| {
        labels.get("statistic").is_some_and(|key| key == "accuracy_ratio") && labels["reason"] == "no_reference"
    };
    assert!(found.iter().any(|(_, labels, _)| why(labels)));
}

#[test]
fn a_feature_that_the_reference_never_had_either_is_no_problem() {
    let row = |i: usize| format!(r#""features":{{"a":{i},"unused":null}},"prediction":{}"#, i % 2);
    let folder = folder("binary", "", &lines(100, row), &lines(100, row));
    printed(folder.path(), PROFILE);
    printed(folder.path(), ["check", "--config", "driftgauge.toml"]);
}

#[test]
fn a_binary_reference_of_one_class_is_refused_unless_the_other_one_is_clear() {
    for (class, is_clear) in [("\"yes\"", false), ("1", true), ("true", true)] {
        let row = |i: usize| format!(r#""features":{{"a":{i}}},"prediction":{class},"label":{class}"#);
        let positive = class.trim_matches('"');
        let settings = format!("[performance]\npositive_class = \"{positive}\"");
        let folder = folder("binary", &settings, &lines(100, row), "");
        let output = output(folder.path(), PROFILE);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(Some(if is_clear { 0 } else { 2 }), output.status.code(), "{class}: {said}");
        assert!(is_clear || said.contains("only \"yes\""), "{said}");
    }
}

#[test]
fn warnings_of_a_constant_column_are_true_of_its_kind() {
    let row = |i: usize| format!(r#""features":{{"number":3,"text":"x"}},"prediction":{}"#, i % 2);
    let folder = folder("binary", "", &lines(100, row), "");
    let said = String::from_utf8(output(folder.path(), PROFILE).stderr).unwrap();
    assert!(said.contains("number has one value only: statistics in units of its deviation"), "{said}");
    assert!(said.contains("text has one value only: any other will be unseen"), "{said}");
}

#[test]
fn a_class_the_reference_never_had_is_right_when_the_actual_is_the_same() {
    let known = |i: usize| ["cat", "dog"][i % 2];
    let reference = lines(100, |i| format!(r#""features":{{"a":{i}}},"prediction":"{0}","label":"{0}""#, known(i)));
    let log = lines(100, |i| {
        let (predicted, actual) = if i < 60 { ("fox", "fox") } else { (known(i), ["cat", "elk"][i % 2]) };
        format!(r#""features":{{"a":{i}}},"prediction":"{predicted}","label":"{actual}""#)
    });
    let found = replayed(&folder("multiclass", "", &reference, &log), &[]);
    // 60 foxes and 20 cats; a dog that was an elk is wrong.
    assert_eq!(80.0, found.sum("driftgauge_actuals_correct_total"));
    assert_eq!(0.8, found.sum("driftgauge_accuracy_ratio"));
}

#[test]
fn many_small_files_are_replayed_with_few_descriptors() {
    let row = |i: usize| format!(r#""features":{{"a":{i}}},"prediction":{}"#, i % 2);
    let folder = folder("binary", "", &lines(100, row), "");
    for file in 0..200 {
        fs::write(folder.path().join(format!("log.{file:03}.jsonl")), lines(1, row)).unwrap();
    }
    let config = fs::read_to_string(folder.path().join("driftgauge.toml")).unwrap().replace("log.jsonl", "log.*.jsonl");
    fs::write(folder.path().join("driftgauge.toml"), config).unwrap();
    printed(folder.path(), PROFILE);
    let replay = format!("ulimit -n 64; {} replay --config driftgauge.toml", env!("CARGO_BIN_EXE_driftgauge"));
    let replayed = std::process::Command::new("sh").args(["-c", &replay]).current_dir(folder.path()).output().unwrap();
    assert!(replayed.status.success(), "{}", String::from_utf8_lossy(&replayed.stderr));
    assert_eq!(
        200.0,
        Exposition::parse(&String::from_utf8(replayed.stdout).unwrap()).sum("driftgauge_predictions_total")
    );
}
