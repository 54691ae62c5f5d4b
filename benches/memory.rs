//! Resident memory of the engine after a simulated day: 100 features, 3 windows, 1 model, two predictions a second,
//! none of which has an actual, so that every id waits.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stream.rs"]
#[allow(dead_code)]
mod stream;

use driftgauge::app::process::resident_bytes;
use driftgauge::engine::Live;
use driftgauge::time::Timestamp;
use stream::{Path, Shape};

fn main() {
    let shape = Shape { numeric: 80, categorical: 20 };
    let megabytes = || resident_bytes().unwrap_or(0.0) / f64::from(1 << 20);
    println!("at the start            {:6.1} MiB", megabytes());
    let mut path = Path::new(shape, 20_000);
    println!("with a reference        {:6.1} MiB", megabytes());
    let day = 2 * 86_400;
    for index in 0..day {
        let line = stream::line(shape, index, Timestamp::from_seconds(1_793_664_000 + index as i64 / 2));
        path.take([line.as_bytes()]);
        if index % 120 == 0 {
            path.engine.tidy();
        }
        if index % (day / 8) == day / 8 - 1 {
            let series = path.engine.evaluate(&Live::default()).samples.len();
            println!("after {:2} h, {series} series {:6.1} MiB", (index + 1) * 24 / day, megabytes());
        }
    }
}
