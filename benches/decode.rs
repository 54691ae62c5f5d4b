//! Decoding a 750-byte JSON line with 20 numeric and 3 categorical features, all wanted, beside typed parsing of the
//! same line; and the same record as CSV and logfmt.

#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use driftgauge::decode::{self, FieldPath, FieldPlan, Record};
use serde::Deserialize;

const NUMERIC: usize = 20;
const ENVELOPE: [&str; 6] = ["ts", "id", "model", "version", "score", "prediction"];
const CATEGORICAL: [(&str, &str); 3] = [("area", "urban"), ("channel", "partner"), ("employment", "self-employed")];

/// What Python's `json.dumps` writes of floats: a mix of whole numbers, rounded ones and all 17 digits.
fn number(feature: usize, line: usize) -> String {
    let seed = (line * NUMERIC + feature) as u64;
    let random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let unit = (random >> 11) as f64 / (1_u64 << 53) as f64;
    match feature % 4 {
        0 => format!("{}", (unit * 1e5) as u64),
        1 => format!("{:.2}", unit * 1e4),
        _ => format!("{unit}"),
    }
}

fn fields(line: usize) -> Vec<(String, String)> {
    let numbers = (0..NUMERIC).map(|feature| (format!("feature_{feature:02}"), number(feature, line)));
    let categories = CATEGORICAL.iter().map(|(key, value)| ((*key).to_owned(), format!("\"{value}\"")));
    numbers.chain(categories).collect()
}

fn json(line: usize) -> Vec<u8> {
    let fields: Vec<String> = fields(line).iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
    let features = fields.join(",");
    format!(
        "{{\"ts\":\"2026-11-03T09:15:02.118Z\",\"id\":\"order-{line:05}\",\"model\":\"credit\",\"version\":\"3\",\
         \"features\":{{{features}}},\"score\":{},\"prediction\":1}}",
        number(3, line)
    )
    .into_bytes()
}

fn csv(line: usize) -> Vec<u8> {
    let values: Vec<String> = fields(line).into_iter().map(|(_, value)| value.replace('"', "")).collect();
    format!("2026-11-03T09:15:02.118Z,order-{line:05},credit,3,{},1,{}", number(3, line), values.join(",")).into_bytes()
}

fn csv_header() -> Vec<u8> {
    let names: Vec<String> = fields(0).into_iter().map(|(key, _)| format!("features.{key}")).collect();
    format!("{},{}", ENVELOPE.join(","), names.join(",")).into_bytes()
}

fn logfmt(line: usize) -> Vec<u8> {
    let pairs: Vec<String> = fields(line).iter().map(|(key, value)| format!("features.{key}={value}")).collect();
    format!("ts=2026-11-03T09:15:02.118Z id=order-{line:05} model=credit {}", pairs.join(" ")).into_bytes()
}

fn plan() -> Arc<FieldPlan> {
    let mut plan = FieldPlan::default();
    for key in ENVELOPE {
        plan.slot(vec![FieldPath::parse(key)]);
    }
    for (key, _) in fields(0) {
        plan.slot(vec![FieldPath::parse("features").child(&key)]);
    }
    Arc::new(plan)
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Typed<'a> {
    #[serde(borrow)]
    ts: &'a str,
    id: &'a str,
    model: &'a str,
    version: &'a str,
    #[serde(borrow)]
    features: Features<'a>,
    score: f64,
    prediction: f64,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Features<'a> {
    feature_00: f64,
    feature_01: f64,
    feature_02: f64,
    feature_03: f64,
    feature_04: f64,
    feature_05: f64,
    feature_06: f64,
    feature_07: f64,
    feature_08: f64,
    feature_09: f64,
    feature_10: f64,
    feature_11: f64,
    feature_12: f64,
    feature_13: f64,
    feature_14: f64,
    feature_15: f64,
    feature_16: f64,
    feature_17: f64,
    feature_18: f64,
    feature_19: f64,
    area: &'a str,
    channel: &'a str,
    employment: &'a str,
}

const LINES: usize = 256;

fn decoding(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::Elements(LINES as u64));
    let mut record = Record::default();
    for (key, line) in [("jsonl", json as fn(usize) -> Vec<u8>), ("csv", csv), ("logfmt", logfmt)] {
        let lines: Vec<Vec<u8>> = (0..LINES).map(line).collect();
        let mut decoder = (decode::format(key).unwrap().build)(plan());
        if key == "csv" {
            decoder.decode(&csv_header(), &mut record).unwrap();
        }
        group.bench_function(key, |bencher| {
            bencher.iter(|| {
                for line in &lines {
                    decoder.decode(black_box(line), &mut record).unwrap();
                    black_box(&record);
                }
            });
        });
    }
    let lines: Vec<Vec<u8>> = (0..LINES).map(json).collect();
    group.bench_function("serde_json typed", |bencher| {
        bencher.iter(|| {
            for line in &lines {
                black_box(serde_json::from_slice::<Typed<'_>>(black_box(line)).unwrap());
            }
        });
    });
    group.bench_function("sonic-rs typed", |bencher| {
        bencher.iter(|| {
            for line in &lines {
                black_box(sonic_rs::from_slice::<Typed<'_>>(black_box(line)).unwrap());
            }
        });
    });
    group.finish();
    let bytes = lines.iter().map(Vec::len).sum::<usize>() / LINES;
    assert!((700..800).contains(&bytes), "the line has {bytes} bytes");
}

criterion_group!(benches, decoding);
criterion_main!(benches);
