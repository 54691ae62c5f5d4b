//! The text between two values of a JSON line, and how it is compared.

use super::json::string;
use super::trie::Target;
use super::{Record, Span, Value};
use xxhash_rust::xxh3::xxh3_64;

/// What is looked at of a line at a time: a passage of up to half of it, and a number behind.
pub(super) const VIEW: usize = 64;
/// The longest passage that is remembered.
pub(super) const LONGEST: usize = 512;
/// The longest passage that is compared at once.
const SHORT: usize = 16;

/// Where in a line a passage stands: in which object, and whether it is the first there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Context(u32);

impl Context {
    /// At the start of a line, outside of any object.
    pub(super) const START: Context = Context(u32::MAX);
    /// Nowhere.
    const NOWHERE: Context = Context(u32::MAX - 1);

    /// At the start of the object of this node.
    #[inline]
    pub(super) fn first_in(node: usize) -> Context {
        Context((node as u32) << 1 | 1)
    }

    /// Behind the first value.
    #[inline]
    pub(super) fn passed(self) -> Context {
        Context(self.0 & !1)
    }

    #[inline]
    pub(super) fn is_first(self) -> bool {
        self.0 & 1 == 1
    }

    /// A hash of it and of the key that `view` begins with, if there is one. `text` is what `view` is the beginning of:
    /// more of it is looked at when the key does not end in view.
    #[inline]
    pub(super) fn hash<'a>(self, view: &[u8; VIEW], text: impl FnOnce() -> &'a [u8]) -> usize {
        let key = match view {
            [b',', b'"', ..] => 2,
            [b'"', ..] => 1,
            [b',', b' ', b'"', ..] => 3,
            _ => space(view),
        };
        let hash = u64::from(self.0) ^ (key as u64) << 40;
        let (first, second) = (word(view, key), word(view, key + 8));
        let (before, after) = (string::before_quote(first), string::before_quote(second));
        // Nothing of the second word when the key ends in the first: which of them it is would be no guess.
        let after = if before == u64::MAX { after } else { 0 };
        let mut hash = (hash ^ first & before).wrapping_mul(MIX) ^ second & after;
        let mut end = key + (before.trailing_ones() + after.trailing_ones()) as usize / 8;
        if end == key + 16 {
            (hash, end) = longer(hash, view, end);
        }
        // A quote behind a backslash ends nothing.
        if view.get(end - 1).is_none_or(|byte| *byte == b'\\') && key < VIEW {
            hash = with_key(hash, text(), key);
        }
        hash = hash.wrapping_mul(MIX);
        (hash >> 32 ^ hash) as usize & usize::MAX >> 1
    }
}

const MIX: u64 = 0x9E37_79B9_7F4A_7C15;

#[inline(always)]
fn word(view: &[u8; VIEW], at: usize) -> u64 {
    view.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u64::from_le_bytes(*word))
}

/// The hash with what there is of a key from `at` on, and where its quote is; behind all when it is not in view.
#[inline(never)]
fn longer(mut hash: u64, view: &[u8; VIEW], from: usize) -> (u64, usize) {
    for at in (from..VIEW - 7).step_by(8) {
        let word = word(view, at);
        let before = string::before_quote(word);
        hash = (hash ^ word & before).wrapping_mul(MIX);
        if before != u64::MAX {
            return (hash, at + before.trailing_ones() as usize / 8);
        }
    }
    (hash, 2 * VIEW)
}

/// Where the key begins behind space that is neither none nor what is usual; behind all when there is no key.
#[cold]
#[inline(never)]
fn space(view: &[u8; VIEW]) -> usize {
    let space = view.iter().take_while(|byte| matches!(**byte, b',' | b' ' | b'\t')).count();
    match view.get(space) {
        Some(b'"') => space + 1,
        _ => VIEW,
    }
}

/// The hash with all of a key that begins at `start`.
#[cold]
#[inline(never)]
fn with_key(hash: u64, text: &[u8], start: usize) -> u64 {
    let rest = text.get(start..text.len().min(LONGEST)).unwrap_or_default();
    hash ^ xxh3_64(string::up_to_quote(rest))
}

/// What a passage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key; its value comes next.
    Member,
    /// An object opens, the record itself or one that has a key.
    Open,
    /// The innermost object closes.
    Close,
    /// The record closes, and nothing comes behind it.
    End,
}

/// The slot of a value that nobody wants.
const NOWHERE: Target = Target { slot: usize::MAX, rank: 0, is_number: false };

/// The rank of a number in a slot that is not for one: no numbers have it.
const NO_NUMBER: u16 = u16::MAX - 1;

/// What is compared of a passage, and what is needed for a value behind it.
#[derive(Debug)]
pub(super) struct Passage {
    /// Its first bytes, and which of them there are.
    head: u128,
    mask: u128,
    /// Its last bytes, when it is longer.
    tail: u128,
    /// The context of a simple one: a key, not long, whose value is wanted by one slot at most. Most are.
    simple: Context,
    context: Context,
    length: u32,
    /// The passage that came next in the last line.
    next: u32,
    slot: u32,
    rank: u8,
    /// The same of a slot for a number.
    number_rank: u16,
    kind: Kind,
}

/// The rest of a passage.
#[derive(Debug, Default)]
pub(super) struct Words {
    pub(super) text: Box<[u8]>,
    /// The node of its value or of the object that opens; no node when that is not wanted.
    pub(super) node: usize,
    /// Whether the value itself is wanted.
    pub(super) is_wanted: bool,
    /// Where in the text its bracket is.
    pub(super) bracket: usize,
    /// Of its context and key.
    pub(super) hash: usize,
}

impl Words {
    pub(super) fn new(text: &[u8]) -> Words {
        Words { text: text.into(), ..Words::default() }
    }
}

impl Passage {
    /// What comes before the first passage: it fits nowhere.
    pub(super) fn start() -> Passage {
        Passage::new(Kind::Member, Context::NOWHERE, &Words::default(), &[])
    }

    /// A passage whose value has these targets.
    pub(super) fn new(kind: Kind, context: Context, words: &Words, targets: &[Target]) -> Passage {
        let text = &words.text;
        let mut head = [0; SHORT];
        let mut mask = [0; SHORT];
        for ((head, mask), byte) in head.iter_mut().zip(&mut mask).zip(text) {
            (*head, *mask) = (*byte, u8::MAX);
        }
        let target = match targets {
            [] => Some(NOWHERE),
            [target] => Some(*target),
            _ => None,
        };
        let is_simple = kind == Kind::Member && text.len() < VIEW / 2 && target.is_some();
        let Target { slot, rank, is_number } = target.unwrap_or(NOWHERE);
        Passage {
            head: u128::from_le_bytes(head),
            mask: u128::from_le_bytes(mask),
            tail: text.last_chunk().map_or(0, |tail| u128::from_le_bytes(*tail)),
            simple: if is_simple { context } else { Context::NOWHERE },
            context,
            length: text.len() as u32,
            next: 0,
            slot: u32::try_from(slot).unwrap_or(u32::MAX),
            rank,
            number_rank: if is_number { rank.into() } else { NO_NUMBER },
            kind,
        }
    }

    /// Whether it may begin in this context with these bytes.
    #[inline(always)]
    pub(super) fn begins(&self, context: Context, view: &[u8; VIEW]) -> bool {
        self.context == context && self.has_head(view)
    }

    /// Whether one that begins at `at` goes on as it should.
    #[inline]
    pub(super) fn fits(&self, words: &Words, line: &[u8], at: usize) -> bool {
        let end = at + self.length();
        let is_whole = self.length() <= SHORT || line.get(at..end).is_some_and(|found| *found == *words.text);
        is_whole
            && match self.kind {
                // Space behind a colon is of the passage; behind other ones it is of the next.
                Kind::Member => !matches!(line.get(end), Some(b' ' | b'\t' | b'\n' | b'\r')),
                Kind::End => end == line.len(),
                Kind::Open | Kind::Close => true,
            }
    }

    /// What stands behind it if it is a simple one that fits.
    #[inline(always)]
    pub(super) fn simple<'v>(&self, context: Context, view: &'v [u8; VIEW]) -> Option<&'v [u8; VIEW / 2]> {
        if self.simple != context || !self.has_head(view) {
            return None;
        }
        let length = self.length as usize % (VIEW / 2);
        if length > SHORT {
            let tail = view.get(length - SHORT..)?.first_chunk::<SHORT>()?;
            if u128::from_le_bytes(*tail) != self.tail {
                return None;
            }
        }
        view.get(length..)?.first_chunk()
    }

    #[inline(always)]
    fn has_head(&self, view: &[u8; VIEW]) -> bool {
        let bytes = view.first_chunk::<SHORT>().map_or(0, |bytes| u128::from_le_bytes(*bytes));
        (bytes ^ self.head) & self.mask == 0
    }

    /// Gives the value behind a simple one to the slot that wants it.
    #[inline(always)]
    pub(super) fn set(&self, record: &mut Record, value: Value) {
        let is_number = self.number_rank != NO_NUMBER;
        Target { slot: self.slot as usize, rank: self.rank, is_number }.set(value, record);
    }

    /// [`Passage::set`] of a number that is not NaN and stands there in the line.
    #[inline(always)]
    pub(super) fn set_number(&self, record: &mut Record, value: f64, start: usize, length: usize) {
        if !record.put_number(self.slot as usize, self.number_rank, value) {
            let text = Span { start: start as u32, length: length as u32, unescaped: false };
            self.set(record, Value::Number { value, text });
        }
    }

    #[inline(always)]
    pub(super) fn length(&self) -> usize {
        self.length as usize
    }

    #[inline(always)]
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    #[inline(always)]
    pub(super) fn next(&self) -> usize {
        self.next as usize
    }

    /// Remembers what came next.
    pub(super) fn guess(&mut self, next: usize) {
        self.next = next as u32;
    }
}

/// A line, and its end again with zeros behind it, which no passage and no value has.
pub(super) struct Padded<'a> {
    line: &'a [u8],
    /// The last [`VIEW`] bytes of the line from `from` on, or all of a shorter one.
    tail: [u8; 2 * VIEW],
    from: usize,
}

impl<'a> Padded<'a> {
    #[inline(always)]
    pub(super) fn new(line: &'a [u8]) -> Padded<'a> {
        Padded { line, tail: [0; 2 * VIEW], from: line.len().saturating_sub(VIEW) }
    }

    /// Takes the end of the line, without which all views near it are zeros. Where it is to stay: a copy made right
    /// behind it would wait for it.
    #[inline(always)]
    pub(super) fn fill(&mut self) {
        match self.line.last_chunk::<VIEW>() {
            Some(last) => self.tail[..VIEW].copy_from_slice(last),
            None => self.tail.iter_mut().zip(self.line).for_each(|(tail, byte)| *tail = *byte),
        }
    }

    /// The bytes from `at` on; `None` behind the end of the line.
    #[inline(always)]
    pub(super) fn view(&self, at: usize) -> Option<&[u8; VIEW]> {
        let rest = self.line.get(at..)?;
        match rest.first_chunk() {
            Some(view) => Some(view),
            None => self.tail.get(at - self.from..)?.first_chunk(),
        }
    }
}
