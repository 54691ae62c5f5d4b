//! The text and the number of a decoded value.

use crate::decode::{Record, Value};
use crate::event::number_text;
use std::borrow::Cow;

/// The text of a value as a category, a class, a model or an id: strings as they are, numbers in their shortest
/// form, `true` and `false`. `None` for what is missing, nested or NaN.
pub(super) fn text_of<'a>(value: Value, record: &'a Record, line: &'a [u8]) -> Option<Cow<'a, str>> {
    match value {
        Value::Absent | Value::Null | Value::Nested(_) => None,
        Value::Bool(true) => Some("true".into()),
        Value::Bool(false) => Some("false".into()),
        Value::Text(span) => Some(record.text(line, span).into()),
        Value::Number { value, .. } if value.is_nan() => None,
        Value::Number { value, text } => {
            let written = record.text(line, text);
            // A whole number as written keeps digits that a float has no room for.
            let digits = written.strip_prefix('-').unwrap_or(written);
            if value != 0.0 && digits.bytes().all(|c| c.is_ascii_digit()) {
                Some(written.into())
            } else {
                Some(number_text(value))
            }
        }
    }
}

/// The text of an element of a JSON array as an id, as [`text_of`] has it. `None` for what is null or nested.
pub(super) fn text_of_json(value: &serde_json::Value) -> Option<Cow<'_, str>> {
    match value {
        serde_json::Value::String(text) => Some(text.into()),
        serde_json::Value::Bool(flag) => Some(flag.to_string().into()),
        serde_json::Value::Number(number) if number.is_f64() => number.as_f64().map(number_text),
        serde_json::Value::Number(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// A value as a number, and whether it was written as text. `None` when it is none; NaN stays NaN.
pub(super) fn number_of(value: Value, record: &Record, line: &[u8]) -> Option<(f64, bool)> {
    match value {
        Value::Number { value, .. } => Some((value, false)),
        Value::Text(span) => record.text(line, span).trim().parse().ok().map(|value| (value, true)),
        _ => None,
    }
}
