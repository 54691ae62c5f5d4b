//! Category texts that come again and again: each stands in a batch once, and is found there by comparing a few words.

use crate::decode::{Record, Span, Value};
use crate::event::{Batch, Datum, Kind, Text};

/// Texts remembered of each feature.
const EACH: usize = 4;
/// The longest text that two words of it tell apart from all others of its length.
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
    texts: [(Key, Text); EACH],
    /// The one that is forgotten next.
    oldest: usize,
}

/// Length, first and last eight bytes of a text. What there is less of a shorter one is zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Key(usize, u64, u64);

impl Repeated {
    /// Forgets all: another batch is filled from now on.
    pub(super) fn clear(&mut self) {
        self.features.clear();
    }

    /// The text of a categorical feature in the batch, when it is one of the last; otherwise it is to be learned.
    #[inline(always)]
    pub(super) fn find(&self, feature: usize, span: Span, record: &Record, line: &[u8]) -> Option<Text> {
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
    ) -> Datum {
        let key = Key::of(span, record, line);
        let datum = super::map::datum(Kind::Categorical, Value::Text(span), record, line, batch);
        let (Datum::Category(text), Some(key)) = (datum, key) else { return datum };
        if self.features.len() <= feature {
            let none = Recent { words: [0; EACH], texts: [(Key::default(), text); EACH], oldest: 0 };
            self.features.resize(feature + 1, none);
        }
        if let Some(recent) = self.features.get_mut(feature) {
            let oldest = recent.oldest % EACH;
            (recent.words[oldest], recent.texts[oldest]) = (key.word(), (key, text));
            recent.oldest = oldest + 1;
        }
        datum
    }
}

impl Key {
    /// The key of a text; `None` when it is too long, empty, or at the very start or end of the line.
    #[inline(always)]
    pub(super) fn of(span: Span, record: &Record, line: &[u8]) -> Option<Key> {
        if span.unescaped {
            return Key::unescaped(record.bytes(line, span));
        }
        let (start, length) = (span.start as usize, span.length as usize);
        let word = |at: usize| Some(u64::from_le_bytes(*line.get(at..)?.first_chunk::<8>()?));
        let (first, last) = (word(start)?, word((start + length).checked_sub(8)?)?);
        (1..=LONGEST).contains(&length).then_some(Key::new(length, first, last))
    }

    /// By the words that begin where a text begins and end where it ends.
    #[inline]
    fn new(length: usize, first: u64, last: u64) -> Key {
        let others = 64 - 8 * length.min(8) as u32;
        Key(length, first & u64::MAX >> (others & 63), last & u64::MAX << (others & 63))
    }

    /// Nearly always another one for another text.
    #[inline]
    fn word(self) -> u64 {
        self.1 ^ self.2.rotate_left(29) ^ self.0 as u64
    }

    #[inline(never)]
    fn unescaped(text: &[u8]) -> Option<Key> {
        let (mut first, mut last) = ([0; 8], [0; 8]);
        first.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
        last.iter_mut().rev().zip(text.iter().rev()).for_each(|(to, from)| *to = *from);
        let key = Key::new(text.len(), u64::from_le_bytes(first), u64::from_le_bytes(last));
        (1..=LONGEST).contains(&text.len()).then_some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
                    Some(text) => Datum::Category(text),
                    None => repeated.learn(*feature, span, &record, line.as_bytes(), &mut batch),
                });
            }
            for ((_, text), datum) in texts.iter().zip(found) {
                let Datum::Category(found) = datum else { panic!("{datum:?}") };
                prop_assert_eq!(text.as_str(), batch.text(found));
            }
        }
    }
}
