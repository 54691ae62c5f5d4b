//! JSON lines: one object per line.
//!
//! The grammar is that of [`super::json`]. Of keys that occur twice in an object the later one wins, leaf by leaf:
//! after `{"a":{"b":1},"a":{"c":2}}` both `a.b` and `a.c` are there. An array's elements are reached by position
//! (`embedding.3`). A field that holds an object or an array is [`Value::Nested`], its text as written, whether or
//! not something inside it is wanted too. Empty lines are skipped, and so is a byte order mark.

use std::sync::Arc;

use super::json::{Scanner, string};
use super::learned::Learned;
use super::leaves::{Path, Walk};
use super::trie::{Cursor, ROOT, Trie};
use super::{DecodeError, DecodeReason, Decoded, Decoder, FieldPlan, Format, Record, Value, Visitor, line};

pub(super) const FORMAT: Format = Format { key: "jsonl", flat: false, build };

fn build(plan: Arc<FieldPlan>) -> Box<dyn Decoder> {
    Box::new(JsonLines::new(&plan))
}

#[derive(Debug)]
pub(super) struct JsonLines {
    trie: Trie,
    slots: usize,
    pub(super) learned: Learned,
    path: Path,
    unescaped_key: Vec<u8>,
}

impl JsonLines {
    pub(super) fn new(plan: &FieldPlan) -> JsonLines {
        let trie = Trie::nested(plan);
        JsonLines {
            learned: Learned::new(trie.nodes()),
            trie,
            slots: plan.slots().len(),
            path: Path::default(),
            unescaped_key: Vec::new(),
        }
    }

    /// The whole line by the grammar, whatever was learned.
    pub(super) fn decode_strictly(&mut self, line: &[u8], record: &mut Record) -> Result<Decoded, DecodeError> {
        record.reset(self.slots);
        let Some(scanner) = open(line)? else { return Ok(Decoded::Skipped) };
        let mut fill = Fill { scanner, trie: &mut self.trie, record, unescaped_key: &mut self.unescaped_key };
        fill.value(ROOT)?;
        fill.scanner.end()?;
        Ok(Decoded::Record)
    }
}

impl Decoder for JsonLines {
    fn decode(&mut self, line: &[u8], record: &mut Record) -> Result<Decoded, DecodeError> {
        record.reset(self.slots);
        match self.learned.decode(line, &mut self.trie, record) {
            Some(()) => Ok(Decoded::Record),
            None => self.decode_strictly(line, record),
        }
    }

    fn visit(&mut self, line: &[u8], record: &mut Record, visitor: &mut Visitor<'_>) -> Result<Decoded, DecodeError> {
        record.reset(0);
        let Some(scanner) = open(line)? else { return Ok(Decoded::Skipped) };
        let mut walk = Walk { scanner, path: &mut self.path, record, visitor };
        walk.record()?;
        walk.scanner.end()?;
        Ok(Decoded::Record)
    }

    fn set_plan(&mut self, plan: Arc<FieldPlan>) {
        *self = JsonLines::new(&plan);
    }
}

/// A scanner at the object of a line; `None` if the line is empty.
fn open(line: &[u8]) -> Result<Option<Scanner<'_>>, DecodeError> {
    let mut scanner = Scanner::new(line, line::start(line)?);
    scanner.skip_whitespace();
    match scanner.peek() {
        None => Ok(None),
        Some(b'{') => Ok(Some(scanner)),
        Some(_) => {
            let offset = scanner.position();
            scanner.skip_value()?;
            scanner.end()?;
            Err(DecodeError { reason: DecodeReason::NotAnObject, offset })
        }
    }
}

/// One pass through a line that fills the wanted slots.
pub(super) struct Fill<'a, 'line> {
    pub(super) scanner: Scanner<'line>,
    pub(super) trie: &'a mut Trie,
    pub(super) record: &'a mut Record,
    pub(super) unescaped_key: &'a mut Vec<u8>,
}

impl Fill<'_, '_> {
    /// The value of `node` comes next.
    #[inline]
    pub(super) fn value(&mut self, node: usize) -> Result<(), DecodeError> {
        let start = self.scanner.position();
        if let Some(value) = self.scanner.number() {
            let end = self.scanner.position();
            self.trie.fill_number(node, value, start..end, self.record);
            return Ok(());
        }
        let Some(wanted) = self.trie.node(node) else { return self.scanner.skip_value() };
        let value = match self.scanner.peek() {
            Some(b'{') if wanted.has_keys() => {
                self.object(node)?;
                Value::Nested(self.scanner.span_since(start))
            }
            Some(b'[') if !wanted.elements().is_empty() => {
                self.array(node)?;
                Value::Nested(self.scanner.span_since(start))
            }
            Some(b'{' | b'[') => {
                self.scanner.skip_value()?;
                Value::Nested(self.scanner.span_since(start))
            }
            Some(b'"') if wanted.is_wanted() => self.scanner.text(self.record)?,
            Some(b'"') => return self.scanner.skip_value(),
            _ => self.scanner.word()?,
        };
        self.trie.fill(node, value, self.record);
        Ok(())
    }

    fn object(&mut self, node: usize) -> Result<(), DecodeError> {
        let mut cursor = Cursor::default();
        let mut more = self.scanner.enter_object()?;
        while more {
            let child = self.key(node, &mut cursor)?;
            self.scanner.colon()?;
            match child {
                Some(child) => self.value(child)?,
                None => self.scanner.skip_value()?,
            }
            more = self.scanner.next_member()?;
        }
        Ok(())
    }

    /// Passes a key below `node`; gives its node if it is wanted.
    #[inline]
    fn key(&mut self, node: usize, cursor: &mut Cursor) -> Result<Option<usize>, DecodeError> {
        if let Some((guess, child, next)) = self.trie.guess(node, *cursor)
            && self.scanner.take(guess)
        {
            *cursor = next;
            return Ok(Some(child));
        }
        let raw = self.scanner.string()?;
        if !raw.escaped {
            return Ok(self.trie.find(node, cursor, raw.bytes));
        }
        self.unescaped_key.clear();
        string::unescape(raw.bytes, self.unescaped_key);
        Ok(self.trie.find(node, cursor, self.unescaped_key))
    }

    fn array(&mut self, node: usize) -> Result<(), DecodeError> {
        let mut position = 0;
        let mut passed = 0;
        let mut more = self.scanner.enter_array()?;
        while more {
            match self.trie.node(node).and_then(|node| node.elements().get(passed)) {
                Some((wanted, child)) if *wanted == position => {
                    passed += 1;
                    self.value(*child)?;
                }
                _ => self.scanner.skip_value()?,
            }
            position += 1;
            more = self.scanner.next_element()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::{FieldPath, MAX_DEPTH};

    fn decoder(paths: &[&str]) -> JsonLines {
        let mut plan = FieldPlan::default();
        for path in paths {
            plan.slot(vec![FieldPath::parse(path)]);
        }
        JsonLines::new(&plan)
    }

    /// What `path` is in `line`, in words.
    fn found(path: &str, line: &str) -> String {
        let mut record = Record::default();
        decoder(&[path]).decode(line.as_bytes(), &mut record).unwrap();
        words(record.value(0), line, &record)
    }

    fn words(value: Value, line: &str, record: &Record) -> String {
        let text = |span| record.text(line.as_bytes(), span).to_owned();
        match value {
            Value::Absent => "absent".to_owned(),
            Value::Null => "null".to_owned(),
            Value::Bool(value) => format!("bool {value}"),
            Value::Number { value, text: span } => format!("number {value} from {}", text(span)),
            Value::Text(span) => format!("text {}", text(span)),
            Value::Nested(span) => format!("nested {}", text(span)),
        }
    }

    #[test]
    fn wanted_leaf_is_found() {
        let rows = [
            ("number", "a", r#"{"a":1.50}"#, "number 1.5 from 1.50"),
            ("negative zero", "a", r#"{"a":-0}"#, "number -0 from -0"),
            ("overflow", "a", r#"{"a":1e999}"#, "number inf from 1e999"),
            ("not a number", "a", r#"{"a":NaN}"#, "number NaN from NaN"),
            ("infinity", "a", r#"{"a": Infinity }"#, "number inf from Infinity"),
            ("minus infinity", "a", r#"{"a":-Infinity}"#, "number -inf from -Infinity"),
            ("text", "a", r#"{"a":"urban"}"#, "text urban"),
            ("escaped text", "a", r#"{"a":"x\ny \ud83d\ude00"}"#, "text x\ny 😀"),
            ("lone surrogate", "a", r#"{"a":"\ud83d"}"#, "text \u{fffd}"),
            ("bool", "a", r#"{"a":false}"#, "bool false"),
            ("null", "a", r#"{"a":null}"#, "null"),
            ("absent", "a", r#"{"b":1}"#, "absent"),
            ("empty object", "a", "{}", "absent"),
            ("nested path", "f.age", r#"{"x":{"age":1},"f":{"b":[],"age":34}}"#, "number 34 from 34"),
            ("object", "f", r#"{"f":{"b": [1, 2]}, "g":1}"#, r#"nested {"b": [1, 2]}"#),
            ("array", "f", r#"{"f":[1,{"f":2}]}"#, r#"nested [1,{"f":2}]"#),
            ("element", "f.1", r#"{"f":[5,6,7]}"#, "number 6 from 6"),
            ("element of an element", "f.1.0", r#"{"f":[5,[6],7]}"#, "number 6 from 6"),
            ("digits as key", "f.1", r#"{"f":{"1":6}}"#, "number 6 from 6"),
            ("position after the end", "f.3", r#"{"f":[5,6,7]}"#, "absent"),
            ("scalar where an object was expected", "f.age", r#"{"f":3}"#, "absent"),
            ("text where an object was expected", "f.age", r#"{"f":"x\n"}"#, "absent"),
            ("escaped key", "age", r#"{"\u0061ge":34}"#, "number 34 from 34"),
            ("key with a dot", "/f/a.b", r#"{"f":{"a.b":1}}"#, "number 1 from 1"),
            ("key with a quote", "a\"b", r#"{"a\"b":1}"#, "number 1 from 1"),
            ("empty key", "", r#"{"":1}"#, "number 1 from 1"),
            ("key that begins with another", "ag", r#"{"age":1,"ag":2}"#, "number 2 from 2"),
            ("later duplicate wins", "a", r#"{"a":1,"a":"x"}"#, "text x"),
            ("duplicates merge leaf by leaf", "a.b", r#"{"a":{"b":1},"a":{"c":2}}"#, "number 1 from 1"),
            ("space everywhere", "a", " { \"b\" : 1 ,\t\"a\" : 2 } \r", "number 2 from 2"),
            ("byte order mark", "a", "\u{feff}{\"a\":1}", "number 1 from 1"),
        ];
        for (name, path, line, expected) in rows {
            assert_eq!(expected, found(path, line), "{name}");
        }
    }

    #[test]
    fn broken_line_is_refused_with_its_place() {
        use DecodeReason::*;
        let deep = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes();
        let rows: &[(&str, &[u8], DecodeReason, usize)] = &[
            ("trailing text", br#"{"a":1} x"#, Syntax, 8),
            ("second object", br#"{"a":1}{"a":1}"#, Syntax, 7),
            ("cut off in a string", br#"{"a":"ur"#, Syntax, 8),
            ("cut off after a key", br#"{"a""#, Syntax, 4),
            ("cut off after a value", br#"{"a":1"#, Syntax, 6),
            ("comma before the end", br#"{"a":1,}"#, Syntax, 7),
            ("comma at the start", br#"{,"a":1}"#, Syntax, 1),
            ("comma before the end of an array", br#"{"a":[1,]}"#, Syntax, 8),
            ("wrong bracket", br#"{"a":[1}"#, Syntax, 7),
            ("leading zero", br#"{"a":01}"#, Syntax, 6),
            ("plus", br#"{"a":+1}"#, Syntax, 5),
            ("lower case nan", br#"{"a":nan}"#, Syntax, 5),
            ("minus not a number", br#"{"a":-NaN}"#, Syntax, 5),
            ("word with a tail", br#"{"a":nullx}"#, Syntax, 9),
            ("single quotes", br#"{'a':1}"#, Syntax, 1),
            ("key without quotes", br#"{a:1}"#, Syntax, 1),
            ("control character", b"{\"a\":\"x\ty\"}", Syntax, 7),
            ("unknown escape", br#"{"a":"\x41"}"#, Syntax, 6),
            ("prose", b"server started", Syntax, 0),
            ("time and prose", b"2026-11-03 started", Syntax, 4),
            ("array", b" [1]", NotAnObject, 1),
            ("number", b"1", NotAnObject, 0),
            ("text", br#""a""#, NotAnObject, 0),
            ("invalid byte in a string", b"{\"a\":\"\xff\"}", InvalidUtf8, 6),
            ("invalid byte in a skipped key", b"{\"b\xc3\":1}", InvalidUtf8, 3),
            ("invalid byte after the end", b"{} \xff", InvalidUtf8, 3),
            ("too deep", &deep(MAX_DEPTH), TooDeep, 5 + MAX_DEPTH - 1),
            ("endless", &b"{\"b\":".repeat(1000), TooDeep, 5 * MAX_DEPTH),
        ];
        for (name, line, reason, offset) in rows {
            let expected = Err(DecodeError { reason: *reason, offset: *offset });
            let mut record = Record::default();
            assert_eq!(expected, decoder(&["a"]).decode(line, &mut record), "{name}");
            assert_eq!(expected, decoder(&[]).decode(line, &mut record), "{name}, nothing wanted");
            assert_eq!(expected, decoder(&[]).visit(line, &mut record, &mut |_, _, _| {}), "{name}, visited");
        }
        let deepest = deep(MAX_DEPTH - 1);
        assert_eq!(Ok(Decoded::Record), decoder(&["a"]).decode(&deepest, &mut Record::default()));
    }

    #[test]
    fn empty_line_is_skipped() {
        for line in ["", "  \t", "\r", "\u{feff}"] {
            assert_eq!(
                Ok(Decoded::Skipped),
                decoder(&["a"]).decode(line.as_bytes(), &mut Record::default()),
                "{line:?}"
            );
        }
    }

    #[test]
    fn object_and_what_is_inside_are_both_found() {
        let line = r#"{"f":{"age":34,"more":[1]},"g":[1,{"h":2}]}"#;
        let mut record = Record::default();
        decoder(&["f", "f.age", "g", "g.1", "g.1.h"]).decode(line.as_bytes(), &mut record).unwrap();
        let expected = [
            r#"nested {"age":34,"more":[1]}"#,
            "number 34 from 34",
            r#"nested [1,{"h":2}]"#,
            r#"nested {"h":2}"#,
            "number 2 from 2",
        ];
        for (slot, expected) in expected.into_iter().enumerate() {
            assert_eq!(expected, words(record.value(slot), line, &record), "slot {slot}");
        }
    }

    #[test]
    fn first_alternative_wins_in_any_order() {
        let mut plan = FieldPlan::default();
        plan.slot(vec![FieldPath::parse("score"), FieldPath::parse("output.score")]);
        let mut decoder = JsonLines::new(&plan);
        let mut record = Record::default();
        for line in [r#"{"score":1,"output":{"score":2}}"#, r#"{"output":{"score":2},"score":1}"#] {
            decoder.decode(line.as_bytes(), &mut record).unwrap();
            assert_eq!("number 1 from 1", words(record.value(0), line, &record), "{line}");
        }
    }

    #[test]
    fn numbers_of_the_line_before_are_gone_however_many_slots_there_are() {
        const SLOTS: usize = 5_000;
        let mut plan = FieldPlan::default();
        for slot in 0..SLOTS {
            assert_eq!(slot, plan.number(vec![FieldPath::parse(&format!("k{slot}"))]));
        }
        let (mut decoder, mut record) = (JsonLines::new(&plan), Record::default());
        for line in 0..40 {
            let set: Vec<usize> = (0..3).map(|place| (line * 2_711 + place * 31) % SLOTS).collect();
            let fields: Vec<String> = set.iter().map(|slot| format!("\"k{slot}\":{slot}.5")).collect();
            decoder.decode(format!("{{{}}}", fields.join(",")).as_bytes(), &mut record).unwrap();
            assert!(!record.has_others());
            for (slot, number) in record.numbers(0, SLOTS).unwrap().iter().enumerate() {
                let expected = set.contains(&slot).then_some(slot as f64 + 0.5);
                assert_eq!(expected, Some(*number).filter(|number| !number.is_nan()), "slot {slot} in line {line}");
            }
        }
    }

    #[test]
    fn lines_of_another_shape_are_read_as_well() {
        let mut decoder = decoder(&["a", "b", "c"]);
        let mut record = Record::default();
        for line in [r#"{"a":1,"b":2,"c":3}"#, r#"{"c":3,"x":0,"a":1,"b":2}"#, r#"{"x":0,"b":2,"c":3,"y":0,"a":1}"#] {
            for _ in 0..2 {
                decoder.decode(line.as_bytes(), &mut record).unwrap();
                for (slot, expected) in ["number 1 from 1", "number 2 from 2", "number 3 from 3"].iter().enumerate() {
                    assert_eq!(*expected, words(record.value(slot), line, &record), "{line}");
                }
            }
        }
    }

    #[test]
    fn every_leaf_is_visited_with_its_path() {
        let line = r#"{"a":{"b\n":[1,{},"\u00e4"],"c":null},"d":[],"e":true}"#;
        let mut seen = Vec::new();
        let mut visitor = |path: &[&str], value: Value, record: &Record| {
            seen.push(format!("{}: {}", path.join("/"), words(value, line, record)));
        };
        decoder(&[]).visit(line.as_bytes(), &mut Record::default(), &mut visitor).unwrap();
        let expected = [
            "a/b\n/0: number 1 from 1",
            "a/b\n/1: nested {}",
            "a/b\n/2: text ä",
            "a/c: null",
            "d: nested []",
            "e: bool true",
        ];
        assert_eq!(expected.as_slice(), seen);
    }
}
