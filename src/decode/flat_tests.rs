//! What the tests of flat formats share: a decoder that takes short cuts beside the one that shows every field.

use super::{Decoded, Decoder, Record, Value};
use proptest::prelude::*;

/// Everything there is to know of a value.
fn exactly(value: Value, line: &[u8], record: &Record) -> String {
    match value {
        Value::Number { value, text } => format!("{:x} from {text:?}", value.to_bits()),
        Value::Text(text) | Value::Nested(text) => format!("{:?} of {}", record.text(line, text), text.unescaped),
        other => format!("{other:?}"),
    }
}

/// Names of the fields that are wanted.
pub(super) const NAMES: [&str; 5] = ["a", "bc", "features.x", "y=z", "a rather long name, longer than a word"];

/// A decoder that takes short cuts says what the one says that shows every leaf.
pub(super) fn agree(decoder: &mut dyn Decoder, lines: &[Vec<u8>]) {
    for line in lines {
        let (mut one, mut other) = (Record::default(), Record::default());
        let mut seen = vec!["Absent".to_owned(); NAMES.len()];
        let mut visitor = |path: &[&str], value: Value, record: &Record| {
            if let Some(place) = NAMES.iter().position(|name| path == [*name]) {
                seen[place] = exactly(value, line, record);
            }
        };
        let expected = decoder.visit(line, &mut other, &mut visitor);
        let shown = String::from_utf8_lossy(line);
        assert_eq!(expected, decoder.decode(line, &mut one), "{shown}");
        if expected == Ok(Decoded::Record) {
            let found: Vec<String> = (0..NAMES.len()).map(|slot| exactly(one.value(slot), line, &one)).collect();
            assert_eq!(seen, found, "{shown}");
        }
    }
}

/// The text of a field: usual ones, and what only looks like one.
pub(super) fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{1,20})?([eE][-+]?[0-9]{1,2})?",
        2 => any::<f64>().prop_map(|number| format!("{number:?}")),
        2 => "[a-z ]{0,24}",
        1 => prop::sample::select(&[
            "", "null", "true", "nan", "-inf", "01", "1.", "-", "1 ", "ä", "5\"", "\"5\"", "\"a b\"", "\"a\"\"b\"", "\"a\\n\"",
            "\"", "1,5", "1;5", "1=5", "0x1", "1.5.2", "1\u{0}",
        ][..]).prop_map(str::to_owned),
    ]
}
