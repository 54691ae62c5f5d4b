//! A made-up stream for benchmarks: lines as a model server writes them, and the reference they are compared with.

use driftgauge::decode;
use driftgauge::derive::Wanted;
use driftgauge::engine::Engine;
use driftgauge::engine::config::{Causes, Config, Drift, Fleet, Model, Performance, Segments, Thresholds};
use driftgauge::event::{Batch, StreamKey, Task};
use driftgauge::profile::{Builder, Options, Reference, ReferenceSource, Resolved, Standing, Survey};
use driftgauge::schema::{self, ColumnSource, FileDecoder, Known, Role, Schema};
use driftgauge::time::{Length, Timestamp};
use std::sync::Arc;

/// Uniform in [0, 1), the same for the same seed.
pub fn uniform(seed: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x1234_5678_9ABC_DEF1);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The shape of a stream.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Numeric features.
    pub numeric: usize,
    /// Categorical features.
    pub categorical: usize,
}

/// One JSON line at `at`; numbers are a mix of whole ones, rounded ones and all 17 digits, as Python writes them.
pub fn line(shape: Shape, index: u64, at: Timestamp) -> String {
    let mut features = Vec::new();
    for feature in 0..shape.numeric as u64 {
        let unit = uniform(index * 1_000 + feature);
        let number = match feature % 4 {
            0 => format!("{}", (unit * 1e5) as u64),
            1 => format!("{:.2}", unit * 1e4),
            _ => format!("{unit}"),
        };
        features.push(format!("\"feature_{feature:02}\":{number}"));
    }
    for feature in 0..shape.categorical as u64 {
        let word = ["urban", "rural", "self-employed"][(uniform(index * 1_000 + 900 + feature) * 3.0) as usize];
        features.push(format!("\"kind_{feature}\":\"{word}\""));
    }
    let score = uniform(index * 1_000 + 999);
    let prediction = u8::from(score > 0.5);
    format!(
        "{{\"ts\":\"{at}\",\"id\":\"order-{index:08}\",\"model\":\"credit\",\"version\":\"3\",\"features\":{{{}}},\
         \"score\":{score:.6},\"prediction\":{prediction}}}",
        features.join(",")
    )
}

/// Knows one model, with its reference or, before there is one, without.
pub struct Knower(pub Option<Arc<Reference>>, Arc<Model>);

impl Knower {
    /// Of a model with this reference.
    pub fn of(reference: Reference) -> Knower {
        Knower::new(Some(Arc::new(reference)))
    }

    fn new(reference: Option<Arc<Reference>>) -> Knower {
        let model = Model {
            name: "credit".to_owned(),
            task: Task::Binary,
            profile: None,
            warmup: Length::from_seconds(86_400),
            drift: Drift::default(),
            performance: Performance::default(),
            causes: Causes::default(),
            thresholds: Thresholds::default(),
            multivariate: Wanted::default(),
            segments: Segments::default(),
            fleet: Fleet::default(),
        };
        Knower(reference, Arc::new(model))
    }
}

impl ColumnSource for Knower {
    fn columns(&self, _: &StreamKey) -> Option<Known> {
        Some(self.0.as_ref().map_or(Known::Discover, |reference| Known::Columns(reference.columns())))
    }
    fn only_model(&self) -> Option<Arc<str>> {
        Some("credit".into())
    }
    fn generation(&self) -> u64 {
        1 + u64::from(self.0.is_some())
    }
}

impl ReferenceSource for Knower {
    fn resolve(&self, _: &StreamKey) -> Option<Resolved> {
        let standing = self.0.clone().map_or(Standing::Learn, |reference| Standing::Loaded { reference, stale: false });
        Some(Resolved { model: self.1.clone(), standing })
    }
    fn generation(&self) -> u64 {
        1
    }
}

/// Lines to windows.
pub struct Path<K = Knower> {
    pub schema: Schema,
    pub decoder: FileDecoder,
    pub engine: Engine,
    pub knower: K,
    pub batch: Batch,
}

impl Path {
    /// A path whose reference is made of `rows` lines of the same stream.
    pub fn new(shape: Shape, rows: u64) -> Path {
        Path::of(reference(shape, rows))
    }

    /// A path with this reference.
    pub fn of(reference: Reference) -> Path {
        Path::with(Knower::of(reference), Config::default())
    }
}

impl<K: ColumnSource + ReferenceSource> Path<K> {
    /// A path that knows this and has these settings.
    pub fn with(knower: K, config: Config) -> Path<K> {
        let format = decode::format("jsonl").unwrap();
        let schema = Schema::new(schema::Config::default(), Role::Predictions, format, 1_000);
        let decoder = schema.decoder();
        let engine = Engine::new(config, Length::from_seconds(7 * 86_400), &["log".into()]).unwrap();
        Path { schema, decoder, engine, knower, batch: Batch::default() }
    }

    /// The same path for lines of another format.
    pub fn reading(mut self, format: &str) -> Path<K> {
        let format = decode::format(format).unwrap();
        self.schema = Schema::new(schema::Config::default(), Role::Predictions, format, 1_000);
        self.decoder = self.schema.decoder();
        self
    }

    /// Takes lines as one batch.
    #[inline(never)]
    pub fn take<'a>(&mut self, lines: impl IntoIterator<Item = &'a [u8]>) {
        self.batch.clear();
        self.schema.begin_batch();
        for line in lines {
            self.schema.read(line, &mut self.decoder, &self.knower, &mut self.batch).unwrap();
        }
        self.engine.ingest(&self.batch, &self.knower, None);
    }
}

/// A reference of `rows` lines.
pub fn reference(shape: Shape, rows: u64) -> Reference {
    let mut survey =
        Survey::new(Options { task: Task::Binary, positive_class: None, decision_threshold: 0.5, depth: 10 });
    let mut path = Path::with(Knower::new(None), Config::default());
    let fill = |path: &mut Path, first: u64, count: u64| {
        path.batch.clear();
        path.schema.begin_batch();
        for index in first..first + count {
            let line = line(shape, 1_000_000 + index, Timestamp::EPOCH);
            path.schema.read(line.as_bytes(), &mut path.decoder, &path.knower, &mut path.batch).unwrap();
        }
    };
    for first in (0..rows).step_by(1_000) {
        fill(&mut path, first, 1_000.min(rows - first));
        survey.add(&path.batch);
    }
    let mut builder = Builder::new(survey).unwrap();
    for first in (0..rows).step_by(1_000) {
        fill(&mut path, first, 1_000.min(rows - first));
        builder.add(&path.batch);
    }
    builder.finish(None, Timestamp::EPOCH).0
}
