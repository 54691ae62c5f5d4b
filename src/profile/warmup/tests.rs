//! A learned reference against observing every row again.

use super::*;
use crate::aggregate::Delta;
use crate::aggregate::numeric::{Categories, Numbers};
use crate::event::{Happening, StreamKey, Vector};
use crate::observe::Answer;
use crate::profile::{columns_of, frame_scores};
use proptest::prelude::*;

/// A value of a row.
#[derive(Clone, Debug)]
enum Cell {
    Missing,
    Invalid,
    Number(f64),
    Text(String),
}

/// One answered prediction: features by their place, class, single score.
#[derive(Clone, Debug)]
struct Row {
    features: Vec<Cell>,
    answer: Cell,
    score: f64,
    latency: f64,
}

fn row(features: Vec<Cell>, answer: &str, score: f64) -> Row {
    Row { features, answer: Cell::Text(answer.to_owned()), score, latency: 0.01 }
}

fn datum(cell: &Cell, batch: &mut Batch) -> Datum {
    match cell {
        Cell::Missing => Datum::Missing,
        Cell::Invalid => Datum::Invalid,
        Cell::Number(value) => Datum::Number(*value),
        Cell::Text(text) => Datum::Category(batch.push_text(text)),
    }
}

fn batch(rows: &[Row]) -> Batch {
    let width = rows.iter().map(|row| row.features.len()).max().unwrap_or(0);
    let features = (0..width).map(|place| (format!("f{place}").into(), Kind::Unknown)).collect();
    let mut batch = Batch::default();
    let key = StreamKey { model: "m".into(), version: "1".into() };
    batch.streams.push((key, Arc::new(Columns { features, classes: Vec::new() })));
    for row in rows {
        let start = batch.data_length();
        for cell in &row.features {
            let datum = datum(cell, &mut batch);
            batch.push_datum(datum);
        }
        let features = start..batch.data_length();
        let prediction = datum(&row.answer, &mut batch);
        let (score, latency) = (row.score, row.latency);
        let served =
            Served::Answered { prediction, score, scores: 0..0, latency, interval: [f64::NAN; 2], items: None };
        let prediction = Prediction { stream: 0, features, served, embedding: Vector::Missing, actual: None };
        batch.events.push(crate::event::Event { at: None, id: None, happening: Happening::Prediction(prediction) });
    }
    batch
}

fn predictions(batch: &Batch) -> impl Iterator<Item = &Prediction> {
    batch.events.iter().filter_map(|event| match &event.happening {
        Happening::Prediction(prediction) => Some(prediction),
        Happening::Actual(_) => None,
    })
}

fn options(task: Task) -> Options {
    Options { task, positive_class: None, decision_threshold: 0.35, depth: 10 }
}

fn learn(task: Task, rows: &[Row]) -> Warmup {
    let mut warmup = Warmup::new(options(task), 100);
    let batch = batch(rows);
    predictions(&batch).for_each(|prediction| warmup.observe(&batch, prediction));
    warmup
}

fn reference(task: Task, rows: &[Row]) -> Reference {
    learn(task, rows).reference(None, Timestamp::EPOCH).unwrap()
}

/// The same rows counted on the frozen cells, one by one.
fn counted_again(reference: &Reference, rows: &[Row]) -> Totals {
    let observer = &reference.observer;
    let batch = batch(rows);
    let mut totals = Totals::new(observer.inputs.counts(), observer.inputs.sums());
    for prediction in predictions(&batch) {
        let Served::Answered { prediction: answer, score, latency, .. } = prediction.served else { continue };
        let mut scores = Vec::new();
        frame_scores(observer, &columns_of(observer), score, &[], &mut scores);
        let mut delta = Delta::default();
        let features = batch.data(&prediction.features);
        let answer = Answer { prediction: answer, decided: None, scores: &scores, latency };
        observer.answer(&batch, features, answer, &mut delta);
        totals.apply(&delta);
    }
    totals
}

/// How many counts are learned: what serves estimates is not, for they need actuals.
fn learned_counts(reference: &Reference) -> usize {
    let inputs = &reference.observer.inputs;
    inputs.answers.first().unwrap_or(inputs.counts())
}

/// Counts are those of counting again; mean, variance and offsets agree to 1e-9 of the scale.
fn assert_as_counted_again(reference: &Reference, rows: &[Row]) {
    let again = counted_again(reference, rows);
    let learned = learned_counts(reference);
    assert_eq!(again.counts[..learned], reference.inputs.counts[..learned]);
    for column in &reference.observer.inputs.columns {
        let Some(found) = Numbers::of(column, &reference.inputs) else { continue };
        let Some(expected) = Numbers::of(column, &again) else { continue };
        let scale = expected.fixed().scale();
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * scale;
        assert!(close(expected.mean().unwrap_or(0.0), found.mean().unwrap_or(0.0)), "{}", column.name);
        let variance = |numbers: &Numbers| numbers.variance(0).unwrap_or(0.0) / scale;
        assert!(close(variance(&expected), variance(&found)), "{}", column.name);
        for k in 0..found.cells().len() {
            assert!(close(expected.offset_mean(k), found.offset_mean(k)), "{} cell {k}", column.name);
        }
    }
}

/// Numbers that look random: SplitMix64.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Columns of every sort, more of them distinct than there are bins.
fn many_rows(n: usize) -> Vec<Row> {
    let mut noise = noise(7);
    let rows = (0..n).map(|i| {
        let normal = (-2.0 * noise().max(1e-12).ln()).sqrt() * (std::f64::consts::TAU * noise()).cos();
        let zero_or = if noise() < 0.4 { 0.0 } else { -noise().ln() * 100.0 };
        let score = [0.5, 1.0, 0.0, 0.35, noise(), noise(), noise()][i % 7];
        let special = match i % 50 {
            0 => Cell::Number(f64::INFINITY),
            1 => Cell::Number(f64::NEG_INFINITY),
            2 => Cell::Missing,
            3 => Cell::Invalid,
            _ => Cell::Number(1e6 + normal),
        };
        let mixed = if i % 3 == 0 { Cell::Text(format!("t{}", i % 5)) } else { Cell::Number((i % 11) as f64) };
        let features = vec![
            Cell::Number(normal),
            Cell::Number(zero_or),
            special,
            mixed,
            Cell::Number(7.25),
            Cell::Number((1990 + i % 30) as f64),
            Cell::Number(normal * 10f64.powf(noise() * 60.0 - 30.0)),
        ];
        let latency = if i % 9 == 0 { f64::NAN } else { noise() };
        Row { latency, ..row(features, if score > 0.35 { "1" } else { "0" }, score) }
    });
    rows.collect()
}

fn numbers<'a>(reference: &'a Reference, name: &str) -> Numbers<'a> {
    let column = reference.observer.inputs.columns.iter().find(|column| &*column.name == name).unwrap();
    Numbers::of(column, &reference.inputs).unwrap()
}

#[test]
fn counts_of_many_values_are_those_of_counting_again() {
    let rows = many_rows(20_000);
    let reference = reference(Task::Binary, &rows);
    assert!(numbers(&reference, "f0").grid().cells() > 128);
    assert_as_counted_again(&reference, &rows);
}

#[test]
fn the_order_of_events_does_not_matter() {
    let rows = many_rows(9_000);
    let mut shuffled = rows.clone();
    let mut noise = noise(11);
    (1..shuffled.len()).for_each(|i| shuffled.swap(i, (noise() * i as f64) as usize));
    assert_eq!(reference(Task::Binary, &rows).sha, reference(Task::Binary, &shuffled).sha);
}

#[test]
fn mean_and_deviation_are_the_exact_ones() {
    let rows = many_rows(20_000);
    let reference = reference(Task::Binary, &rows);
    for (place, name) in [(0, "f0"), (1, "f1")] {
        let values: Vec<f64> = rows.iter().filter_map(|row| number(&row.features[place])).collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
        let found = numbers(&reference, name);
        assert!((mean - found.mean().unwrap()).abs() < 1e-9 * variance.sqrt(), "{name}");
        assert!((variance / found.variance(0).unwrap() - 1.0).abs() < 1e-9, "{name}");
    }
}

fn number(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Number(value) => Some(*value),
        _ => None,
    }
}

#[test]
fn forty_percent_zeros_have_a_coarse_cell_of_their_own() {
    let rows = many_rows(20_000);
    let reference = reference(Task::Binary, &rows);
    let found = numbers(&reference, "f1");
    let cell = found.grid().cell(0.0);
    let zeros = rows.iter().filter(|row| number(&row.features[1]) == Some(0.0)).count() as u64;
    assert!(found.grid().is_atomic(cell));
    assert_eq!(zeros, found.cells()[cell]);
    assert_eq!(zeros, found.grid().coarsen(found.cells())[found.grid().coarse_of(cell)]);
}

#[test]
fn a_constant_is_constant_and_few_integers_have_a_cell_each() {
    let reference = reference(Task::Binary, &many_rows(20_000));
    assert!(numbers(&reference, "f4").is_constant());
    let years = numbers(&reference, "f5");
    assert!((1990..2020).all(|year| years.grid().is_atomic(years.grid().cell(f64::from(year)))));
}

#[test]
fn coarse_cells_of_many_values_hold_a_tenth_each() {
    let reference = reference(Task::Binary, &many_rows(20_000));
    let found = numbers(&reference, "f0");
    let coarse = found.grid().coarsen(found.cells());
    assert_eq!(10, coarse.len());
    assert!(coarse.iter().all(|count| count.abs_diff(2_000) < 40), "{coarse:?}");
}

#[test]
fn scores_at_one_half_and_at_one_have_exact_cells() {
    let rows = many_rows(20_000);
    let reference = reference(Task::Binary, &rows);
    let found = numbers(&reference, "score");
    let up_to = |edge: f64| found.cells()[..=found.grid().cell(edge)].iter().sum::<u64>();
    for edge in [0.0, 0.35, 0.5, 1f64.next_down(), 1.0] {
        assert!(found.grid().edges().contains(&edge), "{edge}");
        assert_eq!(rows.iter().filter(|row| row.score <= edge).count() as u64, up_to(edge), "{edge}");
    }
    assert!(found.grid().is_atomic(found.grid().cell(1.0)));
}

#[test]
fn a_mixed_column_counts_its_numbers_as_texts() {
    let rows = many_rows(3_000);
    let reference = reference(Task::Binary, &rows);
    let column = &reference.observer.inputs.columns[3];
    let found = Categories::of(column, &reference.inputs).unwrap();
    let tens = rows.iter().filter(|row| number(&row.features[3]) == Some(10.0)).count() as u64;
    assert_eq!(tens, found.cells()[found.dictionary().cell("10")]);
    assert_eq!((0, 3_000), (found.unseen(), found.present()));
    assert_as_counted_again(&reference, &rows);
}

#[test]
fn too_many_numbers_of_a_mixed_column_are_unseen_as_they_will_be() {
    let mut rows: Vec<Row> =
        (0..5_000).map(|i| row(vec![Cell::Number(f64::from(i))], if i % 2 == 0 { "1" } else { "0" }, 0.5)).collect();
    rows.push(row(vec![Cell::Text("none".to_owned())], "1", 0.5));
    let reference = reference(Task::Binary, &rows);
    let found = Categories::of(&reference.observer.inputs.columns[0], &reference.inputs).unwrap();
    assert_eq!(5_000, found.unseen());
    assert_as_counted_again(&reference, &rows);
}

#[test]
fn a_regression_learns_its_predictions_and_has_no_pairs() {
    let rows: Vec<Row> = many_rows(6_000)
        .into_iter()
        .enumerate()
        .map(|(i, row)| {
            let answer = [row.features[0].clone(), Cell::Text("2.5".into()), Cell::Text("n/a".into())];
            Row { answer: answer[if i < 5 { i % 3 } else { 0 }].clone(), ..row }
        })
        .collect();
    let reference = reference(Task::Regression, &rows);
    assert_as_counted_again(&reference, &rows);
    assert!(!reference.has_pairs());
    assert!(numbers(&reference, "prediction").present() == 5_999);
    assert_eq!(2, numbers(&reference, "prediction").coerced());
}

#[test]
fn a_learned_reference_survives_its_file() {
    for task in [Task::Binary, Task::Multiclass] {
        let written = reference(task, &many_rows(6_000));
        let read = Reference::from_json(written.to_json().as_bytes()).unwrap();
        assert_eq!((&written.sha, written.to_json()), (&read.sha, read.to_json()));
        assert_eq!(written.observer, read.observer);
    }
}

#[test]
fn what_cannot_be_decided_yet_is_said_and_learning_goes_on() {
    let mut warmup = Warmup::new(options(Task::Binary), 100);
    let error = |warmup: &Warmup| warmup.reference(None, Timestamp::EPOCH).err();
    assert_eq!(Some(SurveyError::Empty), error(&warmup));
    let batch = batch(&[row(vec![], "no", 0.1), row(vec![], "1", 0.9)]);
    let both: Vec<&Prediction> = predictions(&batch).collect();
    warmup.observe(&batch, both[0]);
    assert_eq!(Some(SurveyError::Positive("\"no\"".to_owned())), error(&warmup));
    warmup.observe(&batch, both[1]);
    assert_eq!(None, error(&warmup));
    let texts = learn(Task::Regression, &[row(vec![], "high", f64::NAN)]);
    assert_eq!(Some(SurveyError::NotANumber("the prediction")), error(&texts));
}

#[test]
fn features_beyond_the_limit_and_failures_are_left_out() {
    let mut warmup = Warmup::new(options(Task::Binary), 2);
    let mut batch = batch(&many_rows(100));
    let failure = batch.push_text("timeout");
    let served = Served::Failed(failure);
    warmup.observe(&batch, &Prediction { stream: 0, features: 0..0, served, embedding: Vector::Missing, actual: None });
    predictions(&batch).for_each(|prediction| warmup.observe(&batch, prediction));
    let reference = warmup.reference(None, Timestamp::EPOCH).unwrap();
    assert_eq!((100, 2), (reference.rows, reference.observer.frame.features.len()));
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        8 => (-3i32..3).prop_map(|value| Cell::Number(f64::from(value))),
        8 => any::<f64>().prop_filter("a number", |value| !value.is_nan()).prop_map(Cell::Number),
        8 => (-1f64..1.0).prop_map(Cell::Number),
        1 => Just(Cell::Missing),
        1 => Just(Cell::Invalid),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Few values are exact from the start; the bins are made coarse by thousands of other values, which the columns
    /// of the row share.
    #[test]
    fn any_values_are_counted_as_if_counted_again(
        cells in prop::collection::vec(cell(), 1..120),
        scores in prop::collection::vec(0f64..=1.0, 1..20),
        crowd in prop_oneof![Just(0usize), Just(5_000)],
        spread in -30i32..30,
    ) {
        let mut noise = noise(3);
        let scale = 2f64.powi(spread);
        let crowd = (0..crowd).map(|_| Cell::Number((noise() - 0.3) * scale));
        let cells: Vec<Cell> = cells.into_iter().chain(crowd).collect();
        let rows: Vec<Row> = cells
            .into_iter()
            .enumerate()
            .map(|(i, cell)| row(vec![cell], ["0", "1"][i % 2], scores[i % scores.len()]))
            .chain([row(vec![Cell::Missing], "1", 1.0)])
            .collect();
        let reference = reference(Task::Binary, &rows);
        let again = counted_again(&reference, &rows);
        let learned = learned_counts(&reference);
        prop_assert_eq!(&again.counts[..learned], &reference.inputs.counts[..learned]);
    }
}
