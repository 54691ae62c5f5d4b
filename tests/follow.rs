//! The sidecar as a process beside a log that grows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod program;
    pub mod prom_text;
    pub mod sidecar;
    pub mod small;
}

use std::fs::{self, OpenOptions};
use std::io::Write;
use support::program::printed;
use support::sidecar::Sidecar;
use support::small::{CONFIG, Small, actuals, predictions};

fn ready() -> Small {
    let small = Small::new(CONFIG);
    let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
    printed(small.path(), arguments);
    small
}

#[test]
fn lines_count_once_they_are_complete_and_pairs_follow() {
    let small = ready();
    small.write("log.jsonl", &predictions(0..20));
    let sidecar = Sidecar::start(small.path());
    sidecar.wait_for_predictions(20.0);
    let more = predictions(20..21);
    let (head, tail) = more.split_at(40);
    small.append("log.jsonl", &(predictions(21..30) + head));
    sidecar.wait_for_predictions(29.0);
    small.append("log.jsonl", tail);
    sidecar.wait_for_predictions(30.0);
    small.append("log.jsonl", &actuals(0..30));
    let pairs =
        |count: f64| move |m: &support::prom_text::Exposition| m.sum("driftgauge_actuals_scored_total") == count;
    let metrics = sidecar.wait("30 pairs", pairs(30.0));
    let (stream, window) = ([("model", "churn"), ("version", "1")], [("window", "1h")]);
    let window = metrics.within(&stream).within(&window);
    assert_eq!(Some(30.0), window.get("driftgauge_window_pairs", &[]));
    assert!(window.get("driftgauge_accuracy_ratio", &[]).is_some());
    assert_eq!(0.0, metrics.sum("driftgauge_decode_failures_total"));
    assert_eq!(0.0, metrics.sum("driftgauge_lines_lost_total"));
}

#[test]
fn a_rotated_file_is_read_to_its_end_and_its_successor_from_its_beginning() {
    let small = ready();
    small.write("driftgauge.toml", &CONFIG.replace("log*.jsonl", "log.jsonl"));
    small.write("log.jsonl", &predictions(0..10));
    let mut writer = OpenOptions::new().append(true).open(small.file("log.jsonl")).unwrap();
    let sidecar = Sidecar::start(small.path());
    sidecar.wait_for_predictions(10.0);
    fs::rename(small.file("log.jsonl"), small.file("log.jsonl.1")).unwrap();
    // The server still writes to the file it has open.
    writer.write_all(predictions(10..15).as_bytes()).unwrap();
    small.write("log.jsonl", &predictions(15..40));
    let metrics = sidecar.wait_for_predictions(40.0);
    assert_eq!(0.0, metrics.sum("driftgauge_lines_lost_total"));
}

#[test]
fn a_file_that_comes_late_is_found() {
    let small = ready();
    let sidecar = Sidecar::start(small.path());
    assert_eq!(0.0, sidecar.metrics().sum("driftgauge_predictions_total"));
    small.write("log-a.jsonl", &predictions(0..10));
    sidecar.wait_for_predictions(10.0);
    small.write("log-b.jsonl", &predictions(10..25));
    sidecar.wait_for_predictions(25.0);
}

#[test]
fn without_a_profile_warm_up_learns_one_and_drift_follows() {
    let config = CONFIG.replace("profile = \"profile.json\"", "warmup = \"10m\"");
    let small = Small::new(&config);
    let sidecar = Sidecar::start(small.path());
    // Ten seconds apart: 50 of them are within ten minutes.
    small.append("log.jsonl", &predictions(0..50));
    let metrics = sidecar.wait_for_predictions(50.0);
    let drift = "driftgauge_feature_psi";
    assert!(metrics.iter().all(|(name, _, _)| name != drift), "drift without a reference");
    assert!(metrics.iter().any(|(name, _, _)| name.starts_with("driftgauge_warmup")), "no progress is shown");
    small.append("log.jsonl", &predictions(50..62));
    sidecar.wait("the reference", |m| m.iter().any(|(name, _, _)| name == "driftgauge_reference_info"));
    small.append("log.jsonl", &predictions(62..200));
    let metrics = sidecar.wait("drift", |m| m.iter().any(|(name, _, _)| name == drift));
    let of = |feature: &str| metrics.iter().any(|(name, labels, _)| name == drift && labels["feature"] == feature);
    assert!(of("age") && of("plan"));
    assert!(sidecar.log().contains("reference learned"), "{}", sidecar.log());
}

#[test]
fn sigterm_ends_it_well() {
    let small = ready();
    small.write("log.jsonl", &predictions(0..10));
    let sidecar = Sidecar::start(small.path());
    sidecar.wait_for_predictions(10.0);
    assert_eq!(Some(0), sidecar.terminate().code());
}
