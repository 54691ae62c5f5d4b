//! JSON lines by what earlier lines were like: the text between two values is compared, only the values are read.
//!
//! Lines of one server have one shape, or a few. What stands between two values is a *passage*: the end of a member,
//! the key of the next one, brackets that open and close on the way. A passage was read by the grammar once; where the
//! same text comes again in the same object, it means the same. So each passage is followed by a guess, the one that
//! followed it in the last line, and a guess that fits costs one comparison. Where none fits the grammar reads on and
//! the passage is learned. Fields that are left out, or that change their places, are passages like any other.
//!
//! Between passages the values are read by the same scanner as ever, into the same slots in the same order. Text that
//! was learned is valid UTF-8, and other text is checked piece by piece. What is not as it should be is no matter of
//! this file: [`Learned::decode`] gives up, and the strict parser has the last word on the whole line.

use super::json::{Scanner, string};
use super::jsonl::Fill;
use super::trie::{ROOT, Trie};
use super::{Record, Span, Value, line, number};
use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

/// No node: the value is not wanted, or there is none.
const NONE: usize = usize::MAX;
/// The passage before the first one: it has no text, only a guess.
const START: usize = 0;
/// Passages remembered beside two for each step of a wanted path; with one more all are forgotten and learned anew.
const SPARE: usize = 256;
/// Guesses tried one after the other: when fields are left out, the guess of a guess fits.
const GUESSES: usize = 4;

/// The text between two values.
#[derive(Debug, Default)]
struct Passage {
    /// Its first 16 bytes, and which of them there are.
    head: u128,
    mask: u128,
    length: usize,
    /// The object it begins in, [`NONE`] at the start of a line.
    object: usize,
    /// The passage that came next in the last line.
    next: usize,
    /// The slot that wants the value that comes next, and the rank of its path, when there is exactly one.
    target: Option<(usize, u8)>,
    /// The same of a simple one.
    slot: usize,
    rank: u8,
    /// Whether it is at most 16 bytes in the same object, and its value has a target: most are.
    is_simple: bool,
    /// Whether the text of that value is wanted.
    is_wanted: bool,
    /// Whether no value comes, because it is the end of the line.
    is_end: bool,
    /// The node of the value.
    node: usize,
    /// Its last 16 bytes; 0 when it has fewer.
    tail: u128,
    text: Box<[u8]>,
    /// Objects that open and close on the way, by the place in the text.
    turns: Box<[Turn]>,
}

#[derive(Clone, Copy, Debug)]
enum Turn {
    /// The object of this node opens here.
    Open { node: usize, offset: usize },
    /// The innermost object has closed just before.
    Close { offset: usize },
}

/// What was learned of the lines of a file.
#[derive(Debug)]
pub(super) struct Learned {
    passages: Vec<Passage>,
    /// Passages by the object they begin in and their text.
    by_text: HashTable<usize>,
    most: usize,
    /// Objects that are open: node and first byte.
    open: Vec<(usize, usize)>,
    /// The same for what is explored.
    inside: Vec<usize>,
    unescaped_key: Vec<u8>,
}

impl Learned {
    /// Nothing yet, for a plan with so many steps.
    pub(super) fn new(steps: usize) -> Learned {
        Learned {
            // Nothing begins where this one does, so it is never a guess that fits.
            passages: vec![Passage { object: NONE - 1, ..Passage::default() }],
            by_text: HashTable::new(),
            most: 2 * steps + SPARE,
            open: Vec::new(),
            inside: Vec::new(),
            unescaped_key: Vec::new(),
        }
    }

    /// Fills the wanted slots of `record`, which was reset. `None` when the line is no JSON object, not valid UTF-8, or
    /// empty; the record is not to be used then.
    #[inline]
    pub(super) fn decode(&mut self, line: &[u8], trie: &mut Trie, record: &mut Record) -> Option<()> {
        u32::try_from(line.len()).ok()?;
        self.open.clear();
        let (mut at, mut last, mut object) = (0, START, NONE);
        loop {
            simple(&self.passages, &mut last, &mut at, object, line, record);
            let rest = line.get(at..)?;
            let next = self.passages.get(last)?.next;
            let (index, passage) = match self.passages.get(next) {
                Some(passage) if passage.object == object && passage.fits(rest) => (next, passage),
                _ => {
                    let index = match guess(&self.passages, next, object, rest) {
                        Some(index) => index,
                        None => self.explore(line, at, last, trie)?,
                    };
                    (index, self.passages.get(index)?)
                }
            };
            let start = at;
            at += passage.length;
            if !passage.turns.is_empty() {
                for turn in &passage.turns {
                    match turn {
                        Turn::Open { node, offset } => self.open.push((*node, start + offset)),
                        Turn::Close { offset } => {
                            let (node, first) = self.open.pop()?;
                            let text =
                                Span { start: first as u32, length: (start + offset - first) as u32, unescaped: false };
                            trie.fill(node, Value::Nested(text), record);
                        }
                    }
                }
                object = self.open.last().map_or(NONE, |(node, _)| *node);
            }
            if passage.is_end {
                return Some(());
            }
            last = index;
            let rest = line.get(at..)?;
            if rest.first() == Some(&b'"') {
                if let Some(end) = string::plain_end(line, at + 1) {
                    if passage.is_wanted {
                        let text = Span { start: at as u32 + 1, length: (end - at - 1) as u32, unescaped: false };
                        match passage.target {
                            Some((slot, rank)) => record.set(slot, rank, Value::Text(text)),
                            None => trie.fill(passage.node, Value::Text(text), record),
                        }
                    }
                    at = end + 1;
                    continue;
                }
                let (node, is_wanted) = (passage.node, passage.is_wanted);
                let mut scanner = Scanner::inside(line, at, self.open.len());
                let value = if is_wanted { scanner.text(record) } else { scanner.string().map(|_| Value::Absent) };
                line::is_text(scanner.passed_since(at)).then_some(())?;
                let value = value.ok()?;
                if is_wanted {
                    trie.fill(node, value, record);
                }
                at = scanner.position();
                continue;
            }
            if let Some((value, length)) = number::scan(rest) {
                match passage.target {
                    Some((slot, rank)) => {
                        let text = Span { start: at as u32, length: length as u32, unescaped: false };
                        record.set(slot, rank, Value::Number { value, text });
                    }
                    None => trie.fill_number(passage.node, value, at..at + length, record),
                }
                at += length;
                continue;
            }
            let node = passage.node;
            let mut scanner = Scanner::inside(line, at, self.open.len());
            self.other_value(&mut scanner, node, trie, record)?;
            at = scanner.position();
        }
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
        if node == NONE {
            scanner.skip_value().ok()?;
        } else {
            let mut fill = Fill { scanner: *scanner, trie, record, unescaped_key: &mut self.unescaped_key };
            fill.value(node).ok()?;
            *scanner = fill.scanner;
        }
        line::is_text(scanner.passed_since(start)).then_some(())
    }

    /// The passage at `at` among all that are known, or read by the grammar and remembered.
    fn explore(&mut self, line: &[u8], at: usize, last: usize, trie: &Trie) -> Option<usize> {
        if let Some(index) = self.known(line, at) {
            if let Some(last) = self.passages.get_mut(last).filter(|_| last != index) {
                last.next = index;
            }
            return Some(index);
        }
        let passage = self.read(line, at, trie)?;
        let hashed = hash(passage.object, &passage.text);
        let same = |index: &usize| {
            self.passages.get(*index).is_some_and(|known| known.object == passage.object && known.text == passage.text)
        };
        let found = self.by_text.find(hashed, same).copied();
        let index = match found {
            Some(index) => index,
            None => {
                if self.passages.len() >= self.most {
                    self.by_text.clear();
                    self.passages.truncate(1);
                }
                let index = self.passages.len();
                self.passages.push(passage);
                let passages = &self.passages;
                let rehash = |index: &usize| passages.get(*index).map_or(0, |known| hash(known.object, &known.text));
                self.by_text.insert_unique(hashed, index, rehash);
                index
            }
        };
        if let Some(last) = self.passages.get_mut(last).filter(|_| last != index) {
            last.next = index;
        }
        Some(index)
    }

    /// A known passage with the text at `at`, as far as that can be told without the grammar: what was learned is right
    /// wherever it stands again.
    fn known(&self, line: &[u8], at: usize) -> Option<usize> {
        let object = self.open.last()?.0;
        let text = line.get(at..passage_end(line, at)?)?;
        let same = |index: &usize| {
            self.passages.get(*index).is_some_and(|known| known.object == object && *known.text == *text)
        };
        self.by_text.find(hash(object, text), same).copied()
    }

    fn read(&mut self, line: &[u8], at: usize, trie: &Trie) -> Option<Passage> {
        let Learned { open, inside, unescaped_key, .. } = self;
        inside.clear();
        inside.extend(open.iter().map(|(node, _)| *node));
        let object = inside.last().copied().unwrap_or(NONE);
        let mut turns = Vec::new();
        let mut scanner = Scanner::inside(line, at, inside.len());
        let mut more = match inside.is_empty() {
            false => scanner.next_member().ok()?,
            true => {
                scanner = Scanner::inside(line, line::content(line), 0);
                scanner.skip_whitespace();
                enter(&mut scanner, ROOT, at, inside, &mut turns)?
            }
        };
        let passage = loop {
            if !more {
                turns.push(Turn::Close { offset: scanner.position() - at });
                inside.pop()?;
                if inside.is_empty() {
                    scanner.end().ok()?;
                    break Passage { is_end: true, node: NONE, ..Passage::default() };
                }
                more = scanner.next_member().ok()?;
                continue;
            }
            let raw = scanner.string().ok()?;
            line::is_text(raw.bytes).then_some(())?;
            let object = *inside.last()?;
            let node = if raw.escaped {
                unescaped_key.clear();
                string::unescape(raw.bytes, unescaped_key);
                trie.look_up(object, unescaped_key)
            } else {
                trie.look_up(object, raw.bytes)
            };
            scanner.colon().ok()?;
            match node.and_then(|node| trie.node(node)) {
                Some(wanted) if wanted.has_keys() && scanner.peek() == Some(b'{') => {
                    more = enter(&mut scanner, node?, at, inside, &mut turns)?;
                }
                wanted => {
                    let is_wanted = wanted.is_some_and(|node| node.is_wanted());
                    let target = node.and_then(|node| trie.only_target(node));
                    break Passage { node: node.unwrap_or(NONE), target, is_wanted, ..Passage::default() };
                }
            }
        };
        let text: Box<[u8]> = line.get(at..scanner.position())?.into();
        let mut head = [0; 16];
        let mut mask = [0; 16];
        for ((head, mask), byte) in head.iter_mut().zip(&mut mask).zip(&text) {
            (*head, *mask) = (*byte, u8::MAX);
        }
        let (head, mask) = (u128::from_le_bytes(head), u128::from_le_bytes(mask));
        let tail = text.last_chunk().map_or(0, |tail| u128::from_le_bytes(*tail));
        let is_simple = text.len() <= 16 && turns.is_empty() && passage.target.is_some();
        let (slot, rank) = passage.target.unwrap_or_default();
        let (length, turns) = (text.len(), turns.into());
        Some(Passage { head, mask, tail, length, text, object, turns, is_simple, slot, rank, ..passage })
    }
}

/// Opens an object; says whether a key comes next.
fn enter(
    scanner: &mut Scanner<'_>,
    node: usize,
    at: usize,
    inside: &mut Vec<usize>,
    turns: &mut Vec<Turn>,
) -> Option<bool> {
    turns.push(Turn::Open { node, offset: scanner.position() - at });
    inside.push(node);
    scanner.enter_object().ok()
}

/// Passes simple passages and the numbers and plain texts behind them for as long as each is the one that came next in
/// the last line. `last` and `at` are then those of the first that is not.
#[inline(always)]
fn simple(
    passages: &[Passage],
    last: &mut usize,
    at: &mut usize,
    object: usize,
    line: &[u8],
    record: &mut Record,
) -> Option<()> {
    let mut next = passages.get(*last)?.next;
    loop {
        let passage = passages.get(next)?;
        let chunk = u128::from_le_bytes(*line.get(*at..)?.first_chunk()?);
        if !passage.is_simple || passage.object != object || (chunk ^ passage.head) & passage.mask != 0 {
            return None;
        }
        let (slot, rank) = (passage.slot, passage.rank);
        let start = *at + passage.length;
        let rest = line.get(start..)?;
        let end = if rest.first() == Some(&b'"') {
            let end = string::plain_end(line, start + 1)?;
            let text = Span { start: start as u32 + 1, length: (end - start - 1) as u32, unescaped: false };
            record.set(slot, rank, Value::Text(text));
            end + 1
        } else {
            let (value, length) = number::usual(rest)?;
            let text = Span { start: start as u32, length: length as u32, unescaped: false };
            record.set(slot, rank, Value::Number { value, text });
            start + length
        };
        (*last, *at) = (next, end);
        next = passage.next;
    }
}

/// The passage that `rest` begins with, when it is one of those that came after `wrong` one before.
fn guess(passages: &[Passage], wrong: usize, object: usize, rest: &[u8]) -> Option<usize> {
    let mut guess = passages.get(wrong)?.next;
    for _ in 1..GUESSES {
        let passage = passages.get(guess)?;
        if passage.object == object && passage.fits(rest) {
            return Some(guess);
        }
        guess = passage.next;
    }
    None
}

/// Where a passage ends that begins at `at` and has at most one key, without escapes: before the value of that key, or at
/// the end of the line. `None` of any other.
fn passage_end(line: &[u8], at: usize) -> Option<usize> {
    let space = |mut at: usize| {
        while let Some(b' ' | b'\t') = line.get(at) {
            at += 1;
        }
        at
    };
    let mut at = space(at);
    while line.get(at) == Some(&b'}') {
        at = space(at + 1);
    }
    if at == line.len() {
        return Some(at);
    }
    let quote = line.get(at).filter(|byte| **byte == b',').map(|_| space(at + 1))?;
    let key = line.get(quote).filter(|byte| **byte == b'"').map(|_| quote + 1)?;
    let colon = space(string::plain_end(line, key)? + 1);
    line.get(colon).filter(|byte| **byte == b':').map(|_| space(colon + 1))
}

fn hash(object: usize, text: &[u8]) -> u64 {
    xxh3_64(text) ^ (object as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl Passage {
    /// Whether `rest` begins with it, or is it, at the end of a line.
    #[inline]
    fn fits(&self, rest: &[u8]) -> bool {
        match rest.first_chunk::<16>() {
            Some(chunk) if !self.is_end => {
                (u128::from_le_bytes(*chunk) ^ self.head) & self.mask == 0
                    && match self.length {
                        0..=16 => true,
                        length @ 17..=32 => {
                            let tail = rest.get(length - 16..).and_then(|rest| rest.first_chunk::<16>());
                            tail.is_some_and(|tail| u128::from_le_bytes(*tail) == self.tail)
                        }
                        _ => rest.starts_with(&self.text),
                    }
            }
            _ if self.is_end => *rest == *self.text,
            _ => rest.starts_with(&self.text),
        }
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
        let mut plan = FieldPlan::default();
        for paths in WANTED {
            plan.slot(paths.iter().map(|path| FieldPath::parse(path)).collect());
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

    /// The learned way says what the strict parser says, whatever was learned before.
    fn agree(lines: &[Vec<u8>]) {
        let (mut learned, mut strict) = (decoder(), decoder());
        let (mut one, mut other) = (Record::default(), Record::default());
        for line in lines.iter().chain(lines) {
            let shown = String::from_utf8_lossy(line);
            let expected = strict.decode_strictly(line, &mut other);
            assert_eq!(expected, learned.decode(line, &mut one), "{shown}");
            if expected == Ok(Decoded::Record) {
                assert_eq!(contents(&other, line), contents(&one, line), "{shown}");
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
    fn more_shapes_than_can_be_remembered_are_learned_anew() {
        let lines: Vec<Vec<u8>> = (0..2_000).map(|key| format!(r#"{{"k{key}":1,"a":{key}}}"#).into_bytes()).collect();
        agree(&lines);
        let mut decoder = decoder();
        for line in &lines {
            assert_eq!(Ok(Decoded::Record), decoder.decode(line, &mut Record::default()));
        }
        assert!(decoder.learned.passages.len() <= decoder.learned.most);
    }
}
