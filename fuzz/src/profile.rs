//! A profile is a reference or refused, and windows can be compared with any.
//!
//! The bytes are a file; the hash of one that is sound but for it is put right, as nobody guesses a hash. The
//! reference is written and read again, and a model that has it takes predictions and actuals and shows what follows.

use super::model::{Bench, config, reference};
use driftgauge::event::{Kind, Task};
use driftgauge::profile::{ProfileError, Reference};
use driftgauge::time::Season;
use std::sync::Arc;

/// Whether it is a reference.
pub fn check(bytes: &[u8]) -> bool {
    let resealed = match Reference::from_json(bytes) {
        Err(ProfileError::Hash { found, .. }) => resealed(bytes, found),
        _ => None,
    };
    let bytes = resealed.as_deref().unwrap_or(bytes);
    let reference = match Reference::from_json(bytes) {
        Ok(reference) => reference,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let file: serde_json::Value = serde_json::from_slice(bytes).expect("a profile that is no JSON");
    assert_eq!(file["sha256"], *reference.sha, "what is in use is not what was written");
    let again = Reference::from_json(reference.to_json().as_bytes());
    let again = again.unwrap_or_else(|error| panic!("what was written cannot be read: {error}"));
    assert_eq!((&reference.sha, reference.to_json()), (&again.sha, again.to_json()));
    compare(reference);
    true
}

/// One of each task.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let row = |task: Task, row: usize| {
        let (second, minute) = (row % 60, row / 60);
        let of_task = match task {
            Task::Binary => format!(r#""prediction":{},"score":0.{},"label":{}"#, row % 2, row % 10, row % 3 / 2),
            Task::Multiclass => {
                let scores = format!(r#"{{"a":0.{},"b":0.2,"c":0.1}}"#, row % 7);
                format!(
                    r#""prediction":"{}","scores":{scores},"label":"{}""#,
                    ["a", "b", "c"][row % 3],
                    ["a", "b"][row % 2]
                )
            }
            Task::Regression => format!(r#""prediction":{},"label":{}"#, row % 9, row % 8),
            Task::Ranking => r#""items":["x","y","z"],"label":["y"]"#.to_owned(),
        };
        let features = format!(r#"{{"age":{},"plan":"{}"}}"#, row % 3, ["free", "pro"][row % 2]);
        format!(r#"{{"ts":"2025-03-08T00:{minute:02}:{second:02}Z","features":{features},"latency_ms":5,{of_task}}}"#)
    };
    let rows = |task, count| (0..count).map(|index| row(task, index)).collect::<Vec<_>>();
    let mut seeds: Vec<(String, Vec<u8>)> = Vec::new();
    for (task, count, season) in [
        (Task::Binary, 40, None),
        (Task::Binary, 130, Some(Season::DayOfWeek)),
        (Task::Multiclass, 40, None),
        (Task::Regression, 40, None),
        (Task::Ranking, 40, None),
    ] {
        let reference = reference(task, &rows(task, count), season);
        seeds.push((format!("{}-{count}", task.as_str()), reference.to_json().into_bytes()));
    }
    seeds
}

/// The same file with another hash.
fn resealed(bytes: &[u8], hash: String) -> Option<Vec<u8>> {
    let mut file: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(bytes).ok()?;
    file.insert("sha256".to_owned(), hash.into());
    serde_json::to_vec(&file).ok()
}

fn compare(reference: Reference) {
    let frame = &reference.observer.frame;
    let (task, depth) = (frame.task, frame.depth);
    let text = format!(
        "[[source]]\nname = \"log\"\npaths = [\"log.jsonl\"]\n[[model]]\nname = \"m\"\ntask = \"{}\"\nprofile = \"p\"\n\
         [windows]\nlengths = [\"30s\", \"5m\"]\n[segments]\nfeatures = [\"plan\"]\n[performance]\nclass_scores = true\n",
        task.as_str()
    );
    let mut config = config(&text);
    // A reference of another depth or positive class is not taken.
    let performance = &mut config.models[0].performance;
    performance.positive_class =
        frame.positive.and_then(|positive| frame.classes.get(positive)).map(|class| class.to_string());
    if task == Task::Ranking {
        performance.k = depth;
    }
    let lines = lines(&reference);
    let mut bench = Bench::new(config, Arc::new(reference));
    bench.shown();
    bench.lines(lines.iter().map(String::as_str));
    bench.shown();
}

/// Predictions and actuals with the names, classes and some values of the reference.
fn lines(reference: &Reference) -> Vec<String> {
    let frame = &reference.observer.frame;
    let columns = reference.columns();
    let class = |row: usize| {
        let class = frame.classes.get(row % (frame.classes.len() + 1)).map_or("other", |class| &**class);
        serde_json::json!(class)
    };
    let line = |row: usize| {
        let value = |kind: Kind| match (kind, row % 4) {
            (_, 3) => serde_json::Value::Null,
            (Kind::Numeric, _) => serde_json::json!((row as f64 - 2.0) * 10f64.powi(row as i32)),
            _ => serde_json::json!(["free", "pro", "x"][row % 3]),
        };
        let features = columns.features.iter().take(50).map(|(name, kind)| (name.to_string(), value(*kind)));
        let features: serde_json::Map<String, serde_json::Value> = features.collect();
        let classes = columns.classes.iter().take(20).enumerate();
        let scores: serde_json::Map<String, serde_json::Value> = classes
            .map(|(index, class)| (class.to_string(), serde_json::json!(0.1 * ((row + index) % 10) as f64)))
            .collect();
        let mut line = serde_json::json!({
            "ts": format!("2025-03-08T00:00:{:02}Z", row * 4),
            "id": row,
            "features": features,
            "latency_ms": row,
        });
        let of_task = match frame.task {
            Task::Binary => serde_json::json!({"score": 0.1 * row as f64, "label": class(row / 2)}),
            Task::Multiclass => {
                serde_json::json!({"prediction": class(row), "scores": scores, "label": class(row / 2)})
            }
            Task::Regression => serde_json::json!({"prediction": row, "label": row / 2, "lower": 0, "upper": 3}),
            Task::Ranking => serde_json::json!({"items": [row, 1, 2], "label": [1]}),
        };
        if let (Some(line), serde_json::Value::Object(more)) = (line.as_object_mut(), of_task) {
            line.extend(more);
        }
        line.to_string()
    };
    (0..12).map(line).collect()
}
