//! Thresholds that the config chooses, and those that are computed, in the exposition of a whole run.
#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

#[path = "support/small.rs"]
mod small;

use small::{CONFIG, Small, actuals, predictions};
use std::path::Path;
use std::process::{Command, Output};

const THRESHOLDS: &str = r#"
[thresholds]
roc_auc = 0.7
accuracy_ratio = "3 sd"
brier_score = "quantile 0.99"
log_loss = "reference * 1.1"
recall_ratio = "reference - 0.05"
psi = 0.4
jensen_shannon = "quantile 0.95"
[thresholds.features.age]
psi = 0.3
"#;

/// A row's features and what came of it, as those of the log but not the same in every chunk.
fn row(i: usize) -> (usize, &'static str, f64, u8, u8) {
    let (score, label) = ((i % 10) as f64 / 10.0, u8::from((i / 2) % 10 > 4));
    let wrong = i.is_multiple_of(3 + i / 50 % 7);
    (i % 60, ["free", "basic", "pro"][i % 3], score, label ^ u8::from(wrong), label)
}

fn folder(rows: usize, thresholds: &str) -> Small {
    let small = Small::new(&format!("{CONFIG}{thresholds}"));
    let text = (0..rows).map(row).fold("age,plan,score,prediction,label\n".to_owned(), |text, row| {
        let (age, plan, score, prediction, label) = row;
        text + &format!("{age},{plan},{score},{prediction},{label}\n")
    });
    small.write("reference.csv", &text);
    small.write("log.jsonl", &(predictions(0..600) + &actuals(0..600)));
    run(small.path(), &["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"]);
    small
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_driftgauge")).args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The values of the window `1h` and of the reference whose series begin with `name` and hold `label`.
fn values(exposition: &str, name: &str, label: &str) -> Vec<f64> {
    let lines = exposition.lines().filter(|line| line.starts_with(&format!("{name}{{")) && line.contains(label));
    let lines = lines.filter(|line| !line.contains("window=") || line.contains("window=\"1h\""));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect()
}

fn replay(small: &Small) -> String {
    String::from_utf8(run(small.path(), &["replay", "--config", "driftgauge.toml"]).stdout).unwrap()
}

/// One number of each chunk of 50 rows.
fn by_chunk(of: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..40).map(|chunk| (chunk * 50..(chunk + 1) * 50).map(&of).sum::<f64>() / 50.0).collect()
}

fn close(expected: f64, found: &[f64]) {
    assert!(found.len() == 1 && (found[0] / expected - 1.0).abs() < 1e-5, "{expected}: {found:?}");
}

#[test]
fn chosen_thresholds_are_shown_beside_the_value() {
    let exposition = replay(&folder(2_000, THRESHOLDS));
    let threshold = |family: &str, label: &str| values(&exposition, &format!("driftgauge_{family}_threshold"), label);
    assert_eq!(vec![0.7], threshold("roc_auc", ""));
    assert_eq!((vec![0.3], vec![0.4]), (threshold("feature_psi", "=\"age\""), threshold("feature_psi", "=\"plan\"")));
    close(values(&exposition, "driftgauge_log_loss_reference", "")[0] * 1.1, &threshold("log_loss", ""));
    for class in ["class=\"0\"", "class=\"1\""] {
        let reference = values(&exposition, "driftgauge_recall_ratio_reference", class)[0];
        close(reference - 0.05, &threshold("recall_ratio", class));
    }
    // The mean less three deviations; the quantile with linear parts between two values.
    let accuracy = by_chunk(|i| f64::from(u8::from(row(i).3 == row(i).4)));
    let mean = accuracy.iter().sum::<f64>() / 40.0;
    let deviation = (accuracy.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 39.0).sqrt();
    assert!(deviation > 0.01);
    close(mean - 3.0 * deviation, &threshold("accuracy_ratio", ""));
    let mut brier = by_chunk(|i| (row(i).2 - f64::from(row(i).4)).powi(2));
    brier.sort_by(f64::total_cmp);
    close(brier[38] + 0.61 * (brier[39] - brier[38]), &threshold("brier_score", ""));
    assert_eq!(1, threshold("feature_jensen_shannon_distance", "=\"age\"").len());
    // Performance has no threshold that nobody chose, and drift has one.
    assert!(threshold("f1_macro_ratio", "").is_empty());
    for family in ["feature_psi_debiased", "feature_kolmogorov_smirnov", "feature_mean_shift_sd"] {
        assert_eq!(1, threshold(family, "=\"age\"").len(), "{family}");
    }
    assert_eq!(1, values(&exposition, "driftgauge_feature_psi_sigma", "=\"age\"").len());
}

#[test]
fn what_a_small_reference_cannot_answer_is_said_and_has_no_threshold() {
    let small = folder(1_000, &format!("{THRESHOLDS}[thresholds.features.income]\npsi = 0.1\n"));
    let exposition = replay(&small);
    for family in ["accuracy_ratio", "brier_score", "feature_jensen_shannon_distance"] {
        assert!(values(&exposition, &format!("driftgauge_{family}_threshold"), "").is_empty(), "{family}");
    }
    assert_eq!(vec![0.7], values(&exposition, "driftgauge_roc_auc_threshold", ""));
    let output = run(small.path(), &["check", "--config", "driftgauge.toml"]);
    let notes = String::from_utf8(output.stderr).unwrap();
    for key in ["accuracy_ratio", "brier_score", "jensen_shannon", "features.income.psi"] {
        assert!(notes.contains(&format!("note: thresholds.{key}: the reference of churn 1 cannot")), "{key}: {notes}");
    }
    assert!(!notes.contains("thresholds.roc_auc") && !notes.contains("thresholds.psi"), "{notes}");
}
