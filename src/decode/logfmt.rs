//! logfmt: `level=info msg="he said \"hi\"" cached age=34`.
//!
//! - Pairs are separated by white space. A key is any text without white space, `=` or quotes.
//! - A value in quotes may hold anything; its escapes are those of JSON, and an unknown escape stays as written.
//!   A value without quotes goes on to the next white space, and may hold `=` and quotes.
//! - A key alone is `true`; `key=` is null; of a key that occurs twice the last counts.
//! - Types: see [`super::untyped`]; quotes do not make a difference.
//! - A line without a single `key=` is prose and refused as `syntax`; an empty one is skipped.

use std::sync::Arc;

use super::json::string::{self, unescape};
use super::trie::{Cursor, ROOT, Trie};
use super::{
    DecodeError, DecodeReason, Decoded, Decoder, FieldPlan, Format, Record, Span, Value, Visitor, line, number, untyped,
};

pub(super) const FORMAT: Format = Format { key: "logfmt", flat: true, build };

fn build(plan: Arc<FieldPlan>) -> Box<dyn Decoder> {
    Box::new(Logfmt::new(&plan))
}

#[derive(Debug)]
struct Logfmt {
    trie: Trie,
    slots: usize,
}

impl Logfmt {
    fn new(plan: &FieldPlan) -> Logfmt {
        Logfmt { trie: Trie::flat(plan), slots: plan.slots().len() }
    }
}

impl Logfmt {
    /// Takes the pair at `at` and returns where it ends, if its key is the one that came next in the last line and its
    /// value is a usual number or plain.
    #[inline]
    fn guessed(&self, line: &[u8], at: usize, cursor: &mut Cursor, record: &mut Record) -> Option<usize> {
        let (key, node, next) = self.trie.guess_bare(ROOT, *cursor)?;
        let behind = line.get(at..)?.strip_prefix(key)?;
        if behind.first() != Some(&b'=') {
            return None;
        }
        let start = at + key.len() + 1;
        if let Some((value, end)) = number::usual_at(line, start)
            && line.get(end).is_none_or(|byte| is_space(*byte))
        {
            self.trie.fill_number(node, value, start..end, record);
            *cursor = next;
            return Some(end);
        }
        if line.get(start) == Some(&b'"') {
            return None;
        }
        let (written, end) = value(line, start).ok()?;
        let value = written.value(record);
        self.trie.fill(node, value, record);
        *cursor = next;
        Some(end)
    }
}

impl Decoder for Logfmt {
    fn decode(&mut self, line: &[u8], record: &mut Record) -> Result<Decoded, DecodeError> {
        record.reset(self.slots);
        let mut cursor = Cursor::default();
        let mut at = skip_space(line, line::start(line)?);
        if at == line.len() {
            return Ok(Decoded::Skipped);
        }
        let mut has_pairs = false;
        while at < line.len() {
            let end = match self.guessed(line, at, &mut cursor, record) {
                Some(end) => {
                    has_pairs = true;
                    end
                }
                None => {
                    let (key, written, end) = pair(line, at)?;
                    has_pairs |= !matches!(written, Written::Bare);
                    if let Some(node) = self.trie.find(ROOT, &mut cursor, key) {
                        let value = written.value(record);
                        self.trie.fill(node, value, record);
                    }
                    end
                }
            };
            at = skip_space(line, end);
        }
        if has_pairs { Ok(Decoded::Record) } else { syntax(line.len()) }
    }

    fn visit(&mut self, line: &[u8], record: &mut Record, visitor: &mut Visitor<'_>) -> Result<Decoded, DecodeError> {
        record.reset(0);
        read(line, |key, written| {
            let value = written.value(record);
            visitor(&[line::text(key)], value, record);
        })
    }

    fn set_plan(&mut self, plan: Arc<FieldPlan>) {
        *self = Logfmt::new(&plan);
    }
}

/// What stands after a key.
enum Written<'a> {
    /// Nothing, not even `=`.
    Bare,
    /// A value, without quotes.
    Value { bytes: &'a [u8], start: usize, escaped: bool },
}

impl Written<'_> {
    fn value(&self, record: &mut Record) -> Value {
        match self {
            Written::Bare => Value::Bool(true),
            Written::Value { bytes, escaped: true, .. } => untyped::unescaped(record, |buffer| unescape(bytes, buffer)),
            Written::Value { bytes, start, escaped: false } => {
                let text = Span { start: *start as u32, length: bytes.len() as u32, unescaped: false };
                untyped::value(bytes, text)
            }
        }
    }
}

/// Shows each pair of a line.
fn read(line: &[u8], mut each: impl FnMut(&[u8], Written<'_>)) -> Result<Decoded, DecodeError> {
    let mut at = skip_space(line, line::start(line)?);
    if at == line.len() {
        return Ok(Decoded::Skipped);
    }
    let mut has_pairs = false;
    while at < line.len() {
        let (key, written, end) = pair(line, at)?;
        has_pairs |= !matches!(written, Written::Bare);
        each(key, written);
        at = skip_space(line, end);
    }
    if has_pairs { Ok(Decoded::Record) } else { syntax(line.len()) }
}

/// The key at `at`, what is written after it, and where that ends.
fn pair(line: &[u8], at: usize) -> Result<(&[u8], Written<'_>, usize), DecodeError> {
    let end = skip(line, at, is_key);
    let key = line.get(at..end).unwrap_or_default();
    let next = line.get(end).copied().filter(|byte| !is_space(*byte));
    match next {
        _ if key.is_empty() => syntax(end),
        None => Ok((key, Written::Bare, end)),
        Some(b'=') => {
            let (written, end) = value(line, end + 1)?;
            Ok((key, written, end))
        }
        Some(_) => syntax(end),
    }
}

/// The value at `start`, and where it ends.
fn value(line: &[u8], start: usize) -> Result<(Written<'_>, usize), DecodeError> {
    if line.get(start) == Some(&b'"') {
        return quoted(line, start + 1);
    }
    let end = string::find_space(line, start);
    let bytes = line.get(start..end).unwrap_or_default();
    Ok((Written::Value { bytes, start, escaped: false }, end))
}

fn quoted(line: &[u8], start: usize) -> Result<(Written<'_>, usize), DecodeError> {
    let mut escaped = false;
    let mut at = start;
    loop {
        let rest = line.get(at..).unwrap_or_default();
        let Some(length) = memchr::memchr2(b'"', b'\\', rest) else { return syntax(line.len()) };
        at += length;
        if line.get(at) == Some(&b'"') {
            break;
        }
        escaped = true;
        at += 2;
    }
    if line.get(at + 1).is_some_and(|byte| !is_space(*byte)) {
        return syntax(at + 1);
    }
    let bytes = line.get(start..at).unwrap_or_default();
    Ok((Written::Value { bytes, start, escaped }, at + 1))
}

fn syntax<T>(offset: usize) -> Result<T, DecodeError> {
    Err(DecodeError { reason: DecodeReason::Syntax, offset })
}

/// Where the bytes from `at` on that are `wanted` end.
fn skip(line: &[u8], at: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let rest = line.get(at..).unwrap_or_default();
    rest.iter().position(|byte| !wanted(*byte)).map_or(line.len(), |length| at + length)
}

#[inline]
fn skip_space(line: &[u8], at: usize) -> usize {
    skip(line, at, is_space)
}

fn is_space(byte: u8) -> bool {
    byte <= b' '
}

fn is_key(byte: u8) -> bool {
    !is_space(byte) && byte != b'=' && byte != b'"'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::FieldPath;
    use crate::decode::flat_tests::{NAMES, agree, field};
    use proptest::prelude::*;

    fn decoder(paths: &[&str]) -> Logfmt {
        let mut plan = FieldPlan::default();
        for path in paths {
            plan.slot(vec![FieldPath::parse(path)]);
        }
        Logfmt::new(&plan)
    }

    fn words(value: Value, line: &str, record: &Record) -> String {
        match value {
            Value::Number { value, text } => format!("{value} from {}", record.text(line.as_bytes(), text)),
            Value::Text(text) => format!("text {}", record.text(line.as_bytes(), text)),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn wanted_key_is_found() {
        let rows = [
            ("number", "age", "level=info age=34", "34 from 34"),
            ("text", "area", "area=urban age=34", "text urban"),
            ("quoted", "msg", r#"msg="a b" age=34"#, "text a b"),
            ("quoted number", "age", r#"age="34""#, "34 from 34"),
            ("escaped", "msg", r#"msg="he said \"hi\"\n""#, "text he said \"hi\"\n"),
            ("escaped backslash at the end", "b", r#"a="x\\" b=2"#, "2 from 2"),
            ("unknown escape stays", "p", r#"p="C:\dir""#, r"text C:\dir"),
            ("bare key", "cached", "cached age=34", "Bool(true)"),
            ("bare key at the end", "cached", "age=34 cached", "Bool(true)"),
            ("no value", "a", "a= b=1", "Null"),
            ("no value at the end", "a", "b=1 a=", "Null"),
            ("empty quotes", "a", "a=\"\"", "Null"),
            ("bool", "a", "a=false", "Bool(false)"),
            ("last duplicate wins", "a", "a=1 a=2", "2 from 2"),
            ("equals sign in a value", "url", "url=/x?a=b", "text /x?a=b"),
            ("quote in a value", "a", "a=5\"", "text 5\""),
            ("dotted key", "features.age", "features.age=34", "34 from 34"),
            ("pointer", "/features/age", "features.age=34", "34 from 34"),
            ("tabs and more space", "a", "  b=1\t\t a=2 \r", "2 from 2"),
            ("byte order mark", "a", "\u{feff}a=2", "2 from 2"),
            ("absent", "x", "a=2", "Absent"),
        ];
        for (name, path, line, expected) in rows {
            let mut record = Record::default();
            assert_eq!(Ok(Decoded::Record), decoder(&[path]).decode(line.as_bytes(), &mut record), "{name}");
            assert_eq!(expected, words(record.value(0), line, &record), "{name}");
        }
    }

    #[test]
    fn broken_line_is_refused_with_its_place() {
        use DecodeReason::*;
        let rows: &[(&str, &[u8], DecodeReason, usize)] = &[
            ("prose", b"server started", Syntax, 14),
            ("no key", b"a=1 =2", Syntax, 4),
            ("quoted key", b"\"a\"=1", Syntax, 0),
            ("quote in a key", b"a\"b=1", Syntax, 1),
            ("open quote", b"a=\"x", Syntax, 4),
            ("open quote after a backslash", b"a=\"x\\", Syntax, 5),
            ("open quote after an escaped quote", b"a=\"x\\\"", Syntax, 6),
            ("text after a quote", b"a=\"x\"y", Syntax, 5),
            ("invalid byte", b"a=\xff", InvalidUtf8, 2),
        ];
        for (name, line, reason, offset) in rows {
            let expected = Err(DecodeError { reason: *reason, offset: *offset });
            let mut record = Record::default();
            assert_eq!(expected, decoder(&["a"]).decode(line, &mut record), "{name}");
            assert_eq!(expected, decoder(&["a"]).visit(line, &mut record, &mut |_, _, _| {}), "{name}, visited");
        }
    }

    #[test]
    fn empty_line_is_skipped() {
        for line in ["", " \t", "\r"] {
            assert_eq!(
                Ok(Decoded::Skipped),
                decoder(&["a"]).decode(line.as_bytes(), &mut Record::default()),
                "{line:?}"
            );
        }
    }

    #[test]
    fn every_pair_is_visited() {
        let line = r#"a.x=1 b c="u\"v""#;
        let mut seen = Vec::new();
        let mut visitor = |path: &[&str], value: Value, record: &Record| {
            seen.push(format!("{path:?} {}", words(value, line, record)));
        };
        decoder(&[]).visit(line.as_bytes(), &mut Record::default(), &mut visitor).unwrap();
        assert_eq!(vec![r#"["a.x"] 1 from 1"#, r#"["b"] Bool(true)"#, r#"["c"] text u"v"#], seen);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn pairs_that_were_guessed_are_as_they_are_shown(
            lines in prop::collection::vec(
                prop::collection::vec((prop::sample::select(&NAMES[..]), prop::sample::select(&["=", "=", "=", "=", "", " "][..]), field()), 0..8),
                1..5,
            ),
            space in prop::sample::select(&[" ", " ", "  ", "\t"][..]),
        ) {
            let pair = |(key, equals, value): &(&str, &str, String)| format!("{key}{equals}{value}");
            let lines: Vec<Vec<u8>> =
                lines.iter().map(|line| line.iter().map(pair).collect::<Vec<_>>().join(space).into_bytes()).collect();
            let mut decoder = decoder_of_names();
            agree(&mut decoder, &lines);
            agree(&mut decoder, &lines);
        }
    }

    fn decoder_of_names() -> Logfmt {
        let mut plan = FieldPlan::default();
        for name in NAMES {
            plan.slot(vec![FieldPath::from_segments(vec![name.to_owned()])]);
        }
        Logfmt::new(&plan)
    }
}
