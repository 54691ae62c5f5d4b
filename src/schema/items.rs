//! Lists of items: JSON arrays and objects, as fields of JSON lines or as text in a flat format.

use super::text::text_of_json;
use crate::decode::{Record, Value};
use crate::event::{Batch, Datum, Item, Items};
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// The items shown, in their order: an array of ids. `None` when the value is none, or an id is neither text, number
/// nor boolean.
pub(super) fn shown(value: Value, record: &Record, line: &[u8], batch: &mut Batch) -> Option<Items> {
    let ids: Vec<serde_json::Value> = serde_json::from_str(text(value, record, line)?).ok()?;
    let items: Option<Vec<Item>> = ids.iter().map(|id| Some((hash(id)?, 1.0))).collect();
    Some(batch.push_items(items?.into_iter()))
}

/// The items that turned out to be relevant: an array of ids, or an object of id and gain (a number from 0, or a
/// boolean). `None` when the value is neither array nor object; invalid when an id or a gain is.
pub(super) fn relevant(value: Value, record: &Record, line: &[u8], batch: &mut Batch) -> Option<Datum> {
    let text = text(value, record, line)?;
    let items = if text.starts_with('[') { clicked(text) } else { graded(text) };
    let Some(mut items) = items else { return Some(Datum::Invalid) };
    items.retain(|(_, gain)| *gain > 0.0);
    items.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.total_cmp(&a.1)));
    items.dedup_by_key(|(hash, _)| *hash);
    items.sort_by(|a, b| b.1.total_cmp(&a.1));
    Some(Datum::List(batch.push_items(items.into_iter())))
}

/// The text of an array or an object.
fn text<'a>(value: Value, record: &'a Record, line: &'a [u8]) -> Option<&'a str> {
    match value {
        Value::Nested(span) | Value::Text(span) => {
            Some(record.text(line, span).trim()).filter(|text| text.starts_with(['[', '{']))
        }
        _ => None,
    }
}

fn clicked(text: &str) -> Option<Vec<Item>> {
    let ids: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
    ids.iter().map(|id| Some((hash(id)?, 1.0))).collect()
}

fn graded(text: &str) -> Option<Vec<Item>> {
    let gains: BTreeMap<String, serde_json::Value> = serde_json::from_str(text).ok()?;
    let gain = |value: &serde_json::Value| match value {
        serde_json::Value::Bool(relevant) => Some(f64::from(u8::from(*relevant))),
        value => value.as_f64().filter(|gain| *gain >= 0.0),
    };
    gains.iter().map(|(id, value)| Some((xxh3_64(id.as_bytes()), gain(value)?))).collect()
}

fn hash(id: &serde_json::Value) -> Option<u64> {
    text_of_json(id).map(|text| xxh3_64(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Span;

    fn read<T>(text: &str, read: impl Fn(Value, &Record, &[u8], &mut Batch) -> T) -> (T, Batch) {
        let mut batch = Batch::default();
        let span = Span { start: 0, length: text.len() as u32, unescaped: false };
        let value = read(Value::Text(span), &Record::default(), text.as_bytes(), &mut batch);
        (value, batch)
    }

    fn item(id: &str, gain: f64) -> Item {
        (xxh3_64(id.as_bytes()), gain)
    }

    #[test]
    fn what_is_shown_keeps_its_order_and_numbers_are_their_text() {
        let (items, batch) = read(r#" ["b", 12, "12", 1.0, true, "b"] "#, shown);
        let ids = ["b", "12", "12", "1", "true", "b"];
        assert_eq!(ids.map(|id| item(id, 1.0)), batch.items(items.unwrap()));
        for text in ["[[1]]", "[null]", "[{\"id\": 1}]", "{\"a\": 1}", "a", "[1", ""] {
            assert_eq!(None, read(text, shown).0, "{text}");
        }
        let many = format!("[{}]", (0..150).map(|i| i.to_string()).collect::<Vec<_>>().join(","));
        let (items, batch) = read(&many, shown);
        assert_eq!(100, batch.items(items.unwrap()).len());
    }

    #[test]
    fn what_is_relevant_has_no_item_twice_and_the_most_relevant_first() {
        for (text, expected) in [
            (
                r#"{"a": 1, "b": 3, "c": 0, "d": true, "e": false}"#,
                vec![item("b", 3.0), item("a", 1.0), item("d", 1.0)],
            ),
            (r#"["a", "a"]"#, vec![item("a", 1.0)]),
            ("[]", vec![]),
            ("{}", vec![]),
        ] {
            let (datum, batch) = read(text, relevant);
            let Some(Datum::List(items)) = datum else { panic!("{text}: {datum:?}") };
            let mut observed = batch.items(items).to_vec();
            let mut sorted = expected.clone();
            assert!(observed.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{text}: {observed:?}");
            observed.sort_by_key(|(hash, _)| *hash);
            sorted.sort_by_key(|(hash, _)| *hash);
            assert_eq!(sorted, observed, "{text}");
        }
        for text in ["{\"a\": -1}", "{\"a\": \"x\"}", "[null]", "[1"] {
            assert_eq!(Some(Datum::Invalid), read(text, relevant).0, "{text}");
        }
        assert_eq!(None, read("a", relevant).0);
    }
}
