//! A decoder of JSON that learned from earlier lines says of every line what one says that knows nothing.
//!
//! The bytes are lines. Each is read by a decoder that has seen all before it, and strictly; then by two schemas, of
//! which one has a new decoder for every line: records, events and refusals are the same. Slots for numbers have what
//! other slots of the same paths have.

use super::decoders::Streams;
use super::values::{WANTED, plan, shown};
use driftgauge::decode::{self, Decoded, FORMATS, FieldPath, FieldPlan, Record, Value};
use driftgauge::event::Batch;
use driftgauge::schema::{Config, Role, Schema};
use std::sync::Arc;

/// Whether any line is a record.
pub fn check(bytes: &[u8]) -> bool {
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // A second time, when everything there is to learn was seen.
    let twice = || lines.iter().chain(&lines).copied();
    let streams = if bytes.len().is_multiple_of(2) { Streams::Planned } else { Streams::Discovered };
    events(twice(), streams);
    records(twice())
}

fn records<'a>(lines: impl Iterator<Item = &'a [u8]>) -> bool {
    let mut plan = plan(WANTED);
    plan.slot(vec![FieldPath::from_segments(Vec::new())]);
    let slots = plan.slots().len();
    let mut numbers = FieldPlan::default();
    for paths in plan.slots() {
        numbers.number(paths.clone());
    }
    let mut learned = (FORMATS[0].build)(Arc::new(plan.clone()));
    let mut of_numbers = (FORMATS[0].build)(Arc::new(numbers));
    let (mut one, mut other, mut third) = (Record::default(), Record::default(), Record::default());
    let mut any = false;
    for line in lines {
        let expected = decode::decode_strictly(&plan, line, &mut other);
        assert_eq!(expected, learned.decode(line, &mut one), "{}", line.escape_ascii());
        assert_eq!(expected, of_numbers.decode(line, &mut third), "{}", line.escape_ascii());
        if expected == Ok(Decoded::Record) {
            any = true;
            for slot in 0..slots {
                let of = |record: &Record| (shown(record.value(slot), line, record), record.rank(slot));
                assert_eq!(of(&other), of(&one), "slot {slot} of {}", line.escape_ascii());
                is_number_of(&third, other.value(slot), slot, line);
            }
        }
    }
    any
}

/// A slot for a number has it, or what is there instead.
fn is_number_of(record: &Record, value: Value, slot: usize, line: &[u8]) {
    let number = if record.has_others() { record.number(slot) } else { record.numbers(slot, 1).expect("a slot")[0] };
    match value {
        Value::Number { value, .. } if !number.is_nan() => {
            assert_eq!(value.to_bits(), number.to_bits(), "slot {slot} of {}", line.escape_ascii());
        }
        value => {
            assert!(number.is_nan(), "{number} in slot {slot} of {}", line.escape_ascii());
            let found = if record.has_others() { record.value(slot) } else { Value::Absent };
            assert_eq!(format!("{value:?}"), format!("{found:?}"), "slot {slot} of {}", line.escape_ascii());
        }
    }
}

fn events<'a>(lines: impl Iterator<Item = &'a [u8]>, streams: Streams) {
    let schema = || Schema::new(Config::default(), Role::Auto, &FORMATS[0], 10);
    let (mut one, mut other) = (schema(), schema());
    let (mut read, mut anew) = (Batch::default(), Batch::default());
    one.begin_batch();
    other.begin_batch();
    let mut decoder = one.decoder();
    for line in lines {
        let mut fresh = other.decoder();
        let expected = other.read(line, &mut fresh, &streams, &mut anew);
        assert_eq!(expected, one.read(line, &mut decoder, &streams, &mut read), "{}", line.escape_ascii());
    }
    // As text, in which NaN is NaN.
    assert_eq!(format!("{anew:?}"), format!("{read:?}"));
    let bits = |batch: &Batch| batch.all_data().iter().map(|value| value.to_bits()).collect::<Vec<u64>>();
    assert_eq!(bits(&anew), bits(&read));
}
