//! What a commit costs the thread that reads logs, and how much it writes: 100 features, windows up to 24 h that are
//! full, 50 predictions a second whose ids wait, a commit every 5 seconds.
//!
//! The thread makes the head and the records of what changed; the rest of a commit is done elsewhere. Beside it, in the
//! same run, the evaluation, which the thread does as well, and a copy of as many bytes. Times are CPU times.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/apart.rs"]
mod apart;
#[path = "support/stream.rs"]
#[allow(dead_code)]
mod stream;

use cpu_time::ThreadTime;
use driftgauge::engine::config::Config;
use driftgauge::engine::{Engine, Live};
use driftgauge::time::{Length, Timestamp};
use std::hint::black_box;
use stream::{Path, Shape};

const SHAPE: Shape = Shape { numeric: 80, categorical: 20 };
const START: i64 = 1_793_664_000;
const COMMITS: i64 = 400;

fn main() {
    let Some(reference) = apart::reference(|| stream::reference(SHAPE, 20_000)) else { return };
    let mut path = Path::of(reference);
    let waits = Length::from_seconds(7 * 86_400);
    path.engine = Engine::new(Config::default(), waits, &["log".into()]).unwrap().logged();
    let mut index = 0;
    let mut second = |path: &mut Path, second: i64, lines: u64| {
        for _ in 0..lines {
            let line = stream::line(SHAPE, index, Timestamp::from_seconds(START + second));
            path.take([line.as_bytes()]);
            index += 1;
        }
    };
    // A day at two a second fills the windows.
    for at in 0..86_400 {
        second(&mut path, at, 2);
    }
    path.engine.save(true, &mut |_| {});
    let (mut taken, mut written, mut evaluated, mut copied) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for commit in 0..COMMITS {
        (0..5).for_each(|at| second(&mut path, 86_400 + commit * 5 + at, 50));
        path.engine.tidy();
        let begin = ThreadTime::now();
        black_box(path.engine.evaluate(&Live::default()));
        evaluated.push(begin.elapsed().as_secs_f64() * 1e3);
        let begin = ThreadTime::now();
        let head = path.engine.head();
        let mut records = Vec::new();
        path.engine.save_records(false, &mut |record| {
            records = postcard::to_extend(&record, std::mem::take(&mut records)).unwrap();
        });
        taken.push(begin.elapsed().as_secs_f64() * 1e3);
        let bytes = postcard::to_extend(&head, records).unwrap();
        written.push(bytes.len() as f64 / 1024.0);
        let begin = ThreadTime::now();
        black_box(bytes.clone());
        copied.push(begin.elapsed().as_secs_f64() * 1e3);
    }
    for (what, unit, values) in [
        ("taking the state", "ms", taken),
        ("written", "KiB", written),
        ("evaluation of everything", "ms", evaluated),
        ("copying as many bytes", "ms", copied),
    ] {
        tell(what, unit, values);
    }
}

fn tell(what: &str, unit: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share) as usize];
    println!("{what:<26} {:9.3} {unit} (median), {:9.3} (99 %), {:9.3} (most)", at(0.5), at(0.99), at(1.0));
}
