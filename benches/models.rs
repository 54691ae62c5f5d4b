//! Many models in one process: 20 features each, a prediction every ten seconds for a simulated hour, ids that wait.
//! Each number of models is measured in a process of its own: memory, CPU for each line, evaluation and rendering, and
//! what a commit takes and writes. Growth has to be linear: each column for each model has to stay as it is. Evaluation and
//! rendering are those of everything, then those of models none of which had a line since, then, for each of those that
//! had one, of a hundredth of the models.

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
use driftgauge::exposition::{Pieces, Renderer};
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
                "{:>6} {:>13} {:>13} {:>13} {:>10} {:>8} {:>20} {:>20} {:>20} {:>10}",
                "models",
                "references",
                "windows",
                "all",
                "us a line",
                "series",
                "all: ms",
                "idle: us",
                "changed: ms",
                "commit"
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
    let mut renderer = Renderer::default();
    let all = commit(&mut path, &mut renderer);
    // What changes from look to look is not kept.
    drop(commit(&mut path, &mut renderer));
    let idle = commit(&mut path, &mut renderer);
    let few = names.iter().step_by(100).count();
    let at = Timestamp::from_seconds(1_793_664_000 + STEPS as i64 * EVERY);
    for name in names.iter().step_by(100) {
        path.take([stream::line(SHAPE, 1, at).replace("credit", name).as_bytes()]);
    }
    let changed = commit(&mut path, &mut renderer);
    path.engine.save(true, &mut |_| {});
    let begin = ProcessTime::now();
    let head = path.engine.head();
    path.engine.save_records(false, &mut |_| {});
    let committed = begin.elapsed().as_secs_f64();
    let each = |what: f64| what / count as f64;
    let pair = |pair: &Commit, count: usize, unit: f64| {
        format!("{:.2} + {:.2}", pair.evaluation * unit / count as f64, pair.rendering * unit / count as f64)
    };
    println!(
        "{count:>6} {:>9.3} MiB {:>9.3} MiB {:>9.3} MiB {:>10.2} {:>8.0} {:>20} {:>20} {:>20} {:>7.3} ms",
        each(with_references - before),
        each(with_windows - with_references),
        each(resident::peak()),
        cpu * 1e6 / (STEPS * count as u64) as f64,
        each(all.series as f64),
        pair(&all, count, 1e3),
        pair(&idle, count, 1e6),
        pair(&changed, few, 1e3),
        each(committed * 1e3),
    );
    drop((head, all, idle, changed));
}

/// CPU seconds of an evaluation and of its rendering.
struct Commit {
    evaluation: f64,
    rendering: f64,
    series: usize,
    _shown: [Pieces; 2],
}

fn commit(path: &mut Path<Models>, renderer: &mut Renderer) -> Commit {
    let begin = ProcessTime::now();
    let edition = path.engine.update(&Live::default());
    let evaluation = begin.elapsed().as_secs_f64();
    let begin = ProcessTime::now();
    let shown = renderer.render(&edition);
    Commit { evaluation, rendering: begin.elapsed().as_secs_f64(), series: edition.series(), _shown: shown }
}
