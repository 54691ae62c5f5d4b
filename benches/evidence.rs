//! What a pane costs the evidence of a column: ten deciles, missing and unseen; 200 events. Without drift most bets rest;
//! with drift all of them work.

#![allow(clippy::unwrap_used, missing_docs)]

use criterion::{Criterion, criterion_group, criterion_main};
use driftgauge::evidence::bounded_loss::{BoundedLoss, Means, Side};
use driftgauge::evidence::box_null::{Allowance, BoxNull};
use driftgauge::evidence::multinomial::Multinomial;
use std::hint::black_box;

const QUIET: [u64; 12] = [20, 21, 19, 20, 18, 22, 20, 20, 21, 19, 0, 0];
const DRIFTED: [u64; 12] = [30, 26, 24, 21, 19, 18, 16, 15, 12, 9, 9, 1];

fn panes(criterion: &mut Criterion) {
    let reference = [1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 1_000, 10, 0];
    let null = BoxNull::learn(&reference, &[], Allowance::default()).unwrap().in_order(10);
    let mut group = criterion.benchmark_group("evidence");
    for (name, counts) in [("column, no drift", QUIET), ("column, drift", DRIFTED)] {
        let mut detector = Multinomial::new(&null);
        let mut pane = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                pane += 1;
                detector.advance(&null, 1.0, black_box(&counts), pane);
                detector.total()
            });
        });
    }
    let mut detector = BoundedLoss::new(Means::around(0.1, 0.01, 0.0, 0.0).unwrap(), Side::Both);
    group.bench_function("loss, both sides", |bencher| {
        bencher.iter(|| {
            detector.advance(1.0, black_box(200), black_box(22.0), 1);
            detector.total()
        });
    });
    group.bench_function("box of a column", |bencher| {
        bencher.iter(|| BoxNull::learn(black_box(&reference), &[], Allowance::default()).unwrap().in_order(10));
    });
    group.finish();
}

criterion_group!(benches, panes);
criterion_main!(benches);
