//! JSON lines by what earlier lines were like: the text between two values is compared, only the values are read.
//!
//! Lines of one server have one shape, or a few. What stands between two values is a *passage*: a comma and the key of
//! the next value, the bracket of an object that opens, or of one that closes. A passage was read by the grammar once;
//! where the same text comes again in the same context (the object it is in, and whether it is the first there), it means
//! the same. So each passage is followed by a guess, the one that followed it in the last line, and a guess that fits
//! costs one comparison. Where it does not, the passage is looked up by its key, so that the order of the keys does not
//! matter, nor which are left out. Where none is known the grammar reads on and the passage is learned.
//!
//! Between passages the values are read, into the same slots in the same order as by the strict parser. Text that was
//! learned is valid UTF-8, and other text is checked piece by piece. What is not as it should be is no matter of
//! this file: [`Learned::decode`] gives up, and the strict parser has the last word on the whole line.

use super::json::{Scanner, string};
use super::jsonl::Fill;
use super::known::{Known, Place, START};
use super::passage::{Context, Kind, LONGEST, Padded, VIEW, Words};
use super::trie::{ROOT, Trie};
use super::{MAX_DEPTH, Record, Span, Value, line, number};

/// Passages remembered beside two for each step of a wanted path; with one more all are forgotten and learned anew.
const SPARE: usize = 256;

/// What was learned of the lines of a file.
#[derive(Debug)]
pub(super) struct Learned {
    known: Known,
    /// Objects that are open: node and first byte.
    open: Vec<(usize, usize)>,
    unescaped_key: Vec<u8>,
}

impl Learned {
    /// Nothing yet, for a plan with so many steps.
    pub(super) fn new(steps: usize) -> Learned {
        Learned { known: Known::new(2 * steps + SPARE), open: Vec::new(), unescaped_key: Vec::new() }
    }

    /// Fills the wanted slots of `record`, which was reset. `None` when the line is no JSON object, not valid UTF-8, or
    /// empty; the record is not to be used then.
    #[inline]
    pub(super) fn decode(&mut self, line: &[u8], trie: &mut Trie, record: &mut Record) -> Option<()> {
        u32::try_from(line.len()).ok()?;
        self.open.clear();
        let mut padded = Padded::new(line);
        padded.fill();
        let mut place = Place { at: 0, last: START, context: Context::START };
        loop {
            let (mut index, wrong) = simple(&self.known, &mut place, line, &padded, record);
            if let Some((last, found)) = wrong {
                self.known.follow(last, found);
            }
            if index == START {
                index = self.learn(line, place, padded.view(place.at)?, trie)?;
            }
            let passage = self.known.passage(index)?;
            let (start, at) = (place.at, place.at + passage.length());
            place.last = index;
            match passage.kind() {
                Kind::Member => {
                    place.at = self.value(line, at, index, trie, record)?;
                    place.context = place.context.passed();
                }
                Kind::Open => {
                    let words = self.known.words(index).filter(|_| self.open.len() < MAX_DEPTH)?;
                    self.open.push((words.node, start + words.bracket));
                    (place.at, place.context) = (at, Context::first_in(words.node));
                }
                Kind::Close | Kind::End => {
                    let (node, first) = self.open.pop()?;
                    let end = start + self.known.words(index)?.bracket + 1;
                    let text = Span { start: first as u32, length: (end - first) as u32, unescaped: false };
                    trie.fill(node, Value::Nested(text), record);
                    let Some((outer, _)) = self.open.last() else { return Some(()) };
                    (place.at, place.context) = (at, Context::first_in(*outer).passed());
                }
            }
        }
    }

    /// The value at `at`, after a passage; returns where it ends.
    #[inline(never)]
    fn value(&mut self, line: &[u8], at: usize, index: usize, trie: &mut Trie, record: &mut Record) -> Option<usize> {
        let words = self.known.words(index)?;
        let (node, is_wanted) = (words.node, words.is_wanted);
        let rest = line.get(at..)?;
        if rest.first() == Some(&b'"') {
            if let Some(end) = string::plain_end(line, at + 1) {
                if is_wanted {
                    let text = Span { start: at as u32 + 1, length: (end - at - 1) as u32, unescaped: false };
                    trie.fill(node, Value::Text(text), record);
                }
                return Some(end + 1);
            }
            let mut scanner = Scanner::inside(line, at, self.open.len());
            let value = if is_wanted { scanner.text(record) } else { scanner.string().map(|_| Value::Absent) };
            line::is_text(scanner.passed_since(at)).then_some(())?;
            let value = value.ok()?;
            if is_wanted {
                trie.fill(node, value, record);
            }
            return Some(scanner.position());
        }
        if let Some((value, length)) = number::scan(rest) {
            trie.fill_number(node, value, at..at + length, record);
            return Some(at + length);
        }
        let mut scanner = Scanner::inside(line, at, self.open.len());
        self.other_value(&mut scanner, node, trie, record)?;
        Some(scanner.position())
    }

    /// A value that is neither number nor text.
    fn other_value(
        &mut self,
        scanner: &mut Scanner<'_>,
        node: usize,
        trie: &mut Trie,
        record: &mut Record,
    ) -> Option<()> {
        let start = scanner.position();
        if !matches!(scanner.peek(), Some(b'{' | b'[')) {
            let value = scanner.word().ok()?;
            trie.fill(node, value, record);
            return Some(());
        }
        if trie.node(node).is_none() {
            scanner.skip_value().ok()?;
        } else {
            let mut fill = Fill { scanner: *scanner, trie, record, unescaped_key: &mut self.unescaped_key };
            fill.value(node).ok()?;
            *scanner = fill.scanner;
        }
        line::is_text(scanner.passed_since(start)).then_some(())
    }

    /// Reads the passage at a place by the grammar and remembers it.
    #[inline(never)]
    fn learn(&mut self, line: &[u8], place: Place, view: &[u8; VIEW], trie: &Trie) -> Option<usize> {
        let (kind, words) = self.read(line, place.at, place.context, trie)?;
        (words.text.len() <= LONGEST).then_some(())?;
        let targets = trie.targets(words.node);
        Some(self.known.add(kind, words, targets, place, view))
    }

    fn read(&mut self, line: &[u8], at: usize, context: Context, trie: &Trie) -> Option<(Kind, Words)> {
        let mut scanner = Scanner::inside(line, at, self.open.len());
        if context == Context::START {
            scanner = Scanner::inside(line, line::content(line), 0);
            scanner.skip_whitespace();
            return opening(line, at, scanner, ROOT);
        }
        scanner.skip_whitespace();
        if scanner.take(b"}") {
            let bracket = scanner.position() - 1 - at;
            let is_end = self.open.len() == 1;
            if is_end {
                scanner.end().ok()?;
            }
            let words = Words { bracket, ..Words::new(line.get(at..scanner.position())?) };
            return Some((if is_end { Kind::End } else { Kind::Close }, words));
        }
        if !context.is_first() {
            scanner.take(b",").then_some(())?;
            scanner.skip_whitespace();
        }
        let raw = scanner.string().ok()?;
        line::is_text(raw.bytes).then_some(())?;
        let object = self.open.last()?.0;
        let node = if raw.escaped {
            self.unescaped_key.clear();
            string::unescape(raw.bytes, &mut self.unescaped_key);
            trie.look_up(object, &self.unescaped_key)
        } else {
            trie.look_up(object, raw.bytes)
        };
        scanner.colon().ok()?;
        let wanted = node.and_then(|node| trie.node(node));
        if let Some(node) = node.filter(|_| wanted.is_some_and(|node| node.has_keys()) && scanner.peek() == Some(b'{'))
        {
            return opening(line, at, scanner, node);
        }
        let words = Words::new(line.get(at..scanner.position())?);
        let is_wanted = wanted.is_some_and(|node| node.is_wanted());
        Some((Kind::Member, Words { node: node.unwrap_or(usize::MAX), is_wanted, ..words }))
    }
}

/// The passage from `at` on that opens an object where the scanner stands.
fn opening(line: &[u8], at: usize, mut scanner: Scanner<'_>, node: usize) -> Option<(Kind, Words)> {
    let bracket = scanner.position() - at;
    scanner.take(b"{").then_some(())?;
    scanner.skip_whitespace();
    Some((Kind::Open, Words { node, bracket, ..Words::new(line.get(at..scanner.position())?) }))
}

/// The length of a plain text whose quote stands at `at`.
#[inline(never)]
fn long_end(line: &[u8], at: usize) -> Option<usize> {
    Some(string::plain_end(line, at + 1)? - at - 1)
}

/// Passes simple passages with the numbers and plain texts behind them. `place` is then that of the first that is not
/// simple or has another value; returns that passage, or [`START`] when it is not known, and the last pair of passages of
/// which one was not guessed to come after the other.
#[inline(always)]
fn simple(
    known: &Known,
    place: &mut Place,
    line: &[u8],
    padded: &Padded<'_>,
    record: &mut Record,
) -> (usize, Option<(usize, usize)>) {
    let mut next = known.guess(place.last);
    let mut wrong = None;
    loop {
        let Some(view) = padded.view(place.at) else { return (START, wrong) };
        let Some(mut passage) = known.passage(next) else { return (START, wrong) };
        let value = match passage.simple(place.context, view) {
            Some(value) => value,
            None => {
                if !known.fits(next, line, place.at, place.context, view) {
                    next = known.find(line, place.at, place.context, view);
                    if next == START {
                        return (START, wrong);
                    }
                    wrong = Some((place.last, next));
                }
                let Some(found) = known.passage(next) else { return (START, wrong) };
                let Some(value) = found.simple(place.context, view) else { return (next, wrong) };
                passage = found;
                value
            }
        };
        let start = place.at + passage.length();
        let length = if value[0] == b'"' {
            let Some(length) = string::short_end(value).or_else(|| long_end(line, start)) else { return (next, wrong) };
            let text = Span { start: start as u32 + 1, length: length as u32, unescaped: false };
            passage.set(record, Value::Text(text));
            length + 2
        } else {
            let Some((value, length)) = number::usual(value) else {
                return (known.exact(next, line, place.at, place.context, view), wrong);
            };
            passage.set_number(record, value, start, length);
            length
        };
        *place = Place { at: start + length, last: next, context: place.context.passed() };
        next = passage.next();
    }
}

#[cfg(test)]
mod tests {
    use crate::decode::jsonl::JsonLines;
    use crate::decode::{Decoded, Decoder, FieldPath, FieldPlan, Record, Value};
    use proptest::prelude::*;

    const WANTED: &[&[&str]] = &[
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

    fn decoder() -> JsonLines {
        of_slots(|plan, paths| plan.slot(paths))
    }

    fn of_slots(ask: impl Fn(&mut FieldPlan, Vec<FieldPath>) -> usize) -> JsonLines {
        let mut plan = FieldPlan::default();
        for paths in WANTED {
            ask(&mut plan, paths.iter().map(|path| FieldPath::parse(path)).collect());
        }
        plan.slot(vec![FieldPath::from_segments(Vec::new())]);
        JsonLines::new(&plan)
    }

    /// Everything there is to know of a record.
    fn contents(record: &Record, line: &[u8]) -> Vec<String> {
        let slot = |slot: usize| {
            let value = match record.value(slot) {
                Value::Number { value, text } => format!("{:x} from {text:?}", value.to_bits()),
                Value::Text(text) | Value::Nested(text) => {
                    format!("{:?} is {:?}", record.value(slot), record.text(line, text))
                }
                value => format!("{value:?}"),
            };
            format!("{value} by {:?}", record.rank(slot))
        };
        (0..=WANTED.len()).map(slot).collect()
    }

    /// Slots for numbers hold what other slots do.
    fn has_numbers_of(record: &Record, expected: &Record) {
        for slot in 0..WANTED.len() {
            let number = if record.has_others() { record.number(slot) } else { record.numbers(slot, 1).unwrap()[0] };
            match expected.value(slot) {
                Value::Number { value, .. } if !value.is_nan() && !number.is_nan() => {
                    assert_eq!(value.to_bits(), number.to_bits(), "slot {slot}");
                }
                value => {
                    assert!(number.is_nan(), "slot {slot}: {number}");
                    assert!(value == Value::Absent || record.has_others(), "slot {slot}");
                    assert_eq!(format!("{value:?}"), format!("{:?}", record.value(slot)), "slot {slot}");
                }
            }
        }
    }

    /// The learned way says what the strict parser says, whatever was learned before.
    fn agree(lines: &[Vec<u8>]) {
        let (mut learned, mut strict) = (decoder(), decoder());
        let mut of_numbers = [0, 1].map(|_| of_slots(FieldPlan::number));
        let (mut one, mut other, mut third) = (Record::default(), Record::default(), Record::default());
        for line in lines.iter().chain(lines) {
            let shown = String::from_utf8_lossy(line);
            let expected = strict.decode_strictly(line, &mut other);
            assert_eq!(expected, learned.decode(line, &mut one), "{shown}");
            if expected == Ok(Decoded::Record) {
                assert_eq!(contents(&other, line), contents(&one, line), "{shown}");
                let [learned, strict] = &mut of_numbers;
                assert_eq!(expected, learned.decode(line, &mut third), "{shown}");
                has_numbers_of(&third, &other);
                assert_eq!(expected, strict.decode_strictly(line, &mut third), "{shown}");
                has_numbers_of(&third, &other);
            }
        }
    }

    fn scalar() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][-+]?[0-9]{1,3})?",
            2 => any::<f64>().prop_map(|number| format!("{number:?}")),
            2 => "\"[a-z ]{0,12}\"",
            1 => prop::sample::select(&[
                "null", "true", "false", "NaN", "Infinity", "-Infinity", "nul", "\"x\\n\"", "\"\\u00e4\\ud83d\"", "\"ä😀\"",
                "\"\\x\"", "\"", "01", "-", "1.", "[]", "{}", "[1,\"]\",{\"a\":2}]", "[[],{\"a\":\"\\t\"}]", "{\"a\":1,\"a\":[2]}", "",
            ][..]).prop_map(str::to_owned),
        ]
    }

    fn object() -> impl Strategy<Value = String> {
        let key = prop::sample::select(
            &[
                "a",
                "b",
                "c",
                "f",
                "g",
                "x",
                "\\u0061",
                "d\\\"e",
                "ä",
                "",
                "a rather long key, longer than thirty-two bytes",
            ][..],
        );
        let member = |value: BoxedStrategy<String>| {
            (key.clone(), prop::sample::select(&["", "", "", " ", "\t "][..]), value)
                .prop_map(|(key, space, value)| format!("\"{key}\"{space}:{space}{value}"))
        };
        let members = |value: BoxedStrategy<String>| {
            (prop::collection::vec(member(value), 0..6), prop::sample::select(&[",", ",", ", ", " ,", ",,"][..]))
                .prop_map(|(members, comma)| format!("{{{}}}", members.join(comma)))
        };
        let inner = members(scalar().boxed());
        let middle = members(prop_oneof![3 => scalar(), 1 => inner].boxed());
        members(prop_oneof![3 => scalar(), 1 => middle].boxed())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn lines_of_many_shapes_are_as_the_strict_parser_has_them(
            lines in prop::collection::vec(object(), 1..6),
            ends in prop::sample::select(&[("", ""), ("\u{feff}", ""), (" ", "\r"), ("", " x")][..]),
        ) {
            let lines: Vec<Vec<u8>> = lines.iter().map(|line| format!("{}{line}{}", ends.0, ends.1).into_bytes()).collect();
            agree(&lines);
        }

        #[test]
        fn damaged_lines_are_as_the_strict_parser_has_them(
            line in object(),
            damages in prop::collection::vec((any::<prop::sample::Index>(), 0u8..4, any::<u8>()), 1..8),
        ) {
            let mut lines = vec![line.into_bytes()];
            for (place, how, byte) in damages {
                let mut line = lines[0].clone();
                let place = place.index(line.len() + 1);
                match how {
                    0 => line.insert(place, byte),
                    1 => line.insert(place, b"{}[]\",:\\ 1-.e"[usize::from(byte) % 13]),
                    2 => line.truncate(place),
                    _ => drop(line.splice(place.saturating_sub(1)..place, [byte])),
                }
                lines.push(line);
            }
            agree(&lines);
        }
    }

    #[test]
    fn values_that_change_their_kind_are_read_as_they_are() {
        let lines = [
            r#"{"a":1,"f":{"a":2,"b":3},"b":4}"#,
            r#"{"a":"x","f":3,"b":4}"#,
            r#"{"a":{"a":1},"f":[1],"b":null}"#,
            r#"{"a":[{"a":1}],"f":{"a":{"b":1},"b":3},"b":4}"#,
            r#"{"a":1,"f":{},"b":4}"#,
            r#"{"f":{"a":2},"b":4,"a":1}"#,
            r#"{"a":1,"f":{"a":2,"b":3}}"#,
            r#"{"a":1,"f":{"a":2,"b":3},"b":4} "#,
            r#"{"a":1,"f":{"a":2,"b":3},"b":4}x"#,
            r#"{"a":1,"f":{"a":2,"b":3},"b":4"#,
        ];
        agree(&lines.map(|line| line.as_bytes().to_vec()));
    }

    #[test]
    fn keys_that_begin_alike_are_told_apart_and_long_ones_are_not_remembered() {
        let prefix = "a".repeat(70);
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for key in 0..60 {
            lines.push(format!(r#"{{"{prefix}{key}":1,"\"{key}":2,"a":{key}}}"#).into_bytes());
            lines.push(format!(r#"{{"a":{key},"\"{key}":2,"{prefix}{key}":1}}"#).into_bytes());
        }
        agree(&lines);
        let long: Vec<Vec<u8>> =
            (0..20).map(|key| format!(r#"{{"{key}{}":1,"a":{key}}}"#, "x".repeat(10_000)).into_bytes()).collect();
        agree(&long);
        let mut decoder = decoder();
        let mut decode = |line: &[u8]| assert_eq!(Ok(Decoded::Record), decoder.decode(line, &mut Record::default()));
        lines.iter().chain(&long).for_each(|line| decode(line));
        let known = &decoder.learned.known;
        assert!(known.is_within_bounds() && known.longest() <= super::LONGEST);
        assert!(known.most_alike() <= 2, "hashes of keys that begin alike");
    }

    #[test]
    fn more_shapes_than_can_be_remembered_are_learned_anew() {
        let lines: Vec<Vec<u8>> = (0..2_000).map(|key| format!(r#"{{"k{key}":1,"a":{key}}}"#).into_bytes()).collect();
        agree(&lines);
        let mut decoder = decoder();
        for line in &lines {
            assert_eq!(Ok(Decoded::Record), decoder.decode(line, &mut Record::default()));
        }
        assert!(decoder.learned.known.is_within_bounds());
    }
}
