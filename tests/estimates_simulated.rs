//! What estimates see and what they cannot, in simulated models: a change of the inputs moves them with the accuracy, a
//! change of the world behind the same inputs moves the calibration residual only.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of a test are part of it")]

mod support {
    pub mod dice;
}

use driftgauge::aggregate::{Delta, Totals};
use driftgauge::event::{Batch, Columns, Datum, Event, Happening, Kind, Prediction, Served, StreamKey, Task, Vector};
use driftgauge::observe::{Answer, Label};
use driftgauge::profile::{Builder, Options, Reference, Survey};
use driftgauge::statistics::basis::{Basis, Losses};
use driftgauge::statistics::estimates::entry;
use driftgauge::time::Timestamp;
use std::sync::Arc;
use support::dice::Dice;

const ROWS: usize = 40_000;
const CLASSES: [&str; 3] = ["0", "1", "2"];

/// One row: scores by class, of two classes that of the second only, and what happened.
struct Row {
    scores: Vec<f64>,
    actual: usize,
}

fn normal(dice: &mut Dice) -> f64 {
    (0..12).map(|_| dice.share()).sum::<f64>() - 6.0
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Rows of a model that is too sure of itself: `slope` is how much its input means, 1 when the reference was taken, and
/// `spread` how far the inputs reach.
fn binary(seed: u64, slope: f64, spread: f64) -> Vec<Row> {
    let mut dice = Dice(seed);
    let row = |_| {
        let x = spread * normal(&mut dice);
        let actual = usize::from(dice.share() < logistic(1.5 * slope * x));
        Row { scores: vec![logistic(2.5 * x)], actual }
    };
    (0..ROWS).map(row).collect()
}

/// The same with three classes.
fn multiclass(seed: u64, slope: f64, spread: f64) -> Vec<Row> {
    let mut dice = Dice(seed);
    let softmax = |inputs: &[f64], slope: f64| -> Vec<f64> {
        let powers: Vec<f64> = inputs.iter().map(|x| (slope * x).exp()).collect();
        powers.iter().map(|power| power / powers.iter().sum::<f64>()).collect()
    };
    let row = |_| {
        let inputs: Vec<f64> = (0..3).map(|_| spread * normal(&mut dice)).collect();
        let chances = softmax(&inputs, 1.2 * slope);
        let draw = dice.share();
        let actual = if draw < chances[0] { 0 } else { 1 + usize::from(draw >= chances[0] + chances[1]) };
        Row { scores: softmax(&inputs, 1.5), actual }
    };
    (0..ROWS).map(row).collect()
}

fn predicted(scores: &[f64]) -> usize {
    match scores {
        [score] => usize::from(*score > 0.5),
        scores => (0..scores.len()).max_by(|i, j| scores[*i].total_cmp(&scores[*j])).unwrap(),
    }
}

fn reference(task: Task, rows: &[Row]) -> Reference {
    let mut batch = Batch::default();
    let key = StreamKey { model: "m".into(), version: "v".into() };
    let classes = if task == Task::Multiclass { CLASSES.map(Arc::from).to_vec() } else { Vec::new() };
    let columns = Columns { features: vec![("x".into(), Kind::Numeric)], classes };
    batch.streams.push((key, Arc::new(columns)));
    for row in rows {
        let start = batch.data_length();
        batch.push_datum(Datum::Number(1.0));
        let features = start..batch.data_length();
        let [prediction, actual] =
            [predicted(&row.scores), row.actual].map(|class| Datum::Category(batch.push_text(CLASSES[class])));
        let (score, scores) = match task {
            Task::Binary => (row.scores[0], 0..0),
            _ => {
                let start = batch.scores_length();
                row.scores.iter().for_each(|score| batch.push_score(*score));
                (f64::NAN, start..batch.scores_length())
            }
        };
        let interval = [f64::NAN; 2];
        let served = Served::Answered { prediction, score, scores, latency: f64::NAN, interval, items: None };
        let prediction = Prediction { stream: 0, features, served, actual: Some(actual), embedding: Vector::Missing };
        batch.events.push(Event { at: None, id: None, happening: Happening::Prediction(prediction) });
    }
    let options = Options { task, positive_class: None, decision_threshold: 0.5, depth: 10 };
    let mut survey = Survey::new(options);
    survey.add(&batch);
    let mut builder = Builder::new(survey).unwrap();
    builder.add(&batch);
    builder.finish(None, Timestamp::EPOCH).0
}

/// Accuracy, then what is estimated of it by scores, by sure answers and by their mean, and the residual.
struct Judged {
    accuracy: f64,
    estimates: [f64; 3],
    residual: f64,
    /// Lower and upper limit of the first estimate.
    limits: [f64; 2],
}

fn judge(reference: &Reference, rows: &[Row]) -> Judged {
    let observer = &reference.observer;
    let basis = Basis::new(&observer.inputs, &reference.inputs, &observer.pairs, &reference.pairs, &Losses::default());
    let mut inputs = Totals::new(observer.inputs.counts(), observer.inputs.sums());
    let mut pairs = Totals::new(observer.pairs.counts(), observer.pairs.sums());
    let batch = Batch::default();
    let mut right = 0;
    for row in rows {
        let class = predicted(&row.scores);
        let answer =
            Answer { prediction: Datum::Missing, decided: Some(class), scores: &row.scores, latency: f64::NAN };
        let mut delta = Delta::default();
        observer.answer(&batch, std::iter::once(Datum::Number(1.0)), answer, &mut delta);
        inputs.apply(&delta);
        delta.clear();
        let text = CLASSES[row.actual];
        observer.pair(Label::Class(row.actual), text, Label::Class(class), &row.scores, &mut delta);
        pairs.apply(&delta);
        right += usize::from(class == row.actual);
    }
    let window = basis.read(&observer.inputs, &inputs, &observer.pairs, &pairs);
    let value = |key: &str| entry(key).unwrap().values(&window)[0].1.unwrap().value;
    let driftgauge::statistics::basis::Estimated::Classification(classes) = &window else { panic!("no classes") };
    Judged {
        accuracy: right as f64 / rows.len() as f64,
        estimates: ["estimated_accuracy_ratio", "estimated_accuracy_atc_ratio", "estimated_accuracy_doc_ratio"]
            .map(value),
        residual: value("calibration_residual"),
        limits: driftgauge::statistics::estimates::accuracy_limits(classes.expected.as_ref().unwrap()),
    }
}

fn assert_near(expected: f64, observed: f64, tolerance: f64, what: &str) {
    assert!((expected - observed).abs() <= tolerance, "{what}: {expected} but {observed}");
}

fn tell_drifts_apart(task: Task, rows: fn(u64, f64, f64) -> Vec<Row>) {
    let reference = reference(task, &rows(1, 1.0, 1.0));
    let own = judge(&reference, &rows(1, 1.0, 1.0));
    own.estimates[1..].iter().for_each(|estimate| assert_near(own.accuracy, *estimate, 1e-9, "the reference's own"));
    assert_near(own.accuracy, own.estimates[0], 0.005, "the reference's own");
    assert_near(0.0, own.residual, 1e-9, "the reference's residual");

    let quiet = judge(&reference, &rows(2, 1.0, 1.0));
    quiet.estimates.iter().for_each(|estimate| assert_near(quiet.accuracy, *estimate, 0.01, "quiet"));
    assert!(quiet.limits[0] < quiet.accuracy && quiet.accuracy < quiet.limits[1], "{:?}", quiet.limits);

    // Inputs nearer to the border: harder, and known to be.
    let harder = judge(&reference, &rows(3, 1.0, 0.5));
    assert!(harder.accuracy < quiet.accuracy - 0.07, "{}", harder.accuracy);
    assert_near(harder.accuracy, harder.estimates[0], 0.01, "covariate shift");
    for estimate in harder.estimates {
        assert!(estimate < own.accuracy - 0.5 * (own.accuracy - harder.accuracy), "{estimate} does not follow");
    }
    assert_near(0.0, harder.residual, 0.01, "residual under covariate shift");

    // The same inputs mean less: nothing can know but the residual.
    let changed = judge(&reference, &rows(4, 0.4, 1.0));
    assert!(changed.accuracy < quiet.accuracy - 0.07, "{}", changed.accuracy);
    changed.estimates.iter().for_each(|estimate| assert_near(quiet.accuracy, *estimate, 0.01, "concept drift"));
    if task == Task::Multiclass {
        assert!(changed.residual < -0.07, "{}", changed.residual);
    }
}

#[test]
fn a_change_of_the_inputs_is_followed_and_one_of_the_world_is_not_of_two_classes() {
    tell_drifts_apart(Task::Binary, binary);
}

#[test]
fn a_change_of_the_inputs_is_followed_and_one_of_the_world_is_not_of_three_classes() {
    tell_drifts_apart(Task::Multiclass, multiclass);
}

/// A residual of two classes is about how often the positive one happens.
#[test]
fn the_residual_of_two_classes_moves_when_the_positive_one_becomes_more_frequent() {
    let reference = reference(Task::Binary, &binary(1, 1.0, 1.0));
    let mut rows = binary(5, 1.0, 1.0);
    let mut dice = Dice(6);
    for row in rows.iter_mut().filter(|_| dice.percent(20)) {
        row.actual = 1;
    }
    let (quiet, changed) = (judge(&reference, &binary(5, 1.0, 1.0)), judge(&reference, &rows));
    assert_eq!(quiet.estimates, changed.estimates);
    // A fifth of the rows, of which half are positive as it is.
    assert_near(0.1, changed.residual, 0.01, "residual");
    assert_near(0.0, quiet.residual, 0.01, "quiet residual");
}
