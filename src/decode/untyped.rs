//! Values of formats that have no types: what a piece of text most likely was.
//!
//! | text | value |
//! |---|---|
//! | nothing, `null`, `NULL`, `None` | null |
//! | `true`, `True`, `TRUE` and the same for false | bool |
//! | a number as JSON writes it | number |
//! | `NaN`, `nan`, `inf`, `-inf`, `Infinity`, `-Infinity` | number |
//! | everything else | text |
//!
//! So `01234`, `+1`, `.5`, ` 1` and `1,5` stay text: a postcode must not become a number.

use super::{Record, Span, Value, number};

/// What `bytes` is; `text` is where it stands.
pub(super) fn value(bytes: &[u8], text: Span) -> Value {
    match number(bytes) {
        Some(value) => Value::Number { value, text },
        None => word(bytes, text),
    }
}

/// The number that all of `bytes` are, as JSON writes it.
#[inline]
pub(super) fn number(bytes: &[u8]) -> Option<f64> {
    number::scan(bytes).and_then(|(value, length)| (length == bytes.len()).then_some(value))
}

/// What the text is that `write` appends to the record's buffer.
pub(super) fn unescaped(record: &mut Record, write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let buffer = record.buffer_mut();
    let start = buffer.len();
    write(buffer);
    let bytes = buffer.get(start..).unwrap_or_default();
    value(bytes, Span { start: start as u32, length: bytes.len() as u32, unescaped: true })
}

/// [`value`] of what is no number of JSON.
fn word(bytes: &[u8], text: Span) -> Value {
    match bytes {
        b"" | b"null" | b"NULL" | b"None" => Value::Null,
        b"true" | b"True" | b"TRUE" => Value::Bool(true),
        b"false" | b"False" | b"FALSE" => Value::Bool(false),
        b"NaN" | b"nan" => Value::Number { value: f64::NAN, text },
        b"inf" | b"Infinity" => Value::Number { value: f64::INFINITY, text },
        b"-inf" | b"-Infinity" => Value::Number { value: f64::NEG_INFINITY, text },
        _ => Value::Text(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_what_it_most_likely_was() {
        let text = Span { start: 3, length: 4, unescaped: false };
        let number = |value| Value::Number { value, text };
        let rows = [
            ("nothing", "", Value::Null),
            ("null", "null", Value::Null),
            ("Python's null", "None", Value::Null),
            ("bool", "true", Value::Bool(true)),
            ("Python's bool", "False", Value::Bool(false)),
            ("R's bool", "TRUE", Value::Bool(true)),
            ("bool with a capital inside", "tRue", Value::Text(text)),
            ("integer", "34", number(34.0)),
            ("decimal", "-0.5e-3", number(-0.0005)),
            ("infinity", "-inf", number(f64::NEG_INFINITY)),
            ("infinity in full", "Infinity", number(f64::INFINITY)),
            ("infinity with a plus", "+inf", Value::Text(text)),
            ("leading zero", "01234", Value::Text(text)),
            ("leading plus", "+1", Value::Text(text)),
            ("leading space", " 1", Value::Text(text)),
            ("trailing space", "1 ", Value::Text(text)),
            ("decimal comma", "1,5", Value::Text(text)),
            ("time", "2026-11-03", Value::Text(text)),
            ("word", "urban", Value::Text(text)),
        ];
        for (name, bytes, expected) in rows {
            assert_eq!(expected, value(bytes.as_bytes(), text), "{name}");
        }
        assert!(matches!(value(b"nan", text), Value::Number { value, .. } if value.is_nan()));
    }
}
