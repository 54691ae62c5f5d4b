//! Decoded values as text that can be compared.

use driftgauge::decode::{FieldPath, FieldPlan, Record, Span, Value};

/// Paths that a plan asks for, each slot with its alternatives.
pub const WANTED: &[&[&str]] = &[
    &["a"],
    &["b", "f.b"],
    &["f.a"],
    &["f.c", "c"],
    &["f"],
    &["g.0", "g.1.a"],
    &["f.f.a", "a"],
    &["ä", "f.d\"e"],
    &[""],
];

/// The plan of these slots.
pub fn plan(slots: &[&[&str]]) -> FieldPlan {
    let mut plan = FieldPlan::default();
    for paths in slots {
        plan.slot(paths.iter().map(|path| FieldPath::parse(path)).collect());
    }
    plan
}

/// Everything there is to know of a value; `None` when it is absent. Spans must lie inside, and be UTF-8.
pub fn shown(value: Value, line: &[u8], record: &Record) -> Option<String> {
    let text = |span: Span| {
        let bytes = record.bytes(line, span);
        assert_eq!(span.length as usize, bytes.len(), "a span beyond its end");
        std::str::from_utf8(bytes).expect("text that is no UTF-8").to_owned()
    };
    Some(match value {
        Value::Absent => return None,
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("bool {value}"),
        Value::Number { value, text: span } => format!("number {:x} from {}", value.to_bits(), text(span)),
        Value::Text(span) => format!("text {}", text(span)),
        Value::Nested(span) => format!("nested {}", text(span)),
    })
}
