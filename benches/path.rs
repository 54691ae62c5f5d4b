//! The whole path from bytes to windows, beside typed parsing of the same lines by `serde_json` and `sonic-rs`; then
//! the evaluation of all default statistics and the rendering of the result, for 100 features and 3 windows.
//!
//! The line is about 750 bytes with 20 numeric and 3 categorical features. The parsers stop at a typed struct; the
//! path goes on to the cells of every column in three windows.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "support/stream.rs"]
#[allow(dead_code)]
mod stream;
#[path = "support/typed.rs"]
#[allow(dead_code)]
mod typed;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use driftgauge::engine::Live;
use driftgauge::exposition;
use driftgauge::time::Timestamp;
use std::hint::black_box;
use stream::{Path, Shape};
use typed::Typed;

const LINES: u64 = 1_000;

/// Lines of the stream from `first` on.
fn block(shape: Shape, first: u64) -> Vec<Vec<u8>> {
    let at = |index: u64| Timestamp::from_seconds(1_793_697_302 + index as i64 / 50);
    (first..first + LINES).map(|index| stream::line(shape, index, at(index)).into_bytes()).collect()
}

fn lines_to_windows(criterion: &mut Criterion) {
    let shape = Shape { numeric: 20, categorical: 3 };
    let bytes: usize = block(shape, 0).iter().map(Vec::len).sum();
    let mut group = criterion.benchmark_group(format!("1000 lines of {} bytes", bytes / LINES as usize));
    group.throughput(Throughput::Elements(LINES));
    let mut path = Path::new(shape, 20_000);
    let mut first = 0;
    // Time goes on and no id comes twice, as in a log; nobody sees a line twice.
    let mut next = || {
        first += LINES;
        block(shape, first)
    };
    group.bench_function("driftgauge, bytes to windows", |bencher| {
        let take = |lines: Vec<Vec<u8>>| {
            path.take(lines.iter().map(Vec::as_slice));
            lines
        };
        bencher.iter_batched(&mut next, take, BatchSize::PerIteration);
    });
    group.bench_function("sonic-rs, typed parsing", |bencher| {
        let take = |lines: Vec<Vec<u8>>| {
            for line in &lines {
                black_box(sonic_rs::from_slice::<Typed<'_>>(line).unwrap());
            }
            lines
        };
        bencher.iter_batched(&mut next, take, BatchSize::PerIteration);
    });
    group.bench_function("serde_json, typed parsing", |bencher| {
        let take = |lines: Vec<Vec<u8>>| {
            for line in &lines {
                black_box(serde_json::from_slice::<Typed<'_>>(line).unwrap());
            }
            lines
        };
        bencher.iter_batched(&mut next, take, BatchSize::PerIteration);
    });
    group.finish();
}

fn windows_to_bytes(criterion: &mut Criterion) {
    let shape = Shape { numeric: 80, categorical: 20 };
    let mut path = Path::new(shape, 20_000);
    for index in 0..20_000 {
        let line = stream::line(shape, index, Timestamp::from_seconds(1_793_697_302 + index as i64));
        path.take([line.as_bytes()]);
    }
    let mut group = criterion.benchmark_group("100 features, 3 windows");
    group.bench_function("evaluation of all default statistics", |bencher| {
        bencher.iter(|| black_box(path.engine.evaluate(&Live::default())));
    });
    let report = path.engine.evaluate(&Live::default());
    group.bench_function(format!("rendering of {} series, both formats", report.samples.len()), |bencher| {
        bencher.iter(|| black_box(exposition::render(&report)));
    });
    group.finish();
}

criterion_group!(benches, lines_to_windows, windows_to_bytes);
criterion_main!(benches);
