//! Arrays of numbers: JSON arrays, as fields of JSON lines or as text in a flat format.

use crate::decode::{Record, Value};
use crate::event::{Batch, MOST_NUMBERS, Vector};

/// The numbers of an array. Missing when the value is; invalid when it is no array, is empty, is too long, or holds
/// anything but finite numbers.
pub(super) fn vector(value: Value, record: &Record, line: &[u8], batch: &mut Batch) -> Vector {
    let text = match value {
        Value::Absent | Value::Null => return Vector::Missing,
        Value::Nested(span) | Value::Text(span) => record.text(line, span).trim(),
        _ => return Vector::Invalid,
    };
    if text.is_empty() {
        return Vector::Missing;
    }
    let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else { return Vector::Invalid };
    // What a float reads and JSON does not have is not finite, or harmless (`+1`, `.5`).
    batch.push_vector(inner.split(',').map(|number| number.trim().parse().ok()), MOST_NUMBERS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::Span;

    #[test]
    fn arrays_of_finite_numbers_are_vectors() {
        for (text, expected) in [
            ("[1, -2.5,3e2 ]", Some(vec![1.0, -2.5, 300.0])),
            (" [0]", Some(vec![0.0])),
            ("[]", None),
            ("[1,]", None),
            ("[1,null]", None),
            ("[1,\"2\"]", None),
            ("[[1]]", None),
            ("[1,NaN]", None),
            ("[1,1e999]", None),
            ("{\"a\":1}", None),
            ("1", None),
        ] {
            let mut batch = Batch::default();
            let span = Span { start: 0, length: text.len() as u32, unescaped: false };
            let found = vector(Value::Text(span), &Record::default(), text.as_bytes(), &mut batch);
            match expected {
                Some(numbers) => assert_eq!(numbers, batch.vector(&found), "{text}"),
                None => assert_eq!(Vector::Invalid, found, "{text}"),
            }
        }
        let missing = vector(Value::Null, &Record::default(), b"", &mut Batch::default());
        assert_eq!(Vector::Missing, missing);
    }
}
