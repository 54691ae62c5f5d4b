//! Laws of the decoders, checked against `serde_json` and the standard library on random input.
//!
//! Where the JSON decoder and `serde_json` differ on purpose:
//!
//! | input | decoder | `serde_json` |
//! |---|---|---|
//! | `NaN`, `Infinity`, `-Infinity` | numbers | refused |
//! | `1e999` | infinity | refused as out of range |
//! | a lone surrogate (`"\ud83d"`) | U+FFFD | refused |
//! | deeper than `MAX_DEPTH` | refused | accepted up to 127 |
//! | a byte order mark | skipped | refused |
//! | floats | correctly rounded | may be off by one unit in the last place |

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use driftgauge::decode::{
    self, DecodeError, DecodeReason, Decoded, Decoder, FieldPath, FieldPlan, MAX_DEPTH, Record, Value,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::Value as Json;

/// A leaf that can be compared: spans resolved, numbers by their bits.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Leaf {
    Null,
    Bool(bool),
    Number { bits: u64, text: String },
    Text(String),
    Nested(String),
}

type Leaves = BTreeMap<Vec<String>, Leaf>;

fn leaf(value: Value, line: &[u8], record: &Record) -> Option<Leaf> {
    let text = |span| record.text(line, span).to_owned();
    Some(match value {
        Value::Absent => return None,
        Value::Null => Leaf::Null,
        Value::Bool(value) => Leaf::Bool(value),
        Value::Number { value, text: span } => Leaf::Number { bits: value.to_bits(), text: text(span) },
        Value::Text(span) => Leaf::Text(text(span)),
        Value::Nested(span) => Leaf::Nested(text(span)),
    })
}

fn decoder(format: &str, plan: FieldPlan) -> Box<dyn Decoder> {
    (decode::format(format).unwrap().build)(Arc::new(plan))
}

fn visited(decoder: &mut dyn Decoder, line: &[u8]) -> Result<Leaves, DecodeError> {
    let mut leaves = Leaves::new();
    decoder.visit(line, &mut Record::default(), &mut |path, value, record| {
        let path = path.iter().map(|key| (*key).to_owned()).collect();
        leaves.insert(path, leaf(value, line, record).unwrap());
    })?;
    Ok(leaves)
}

/// The leaves of `json` as `serde_json` sees them; `text` is how numbers are written.
fn leaves_of(json: &Json, path: &mut Vec<String>, leaves: &mut Leaves) {
    let mut inside = |key: String, child: &Json| {
        path.push(key);
        leaves_of(child, path, leaves);
        path.pop();
    };
    let leaf = match json {
        Json::Object(members) if !members.is_empty() => return members.iter().for_each(|(k, v)| inside(k.clone(), v)),
        Json::Array(elements) if !elements.is_empty() => {
            return elements.iter().enumerate().for_each(|(at, element)| inside(at.to_string(), element));
        }
        Json::Object(_) | Json::Array(_) => Leaf::Nested(json.to_string()),
        Json::Null => Leaf::Null,
        Json::Bool(value) => Leaf::Bool(*value),
        Json::Number(number) => {
            let text = number.to_string();
            Leaf::Number { bits: text.parse::<f64>().unwrap().to_bits(), text }
        }
        Json::String(text) => Leaf::Text(text.clone()),
    };
    leaves.insert(path.clone(), leaf);
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]{1,2}",
        1 => "[0-3]",
        1 => any::<String>(),
        1 => "[\"\\\\\u{0}-\u{1f}äß😀./]{0,4}",
    ]
}

fn number() -> impl Strategy<Value = Json> {
    prop_oneof![
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        (-1000i64..1000).prop_map(|n| Json::from(n as f64 / 100.0)),
        prop::num::f64::NORMAL.prop_map(Json::from),
        prop::num::f64::SUBNORMAL.prop_map(Json::from),
        (0.0f64..1.0).prop_map(Json::from),
    ]
}

fn value() -> impl Strategy<Value = Json> {
    let scalar = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        number(),
        key().prop_map(Json::from),
        ".*".prop_map(Json::from),
    ];
    scalar.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::btree_map(key(), inner, 0..6).prop_map(Json::from_iter),
        ]
    })
}

fn object() -> impl Strategy<Value = Json> {
    prop::collection::btree_map(key(), value(), 0..8).prop_map(Json::from_iter)
}

/// Compact or with space, as different loggers write it.
fn line() -> impl Strategy<Value = (Json, String)> {
    (object(), any::<bool>()).prop_map(|(json, spaced)| {
        let line = if spaced { serde_json::to_string_pretty(&json).unwrap() } else { json.to_string() };
        (json, line)
    })
}

/// Whether `serde_json` refuses a line for one of the reasons in the table above.
fn is_documented(error: &serde_json::Error, line: &[u8]) -> bool {
    let text = error.to_string();
    let known = ["number out of range", "surrogate", "unexpected end of hex escape"];
    let tokens = ["NaN", "Infinity"];
    known.iter().any(|part| text.contains(part))
        || tokens.iter().any(|token| memchr::memmem::find(line, token.as_bytes()).is_some())
}

/// Changes of single bytes, most of them to bytes that mean something in JSON.
fn mutations() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8)>> {
    let byte = prop_oneof![4 => prop::sample::select(&br#"{}[]",:\/ue+-.019 	tfnNI"#[..]), 1 => any::<u8>()];
    prop::collection::vec((any::<prop::sample::Index>(), 0u8..3, byte), 0..4)
}

fn mutate(mut line: Vec<u8>, mutations: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    for (at, action, byte) in mutations {
        let at = at.index(line.len() + 1);
        match action {
            0 => line.insert(at, *byte),
            1 if at < line.len() => drop(line.remove(at)),
            _ if at < line.len() => line[at] = *byte,
            _ => line.truncate(line.len() / 2),
        }
    }
    line
}

fn agrees_with_serde_json(line: &[u8]) -> Result<(), TestCaseError> {
    let ours = decoder("jsonl", FieldPlan::default()).decode(line, &mut Record::default());
    match (serde_json::from_slice::<Json>(line), ours) {
        (Ok(Json::Object(_)), ours) => prop_assert_eq!(Ok(Decoded::Record), ours),
        (Ok(_), Err(error)) => prop_assert_eq!(DecodeReason::NotAnObject, error.reason),
        (Err(error), Ok(Decoded::Record)) => prop_assert!(is_documented(&error, line), "{}", error),
        (Err(_), Ok(Decoded::Skipped)) => prop_assert!(line.trim_ascii().is_empty()),
        (Err(error), Err(ours)) => {
            // A value to us alone, though not an object.
            prop_assert!(ours.reason != DecodeReason::NotAnObject || is_documented(&error, line), "{}", error);
        }
        (Ok(_), Ok(ours)) => prop_assert!(false, "accepted as {:?}", ours),
    }
    Ok(())
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(20_261_103), failure_persistence: None, ..Default::default() }
}

proptest! {
    #![proptest_config(cases(1_000))]

    #[test]
    fn visit_shows_the_leaves_of_serde_json((json, line) in line()) {
        let mut expected = Leaves::new();
        leaves_of(&json, &mut Vec::new(), &mut expected);
        expected.remove(&Vec::new());
        prop_assert_eq!(expected, visited(&mut *decoder("jsonl", FieldPlan::default()), line.as_bytes()).unwrap());
    }

    #[test]
    fn decode_finds_what_visit_shows(
        lines in prop::collection::vec(line(), 1..4),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 1..12),
        strangers in prop::collection::vec(prop::collection::vec(key(), 0..4), 0..4),
    ) {
        let all: Vec<Leaves> = lines.iter().map(|(_, line)| {
            visited(&mut *decoder("jsonl", FieldPlan::default()), line.as_bytes()).unwrap()
        }).collect();
        let paths: Vec<&Vec<String>> = all.iter().flat_map(Leaves::keys).collect();
        let mut wanted = strangers;
        for (path, depth) in picks.iter().filter(|_| !paths.is_empty()) {
            let path = *path.get(&paths);
            wanted.push(path.clone());
            wanted.push(path[..depth.index(path.len() + 1)].to_vec());
        }
        let mut plan = FieldPlan::default();
        let slots: Vec<usize> =
            wanted.iter().map(|path| plan.slot(vec![FieldPath::from_segments(path.clone())])).collect();
        let mut decoder = decoder("jsonl", plan);
        let mut record = Record::default();
        for ((json, line), leaves) in lines.iter().zip(&all) {
            decoder.decode(line.as_bytes(), &mut record).unwrap();
            for (path, slot) in wanted.iter().zip(&slots) {
                let found = leaf(record.value(*slot), line.as_bytes(), &record);
                match leaves.get(path) {
                    Some(expected) => prop_assert_eq!(Some(expected), found.as_ref()),
                    None => prop_assert_eq!(nested_at(json, path).map(leaves_inside), found.map(leaves_as_written)),
                }
            }
        }
    }

    #[test]
    fn first_present_alternative_is_taken(
        (_, line) in line(),
        alternatives in prop::collection::vec(prop::collection::vec(key(), 1..3), 1..5),
    ) {
        let paths: Vec<FieldPath> = alternatives.into_iter().map(FieldPath::from_segments).collect();
        let mut plan = FieldPlan::default();
        let any = plan.slot(paths.clone());
        let each: Vec<usize> = paths.into_iter().map(|path| plan.slot(vec![path])).collect();
        let mut record = Record::default();
        decoder("jsonl", plan).decode(line.as_bytes(), &mut record).unwrap();
        let read = |slot: usize| leaf(record.value(slot), line.as_bytes(), &record);
        prop_assert_eq!(each.into_iter().find_map(read), read(any));
    }

    #[test]
    fn unwanted_and_wanted_values_are_checked_alike((json, line) in line(), mutations in mutations()) {
        let line = mutate(line.into_bytes(), &mutations);
        let mut leaves = Leaves::new();
        leaves_of(&json, &mut Vec::new(), &mut leaves);
        let mut plan = FieldPlan::default();
        for path in leaves.into_keys() {
            plan.slot(vec![FieldPath::from_segments(path)]);
        }
        let nothing_wanted = decoder("jsonl", FieldPlan::default()).decode(&line, &mut Record::default());
        let all_wanted = decoder("jsonl", plan).decode(&line, &mut Record::default());
        prop_assert_eq!(nothing_wanted, all_wanted);
        let visited = decoder("jsonl", FieldPlan::default()).visit(&line, &mut Record::default(), &mut |_, _, _| {});
        prop_assert_eq!(nothing_wanted, visited);
    }

    #[test]
    fn flat_formats_find_what_visit_shows(
        cells in prop::collection::btree_map("[a-z.]{1,4}", "[ -~äß]{0,6}|-?[0-9]{1,3}(\\.[0-9]{1,20})?(e[0-9])?", 1..6),
    ) {
        let quote = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let header = cells.keys().cloned().collect::<Vec<_>>().join(",");
        let row = cells.values().map(quote).collect::<Vec<_>>().join(",");
        let escape = |cell: &String| serde_json::to_string(cell).unwrap();
        let pairs = cells.iter().map(|(key, cell)| format!("{key}={}", escape(cell))).collect::<Vec<_>>().join(" ");
        prop_assume!(row != header);
        let mut plan = FieldPlan::default();
        for key in cells.keys() {
            plan.slot(vec![FieldPath::parse(key)]);
        }
        let mut record = Record::default();
        for (format, line) in [("csv", row), ("logfmt", pairs)] {
            let mut decoder = decoder(format, plan.clone());
            if format == "csv" {
                prop_assert_eq!(Ok(Decoded::Skipped), decoder.decode(header.as_bytes(), &mut record));
            }
            let leaves = visited(&mut *decoder, line.as_bytes()).unwrap();
            prop_assert_eq!(Ok(Decoded::Record), decoder.decode(line.as_bytes(), &mut record));
            for (slot, (key, cell)) in cells.iter().enumerate() {
                let found = leaf(record.value(slot), line.as_bytes(), &record);
                prop_assert_eq!(leaves.get(&vec![key.clone()]), found.as_ref());
                match found {
                    Some(Leaf::Text(text)) => prop_assert_eq!(cell, &text),
                    Some(Leaf::Number { bits, text }) => {
                        prop_assert_eq!(cell, &text);
                        prop_assert_eq!(cell.parse::<f64>().unwrap().to_bits(), bits);
                    }
                    other => prop_assert!(cell.is_empty() || cell.len() > 2, "{:?}", other),
                }
            }
        }
    }
}

/// The object or array at `path`, if there is one.
fn nested_at<'a>(json: &'a Json, path: &[String]) -> Option<&'a Json> {
    let found = path.iter().try_fold(json, |json, key| match json {
        Json::Object(members) => members.get(key),
        Json::Array(elements) => {
            let position: usize = key.parse().ok()?;
            elements.get(position).filter(|_| position.to_string() == *key)
        }
        _ => None,
    });
    found.filter(|json| json.is_object() || json.is_array())
}

fn leaves_inside(json: &Json) -> Leaves {
    let mut leaves = Leaves::new();
    leaves_of(json, &mut vec!["it".to_owned()], &mut leaves);
    leaves
}

fn leaves_as_written(found: Leaf) -> Leaves {
    let Leaf::Nested(text) = found else { panic!("{found:?} where visit shows no leaf") };
    visited(&mut *decoder("jsonl", FieldPlan::default()), format!("{{\"it\":{text}}}").as_bytes()).unwrap()
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn mutated_lines_are_accepted_when_serde_json_accepts_them((_, line) in line(), mutations in mutations()) {
        agrees_with_serde_json(&mutate(line.into_bytes(), &mutations))?;
    }

    #[test]
    fn token_soup_is_accepted_when_serde_json_accepts_it(
        tokens in prop::collection::vec(prop::sample::select(&[
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", "\\u12", "\\ud83d", "1", "-", "0", ".", "e", "E+", " ",
            "true", "null", "NaN", "{\"a\":", "\n", "\u{b}", "ä",
        ][..]), 0..12),
    ) {
        agrees_with_serde_json(format!("{{\"a\":{}}}", tokens.concat()).as_bytes())?;
        agrees_with_serde_json(tokens.concat().as_bytes())?;
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(
        lines in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            prop::collection::vec(prop::sample::select(&br#"{}[]",:;\=ue+-.019 tfnNI	"#[..]), 0..40),
        ], 1..4),
        paths in prop::collection::vec("[a-c0-2./]{0,4}", 0..4),
    ) {
        let mut plan = FieldPlan::default();
        for path in &paths {
            plan.slot(vec![FieldPath::parse(path)]);
        }
        let mut record = Record::default();
        for format in decode::FORMATS {
            let mut decoder = decoder(format.key, plan.clone());
            for line in &lines {
                let decoded = decoder.decode(line, &mut record);
                for slot in 0..plan.slots().len() {
                    let _ = leaf(record.value(slot), line, &record);
                }
                let visited = decoder.visit(line, &mut record, &mut |_, value, record| {
                    let _ = leaf(value, line, record);
                });
                if let Err(error) = decoded {
                    prop_assert!(error.offset <= line.len());
                }
                // The first line of a CSV file is its header, or breaks it.
                prop_assert!(decoded == visited || format.key == "csv", "{:?} {:?}", decoded, visited);
                decoder.set_plan(Arc::new(plan.clone()));
            }
        }
    }

    #[test]
    fn numbers_equal_the_standard_library_bit_for_bit(
        text in prop_oneof![
            "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][-+]?[0-9]{1,3})?",
            "-?(0|[1-9][0-9]{0,8})\\.[0-9]{1,17}",
            any::<f64>().prop_filter("JSON has no such number", |f| f.is_finite()).prop_map(|f| f.to_string()),
            any::<f64>().prop_filter("JSON has no such number", |f| f.is_finite()).prop_map(|f| format!("{f:e}")),
            any::<f32>().prop_filter("JSON has no such number", |f| f.is_finite()).prop_map(|f| f.to_string()),
            any::<u64>().prop_map(|n| n.to_string()),
            // Halfway between two doubles, as far as 19 digits reach.
            ((1u64 << 53)..(1 << 54), 0usize..4).prop_map(|(n, zeros)| format!("{}{}", n | 1, "0".repeat(zeros))),
            ((1u64 << 52)..(1 << 53)).prop_map(|n| format!("{n}.5")),
        ],
    ) {
        let line = format!("{{\"a\":{text}}}");
        let mut plan = FieldPlan::default();
        let slot = plan.slot(vec![FieldPath::parse("a")]);
        let mut record = Record::default();
        decoder("jsonl", plan).decode(line.as_bytes(), &mut record).unwrap();
        let expected = Leaf::Number { bits: text.parse::<f64>().unwrap().to_bits(), text };
        prop_assert_eq!(Some(expected), leaf(record.value(slot), line.as_bytes(), &record));
    }
}

#[test]
fn documented_differences_from_serde_json_are_all_there_are() {
    let deep = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let rows = [
        ("python's not a number", r#"{"a":NaN}"#.to_owned(), true, false),
        ("python's infinity", r#"{"a":[Infinity,-Infinity]}"#.to_owned(), true, false),
        ("overflow", r#"{"a":1e999}"#.to_owned(), true, false),
        ("lone surrogate", r#"{"a":"\ud83d"}"#.to_owned(), true, false),
        ("byte order mark", "\u{feff}{}".to_owned(), true, false),
        ("as deep as allowed", deep(MAX_DEPTH), true, true),
        ("deeper than allowed", deep(MAX_DEPTH + 1), false, true),
    ];
    for (name, line, ours, theirs) in rows {
        let decoded = decoder("jsonl", FieldPlan::default()).decode(line.as_bytes(), &mut Record::default());
        assert_eq!(ours, decoded.is_ok(), "{name}");
        assert_eq!(theirs, serde_json::from_str::<Json>(&line).is_ok(), "{name}, serde_json");
    }
}

#[test]
fn every_format_is_found_by_its_key() {
    for format in decode::FORMATS {
        assert_eq!(Some(format.key), decode::format(format.key).map(|found| found.key));
    }
    assert!(decode::format("xml").is_none());
}
