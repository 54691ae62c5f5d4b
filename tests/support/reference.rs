//! Small references, built as the program builds them.

use driftgauge::event::{Batch, Columns, Datum, Event, Happening, Kind, Prediction, Served, StreamKey, Task};
use driftgauge::profile::{Builder, Options, Reference, Survey};
use driftgauge::time::Timestamp;
use std::sync::Arc;

/// A reference of a model with the feature `x` and `rows` rows; the classes of a binary one are 0 and 1.
pub fn reference(task: Task, rows: usize) -> Reference {
    reference_of(task, rows, "1")
}

/// The same with the name of the positive class.
pub fn reference_of(task: Task, rows: usize, positive: &str) -> Reference {
    let batch = batch(task, rows);
    let options = Options { task, positive_class: Some(positive.to_owned()), decision_threshold: 0.5, depth: 10 };
    let mut survey = Survey::new(options);
    survey.add(&batch);
    let mut builder = Builder::new(survey).unwrap();
    builder.add(&batch);
    builder.finish(None, Timestamp::from_seconds(1_700_000_000)).0
}

fn batch(task: Task, rows: usize) -> Batch {
    let mut batch = Batch::default();
    let key = StreamKey { model: "m".into(), version: "v".into() };
    let columns = Columns { features: vec![("x".into(), Kind::Unknown)], classes: Vec::new() };
    batch.streams.push((key, Arc::new(columns)));
    for row in 0..rows {
        let start = batch.data_length();
        batch.push_datum(Datum::Number(row as f64));
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
