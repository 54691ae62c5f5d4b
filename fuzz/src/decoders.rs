//! Lines of each format become records and events, or are refused.
//!
//! The first byte chooses the format, the role of the source and what is known of its streams; the rest are lines.

use super::values::{WANTED, plan, shown};
use driftgauge::decode::{DecodeReason, Decoded, Decoder, FORMATS, FieldPlan, Format, MAX_DEPTH, Record};
use driftgauge::event::{
    Batch, Columns, Datum, Event, Happening, Items, Kind, MOST_ITEMS, MOST_NUMBERS, Served, StreamKey, Vector,
};
use driftgauge::schema::{ColumnSource, Config, Known, Role, Schema, Usual};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Columns of a stream that nothing is known of.
const MOST_FEATURES: usize = 5;

/// What is known of every stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Streams {
    /// Nothing.
    Discovered,
    /// The columns of a profile, with scores of two classes.
    Planned,
    /// They are of no configured model, unless it is `m`.
    Unknown,
}

impl ColumnSource for Streams {
    fn columns(&self, key: &StreamKey) -> Option<Known> {
        let features: [(&str, Kind); 5] = [
            ("a", Kind::Numeric),
            ("b", Kind::Categorical),
            ("f.b", Kind::Unknown),
            ("age", Kind::Numeric),
            ("plan", Kind::Categorical),
        ];
        let columns = || Columns {
            features: features.into_iter().map(|(name, kind)| (name.into(), kind)).collect(),
            classes: vec!["x".into(), "y".into()],
        };
        match self {
            Streams::Discovered => Some(Known::Discover),
            Streams::Planned => Some(Known::Columns(Arc::new(columns()))),
            Streams::Unknown => (&*key.model == "m").then_some(Known::Discover),
        }
    }

    fn only_model(&self) -> Option<Arc<str>> {
        (*self != Streams::Unknown).then(|| "m".into())
    }

    fn generation(&self) -> u64 {
        1
    }
}

/// Whether any line is an event.
pub fn check(bytes: &[u8]) -> bool {
    let Some((settings, text)) = bytes.split_first() else { return false };
    let choice = |by: u8, of: u8| usize::from(settings / by % of);
    let format = &FORMATS[choice(1, 3)];
    let role = [Role::Auto, Role::Predictions, Role::Actuals][choice(3, 3)];
    let streams = [Streams::Discovered, Streams::Planned, Streams::Unknown][choice(9, 3)];
    let config = [Config::default(), mapped()][choice(27, 2)].clone();
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    records(format, &lines);
    events(format, role, streams, config, &lines)
}

/// A mapping that looks for every part there is.
fn mapped() -> Config {
    Config {
        usual: Usual { intervals: true, items: true },
        embedding: Some("e".to_owned()),
        latency: Some("took".to_owned()),
        latency_unit: Some("us".to_owned()),
        feature_list: vec!["a".to_owned(), "/f/b".to_owned(), "plan".to_owned()],
        ..Config::default()
    }
}

/// What is decoded by a plan is what a visit shows.
fn records(format: &Format, lines: &[&[u8]]) {
    let paths: Vec<&str> = WANTED.iter().copied().flatten().copied().collect();
    let slots: Vec<[&str; 1]> = paths.iter().map(|path| [*path]).collect();
    let plan = plan(&slots.iter().map(|slot| &slot[..]).collect::<Vec<_>>());
    let mut decoder = (format.build)(Arc::new(plan.clone()));
    let mut visiting = (format.build)(Arc::new(FieldPlan::default()));
    let mut record = Record::default();
    for line in lines {
        let decoded = decoder.decode(line, &mut record);
        let (visited, leaves) = visit(&mut *visiting, line);
        assert_eq!(decoded, visited, "{}", line.escape_ascii());
        if format.key == "jsonl" {
            as_serde_json(line, decoded.map_err(|error| error.reason));
        }
        if decoded != Ok(Decoded::Record) {
            continue;
        }
        for (slot, paths) in plan.slots().iter().enumerate() {
            let path = if format.flat { vec![paths[0].to_string()] } else { paths[0].segments().to_vec() };
            let found = shown(record.value(slot), line, &record);
            if found != leaves.get(&path).cloned() {
                // Only leaves are shown: of an object or an array what is in it.
                let is_nested = found.is_some_and(|found| found.starts_with("nested "));
                let inside = leaves.keys().any(|leaf| leaf.len() > path.len() && leaf.starts_with(&path));
                assert!(is_nested && inside, "{path:?} of {}", line.escape_ascii());
            }
        }
    }
}

type Leaves = BTreeMap<Vec<String>, String>;

fn visit(decoder: &mut dyn Decoder, line: &[u8]) -> (Result<Decoded, driftgauge::decode::DecodeError>, Leaves) {
    let mut leaves = Leaves::new();
    let visited = decoder.visit(line, &mut Record::default(), &mut |path, value, record| {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        leaves.insert(path, shown(value, line, record).expect("a leaf that is absent"));
    });
    (visited, leaves)
}

/// `serde_json` takes the same lines, but for what is documented in `tests/decode.rs`.
fn as_serde_json(line: &[u8], ours: Result<Decoded, DecodeReason>) {
    let theirs = serde_json::from_slice::<Json>(line);
    let words = ["NaN", "Infinity"];
    let is_documented = |error: &serde_json::Error| {
        let text = error.to_string();
        let known = ["number out of range", "surrogate", "unexpected end of hex escape", "recursion limit"];
        known.iter().any(|part| text.contains(part))
            || line.starts_with(b"\xEF\xBB\xBF")
            || words.iter().any(|word| line.windows(word.len()).any(|part| part == word.as_bytes()))
    };
    let depth = line.iter().filter(|byte| matches!(byte, b'{' | b'[')).count();
    match (theirs, ours) {
        (Ok(_), Err(DecodeReason::TooDeep)) => assert!(depth > MAX_DEPTH, "{}", line.escape_ascii()),
        (Ok(Json::Object(_)), ours) => assert_eq!(Ok(Decoded::Record), ours, "{}", line.escape_ascii()),
        (Ok(_), ours) => assert_eq!(Err(DecodeReason::NotAnObject), ours, "{}", line.escape_ascii()),
        (Err(error), Ok(Decoded::Record)) => assert!(is_documented(&error), "{error}: {}", line.escape_ascii()),
        (Err(_), Ok(Decoded::Skipped)) => {
            let text = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
            assert!(text.trim_ascii().is_empty(), "{}", line.escape_ascii());
        }
        (Err(_), Err(_)) => {}
    }
}

fn events(format: &'static Format, role: Role, streams: Streams, config: Config, lines: &[&[u8]]) -> bool {
    let mut schema = Schema::new(config, role, format, MOST_FEATURES);
    let mut batch = Batch::default();
    schema.begin_batch();
    let mut decoder = schema.decoder();
    for line in lines {
        let before = batch.events.len();
        let read = schema.read(line, &mut decoder, &streams, &mut batch);
        let fresh = &batch.events[before..];
        assert!(fresh.len() <= usize::from(read.is_ok()), "{read:?}: {}", line.escape_ascii());
        fresh.iter().for_each(|event| is_sound(event, &batch));
    }
    !batch.events.is_empty()
}

/// An event points into its batch, and holds what its documentation says.
fn is_sound(event: &Event, batch: &Batch) {
    let prediction = match &event.happening {
        Happening::Prediction(prediction) => prediction,
        Happening::Actual(actual) => {
            assert!(event.id.is_some(), "an actual without an id");
            return is_sound_datum(actual.value, batch);
        }
    };
    let (_, columns) = &batch.streams[prediction.stream as usize];
    prediction.actual.iter().for_each(|actual| is_sound_datum(*actual, batch));
    let data = batch.data(&prediction.features);
    assert_eq!(prediction.features.len(), data.len());
    data.clone().for_each(|datum| is_sound_datum(datum, batch));
    if let Vector::Numbers(range) = &prediction.embedding {
        let numbers = batch.vector(&prediction.embedding);
        assert!(numbers.len() == range.len() && (1..=MOST_NUMBERS).contains(&numbers.len()));
        assert!(numbers.iter().all(|number| number.is_finite()));
    }
    let Served::Answered { prediction: answer, scores, items, .. } = &prediction.served else { return };
    is_sound_datum(*answer, batch);
    // A column may be found after the event.
    assert!(data.len() <= columns.features.len() && columns.features.len() <= MOST_FEATURES);
    assert_eq!(scores.len(), batch.scores(scores).len());
    items.iter().for_each(|items| is_sound_list(*items, batch));
}

fn is_sound_datum(datum: Datum, batch: &Batch) {
    match datum {
        Datum::Number(value) | Datum::Coerced(value) => assert!(!value.is_nan(), "a number that is none"),
        Datum::List(items) => is_sound_list(items, batch),
        Datum::Missing | Datum::Invalid | Datum::Category(_) => {}
    }
}

fn is_sound_list(items: Items, batch: &Batch) {
    let items = batch.items(items);
    assert!(items.len() <= MOST_ITEMS && items.iter().all(|(_, gain)| *gain >= 0.0));
}
