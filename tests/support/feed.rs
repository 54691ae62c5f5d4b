//! An engine that is fed lines in the order of their time, and what its detectors of drift say on the way.
#![allow(dead_code, reason = "each test uses its part")]

use driftgauge::app;
use driftgauge::config;
use driftgauge::engine::{Engine, Head, Live, Record};
use driftgauge::event::Batch;
use driftgauge::references::{self, References};
use driftgauge::report::{Edition, Report, Value};
use driftgauge::schema::{FileDecoder, Schema};
use driftgauge::time::{Length, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What is looked at: the feature (or role, or nothing) and the statistic.
pub type Series = (String, String);

/// An engine and the decoders of its sources.
pub struct Feed {
    engine: Engine,
    references: Arc<References>,
    readers: Vec<(Schema, FileDecoder)>,
    config: config::Config,
    names: Vec<Arc<str>>,
}

impl Feed {
    /// By the text of a config whose profiles are in `folder`.
    pub fn new(text: &str, folder: &Path) -> Feed {
        let mut config = config::parse(text, "driftgauge.toml").unwrap();
        for model in &mut config.models {
            model.profile = model.profile.as_deref().map(|path| folder.join(path).display().to_string());
        }
        let references = References::new(config.models.clone(), references::Config::default()).unwrap();
        assert!(references.load_all().is_empty());
        let sources = app::source_configs(&config);
        let names: Vec<Arc<str>> = sources.iter().map(|source| source.name.clone()).collect();
        let engine = Engine::new(config.engine.clone(), app::longest_delay(&config.models), &names).unwrap();
        let readers = sources.iter().map(|source| {
            let schema = Schema::new(source.schema.clone(), source.role, source.format, source.most_features);
            let decoder = schema.decoder();
            (schema, decoder)
        });
        let readers = readers.collect();
        Feed { engine, references: Arc::new(references), readers, config, names }
    }

    /// Takes lines of a source.
    pub fn lines<'a>(&mut self, source: usize, lines: impl IntoIterator<Item = &'a str>) {
        self.lines_at(source, lines, None);
    }

    /// Takes lines of a source when the clock says so.
    pub fn lines_at<'a>(&mut self, source: usize, lines: impl IntoIterator<Item = &'a str>, clock: Option<Timestamp>) {
        let (schema, decoder) = &mut self.readers[source];
        let mut batch = Batch::default();
        schema.begin_batch();
        for line in lines {
            schema.read(line.as_bytes(), decoder, self.references.as_ref(), &mut batch).unwrap();
        }
        self.engine.ingest(&batch, self.references.as_ref(), clock);
        for (key, reference) in self.engine.take_learned() {
            self.references.learned(&key, reference);
        }
    }

    /// Time passes without lines; what is dropped is forgotten.
    pub fn pass(&mut self, elapsed: Length) {
        self.engine.settle(self.references.as_ref());
        self.engine.pass(elapsed);
        self.engine.take_left().iter().for_each(|key| self.references.forget_learned(key));
    }

    /// The engine remembers from now on what changes between two states.
    pub fn log_changes(&mut self) {
        let fresh = self.fresh();
        self.engine = std::mem::replace(&mut self.engine, fresh).logged();
    }

    /// The same with an engine that was read back.
    pub fn restored(mut self, head: Head, records: Vec<Record>) -> Feed {
        self.engine = self.fresh().restore(head, records, self.references.as_ref()).logged();
        self
    }

    fn fresh(&self) -> Engine {
        let max_delay = app::longest_delay(&self.config.models);
        Engine::new(self.config.engine.clone(), max_delay, &self.names).unwrap()
    }

    /// What there is to see.
    pub fn report(&mut self) -> Report {
        self.engine.tidy();
        self.engine.evaluate(&Live { sources: Vec::new(), lost_reasons: app::lost_reasons() })
    }

    /// The same in parts.
    pub fn edition(&mut self) -> Edition {
        self.engine.tidy();
        self.engine.update(&Live { sources: Vec::new(), lost_reasons: app::lost_reasons() })
    }

    /// The references of its models.
    pub fn references(&self) -> &References {
        &self.references
    }

    /// The engine.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }
}

/// The values of a family by series.
pub fn values(report: &Report, family: &str) -> BTreeMap<Series, f64> {
    let mut values = BTreeMap::new();
    for sample in report.samples.iter().filter(|sample| sample.of.name().0.strip_prefix("driftgauge_") == Some(family))
    {
        let label =
            |name: &str| sample.labels.iter().find(|(label, _)| *label == name).map(|(_, text)| text.to_string());
        let Value::Number(value) = sample.value else { panic!("{family} is a histogram") };
        let series = (label("feature").unwrap_or_default(), label("statistic").unwrap_or_default());
        assert!(values.insert(series, value).is_none(), "{family} has a series of two streams");
    }
    values
}
