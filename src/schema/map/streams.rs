//! The streams of a source: which one a record belongs to, and where the columns of each are.

use super::{ColumnSource, Known, Schema, Stream};
use crate::decode::{FieldPath, FieldPlan, Record, Value};
use crate::event::{Batch, Columns, StreamKey, UNKNOWN_VERSION};
use crate::schema::discover::Discovery;
use crate::schema::repeated::Key;
use crate::schema::slots::Slots;
use crate::schema::text::text_of;
use crate::schema::{Reject, RejectReason};
use std::sync::Arc;

/// Streams known at a time; with one more all are forgotten, and known anew when they come again. A log in which the
/// version is an id has as many as lines.
pub(super) const MOST_STREAMS: usize = 1_024;

impl Schema {
    /// The index of the stream a record belongs to; makes it known when it is new.
    pub(super) fn stream(&mut self, line: &[u8], record: &Record, known: &dyn ColumnSource) -> Result<usize, Reject> {
        let text = |slot| match record.get(slot) {
            Value::Text(text) => Some(*text),
            _ => None,
        };
        let is = |slot, key: &Key| text(slot).is_some_and(|text| Key::of(text, record, line) == Some(*key));
        // Nearly always the stream of the line before, named in the same way.
        if let (Some(last), Some((model, version))) = (self.last, &self.last_names)
            && is(self.slots.model, model)
            && is(self.slots.version, version)
        {
            return Ok(last);
        }
        let stream = self.stream_of(line, record, known)?;
        let key = |slot| text(slot).and_then(|text| Key::of(text, record, line));
        self.last_names = key(self.slots.model).zip(key(self.slots.version));
        Ok(stream)
    }

    /// [`Schema::stream`] by the texts of model and version.
    fn stream_of(&mut self, line: &[u8], record: &Record, known: &dyn ColumnSource) -> Result<usize, Reject> {
        let model = match text_of(record.value(self.slots.model), record, line) {
            Some(model) => model,
            None => known.only_model().map(|model| model.to_string().into()).ok_or(RejectReason::NoModel)?,
        };
        let version = text_of(record.value(self.slots.version), record, line).unwrap_or(UNKNOWN_VERSION.into());
        if let Some(last) = self.last
            && let Some(stream) = self.streams.get(last)
            && *stream.key.model == *model
            && *stream.key.version == *version
        {
            return Ok(last);
        }
        let name = (model.into_owned(), version.into_owned());
        if let Some(index) = self.by_name.get(&name) {
            self.last = Some(*index);
            return Ok(*index);
        }
        let key = StreamKey { model: name.0.as_str().into(), version: name.1.as_str().into() };
        let (columns, discovery) = match known.columns(&key).ok_or(RejectReason::UnknownModel)? {
            Known::Columns(columns) => (columns, None),
            Known::Discover => (Arc::default(), Some(Discovery::default())),
        };
        if self.streams.len() >= MOST_STREAMS {
            self.forget_streams();
        }
        // Versions with the same profile have the same columns, which the plan holds once.
        let planned = self.streams.iter().find(|s| s.discovery.is_none() && Arc::ptr_eq(&s.columns, &columns));
        let slots = planned.map(|s| (s.nested.clone(), s.flat.clone(), s.scores.clone()));
        let is_planned = slots.is_some() || discovery.is_some() || *columns == Columns::default();
        let (nested, flat, scores) = slots.unwrap_or_default();
        let index = self.streams.len();
        self.streams.push(Stream { key, columns, nested, flat, scores, discovery, placed: (0, 0) });
        self.by_name.insert(name, index);
        self.last = Some(index);
        if !is_planned {
            self.replan();
        }
        Ok(index)
    }

    /// The index of a stream in the batch.
    pub(super) fn place(&mut self, stream: usize, batch: &mut Batch) -> u32 {
        let stream = &mut self.streams[stream];
        if stream.placed.0 != self.batch {
            stream.placed = (self.batch, batch.streams.len() as u32);
            batch.streams.push((stream.key.clone(), stream.columns.clone()));
        }
        stream.placed.1
    }

    pub(super) fn forget_streams(&mut self) {
        self.streams.clear();
        self.by_name.clear();
        self.last = None;
        self.replan();
    }

    /// Compiles the plan anew: the parts of a record, then the columns of every known stream.
    pub(super) fn replan(&mut self) {
        let mut plan = FieldPlan::default();
        self.slots = Slots::new(&self.config, &mut plan);
        let (list, features) = (&self.config.feature_list, &self.slots.features_paths);
        let paths = |name: &str| match list.is_empty() {
            true => features.iter().flat_map(|path| nested_paths(path, name)).collect(),
            false => vec![FieldPath::parse(name)],
        };
        for stream in self.streams.iter_mut().filter(|stream| stream.discovery.is_none()) {
            let named = |path: &FieldPath, name: &str| path.child(name);
            (stream.nested, stream.flat) = Default::default();
            for (name, kind) in &stream.columns.features {
                stream.nested.add(*kind, paths(name), &mut plan);
            }
            // Apart, so that in either way the slots come one right behind the other.
            for (name, kind) in stream.columns.features.iter().filter(|_| self.wants_flat) {
                let mut paths = paths(name);
                if list.is_empty() {
                    paths.push(FieldPath::from_segments(vec![name.to_string()]));
                    paths.extend(name.contains('.').then(|| FieldPath::parse(name)));
                }
                stream.flat.add(*kind, paths, &mut plan);
            }
            stream.scores = stream
                .columns
                .classes
                .iter()
                .map(|class| {
                    let mut paths: Vec<FieldPath> =
                        self.slots.scores_paths.iter().map(|path| named(path, class)).collect();
                    paths.push(FieldPath::from_segments(vec![format!("score_{class}")]));
                    plan.slot(paths)
                })
                .collect();
        }
        self.plan = Arc::new(plan);
        self.generation += 1;
    }
}

/// Where a feature may be below the object of features: as one key, or as nested keys joined by dots.
fn nested_paths(features: &FieldPath, name: &str) -> Vec<FieldPath> {
    let mut paths = vec![features.child(name)];
    if name.contains('.') {
        paths.push(name.split('.').fold(features.clone(), |path, key| path.child(key)));
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::FORMATS;
    use crate::event::{Datum, Happening, Kind};
    use crate::schema::one_profile::OneProfile;
    use crate::schema::{Config, Role};

    #[test]
    fn a_version_in_every_line_neither_compiles_a_plan_for_each_nor_is_remembered_for_ever() {
        let known = OneProfile::of(&[("a", Kind::Numeric)]);
        let mut schema = Schema::new(Config::default(), Role::Auto, &FORMATS[0], 10);
        let mut file = schema.decoder();
        let mut batch = Batch::default();
        schema.begin_batch();
        for version in 0..3 * MOST_STREAMS {
            let line = format!(r#"{{"version":"v{version}","features":{{"a":{version}}},"prediction":1}}"#);
            schema.read(line.as_bytes(), &mut file, &known, &mut batch).unwrap();
        }
        assert!(schema.generation < 10, "{} plans", schema.generation);
        assert!(schema.streams.len() <= MOST_STREAMS);
        assert_eq!(3 * MOST_STREAMS, batch.streams.len());
        for (version, event) in batch.events.iter().enumerate() {
            let Happening::Prediction(prediction) = &event.happening else { panic!("an actual") };
            assert_eq!(format!("v{version}"), *batch.streams[prediction.stream as usize].0.version);
            assert_eq!(vec![Datum::Number(version as f64)], batch.data(&prediction.features).collect::<Vec<_>>());
        }
    }
}
