//! Resident memory of the engine after a simulated day: 100 features, 3 windows, 1 model, two predictions a second,
//! none of which has an actual, so that every id waits. Every ten minutes everything is evaluated, rendered and saved.
//!
//! With `-- soak` a week, of which ids wait for a day: from the second day on nothing new may be held, and the slope of
//! memory by the day says whether that is so.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/apart.rs"]
mod apart;
#[path = "support/resident.rs"]
#[allow(dead_code)]
mod resident;
#[path = "support/stream.rs"]
#[allow(dead_code)]
mod stream;

use driftgauge::engine::config::Config;
use driftgauge::engine::{Engine, Live};
use driftgauge::exposition::{Pieces, Renderer};
use driftgauge::report::Views;
use driftgauge::time::{Length, Timestamp};
use stream::{Path, Shape};

const SHAPE: Shape = Shape { numeric: 80, categorical: 20 };
const HOUR: u64 = 2 * 3_600;

fn main() {
    // A process that has built a reference holds on to what that took.
    let Some(reference) = apart::reference(|| stream::reference(SHAPE, 20_000)) else { return };
    let is_soak = std::env::args().any(|argument| argument == "soak");
    let days = if is_soak { 7 } else { 1 };
    println!("with a reference          {:6.1} MiB", resident::now());
    let mut path = Path::of(reference);
    let waits = Length::from_seconds(if is_soak { 86_400 } else { 7 * 86_400 });
    path.engine = Engine::new(Config::default(), waits, &["log".into()]).unwrap().logged();
    let mut renderer = Renderer::default();
    // What the sidecar holds until the next commit.
    let mut shown: Option<(Views, [Pieces; 2])> = None;
    let mut points = Vec::new();
    for hour in 0..days * 24 {
        for index in hour * HOUR..(hour + 1) * HOUR {
            let line = stream::line(SHAPE, index, Timestamp::from_seconds(1_793_664_000 + index as i64 / 2));
            path.take([line.as_bytes()]);
            if index % 120 == 0 {
                path.engine.tidy();
            }
            if index % (HOUR / 6) == HOUR / 6 - 1 {
                let edition = path.engine.update(&Live::default());
                let exposition = renderer.render(&edition);
                shown = Some((edition.views(), exposition));
                path.engine.save(false, &mut |_| {});
            }
        }
        points.push(((hour + 1) as f64 / 24.0, resident::now()));
        if (hour + 1) % 6 == 0 {
            println!(
                "after {:3} h               {:6.1} MiB, {:.1} at most",
                hour + 1,
                resident::now(),
                resident::peak()
            );
        }
    }
    drop(shown);
    if is_soak {
        points.retain(|(day, _)| *day > 2.0);
        println!("slope from the third day on {:+.3} MiB a day", slope(&points));
    }
}

/// By least squares.
fn slope(points: &[(f64, f64)]) -> f64 {
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let sum = |of: &dyn Fn(f64, f64) -> f64| points.iter().map(|point| of(point.0 - x, point.1 - y)).sum::<f64>();
    sum(&|a, b| a * b) / sum(&|a, _| a * a)
}
