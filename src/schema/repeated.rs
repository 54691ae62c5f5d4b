//! Category texts that come again and again: each stands in a batch once, and is found there by comparing a few words.

use crate::decode::{Record, Span, Value};
use crate::event::{Batch, Kind, Packed};

/// Texts remembered of each feature.
const EACH: usize = 4;
/// The longest text that is remembered: two words.
const LONGEST: usize = 16;

/// The last texts of each feature in the batch that is filled.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    features: Vec<Recent>,
}

#[derive(Clone, Copy, Debug)]
struct Recent {
    /// A word of each key, by which it is found.
    words: [u64; EACH],
    texts: [(Key, Packed); EACH],
    /// The one that is forgotten next.
    oldest: usize,
}

/// A text by its length and its bytes, the first in the lowest byte of the first word, and zeros behind the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Key(usize, u64, u64);

impl Repeated {
    /// Forgets all: another batch is filled from now on.
    pub(super) fn clear(&mut self) {
        self.features.clear();
    }

    /// The value of a categorical feature in the batch, when it is one of the last; otherwise it is to be learned.
    #[inline(always)]
    pub(super) fn find(&self, feature: usize, span: Span, record: &Record, line: &[u8]) -> Option<Packed> {
        let recent = self.features.get(feature)?;
        let key = Key::of(span, record, line)?;
        let word = key.word();
        // Which of them it is changes from line to line: no branch on it would be guessed. If none, the first is looked at.
        let place = |place: usize| if recent.words[place] == word { place } else { 0 };
        let (known, text) = &recent.texts[place(1) | place(2) | place(3)];
        (*known == key).then_some(*text)
    }

    /// Adds the text of a categorical feature to the batch.
    #[inline(never)]
    pub(super) fn learn(
        &mut self,
        feature: usize,
        span: Span,
        record: &Record,
        line: &[u8],
        batch: &mut Batch,
    ) -> Packed {
        let key = Key::of(span, record, line);
        let datum = super::map::datum(Kind::Categorical, Value::Text(span), record, line, batch);
        let value = batch.pack(datum);
        let Some(key) = key else { return value };
        if self.features.len() <= feature {
            let none = Recent { words: [0; EACH], texts: [(Key::default(), value); EACH], oldest: 0 };
            self.features.resize(feature + 1, none);
        }
        if let Some(recent) = self.features.get_mut(feature) {
            let oldest = recent.oldest % EACH;
            (recent.words[oldest], recent.texts[oldest]) = (key.word(), (key, value));
            recent.oldest = oldest + 1;
        }
        value
    }
}

impl Key {
    /// The key of a text; `None` when it is too long or empty.
    #[inline(always)]
    pub(super) fn of(span: Span, record: &Record, line: &[u8]) -> Option<Key> {
        let text = line.get(span.start as usize..).filter(|_| !span.unescaped);
        match text.and_then(|text| text.first_chunk()) {
            Some(bytes) => Key::new(bytes, span.length as usize),
            None => Key::copied(record.bytes(line, span)),
        }
    }

    /// Of a text that these bytes begin with.
    #[inline(always)]
    fn new(bytes: &[u8; LONGEST], length: usize) -> Option<Key> {
        let [first, last] = MASKS.get(length.wrapping_sub(1))?;
        let [low, high] = bytes.as_chunks().0 else { return None };
        Some(Key(length, u64::from_le_bytes(*low) & first, u64::from_le_bytes(*high) & last))
    }

    /// Of a text that has not so many bytes behind it.
    #[inline(never)]
    fn copied(text: &[u8]) -> Option<Key> {
        let mut bytes = [0; LONGEST];
        bytes.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        Key::new(&bytes, text.len())
    }

    /// Nearly always another one for another text.
    #[inline]
    fn word(self) -> u64 {
        self.1 ^ self.2.rotate_left(29) ^ self.0 as u64
    }
}

/// By the length of a text, from one on: the bytes of two words that are its own.
static MASKS: [[u64; 2]; LONGEST] = masks();

const fn masks() -> [[u64; 2]; LONGEST] {
    let mut masks = [[0; 2]; LONGEST];
    let mut length = 1;
    while length <= LONGEST {
        let all = u128::MAX >> (8 * (LONGEST - length));
        masks[length - 1] = [all as u64, (all >> 64) as u64];
        length += 1;
    }
    masks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Datum;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_are_those_of_the_line(
            texts in prop::collection::vec((0usize..3, prop_oneof!["[ab]{0,3}", "[ab]{7,18}", "[äx]{0,9}"]), 0..60),
            behind in "[ -~]{0,9}",
        ) {
            let (mut repeated, mut batch, mut record) = (Repeated::default(), Batch::default(), Record::default());
            let mut found = Vec::new();
            for (place, (feature, text)) in texts.iter().enumerate() {
                let unescaped = place % 3 == 0;
                record.reset(0);
                record.buffer_mut().extend_from_slice(format!("-{text}").as_bytes());
                let line = if unescaped { String::new() } else { format!("\"{text}{behind}") };
                let span = Span { start: 1, length: text.len() as u32, unescaped };
                found.push(match repeated.find(*feature, span, &record, line.as_bytes()) {
                    Some(value) => value,
                    None => repeated.learn(*feature, span, &record, line.as_bytes(), &mut batch),
                });
            }
            for ((_, text), value) in texts.iter().zip(found) {
                let Datum::Category(found) = batch.datum(value) else { panic!("{value:?}") };
                prop_assert_eq!(text.as_str(), batch.text(found));
            }
        }
    }
}
