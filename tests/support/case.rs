//! A case of the oracle: its files, its expected values, and its rows as they stand in the logs.
#![allow(dead_code, reason = "each test uses its part")]

use driftgauge::time::Timestamp;
use flate2::read::GzDecoder;
use serde_json::Value;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A case.
pub struct Case {
    pub name: String,
    pub reference: PathBuf,
    pub predictions: PathBuf,
    pub labels: PathBuf,
    pub expected: Value,
}

/// An answered prediction and, if there is one, its label.
pub struct Row {
    /// The line of the log, from 1.
    pub line: u64,
    pub at: Timestamp,
    pub prediction: Value,
    pub label: Option<Value>,
}

impl Case {
    /// The cases of the repository: elec whole, covtype trimmed.
    pub fn bundled() -> [Case; 2] {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (elec, covtype) = (root.join("examples/elec"), root.join("tests/data/covtype"));
        [
            Case {
                name: "elec".to_owned(),
                reference: elec.join("reference.csv.gz"),
                predictions: elec.join("predictions.jsonl.gz"),
                labels: elec.join("actuals.jsonl.gz"),
                expected: json(&root.join("tests/data/elec/expected.json.gz")),
            },
            Case::open(&covtype),
        ]
    }

    /// A case with all its files in one folder, each perhaps with `.gz`.
    pub fn open(folder: &Path) -> Case {
        let file = |name: &str| {
            let packed = folder.join(format!("{name}.gz"));
            let plain = folder.join(name);
            let found = [packed, plain].into_iter().find(|path| path.exists());
            found.unwrap_or_else(|| panic!("{} has no {name}", folder.display()))
        };
        Case {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            reference: file("reference.csv"),
            predictions: file("predictions.jsonl"),
            labels: file("labels.jsonl"),
            expected: json(&file("expected.json")),
        }
    }

    /// A name of the schema: `model`, `version`, `task`.
    pub fn schema(&self, name: &str) -> &str {
        self.expected["schema"][name].as_str().unwrap()
    }

    pub fn windows(&self) -> &[Value] {
        self.expected["windows"].as_array().unwrap()
    }

    /// A config file's text for replaying `predictions` with windows of these lengths.
    pub fn config(&self, predictions: &Path, lengths: &[String], drift: &str) -> String {
        format!(
            r#"
[[source]]
paths = [{predictions:?}]
role = "predictions"
[[source]]
paths = [{labels:?}]
role = "actuals"
[[model]]
name = {model:?}
task = {task:?}
profile = "profile.json"
[windows]
lengths = {lengths:?}
[performance]
max_delay = "5000d"
class_scores = true
[drift]
{drift}
"#,
            labels = self.labels,
            model = self.schema("model"),
            task = self.schema("task"),
        )
    }

    /// The lines of the prediction log.
    pub fn lines(&self) -> Vec<String> {
        lines(&self.predictions)
    }

    /// Every answered prediction, in the order of the log.
    pub fn rows(&self) -> Vec<Row> {
        let mut labels: HashMap<String, Value> = HashMap::new();
        for line in text(&self.labels).lines() {
            let mut label: Value = serde_json::from_str(line).unwrap();
            labels.insert(label["request_id"].as_str().unwrap().to_owned(), label["label"].take());
        }
        let mut rows = Vec::new();
        for (index, line) in self.lines().iter().enumerate() {
            let mut record: Value = serde_json::from_str(line).unwrap();
            if record["status"] == "ok" {
                let at = Timestamp::parse_rfc3339(record["ts"].as_str().unwrap().as_bytes()).unwrap();
                let label = labels.get(record["request_id"].as_str().unwrap()).cloned();
                rows.push(Row { line: index as u64 + 1, at, prediction: record["prediction"].take(), label });
            }
        }
        rows
    }
}

/// The lines of a file, which may be packed.
pub fn lines(path: &Path) -> Vec<String> {
    text(path).lines().map(str::to_owned).collect()
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&text(path)).unwrap()
}

fn text(path: &Path) -> String {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_some_and(|extension| extension == "gz") {
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        return text;
    }
    fs::read_to_string(path).unwrap()
}
