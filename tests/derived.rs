//! Derived columns as a user meets them: `profile` fits them, `replay` shows what they see.
//!
//! Simulations have a stated seed. The reconstruction errors of elec are compared with NannyML's
//! (`oracle/multivariate.py`); with `DRIFTGAUGE_CASES` set, those of all cases in that folder are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod case;
    pub mod dice;
    pub mod program;
    pub mod prom_text;
}

use driftgauge::aggregate::{Delta, Totals};
use driftgauge::event::{Batch, Datum};
use driftgauge::observe::Answer;
use driftgauge::profile::{ProfileError, Reference};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use support::case::Case;
use support::dice::Dice;
use support::program::{output, printed};
use support::prom_text::Exposition;
use tempfile::TempDir;

const ROWS: usize = 20_000;

/// A standard normal number, by Box and Muller.
fn normal(dice: &mut Dice) -> f64 {
    let radius = (-2.0 * (1.0 - dice.share()).ln()).sqrt();
    radius * (std::f64::consts::TAU * dice.share()).cos()
}

/// Three numbers, of which `b` follows `a` when `related`, and a plan.
fn row(dice: &mut Dice, related: bool) -> ([f64; 3], &'static str) {
    let (a, own) = (normal(dice), normal(dice));
    let b = if related { 0.95 * a + (1.0f64 - 0.95 * 0.95).sqrt() * own } else { own };
    ([a, b, normal(dice)], dice.one::<&str>(&["free", "free", "basic", "pro"]))
}

/// A folder with a config and a profile made of `ROWS` related rows.
struct Bench {
    folder: TempDir,
    dice: Dice,
}

impl Bench {
    fn new(seed: u64, multivariate: &str) -> Bench {
        let mut bench = Bench { folder: tempfile::tempdir().unwrap(), dice: Dice(seed) };
        bench.write(
            "driftgauge.toml",
            &format!(
                "[[source]]\npaths = [\"log.jsonl\"]\n[[model]]\nname = \"m\"\ntask = \"binary\"\nprofile = \
                 \"profile.json\"\n[windows]\nlengths = [\"24h\"]\n[multivariate]\n{multivariate}\n"
            ),
        );
        let mut text = "a,b,c,plan,latency_ms,prediction,label\n".to_owned();
        for index in 0..ROWS {
            let ([a, b, c], plan) = row(&mut bench.dice, true);
            writeln!(text, "{a},{b},{c},{plan},{},{},{}", 1 + index % 50, index % 2, index % 3 % 2).unwrap();
        }
        bench.write("reference.csv", &text);
        bench.profile();
        bench
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.path().join(name), content).unwrap();
    }

    fn profile(&self) {
        let arguments = ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"];
        printed(self.path(), arguments);
    }

    fn stored(&self) -> String {
        fs::read_to_string(self.path().join("profile.json")).unwrap()
    }

    fn reference(&self) -> Reference {
        Reference::from_json(self.stored().as_bytes()).unwrap()
    }

    /// What is shown of a log of these rows.
    fn replay(&self, rows: &[([f64; 3], &str)]) -> Exposition {
        let lines: Vec<String> = rows.iter().enumerate().map(line).collect();
        self.replay_lines(&lines)
    }

    fn replay_lines(&self, lines: &[String]) -> Exposition {
        self.write("log.jsonl", &(lines.join("\n") + "\n"));
        let printed = printed(self.path(), ["replay", "--config", "driftgauge.toml"]);
        Exposition::parse(&printed).within(&[("model", "m"), ("version", "1")])
    }
}

fn line((index, ([a, b, c], plan)): (usize, &([f64; 3], &str))) -> String {
    let (minute, second) = (index / 60 % 60, index % 60);
    format!(
        "{{\"ts\":\"2020-03-08T12:{minute:02}:{second:02}Z\",\"model\":\"m\",\"version\":\"1\",\"features\":{{\"a\":{a},\
         \"b\":{b},\"c\":{c},\"plan\":\"{plan}\"}},\"prediction\":{},\"latency_ms\":{}}}",
        index % 2,
        1 + index % 50
    )
}

fn outliers(found: &Exposition, level: &str) -> f64 {
    found.get("driftgauge_outlier_ratio", &[("window", "24h"), ("level", level)]).unwrap()
}

fn of_column(found: &Exposition, family: &str, feature: &str, role: &str) -> Option<f64> {
    found.get(family, &[("window", "24h"), ("feature", feature), ("role", role)])
}

#[test]
fn planted_outliers_are_beyond_the_percentiles_and_clean_rows_keep_the_level() {
    let mut bench = Bench::new(1, "");
    let clean: Vec<_> = (0..10_000).map(|_| row(&mut bench.dice, true)).collect();
    let found = bench.replay(&clean);
    for (level, share) in [("0.99", 0.01f64), ("0.999", 0.001)] {
        let reference = found.get("driftgauge_outlier_ratio_reference", &[("level", level)]).unwrap();
        // The reference is smaller than the sample of rows, so that its quantiles are exact but for ties.
        assert!((reference - share).abs() <= share * 0.1, "{level}: {reference}");
        // Five standard errors of 10,000 rows and of the 20,000 of the reference.
        let error = (share * (1.0 - share) * (1.0 / 10_000.0 + 1.0 / 20_000.0)).sqrt();
        assert!((outliers(&found, level) - share).abs() < 5.0 * error, "{level}: {}", outliers(&found, level));
    }
    // One absurd value each; the last kind is a plan that was never seen with two rare values.
    for kind in 0..4 {
        let planted = |dice: &mut Dice| {
            let (mut numbers, mut plan) = row(dice, true);
            match kind {
                0 => numbers[0] = 8.0,
                1 => numbers[1] = -8.0,
                2 => numbers[2] = 1e6,
                _ => (numbers[2], plan) = (2.8, "unheard of"),
            }
            (numbers, plan)
        };
        let rows: Vec<_> = (0..200).map(|_| planted(&mut bench.dice)).collect();
        assert!(outliers(&bench.replay(&rows), "0.999") > 0.97, "kind {kind}");
    }
}

#[test]
fn a_broken_relation_is_seen_by_pca_and_mmd_and_by_no_column() {
    let mut bench = Bench::new(2, "pca = true\nmmd = true");
    let whole: Vec<_> = (0..3_000).map(|_| row(&mut bench.dice, true)).collect();
    let broken: Vec<_> = (0..3_000).map(|_| row(&mut bench.dice, false)).collect();
    let mmd = |found: &Exposition, companion: &str| {
        let name = format!("driftgauge_maximum_mean_discrepancy{companion}");
        found.get(&name, &[("window", "24h")]).unwrap()
    };
    for (rows, moved) in [(whole, false), (broken, true)] {
        let found = bench.replay(&rows);
        for feature in ["a", "b", "c", "plan"] {
            assert!(of_column(&found, "driftgauge_feature_psi", feature, "input").unwrap() < 0.02, "{feature}");
        }
        let psi = of_column(&found, "driftgauge_feature_psi", "pca_error", "derived").unwrap();
        assert!(if moved { psi > 0.25 } else { psi < 0.02 }, "{psi}");
        assert_eq!(moved, mmd(&found, "") > mmd(&found, "_threshold"));
        assert_eq!(moved, mmd(&found, "_pvalue") < 0.01);
        assert_eq!(moved, mmd(&found, "_sigma") > 10.0);
    }
}

#[test]
fn latency_and_the_derived_columns_are_compared_with_the_reference() {
    let mut bench = Bench::new(3, "pca = true");
    let rows: Vec<_> = (0..1_000).map(|_| row(&mut bench.dice, true)).collect();
    let found = bench.replay(&rows);
    for feature in ["latency", "outlier_score", "pca_error"] {
        for family in ["psi", "kolmogorov_smirnov", "mean", "observations"] {
            let value = of_column(&found, &format!("driftgauge_feature_{family}"), feature, "derived");
            assert!(value.is_some(), "{family} of {feature}");
        }
        let mean = [("feature", feature), ("role", "derived")];
        assert!(found.get("driftgauge_feature_mean_reference", &mean).is_some(), "{feature}");
    }
    // 20,000 rows of 1, 2, ... 50 ms, in cells that are an eighth of a doubling wide.
    let median = found.get("driftgauge_window_latency_reference_seconds", &[("level", "0.5")]).unwrap();
    assert!((median / 0.0255 - 1.0).abs() < 0.1, "{median}");
}

#[test]
fn a_hundred_features_in_three_windows_are_fewer_than_ten_thousand_series() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "driftgauge.toml",
        "[[source]]\npaths = [\"log.csv\"]\n[[model]]\nname = \"m\"\ntask = \"binary\"\nprofile = \"profile.json\"\n\
         [multivariate]\npca = true\nmmd = true\n",
    );
    let mut dice = Dice(9);
    let mut text: String =
        (0..100).map(|k| format!("f{k},")).collect::<String>() + "score,latency_ms,prediction,label\n";
    for _ in 0..300 {
        (0..80).for_each(|_| write!(text, "{},", normal(&mut dice)).unwrap());
        (0..20).for_each(|_| write!(text, "{},", dice.one(&["x", "y", "z"])).unwrap());
        writeln!(text, "{},{},{},{}", dice.share(), 1 + dice.below(9), dice.below(2), dice.below(2)).unwrap();
    }
    write("log.csv", &text);
    printed(folder.path(), ["profile", "--config", "driftgauge.toml", "--input", "log.csv", "-o", "profile.json"]);
    let printed = printed(folder.path(), ["replay", "--config", "driftgauge.toml"]);
    let series = Exposition::parse(&printed).iter().count();
    assert!((4_000..10_000).contains(&series), "{series}");
}

#[test]
fn order_does_not_matter() {
    let mut bench = Bench::new(4, "pca = true\nmmd = true\nmmd_features = 16");
    let rows: Vec<_> = (0..500).map(|_| row(&mut bench.dice, true)).collect();
    let mut lines: Vec<String> = rows.iter().enumerate().map(line).collect();
    let values = |found: &Exposition| -> Vec<(String, f64)> {
        let shown = found.iter().filter(|(name, labels, _)| {
            name.contains("outlier")
                || name.contains("discrepancy")
                || labels.get("role").is_some_and(|r| r == "derived")
        });
        shown.map(|(name, labels, value)| (format!("{name} {labels:?}"), value)).collect()
    };
    let expected = values(&bench.replay_lines(&lines));
    assert!(expected.len() > 30, "{}", expected.len());
    Dice(5).shuffle(&mut lines);
    assert_eq!(expected, values(&bench.replay_lines(&lines)));
}

#[test]
fn totals_of_parts_add_up_to_those_of_the_whole() {
    let mut bench = Bench::new(6, "pca = true\nmmd = true\nmmd_features = 8");
    let reference = bench.reference();
    let rows: Vec<_> = (0..300).map(|_| row(&mut bench.dice, true)).collect();
    let count = |rows: &[([f64; 3], &str)]| {
        let (mut totals, mut delta) =
            (Totals::new(reference.observer.inputs.counts(), reference.observer.inputs.sums()), Delta::default());
        for (numbers, plan) in rows {
            let mut batch = Batch::default();
            let plan = Datum::Category(batch.push_text(plan));
            let features = numbers.iter().map(|x| Datum::Number(*x)).chain([plan]);
            delta.clear();
            let answer = Answer { prediction: Datum::Number(1.0), decided: None, scores: &[], latency: 0.01 };
            reference.observer.answer(&batch, features, answer, &mut delta);
            totals.apply(&delta);
        }
        totals
    };
    let (whole, first, second) = (count(&rows), count(&rows[..100]), count(&rows[100..]));
    let added = |x: &Totals, y: &Totals| Totals {
        counts: x.counts.iter().zip(&y.counts).map(|(x, y)| x + y).collect(),
        sums: x.sums.iter().zip(&y.sums).map(|(x, y)| x + y).collect(),
    };
    assert_eq!(whole, added(&first, &second));
}

/// A profile with this change to its text and the hash of the changed content.
fn forged(text: &str, from: &str, to: &str) -> Result<Reference, ProfileError> {
    assert!(text.contains(from), "{from}");
    let mut content = text.trim_end().replacen(from, to, 1);
    for key in ["\"sha256\":\"", "\"created\":\""] {
        let start = content.find(key).unwrap() + key.len();
        let end = start + content[start..].find('"').unwrap();
        content.replace_range(start..end, "");
    }
    let hash: String = Sha256::digest(content.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let content = content.replacen("\"sha256\":\"\"", &format!("\"sha256\":\"{hash}\""), 1);
    Reference::from_json(content.replacen("\"created\":\"\"", "\"created\":\"2020-01-01T00:00:00Z\"", 1).as_bytes())
}

#[test]
fn a_profile_reads_back_as_it_was_and_refuses_what_does_not_fit() {
    let bench = Bench::new(7, "pca = true\nmmd = true\nmmd_features = 8");
    let text = bench.stored();
    let fixed = text.find("\"fixed\":{").unwrap();
    let fixed = &text[fixed..fixed + text[fixed..].find('}').unwrap()];
    let reference = bench.reference();
    assert_eq!(text, reference.to_json());
    bench.profile();
    assert_eq!(reference.sha, bench.reference().sha, "the same rows give the same profile");
    let fitted = reference.observer.frame.derived.fitted();
    assert!(fitted.outlier.is_some() && fitted.pca.is_some() && fitted.mmd.is_some());
    // Forging the hash works, so what is refused below is refused for what it says.
    forged(&text, "\"features\":8", "\"features\":8").unwrap();
    for (from, to, what) in [
        ("\"features\":8", "\"features\":9", "the sums of random features"),
        ("\"features\":8", "\"features\":0", "the random features"),
        ("\"components\":[[", "\"components\":[[7.0,", "the principal components"),
        ("\"levels\":[", "\"levels\":[-1.0,", "not a profile"),
        ("\"name\":\"pca_error\"", "\"name\":\"pca\"", "the derived columns"),
        ("\"encoding\":[", "\"encoding\":[{\"number\":{\"mean\":0.0,\"scale\":1.0}},", "the encoding of rows"),
        ("\"scale\":", "\"scale\":-", "the encoding of rows"),
        (fixed, "\"fixed\":{\"center\":0.0,\"exponent\":-1000", "the scale of a column"),
    ] {
        let error = forged(&text, from, to).unwrap_err().to_string();
        assert!(error.contains(what), "{to}: {error}");
    }
    let cut = text.replacen("\"levels\":[", "\"levels\":[1", 1);
    assert!(matches!(Reference::from_json(cut.as_bytes()), Err(ProfileError::Hash { .. })));
}

#[test]
fn check_says_what_a_profile_was_not_fitted_for() {
    let mut bench = Bench::new(8, "outlier = false");
    let rows: Vec<_> = (0..10).map(|_| row(&mut bench.dice, true)).collect();
    let found = bench.replay(&rows);
    assert_eq!(None, found.get("driftgauge_outlier_ratio", &[("window", "24h"), ("level", "0.99")]));
    let config = fs::read_to_string(bench.path().join("driftgauge.toml")).unwrap();
    bench.write("driftgauge.toml", &config.replace("outlier = false", "mmd = true"));
    let output = output(bench.path(), ["check", "--config", "driftgauge.toml"]);
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{notes}");
    for part in ["outlier", "mmd"] {
        let note = format!("note: model m 1: multivariate.{part} is on, but its profile has none: build it again");
        assert!(notes.contains(&note), "{notes}");
    }
    assert!(!notes.contains("multivariate.pca"), "{notes}");
}

#[test]
fn reconstruction_errors_are_those_of_nannyml() {
    let oracle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/multivariate.json");
    let oracle: Value = serde_json::from_str(&fs::read_to_string(oracle).unwrap()).unwrap();
    let [elec, _] = Case::bundled();
    check_reconstruction(&elec, oracle["chunk_size"].as_u64().unwrap(), &oracle["value"]);
    let Some(folder) = std::env::var_os("DRIFTGAUGE_CASES") else { return };
    for name in ["elec", "car_loan", "car_price", "covtype"] {
        let case = Case::open(&Path::new(&folder).join(name));
        let nannyml = &case.expected["nannyml"];
        let value = &nannyml["multivariate"]["reconstruction_error"]["value"];
        check_reconstruction(&case, nannyml["chunk_size"].as_u64().unwrap(), value);
    }
}

/// The first, a middle and the last chunk of answered rows.
fn check_reconstruction(case: &Case, size: u64, expected: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("rows.jsonl");
    let config = case.config(&log, &["5000d".to_owned()], "");
    fs::write(folder.path().join("driftgauge.toml"), config + "[multivariate]\npca = true\n").unwrap();
    let reference = case.reference.to_str().unwrap();
    let arguments = ["profile", "--config", "driftgauge.toml", "--input", reference, "-o", "profile.json"];
    printed(folder.path(), arguments);
    let (rows, lines) = (case.rows(), case.lines());
    let expected: Vec<f64> = expected.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect();
    for chunk in [0, expected.len() / 2, expected.len() - 1] {
        let rows = rows.chunks(size as usize).nth(chunk).unwrap();
        let chosen: Vec<&str> = rows.iter().map(|row| lines[row.line as usize - 1].as_str()).collect();
        fs::write(&log, chosen.join("\n") + "\n").unwrap();
        let found = Exposition::parse(&printed(folder.path(), ["replay", "--config", "driftgauge.toml"]));
        let found = found.within(&[("model", case.schema("model")), ("window", "5000d")]);
        let means = found.iter().filter(|(name, labels, _)| {
            *name == "driftgauge_feature_mean" && labels.get("feature").is_some_and(|name| name == "pca_error")
        });
        let means: Vec<f64> = means.map(|(_, _, value)| value).collect();
        let [mean] = means[..] else { panic!("{means:?}") };
        let difference = (mean / expected[chunk] - 1.0).abs();
        assert!(difference < 1e-9, "{} chunk {chunk}: {mean}, not {}", case.name, expected[chunk]);
    }
}

/// An embedding of three numbers near one of four corners.
fn embedding(dice: &mut Dice, corner: usize) -> String {
    let [x, y] = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]][corner];
    let near = |dice: &mut Dice, x: f64| x + 0.05 * normal(dice);
    format!("[{},{}, {}]", near(dice, 10.0 * x), near(dice, 10.0 * y), near(dice, 3.0))
}

#[test]
fn embeddings_move_between_clusters_and_away_from_them() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let config = "[[source]]\npaths = [\"log.jsonl\"]\n[[model]]\nname = \"m\"\ntask = \"binary\"\nprofile = \
                  \"profile.json\"\n[schema]\nembedding = \"features.words\"\n[windows]\nlengths = [\"24h\"]\n";
    write("driftgauge.toml", config);
    let mut dice = Dice(10);
    // As text in a flat format; the same arrays stand in JSON lines below.
    let mut text = "a,features.words,prediction,label\n".to_owned();
    for index in 0..4_000 {
        let words = embedding(&mut dice, index % 4);
        writeln!(text, "{},\"{words}\",{},{}", index % 7, index % 2, index % 3 % 2).unwrap();
    }
    write("reference.csv", &text);
    printed(
        folder.path(),
        ["profile", "--config", "driftgauge.toml", "--input", "reference.csv", "-o", "profile.json"],
    );
    let reference = Reference::from_json(&fs::read(folder.path().join("profile.json")).unwrap()).unwrap();
    let features: Vec<&str> = reference.observer.frame.features.iter().map(|(name, _)| &**name).collect();
    assert_eq!(vec!["a"], features, "what the mapping calls an embedding is no feature");
    let replay = |embeddings: &[String]| {
        let lines = embeddings.iter().enumerate().map(|(i, words)| {
            let features = format!("{{\"a\":{},\"words\":{words}}}", i % 7);
            format!("{{\"version\":\"1\",\"features\":{features},\"prediction\":{}}}\n", i % 2)
        });
        write("log.jsonl", &lines.collect::<String>());
        let printed = printed(folder.path(), ["replay", "--config", "driftgauge.toml"]);
        Exposition::parse(&printed).within(&[("model", "m"), ("version", "1")])
    };
    let psi = |found: &Exposition, part: &str| {
        of_column(found, "driftgauge_feature_psi", &format!("embedding_{part}"), "derived").unwrap()
    };
    let same: Vec<String> = (0..2_000).map(|i| embedding(&mut dice, i % 4)).collect();
    let found = replay(&same);
    for part in ["cluster", "distance", "norm", "cosine"] {
        assert!(psi(&found, part) < 0.1, "{part}: {}", psi(&found, part));
    }
    // Another mixture of the same corners: other clusters, the same distances.
    let mixed: Vec<String> = (0..2_000).map(|i| embedding(&mut dice, if i % 4 > 0 { 0 } else { 1 })).collect();
    let found = replay(&mixed);
    assert!(psi(&found, "cluster") > 1.0 && psi(&found, "distance") < 0.1);
    // A corner that was not there.
    let away = vec!["[7,7,3]".to_owned(); 2_000];
    assert!(psi(&replay(&away), "distance") > 1.0);
    // Of ten two are missing, and of two more one is too short and one is no array of numbers.
    let odd: Vec<String> = (0..1_000)
        .map(|i| match i % 10 {
            0 | 1 => "null".to_owned(),
            2 => "[1,2]".to_owned(),
            3 => "[1,\"x\",3]".to_owned(),
            _ => embedding(&mut dice, i % 4),
        })
        .collect();
    let found = replay(&odd);
    for part in ["cluster", "distance", "norm", "cosine"] {
        let ratio = |family: &str| of_column(&found, family, &format!("embedding_{part}"), "derived");
        assert_eq!(Some(0.2), ratio("driftgauge_feature_missing_ratio"), "{part}");
        assert_eq!(Some(0.2), ratio("driftgauge_feature_invalid_ratio"), "{part}");
    }
}
