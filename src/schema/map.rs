//! One line to one event.

mod streams;

use super::discover::Discovery;
use super::items;
use super::numbers;
use super::repeated::{Key, Repeated};
use super::row::Row;
use super::slots::Slots;
use super::text::{number_of, text_of};
use super::{Config, Reject, RejectReason, Role};
use crate::decode::{Decoded, Decoder, FieldPlan, Format, Record, Value};
use crate::event::{
    Actual, Batch, Columns, Datum, Event, Happening, Items, Kind, Prediction, Served, StreamKey, Text, Vector,
};
use crate::time::{TimeReader, Timestamp};
use hashbrown::HashMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// What is known of a stream's columns.
#[derive(Clone, Debug)]
pub enum Known {
    /// From its profile.
    Columns(Arc<Columns>),
    /// Nothing yet: every leaf below the features is a column.
    Discover,
}

/// Tells the columns of streams: whoever holds the profiles.
pub trait ColumnSource: Send + Sync {
    /// What is known of a stream; `None` when its model is not configured.
    fn columns(&self, key: &StreamKey) -> Option<Known>;

    /// The model of records that name none; `None` when more than one could be meant.
    fn only_model(&self) -> Option<Arc<str>>;

    /// Goes up whenever an answer of [`ColumnSource::columns`] may have changed.
    fn generation(&self) -> u64;
}

/// The decoder of one file, and which plan it has.
#[derive(Debug)]
pub struct FileDecoder {
    decoder: Box<dyn Decoder>,
    generation: u64,
    record: Record,
}

/// One stream as this schema knows it.
#[derive(Debug)]
struct Stream {
    key: StreamKey,
    columns: Arc<Columns>,
    /// The features in records with an object of features, and in flat ones.
    nested: Row,
    flat: Row,
    /// Slot of each class score.
    scores: Vec<usize>,
    discovery: Option<Discovery>,
    /// Where the stream stands in the batch of this number.
    placed: (u64, u32),
}

/// Maps the lines of one source.
#[derive(Debug)]
pub struct Schema {
    config: Config,
    role: Role,
    format: &'static Format,
    slots: Slots,
    plan: Arc<FieldPlan>,
    generation: u64,
    /// Records without an object of features were seen, so features are looked for at the top.
    wants_flat: bool,
    streams: Vec<Stream>,
    by_name: HashMap<(String, String), usize>,
    last: Option<usize>,
    /// The texts that named it: model and version.
    last_names: Option<(Key, Key)>,
    known_generation: u64,
    batch: u64,
    most_features: usize,
    row: Vec<(String, Datum)>,
    repeated: Repeated,
    /// The same of predictions.
    said: Repeated,
    times: TimeReader,
}

impl Schema {
    /// A schema for one source; a discovered stream has at most `most_features` columns.
    pub fn new(config: Config, role: Role, format: &'static Format, most_features: usize) -> Schema {
        let mut plan = FieldPlan::default();
        let slots = Slots::new(&config, &mut plan);
        Schema {
            config,
            role,
            format,
            slots,
            plan: Arc::new(plan),
            generation: 1,
            wants_flat: format.flat,
            streams: Vec::new(),
            by_name: HashMap::new(),
            last: None,
            last_names: None,
            known_generation: 0,
            batch: 0,
            most_features,
            row: Vec::new(),
            repeated: Repeated::default(),
            said: Repeated::default(),
            times: TimeReader::default(),
        }
    }

    /// A decoder for a file that was opened.
    pub fn decoder(&self) -> FileDecoder {
        FileDecoder {
            decoder: (self.format.build)(self.plan.clone()),
            generation: self.generation,
            record: Record::default(),
        }
    }

    /// Shows the decoder the first line of a file that is read from somewhere behind it: a header names the columns.
    pub fn resume(&mut self, first_line: &[u8], file: &mut FileDecoder) {
        // What it says is not of this place: only what it leaves in the decoder counts.
        file.decoder.decode(first_line, &mut file.record).ok();
    }

    /// Must be called when a new or emptied batch is filled from now on.
    pub fn begin_batch(&mut self) {
        self.batch += 1;
        self.repeated.clear();
        self.said.clear();
    }

    /// Decodes a line and adds its event to `batch`; a line that belongs to the format itself adds none.
    pub fn read(
        &mut self,
        line: &[u8],
        file: &mut FileDecoder,
        known: &dyn ColumnSource,
        batch: &mut Batch,
    ) -> Result<(), Reject> {
        if self.known_generation != known.generation() {
            self.known_generation = known.generation();
            self.forget_streams();
        }
        loop {
            let FileDecoder { decoder, generation, record } = file;
            if *generation != self.generation {
                decoder.set_plan(self.plan.clone());
                *generation = self.generation;
            }
            if decoder.decode(line, record)? == Decoded::Skipped {
                return Ok(());
            }
            let at = self.time(line, record)?;
            let id = match *record.get(self.slots.id) {
                Value::Text(text) => Some(xxh3_64(record.bytes(line, text))),
                value => text_of(value, record, line).map(|text| xxh3_64(text.as_bytes())),
            };
            if !self.is_prediction(line, record)? {
                let event = self.actual(line, record, batch, at, id)?;
                batch.events.push(event);
                return Ok(());
            }
            if !self.wants_flat
                && *record.get(self.slots.features) == Value::Absent
                && self.failure(line, record).is_none()
                && self.config.feature_list.is_empty()
            {
                self.wants_flat = true;
                self.replan();
                continue;
            }
            let stream = self.stream(line, record, known)?;
            if *generation != self.generation {
                // A stream was seen for the first time: its columns are in the plan only now.
                continue;
            }
            let prediction = self.prediction(line, record, decoder.as_mut(), batch, stream)?;
            // Made where it stays: what is put together elsewhere and pushed is copied whole, right behind its parts.
            batch.events.extend(std::iter::once_with(|| Event {
                at,
                id,
                happening: Happening::Prediction(prediction),
            }));
            return Ok(());
        }
    }

    fn time(&mut self, line: &[u8], record: &Record) -> Result<Option<Timestamp>, Reject> {
        let parsed = match *record.get(self.slots.time) {
            Value::Absent | Value::Null => return Ok(None),
            Value::Text(span) => {
                if let Some(time) = self.times.known(record.bytes(line, span)) {
                    return Ok(Some(time));
                }
                let text = record.text(line, span).trim();
                self.times
                    .read(text.as_bytes())
                    .or_else(|| text.parse().ok().and_then(Timestamp::from_epoch_integer))
                    .or_else(|| text.parse().ok().and_then(Timestamp::from_epoch_number))
            }
            Value::Number { value, text } => match record.text(line, text).parse() {
                Ok(whole) => Timestamp::from_epoch_integer(whole),
                Err(_) => Timestamp::from_epoch_number(value),
            },
            _ => None,
        };
        parsed.map(Some).ok_or_else(|| RejectReason::InvalidTime.into())
    }

    /// Whether the line is a prediction; otherwise it is an actual.
    fn is_prediction(&self, line: &[u8], record: &Record) -> Result<bool, Reject> {
        let present = |slot| !matches!(record.get(slot), Value::Absent | Value::Null);
        let slots = &self.slots;
        let answered =
            present(slots.prediction) || present(slots.score) || present(slots.scores) || present(slots.items);
        let prediction = answered
            || !matches!(record.get(slots.features), Value::Absent)
            || self.failure(line, record).is_some()
            || (!self.config.feature_list.is_empty() && !present(slots.actual));
        match self.role {
            // A flat record may hold nothing but features.
            Role::Predictions if prediction || self.wants_flat => Ok(true),
            Role::Auto if self.wants_flat && !present(slots.actual) => Ok(true),
            Role::Predictions => Err(RejectReason::NoPrediction.into()),
            Role::Actuals if present(slots.actual) => Ok(false),
            Role::Actuals => Err(RejectReason::NoActual.into()),
            Role::Auto if prediction => Ok(true),
            Role::Auto if present(slots.actual) => Ok(false),
            Role::Auto => Err(RejectReason::NoPrediction.into()),
        }
    }

    /// The type of the failure, when the record is one.
    fn failure<'a>(&self, line: &'a [u8], record: &'a Record) -> Option<std::borrow::Cow<'a, str>> {
        match *record.get(self.slots.error) {
            Value::Absent | Value::Null | Value::Bool(false) => None,
            Value::Bool(true) | Value::Nested(_) => Some("error".into()),
            value => text_of(value, record, line).filter(|text| !text.is_empty()),
        }
    }

    fn actual(
        &self,
        line: &[u8],
        record: &Record,
        batch: &mut Batch,
        at: Option<Timestamp>,
        id: Option<u64>,
    ) -> Result<Event, Reject> {
        if id.is_none() {
            return Err(RejectReason::NoId.into());
        }
        let value = self.known(record.value(self.slots.actual), record, line, batch);
        let model = text_of(record.value(self.slots.model), record, line).map(|model| Arc::from(&*model));
        Ok(Event { at, id, happening: Happening::Actual(Actual { model, value }) })
    }

    fn prediction(
        &mut self,
        line: &[u8],
        record: &mut Record,
        decoder: &mut dyn Decoder,
        batch: &mut Batch,
        stream: usize,
    ) -> Result<Prediction, Reject> {
        let parts = match record.has_any(&self.slots.rare) {
            true => self.rare_parts(line, record, batch),
            false => Rare::default(),
        };
        if let Some(error) = parts.failed {
            let start = batch.data_length();
            let stream = self.place(stream, batch);
            return Ok(Prediction {
                stream,
                features: start..start,
                served: Served::Failed(error),
                embedding: Vector::Missing,
                actual: parts.actual,
            });
        }
        let prediction = match *record.get(self.slots.prediction) {
            Value::Number { value, .. } if !value.is_nan() => Datum::Number(value),
            Value::Text(text) => {
                let known = self.said.find(0, text, record, line);
                let value = known.unwrap_or_else(|| self.said.learn(0, text, record, line, batch));
                batch.datum(value)
            }
            value => label(value, record, line, batch),
        };
        let score = self.number(self.slots.score, record, line);
        let (features, scores) = if self.streams[stream].discovery.is_some() {
            self.discovered(line, record, decoder, batch, stream)?
        } else {
            self.planned(line, record, batch, stream)
        };
        let stream = self.place(stream, batch);
        let Rare { actual, interval, items, latency, embedding, .. } = parts;
        let served = Served::Answered { prediction, score, scores, interval, items, latency };
        Ok(Prediction { stream, features, served, embedding, actual })
    }

    /// The parts of a prediction that most records have not.
    #[inline(never)]
    fn rare_parts(&self, line: &[u8], record: &Record, batch: &mut Batch) -> Rare {
        let actual = match *record.get(self.slots.actual) {
            Value::Absent | Value::Null => None,
            value => Some(self.known(value, record, line, batch)),
        };
        if let Some(text) = self.failure(line, record) {
            return Rare { actual, failed: Some(batch.push_text(&text)), ..Rare::default() };
        }
        Rare {
            actual,
            failed: None,
            interval: [self.slots.lower, self.slots.upper].map(|slot| self.number(slot, record, line)),
            items: items::shown(record.value(self.slots.items), record, line, batch),
            latency: self.latency(line, record),
            embedding: numbers::vector(record.value(self.slots.embedding), record, line, batch),
        }
    }

    /// The number in a slot, or NaN.
    #[inline]
    fn number(&self, slot: usize, record: &Record, line: &[u8]) -> f64 {
        number_of(record.value(slot), record, line).map_or(f64::NAN, |(value, _)| value)
    }

    /// An actual: a list of items where a model ranks, else a class or a number.
    fn known(&self, value: Value, record: &Record, line: &[u8], batch: &mut Batch) -> Datum {
        let list = if self.config.usual.items { items::relevant(value, record, line, batch) } else { None };
        list.unwrap_or_else(|| label(value, record, line, batch))
    }

    fn latency(&self, line: &[u8], record: &Record) -> f64 {
        let Some((value, _)) = number_of(record.value(self.slots.latency), record, line) else { return f64::NAN };
        let unit = record.rank(self.slots.latency).and_then(|rank| self.slots.latency_units.get(rank));
        value / unit.map_or(1.0, |unit| unit.per_second())
    }

    /// Feature values and class scores from the slots of the stream's columns.
    fn planned(&mut self, line: &[u8], record: &Record, batch: &mut Batch, stream: usize) -> (Range, Range) {
        let stream = &self.streams[stream];
        let row = match *record.get(self.slots.features) {
            Value::Absent if self.wants_flat => &stream.flat,
            _ => &stream.nested,
        };
        let features = row.push(&stream.columns, &mut self.repeated, record, line, batch);
        let first_score = batch.scores_length();
        for slot in &stream.scores {
            batch.push_score(number_of(record.value(*slot), record, line).map_or(f64::NAN, |(value, _)| value));
        }
        (features, first_score..batch.scores_length())
    }

    /// Feature values and class scores from every leaf of the record.
    fn discovered(
        &mut self,
        line: &[u8],
        record: &mut Record,
        decoder: &mut dyn Decoder,
        batch: &mut Batch,
        stream: usize,
    ) -> Result<(Range, Range), Reject> {
        let stream = &mut self.streams[stream];
        let Some(discovery) = &mut stream.discovery else { return Ok((0..0, 0..0)) };
        let nested = !matches!(record.get(self.slots.features), Value::Absent);
        discovery.row(line, record, decoder, batch, &self.slots, &self.config, nested, &mut self.row)?;
        if let Some(columns) = discovery.columns(self.most_features) {
            stream.columns = columns;
            stream.placed.0 = 0;
        }
        Ok(discovery.push(&self.row, batch, &stream.columns))
    }
}

type Range = std::ops::Range<u32>;

/// What most predictions are without.
struct Rare {
    actual: Option<Datum>,
    failed: Option<Text>,
    interval: [f64; 2],
    items: Option<Items>,
    latency: f64,
    embedding: Vector,
}

impl Default for Rare {
    fn default() -> Rare {
        Rare {
            actual: None,
            failed: None,
            interval: [f64::NAN; 2],
            items: None,
            latency: f64::NAN,
            embedding: Vector::Missing,
        }
    }
}

/// A prediction or an actual: a number as a number, anything else as the text of a class.
fn label(value: Value, record: &Record, line: &[u8], batch: &mut Batch) -> Datum {
    datum(Kind::Unknown, value, record, line, batch)
}

/// A value as a column of this kind sees it.
pub(super) fn datum(kind: Kind, value: Value, record: &Record, line: &[u8], batch: &mut Batch) -> Datum {
    match (value, kind) {
        (Value::Absent | Value::Null, _) => Datum::Missing,
        (Value::Number { value, .. }, _) if value.is_nan() => Datum::Missing,
        (Value::Nested(_), _) => Datum::Invalid,
        (Value::Number { value, .. }, Kind::Numeric | Kind::Unknown) => Datum::Number(value),
        (Value::Bool(_), Kind::Numeric) => Datum::Invalid,
        (Value::Text(_), Kind::Numeric) => match number_of(value, record, line) {
            Some((value, _)) if value.is_nan() => Datum::Missing,
            Some((value, _)) => Datum::Coerced(value),
            None => Datum::Invalid,
        },
        (value, Kind::Categorical | Kind::Unknown) => match text_of(value, record, line) {
            Some(text) => Datum::Category(batch.push_text(&text)),
            None => Datum::Invalid,
        },
    }
}
