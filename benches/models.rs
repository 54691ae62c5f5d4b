//! Many models in one process: 20 features each, a prediction every ten seconds for a simulated hour, ids that wait.
//! Each number of models is measured in a process of its own: memory, CPU for each line, evaluation, rendering, and what
//! a commit takes and writes. Growth has to be linear: each column for each model has to stay as it is.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/apart.rs"]
mod apart;
#[path = "support/resident.rs"]
#[allow(dead_code)]
mod resident;
#[path = "support/stream.rs"]
#[allow(dead_code)]
mod stream;

use cpu_time::ProcessTime;
use driftgauge::engine::Live;
use driftgauge::engine::config::{Config, Limits};
use driftgauge::event::StreamKey;
use driftgauge::exposition;
use driftgauge::profile::{Reference, ReferenceSource, Resolved};
use driftgauge::schema::{ColumnSource, Known};
use driftgauge::time::Timestamp;
use std::collections::HashMap;
use std::process::Command;
use std::sync::Arc;
use stream::{Knower, Path, Shape};

const SHAPE: Shape = Shape { numeric: 16, categorical: 4 };
/// Tells a process how many models it measures.
const MODELS: &str = "DRIFTGAUGE_BENCH_MODELS";
const STEPS: u64 = 360;
const EVERY: i64 = 10;

/// Knows each model with a reference of its own.
struct Models(HashMap<Arc<str>, Knower>);

impl ColumnSource for Models {
    fn columns(&self, key: &StreamKey) -> Option<Known> {
        self.0.get(&key.model)?.columns(key)
    }
    fn only_model(&self) -> Option<Arc<str>> {
        None
    }
    fn generation(&self) -> u64 {
        1
    }
}

impl ReferenceSource for Models {
    fn resolve(&self, key: &StreamKey) -> Option<Resolved> {
        self.0.get(&key.model)?.resolve(key)
    }
    fn generation(&self) -> u64 {
        1
    }
}

fn main() {
    let Some(reference) = apart::reference(|| stream::reference(SHAPE, 5_000)) else { return };
    match std::env::var(MODELS) {
        Ok(models) => measure(models.parse().unwrap(), &reference),
        Err(_) => {
            println!(
                "{:>6} {:>13} {:>13} {:>13} {:>10} {:>13} {:>13} {:>10} {:>10}",
                "models", "references", "windows", "all", "us a line", "evaluation", "rendering", "series", "commit"
            );
            for models in ["100", "300", "1000"] {
                Command::new(std::env::current_exe().unwrap()).env(MODELS, models).status().unwrap();
            }
        }
    }
}

fn measure(count: usize, reference: &Reference) {
    let json = reference.to_json();
    let names: Vec<Arc<str>> = (0..count).map(|model| format!("model-{model:04}").into()).collect();
    let before = resident::now();
    let own = || Knower::of(Reference::from_json(json.as_bytes()).unwrap());
    let models = Models(names.iter().map(|name| (name.clone(), own())).collect());
    let with_references = resident::now();
    let limits = Limits { streams: count, ..Limits::default() };
    let mut path = Path::with(models, Config { limits, ..Config::default() });
    path.engine = path.engine.logged();
    let mut cpu = 0.0;
    for step in 0..STEPS {
        let at = Timestamp::from_seconds(1_793_664_000 + step as i64 * EVERY);
        let line = |(model, name): (usize, &Arc<str>)| {
            stream::line(SHAPE, step * count as u64 + model as u64, at).replace("credit", name)
        };
        let lines: Vec<String> = names.iter().enumerate().map(line).collect();
        let begin = ProcessTime::now();
        path.take(lines.iter().map(String::as_bytes));
        path.engine.tidy();
        cpu += begin.elapsed().as_secs_f64();
    }
    let with_windows = resident::now();
    let begin = ProcessTime::now();
    let report = path.engine.evaluate(&Live::default());
    let evaluated = begin.elapsed().as_secs_f64();
    let begin = ProcessTime::now();
    let rendered = exposition::render(&report);
    let rendering = begin.elapsed().as_secs_f64();
    path.engine.save(true, &mut |_| {});
    let begin = ProcessTime::now();
    let head = path.engine.head();
    path.engine.save_records(false, &mut |_| {});
    let committed = begin.elapsed().as_secs_f64();
    let each = |what: f64| what / count as f64;
    println!(
        "{count:>6} {:>9.3} MiB {:>9.3} MiB {:>9.3} MiB {:>10.2} {:>10.3} ms {:>10.3} ms {:>10.0} {:>7.3} ms",
        each(with_references - before),
        each(with_windows - with_references),
        each(resident::peak()),
        cpu * 1e6 / (STEPS * count as u64) as f64,
        each(evaluated * 1e3),
        each(rendering * 1e3),
        each(report.samples.len() as f64),
        each(committed * 1e3),
    );
    drop((head, rendered));
}
