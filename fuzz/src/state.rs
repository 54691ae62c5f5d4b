//! The files of a state are a state or none, and an engine goes on from any.
//!
//! The first byte says what follows: the bytes of a slot and of its log as they are; the body of a slot and the records
//! of a log, around which the files are put here, as nobody guesses a hash; or the head of an engine and its records
//! alone. The next four are the length of the first of the two. The engine that is read back is shown, saved, read back
//! again, and both go on alike.

use super::model::{Bench, config, reference};
use driftgauge::engine::{Head, Record};
use driftgauge::event::Task;
use driftgauge::profile::Reference;
use driftgauge::snapshot;
use driftgauge::time::Length;
use std::sync::{Arc, OnceLock};
use xxhash_rust::xxh3::xxh3_64;

const INSTANCE: &str = "here";
const CONFIG: &str = r#"
[[source]]
name = "log"
paths = ["log.jsonl"]
[[model]]
name = "m"
task = "binary"
profile = "profile.json"
[[model]]
name = "n*"
task = "multiclass"
warmup = "1h"
[windows]
lengths = ["30s", "5m"]
lateness = "5s"
[drift]
companions = ["adwin", "page_hinkley", "ddm"]
[segments]
features = ["plan"]
[limits]
streams = 3
features = 4
label_values = 8
waiting_ids = 16
"#;

/// Whether it is a state.
pub fn check(bytes: &[u8]) -> bool {
    let Some((what, rest)) = bytes.split_first() else { return false };
    let Some((length, rest)) = rest.split_first_chunk() else { return false };
    let (one, other) = rest.split_at(rest.len().min(u32::from_le_bytes(*length) as usize));
    let state = match what % 3 {
        0 => restored(one, other),
        1 => restored(&slot(one), &log(other)),
        _ => postcard::from_bytes(one).ok().map(|head| (head, records(other))),
    };
    let Some((head, records)) = state else { return false };
    goes_on(head, records);
    true
}

/// States of an engine on its way, as each of the three kinds of input.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    let mut bench = bench();
    for (name, rows) in [("new", 0), ("few", 4), ("more", 40)] {
        lines(0..rows).iter().for_each(|line| bench.lines([line.as_str()]));
        let (head, records) = saved(&mut bench);
        seeds.push((name.to_owned(), input(2, &head, &records)));
        if rows > 4 {
            continue;
        }
        // As a commit writes it: whose it is, which part of which log, and what is not the engine's.
        let frame = snapshot::Frame { seed: 7, started: Default::default(), failures: 0, learned: Vec::new() };
        let place = (3u64, log(&records).len() as u64);
        let mut body = postcard::to_stdvec(&(INSTANCE, place, frame)).expect("a frame can be written");
        body.extend_from_slice(&head);
        seeds.push((format!("{name}-body"), input(1, &body, &records)));
        seeds.push((format!("{name}-files"), input(0, &slot(&body), &log(&records))));
    }
    seeds
}

fn input(what: u8, one: &[u8], other: &[u8]) -> Vec<u8> {
    [&[what], &(one.len() as u32).to_le_bytes()[..], one, other].concat()
}

fn bench() -> Bench {
    static REFERENCE: OnceLock<Arc<Reference>> = OnceLock::new();
    let reference = REFERENCE.get_or_init(|| {
        let rows: Vec<String> = (0..60).map(|row| line("m", row, 60).replace("\"id\"", "\"row\"")).collect();
        Arc::new(reference(Task::Binary, &rows, None))
    });
    Bench::new(config(CONFIG), reference.clone())
}

/// A prediction, perhaps with its actual: rows of a few values, so that a state is small.
fn line(model: &str, row: usize, with_actual: usize) -> String {
    let (second, minute) = (row * 7 % 60, row * 7 / 60);
    let (age, plan, class) = (row % 4, ["free", "pro"][row % 2], row % 3 / 2);
    let actual = if row < with_actual { format!(r#","label":{}"#, row % 5 / 3) } else { String::new() };
    format!(
        r#"{{"ts":"2025-03-08T00:{minute:02}:{second:02}Z","id":"{row}","model":"{model}","version":"1","features":{{"age":{age},"plan":"{plan}"}},"prediction":{class},"score":0.{},"latency_ms":{}{actual}}}"#,
        row % 10,
        row % 7 + 1,
    )
}

/// Predictions of three models, and actuals of some.
fn lines(rows: std::ops::Range<usize>) -> Vec<String> {
    let of = |row: usize| {
        let actual = format!(r#"{{"ts":"2025-03-08T00:10:00Z","id":"{}","label":1}}"#, row / 2);
        let failed = r#"{"ts":"2025-03-08T00:00:09Z","id":"f","model":"m","error":"timeout"}"#.to_owned();
        [line(["m", "m", "m", "n1"][row % 4], row, row / 2), if row % 9 == 8 { failed } else { actual }]
    };
    rows.flat_map(of).collect()
}

/// The file of a slot, as its form is written down.
fn slot(body: &[u8]) -> Vec<u8> {
    let mut slot = b"driftg\0s\x01\0\0\0".to_vec();
    for word in [1, body.len() as u64, xxh3_64(body)] {
        slot.extend_from_slice(&word.to_le_bytes());
    }
    slot.extend_from_slice(&xxh3_64(&slot).to_le_bytes());
    [&slot, body].concat()
}

/// The file of a log of one chunk.
fn log(records: &[u8]) -> Vec<u8> {
    if records.is_empty() {
        return Vec::new();
    }
    let head = [records.len() as u64, xxh3_64(records)].map(u64::to_le_bytes).concat();
    [&head, records].concat()
}

fn restored(slot: &[u8], log: &[u8]) -> Option<(Head, Vec<Record>)> {
    snapshot::parse(slot, log, INSTANCE).map(|restored| (restored.head, restored.records.collect()))
}

/// As many records as can be read.
fn records(mut bytes: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    while let Ok((record, rest)) = postcard::take_from_bytes(bytes) {
        records.push(record);
        bytes = rest;
    }
    records
}

fn saved(bench: &mut Bench) -> (Vec<u8>, Vec<u8>) {
    let mut records = Vec::new();
    let head = bench.engine.save(true, &mut |record| {
        records.extend(postcard::to_stdvec(&record).expect("a record can be written"));
    });
    (postcard::to_stdvec(&head).expect("a head can be written"), records)
}

fn goes_on(head: Head, read: Vec<Record>) {
    let bench = bench();
    let mut one = bench.restored(head, read);
    let shown = one.shown();
    let (head, log) = saved(&mut one);
    let read = postcard::from_bytes(&head).expect("what was written can be read");
    let mut other = bench.restored(read, records(&log));
    assert_eq!(shown, other.shown(), "shown after a second restart");
    assert_eq!(head, saved(&mut other).0, "saved after a second restart");
    for bench in [&mut one, &mut other] {
        bench.lines(lines(30..50).iter().map(String::as_str));
        bench.engine.pass(Length::from_seconds(400));
    }
    assert_eq!(one.shown(), other.shown(), "shown later");
}
