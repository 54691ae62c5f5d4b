//! An engine with a few models, small enough to be made for every input.

use super::prom_text::Exposition;
use driftgauge::app;
use driftgauge::config::{self, Config};
use driftgauge::derive::Wanted;
use driftgauge::engine::config::{Model, name_matches};
use driftgauge::engine::{Engine, Head, Live, Record};
use driftgauge::event::{Batch, StreamKey, Task};
use driftgauge::exposition;
use driftgauge::profile::{Builder, Options, Reference, ReferenceSource, Resolved, Standing, Survey};
use driftgauge::schema::{ColumnSource, Known, Schema};
use driftgauge::time::{Season, Timestamp};
use std::sync::Arc;

/// The models of a config with their references.
#[derive(Clone, Debug)]
pub struct Models(Vec<(Arc<Model>, Standing)>);

impl Models {
    fn find(&self, name: &str) -> Option<&(Arc<Model>, Standing)> {
        self.0.iter().find(|(model, _)| name_matches(&model.name, name))
    }
}

impl ReferenceSource for Models {
    fn resolve(&self, key: &StreamKey) -> Option<Resolved> {
        self.find(&key.model).map(|(model, standing)| Resolved { model: model.clone(), standing: standing.clone() })
    }

    fn generation(&self) -> u64 {
        1
    }
}

impl ColumnSource for Models {
    fn columns(&self, key: &StreamKey) -> Option<Known> {
        Some(match &self.find(&key.model)?.1 {
            Standing::Loaded { reference, .. } => Known::Columns(reference.columns()),
            _ => Known::Discover,
        })
    }

    fn only_model(&self) -> Option<Arc<str>> {
        self.0.first().map(|(model, _)| model.name.as_str().into())
    }

    fn generation(&self) -> u64 {
        1
    }
}

/// The config of a text.
pub fn config(text: &str) -> Config {
    config::parse(text, "driftgauge.toml").unwrap_or_else(|problems| panic!("{problems}"))
}

/// An engine of one source.
pub struct Bench {
    config: Config,
    models: Models,
    pub engine: Engine,
}

impl Bench {
    /// The first model of the config has this reference, others learn.
    pub fn new(config: Config, reference: Arc<Reference>) -> Bench {
        let mut standing = Some(Standing::Loaded { reference, stale: false });
        let models =
            config.models.iter().map(|model| (Arc::new(model.clone()), standing.take().unwrap_or(Standing::Learn)));
        let models = Models(models.collect());
        Bench { engine: fresh(&config), models, config }
    }

    /// The same with an engine that was read back.
    pub fn restored(&self, head: Head, records: Vec<Record>) -> Bench {
        let engine = fresh(&self.config).restore(head, records, &self.models).logged();
        Bench { config: self.config.clone(), models: self.models.clone(), engine }
    }

    /// Takes lines.
    pub fn lines<'a>(&mut self, lines: impl IntoIterator<Item = &'a str>) {
        let source = &app::source_configs(&self.config)[0];
        let mut schema = Schema::new(source.schema.clone(), source.role, source.format, source.most_features);
        let batch = read(&mut schema, lines, &self.models);
        self.engine.ingest(&batch, &self.models, None);
        self.engine.take_learned();
    }

    /// What there is to see, in the text format: a strict reader reads it, and there is a page of it.
    pub fn shown(&mut self) -> String {
        self.engine.tidy();
        let report = self.engine.evaluate(&Live { sources: Vec::new(), lost_reasons: app::lost_reasons() });
        let (text, _) = exposition::render(&report);
        let text = String::from_utf8(text).expect("an exposition that is no UTF-8");
        Exposition::parse(&text);
        let page = driftgauge::http::status_page::render(&report, None, "0");
        assert!(String::from_utf8(page).is_ok(), "a page that is no UTF-8");
        text
    }
}

fn fresh(config: &Config) -> Engine {
    let names = ["log".into()];
    let engine = Engine::new(config.engine.clone(), app::longest_delay(&config.models), &names);
    engine.unwrap_or_else(|error| panic!("{error}")).logged()
}

fn read<'a>(schema: &mut Schema, lines: impl IntoIterator<Item = &'a str>, known: &dyn ColumnSource) -> Batch {
    let mut batch = Batch::default();
    schema.begin_batch();
    let mut decoder = schema.decoder();
    for line in lines {
        schema
            .read(line.as_bytes(), &mut decoder, known, &mut batch)
            .unwrap_or_else(|reject| panic!("{reject}: {line}"));
    }
    batch
}

/// A reference of these lines, with all that can be derived.
pub fn reference(task: Task, lines: &[String], season: Option<Season>) -> Reference {
    struct Columns(Known);
    impl ColumnSource for Columns {
        fn columns(&self, _: &StreamKey) -> Option<Known> {
            Some(self.0.clone())
        }
        fn only_model(&self) -> Option<Arc<str>> {
            Some("m".into())
        }
        fn generation(&self) -> u64 {
            1
        }
    }
    let batch = |known: Known| {
        let format = &driftgauge::decode::FORMATS[0];
        let mut schema = Schema::new(Default::default(), driftgauge::schema::Role::Predictions, format, 10);
        read(&mut schema, lines.iter().map(String::as_str), &Columns(known))
    };
    let positive_class = (task == Task::Binary).then(|| "1".to_owned());
    let mut survey = Survey::new(Options { task, positive_class, decision_threshold: 0.5, depth: 3 });
    survey.add(&batch(Known::Discover));
    let wanted = Wanted { outlier: true, pca: true, mmd: true, mmd_features: 2, embedding: false };
    let builder = Builder::new(survey).unwrap_or_else(|error| panic!("{error}"));
    let mut builder = builder.deriving(wanted);
    builder.add(&batch(Known::Columns(builder.columns())));
    let mut builder = builder.fit().by_season(season);
    builder.add(&batch(Known::Columns(builder.columns())));
    builder.finish(Some("m".to_owned()), Timestamp::from_seconds(1_700_000_000)).0.with_constants(20)
}
