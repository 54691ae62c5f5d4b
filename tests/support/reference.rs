//! Small references, built as the program builds them.

use driftgauge::event::{Batch, Columns, Datum, Event, Happening, Kind, Prediction, Served, StreamKey, Task};
use driftgauge::profile::{Builder, Options, Reference, Survey};
use driftgauge::time::Timestamp;
use std::sync::Arc;

/// A reference of a model with the feature `x` and `rows` rows; the classes of a binary one are 0 and 1.
#[allow(dead_code, reason = "each test uses its part")]
pub fn reference(task: Task, rows: usize) -> Reference {
    reference_of(task, rows, "1")
}

/// The same with the name of the positive class.
#[allow(dead_code, reason = "each test uses its part")]
pub fn reference_of(task: Task, rows: usize, positive: &str) -> Reference {
    let values: Vec<f64> = (0..rows).map(|row| row as f64).collect();
    built(task, &values, positive)
}

/// A reference of a regression with a row for each value of `x`.
#[allow(dead_code, reason = "each test uses its part")]
pub fn reference_of_values(values: &[f64]) -> Reference {
    built(Task::Regression, values, "1")
}

fn built(task: Task, values: &[f64], positive: &str) -> Reference {
    let batch = batch(task, values);
    let options = Options { task, positive_class: Some(positive.to_owned()), decision_threshold: 0.5, depth: 10 };
    let mut survey = Survey::new(options);
    survey.add(&batch);
    let mut builder = Builder::new(survey).unwrap();
    builder.add(&batch);
    builder.finish(None, Timestamp::from_seconds(1_700_000_000)).0
}

fn batch(task: Task, values: &[f64]) -> Batch {
    let mut batch = Batch::default();
    let key = StreamKey { model: "m".into(), version: "v".into() };
    let columns = Columns { features: vec![("x".into(), Kind::Unknown)], classes: Vec::new() };
    batch.streams.push((key, Arc::new(columns)));
    for (row, value) in values.iter().enumerate() {
        let start = batch.data_length();
        batch.push_datum(Datum::Number(*value));
        let features = start..batch.data_length();
        let label = match task {
            Task::Regression | Task::Ranking => Datum::Number(row as f64 / 2.0),
            Task::Binary | Task::Multiclass => Datum::Category(batch.push_text(["0", "1"][row % 2])),
        };
        let (score, latency, interval) = (f64::NAN, f64::NAN, [f64::NAN; 2]);
        let served = Served::Answered { prediction: label, score, scores: 0..0, latency, interval, items: None };
        let prediction = Prediction {
            stream: 0,
            features,
            served,
            embedding: driftgauge::event::Vector::Missing,
            actual: Some(label),
        };
        batch.events.push(Event { at: None, id: None, happening: Happening::Prediction(prediction) });
    }
    batch
}
