//! CSV: the first line names the columns, every other line is a row.
//!
//! - **Header.** Its names are trimmed and a byte order mark is dropped. A later line equal to it is skipped (a
//!   rotated file may repeat it). If it cannot be read, no row of the file can: they are refused as `no_header`, as
//!   it would be worse to take a row for the header. Of columns with the same name the last counts.
//! - **Delimiter.** A comma; if the header has none, a semicolon or else a tab when it has one.
//! - **Quoting** is that of RFC 4180: a field in quotes may hold delimiters, and quotes when doubled. A quote inside
//!   of a field that does not begin with one is an ordinary character.
//! - **Line breaks in a field are not supported**, as lines are split before they are decoded: the pieces of such a
//!   row are refused as `syntax` or `column_count`.
//! - **Types**: see [`super::untyped`]; quotes do not make a difference.

use std::sync::Arc;

use super::trie::{Cursor, ROOT, Trie};
use super::{
    DecodeError, DecodeReason, Decoded, Decoder, FieldPlan, Format, Record, Span, Value, Visitor, line, number, untyped,
};

pub(super) const FORMAT: Format = Format { key: "csv", flat: true, build };

fn build(plan: Arc<FieldPlan>) -> Box<dyn Decoder> {
    Box::new(Csv { trie: Trie::flat(&plan), slots: plan.slots().len(), header: Header::Unknown })
}

#[derive(Debug)]
struct Csv {
    trie: Trie,
    slots: usize,
    header: Header,
}

#[derive(Debug)]
enum Header {
    /// No line was seen.
    Unknown,
    /// The first line was no header.
    Broken,
    Known(Columns),
}

#[derive(Debug)]
struct Columns {
    /// The header as written.
    line: Vec<u8>,
    delimiter: u8,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    name: String,
    /// Its node in the plan if it is wanted.
    node: Option<usize>,
}

impl Decoder for Csv {
    fn decode(&mut self, line: &[u8], record: &mut Record) -> Result<Decoded, DecodeError> {
        record.reset(self.slots);
        let Some(row) = self.row(line)? else { return Ok(Decoded::Skipped) };
        let Header::Known(header) = &self.header else { return Err(no_header(row)) };
        let mut next = Some(row.start);
        for column in &header.columns {
            let Some(at) = next else { return column_count(row.line.len()) };
            // Most fields are numbers, which need not be measured before they are read.
            if let Some(node) = column.node
                && let Some((value, end)) = number::usual_at(row.line, at)
                && row.line.get(end).is_none_or(|behind| *behind == header.delimiter)
            {
                self.trie.fill_number(node, value, at..end, record);
                next = (end < row.line.len()).then_some(end + 1);
                continue;
            }
            let field = Field::read(row.line, at, header.delimiter)?;
            next = field.next;
            if let Some(node) = column.node {
                let value = field.value(record);
                self.trie.fill(node, value, record);
            }
        }
        match next {
            Some(at) => column_count(at),
            None => Ok(Decoded::Record),
        }
    }

    fn visit(&mut self, line: &[u8], record: &mut Record, visitor: &mut Visitor<'_>) -> Result<Decoded, DecodeError> {
        record.reset(0);
        let Some(row) = self.row(line)? else { return Ok(Decoded::Skipped) };
        let Header::Known(header) = &self.header else { return Err(no_header(row)) };
        header.read(row, |column, field| {
            let value = field.value(record);
            visitor(&[&column.name], value, record);
        })?;
        Ok(Decoded::Record)
    }

    fn set_plan(&mut self, plan: Arc<FieldPlan>) {
        self.trie = Trie::flat(&plan);
        self.slots = plan.slots().len();
        self.resolve();
    }
}

/// A line and where its content starts.
#[derive(Clone, Copy)]
struct Row<'a> {
    line: &'a [u8],
    start: usize,
}

impl Row<'_> {
    fn content(&self) -> &[u8] {
        self.line.get(self.start..).unwrap_or_default()
    }
}

fn no_header(row: Row<'_>) -> DecodeError {
    DecodeError { reason: DecodeReason::NoHeader, offset: row.start }
}

impl Csv {
    /// The row in `line`; `None` if it is empty or the header.
    fn row<'a>(&mut self, line: &'a [u8]) -> Result<Option<Row<'a>>, DecodeError> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let start = line::start(line).inspect_err(|_| self.broken_if_first())?;
        let row = Row { line, start };
        if row.content().iter().all(|byte| *byte == b' ') {
            return Ok(None);
        }
        match &self.header {
            Header::Known(header) if header.line == row.content() => Ok(None),
            Header::Known(_) | Header::Broken => Ok(Some(row)),
            Header::Unknown => {
                self.header = Header::Known(Columns::of(row).inspect_err(|_| self.broken_if_first())?);
                self.resolve();
                Ok(None)
            }
        }
    }

    fn broken_if_first(&mut self) {
        if let Header::Unknown = self.header {
            self.header = Header::Broken;
        }
    }

    /// Finds the columns in the plan.
    fn resolve(&mut self) {
        if let Header::Known(header) = &mut self.header {
            for column in &mut header.columns {
                column.node = self.trie.find(ROOT, &mut Cursor::default(), column.name.as_bytes());
            }
        }
    }
}

impl Columns {
    fn of(row: Row<'_>) -> Result<Columns, DecodeError> {
        let has = |delimiter| memchr::memchr(delimiter, row.content()).is_some();
        let delimiter = [b',', b';', b'\t'].into_iter().find(|delimiter| has(*delimiter)).unwrap_or(b',');
        let mut columns = Vec::new();
        let mut next = Some(row.start);
        while let Some(at) = next {
            let field = Field::read(row.line, at, delimiter)?;
            let mut name = Vec::new();
            field.write(&mut name);
            columns.push(Column { name: line::text(&name).trim().to_owned(), node: None });
            next = field.next;
        }
        Ok(Columns { line: row.content().to_owned(), delimiter, columns })
    }

    fn read(&self, row: Row<'_>, mut each: impl FnMut(&Column, &Field<'_>)) -> Result<(), DecodeError> {
        let mut next = Some(row.start);
        for column in &self.columns {
            let Some(at) = next else { return column_count(row.line.len()) };
            let field = Field::read(row.line, at, self.delimiter)?;
            each(column, &field);
            next = field.next;
        }
        next.map_or(Ok(()), column_count)
    }
}

fn column_count<T>(offset: usize) -> Result<T, DecodeError> {
    Err(DecodeError { reason: DecodeReason::ColumnCount, offset })
}

/// A field as written, without its outer quotes.
struct Field<'a> {
    bytes: &'a [u8],
    start: usize,
    /// Whether there are doubled quotes in it.
    doubled: bool,
    /// Where the next field starts, if there is one.
    next: Option<usize>,
}

impl<'a> Field<'a> {
    #[inline]
    fn read(line: &'a [u8], at: usize, delimiter: u8) -> Result<Field<'a>, DecodeError> {
        if line.get(at) == Some(&b'"') {
            return Field::read_quoted(line, at + 1, delimiter);
        }
        let rest = line.get(at..).unwrap_or_default();
        let length = memchr::memchr(delimiter, rest);
        let bytes = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
        Ok(Field { bytes, start: at, doubled: false, next: length.map(|length| at + length + 1) })
    }

    fn read_quoted(line: &'a [u8], start: usize, delimiter: u8) -> Result<Field<'a>, DecodeError> {
        let syntax = |offset| Err(DecodeError { reason: DecodeReason::Syntax, offset });
        let mut doubled = false;
        let mut at = start;
        loop {
            let rest = line.get(at..).unwrap_or_default();
            let Some(length) = memchr::memchr(b'"', rest) else { return syntax(line.len()) };
            let end = at + length;
            let next = match line.get(end + 1) {
                Some(b'"') => {
                    doubled = true;
                    at = end + 2;
                    continue;
                }
                Some(byte) if *byte == delimiter => Some(end + 2),
                Some(_) => return syntax(end + 1),
                None => None,
            };
            return Ok(Field { bytes: line.get(start..end).unwrap_or_default(), start, doubled, next });
        }
    }

    fn value(&self, record: &mut Record) -> Value {
        if self.doubled {
            return untyped::unescaped(record, |buffer| self.write(buffer));
        }
        let text = Span { start: self.start as u32, length: self.bytes.len() as u32, unescaped: false };
        untyped::value(self.bytes, text)
    }

    /// Appends the field to `out`, doubled quotes made single.
    fn write(&self, out: &mut Vec<u8>) {
        let mut rest = self.bytes;
        while self.doubled
            && let Some(quote) = memchr::memchr(b'"', rest)
        {
            out.extend_from_slice(rest.get(..=quote).unwrap_or_default());
            rest = rest.get(quote + 2..).unwrap_or_default();
        }
        out.extend_from_slice(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::FieldPath;
    use crate::decode::flat_tests::{NAMES, agree, field};
    use proptest::prelude::*;

    fn plan(paths: &[&str]) -> Arc<FieldPlan> {
        let mut plan = FieldPlan::default();
        for path in paths {
            plan.slot(vec![FieldPath::parse(path)]);
        }
        Arc::new(plan)
    }

    fn words(value: Value, line: &str, record: &Record) -> String {
        match value {
            Value::Number { value, text } => format!("{value} from {}", record.text(line.as_bytes(), text)),
            Value::Text(text) => format!("text {}", record.text(line.as_bytes(), text)),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn wanted_column_is_found() {
        let rows = [
            ("number", "a,b", "1,2.50", "2.5 from 2.50"),
            ("text", "a,b", "1,urban", "text urban"),
            ("leading zero is text", "a,b", "1,01234", "text 01234"),
            ("bool", "a,b", "1,True", "Bool(true)"),
            ("empty", "a,b", "1,", "Null"),
            ("empty in quotes", "a,b", "1,\"\"", "Null"),
            ("quoted number", "a,b", "1,\"2\"", "2 from 2"),
            ("quoted delimiter", "a,b", "\"x,y\",\"u,v\"", "text u,v"),
            ("doubled quotes", "a,b", "\"\"\"x\"\"\",\"say \"\"hi\"\"\"", "text say \"hi\""),
            ("doubled quote alone", "a,b", "1,\"\"\"\"", "text \""),
            ("quote inside of a plain field", "a,b", "1,5\" pipe", "text 5\" pipe"),
            ("trimmed and quoted names", " a , \"b\" ", "1,2", "absent"),
            ("quoted name", "a,\" b\"", "1,2", "2 from 2"),
            ("byte order mark", "\u{feff}b,a", "1,2", "1 from 1"),
            ("byte order mark on a row", "b,a", "\u{feff}1,2", "1 from 1"),
            ("semicolon", "a;b", "1,5;2", "2 from 2"),
            ("tab", "a\tb", "\t2", "2 from 2"),
            ("comma before semicolon", "a;x,b", "1,2", "2 from 2"),
            ("one column", "b", "2", "2 from 2"),
            ("carriage return", "a,b\r", "1,\"2\"\r", "2 from 2"),
            ("same name twice", "b,b", "1,2", "2 from 2"),
            ("no such column", "a,c", "1,2", "Absent"),
        ];
        for (name, header, line, expected) in rows {
            let expected = if expected == "absent" { "Absent" } else { expected };
            let mut decoder = build(plan(&["b"]));
            let mut record = Record::default();
            assert_eq!(Ok(Decoded::Skipped), decoder.decode(header.as_bytes(), &mut record), "{name}");
            assert_eq!(Ok(Decoded::Record), decoder.decode(line.as_bytes(), &mut record), "{name}");
            assert_eq!(expected, words(record.value(0), line, &record), "{name}");
        }
    }

    #[test]
    fn column_is_the_dotted_text_of_a_path() {
        let mut decoder = build(plan(&["features.age", "/features/ratio"]));
        let mut record = Record::default();
        decoder.decode(b"features.ratio,features.age", &mut record).unwrap();
        decoder.decode(b"0.5,34", &mut record).unwrap();
        assert_eq!("34 from 34", words(record.value(0), "0.5,34", &record));
        assert_eq!("0.5 from 0.5", words(record.value(1), "0.5,34", &record));
    }

    #[test]
    fn broken_row_is_refused_with_its_place() {
        use DecodeReason::*;
        let rows: &[(&str, &[u8], DecodeReason, usize)] = &[
            ("too few", b"1", ColumnCount, 1),
            ("too many", b"1,2,3", ColumnCount, 4),
            ("delimiter at the end", b"1,2,", ColumnCount, 4),
            ("open quote", b"1,\"2", Syntax, 4),
            ("text after a quote", b"1,\"2\"x", Syntax, 5),
            ("invalid byte", b"1,\xff", InvalidUtf8, 2),
        ];
        for (name, line, reason, offset) in rows {
            let mut decoder = build(plan(&["b"]));
            let mut record = Record::default();
            decoder.decode(b"a,b", &mut record).unwrap();
            let expected = Err(DecodeError { reason: *reason, offset: *offset });
            assert_eq!(expected, decoder.decode(line, &mut record), "{name}");
            assert_eq!(expected, decoder.visit(line, &mut record, &mut |_, _, _| {}), "{name}, visited");
            assert_eq!(Ok(Decoded::Record), decoder.decode(b"1,2", &mut record), "{name}, next row");
        }
    }

    #[test]
    fn no_row_is_read_after_a_broken_header() {
        let mut decoder = build(plan(&["b"]));
        let mut record = Record::default();
        let reason = |result: Result<Decoded, DecodeError>| result.unwrap_err().reason;
        assert_eq!(DecodeReason::Syntax, reason(decoder.decode(b"a,\"b", &mut record)));
        assert_eq!(DecodeReason::NoHeader, reason(decoder.decode(b"1,2", &mut record)));
        assert_eq!(DecodeReason::NoHeader, reason(decoder.decode(b"a,b", &mut record)));
    }

    #[test]
    fn empty_lines_and_repeated_headers_are_skipped() {
        let mut decoder = build(plan(&["b"]));
        let mut record = Record::default();
        for line in ["", "  ", "\u{feff}a,b", "a,b", "", "a,b\r", "\u{feff}a,b"] {
            assert_eq!(Ok(Decoded::Skipped), decoder.decode(line.as_bytes(), &mut record), "{line:?}");
        }
    }

    #[test]
    fn header_survives_another_plan() {
        let mut decoder = build(plan(&["b"]));
        let mut record = Record::default();
        decoder.decode(b"a,b", &mut record).unwrap();
        decoder.set_plan(plan(&["x", "a"]));
        assert_eq!(Ok(Decoded::Record), decoder.decode(b"1,2", &mut record));
        assert_eq!(Value::Absent, record.value(0));
        assert_eq!("1 from 1", words(record.value(1), "1,2", &record));
    }

    #[test]
    fn every_column_is_visited() {
        let mut decoder = build(plan(&[]));
        let mut record = Record::default();
        let mut seen = Vec::new();
        for line in ["a.x,b", "1,\"u\"\"v\""] {
            let mut visitor = |path: &[&str], value: Value, record: &Record| {
                seen.push(format!("{path:?} {}", words(value, line, record)));
            };
            decoder.visit(line.as_bytes(), &mut record, &mut visitor).unwrap();
        }
        assert_eq!(vec![r#"["a.x"] 1 from 1"#, r#"["b"] text u"v"#], seen);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn fields_that_are_read_at_once_are_as_they_are_shown(
            names in prop::collection::vec(prop::sample::select(&["a", "bc", "features.x", "y=z", "other"][..]), 1..7),
            rows in prop::collection::vec(prop::collection::vec(field(), 1..8), 1..8),
            delimiter in prop::sample::select(&[",", ",", ";", "\t"][..]),
            end in prop::sample::select(&["", "", "\r"][..]),
        ) {
            let mut lines = vec![names.join(delimiter).into_bytes()];
            for mut row in rows {
                // Most rows have as many fields as the header.
                if row.len() > 2 {
                    row.resize(names.len(), "1.25".to_owned());
                }
                lines.push(format!("{}{end}", row.join(delimiter)).into_bytes());
            }
            let mut plan = FieldPlan::default();
            for name in NAMES {
                plan.slot(vec![FieldPath::from_segments(vec![name.to_owned()])]);
            }
            agree(&mut *build(Arc::new(plan)), &lines);
        }
    }
}
