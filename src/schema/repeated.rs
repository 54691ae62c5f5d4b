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

#[derive(Clone, Copy, Debug, Default)]
struct Recent {
    texts: [Option<(Key, Text)>; EACH],
    /// The one that is forgotten next.
    oldest: usize,
}

/// Length, first and last eight bytes of a text; of one of at most eight bytes they are all in the first word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key(usize, u64, u64);

impl Repeated {
    /// Forgets all: another batch is filled from now on.
    pub(super) fn clear(&mut self) {
        self.features.clear();
    }

    /// The text of a categorical feature in the batch.
    #[inline]
    pub(super) fn category(
        &mut self,
        feature: usize,
        span: Span,
        record: &Record,
        line: &[u8],
        batch: &mut Batch,
    ) -> Datum {
        let key = Key::of(span, record, line);
        let found = self.features.get(feature).zip(key).and_then(|(recent, key)| {
            let same = recent.texts.iter().flatten().find(|(known, _)| *known == key);
            same.map(|(_, text)| *text)
        });
        match found {
            Some(text) => Datum::Category(text),
            None => self.learn(feature, key, span, record, line, batch),
        }
    }

    #[inline(never)]
    fn learn(
        &mut self,
        feature: usize,
        key: Option<Key>,
        span: Span,
        record: &Record,
        line: &[u8],
        batch: &mut Batch,
    ) -> Datum {
        let datum = super::map::datum(Kind::Categorical, Value::Text(span), record, line, batch);
        if self.features.len() <= feature {
            self.features.resize(feature + 1, Recent::default());
        }
        if let (Datum::Category(text), Some(key), Some(recent)) = (datum, key, self.features.get_mut(feature)) {
            if let Some(place) = recent.texts.get_mut(recent.oldest) {
                *place = Some((key, text));
            }
            recent.oldest = (recent.oldest + 1) % EACH;
        }
        datum
    }
}

impl Key {
    /// The key of a text; `None` when it is too long, empty, or at the very end of the line.
    #[inline]
    pub(super) fn of(span: Span, record: &Record, line: &[u8]) -> Option<Key> {
        if span.unescaped {
            return Key::unescaped(record.bytes(line, span));
        }
        let (start, length) = (span.start as usize, span.length as usize);
        let word = |at: usize| Some(u64::from_le_bytes(*line.get(at..)?.first_chunk::<8>()?));
        let first = word(start)?;
        match length {
            1..=8 => Some(Key(length, first & u64::MAX >> (64 - 8 * length), 0)),
            9..=LONGEST => Some(Key(length, first, word(start + length - 8)?)),
            _ => None,
        }
    }

    #[inline(never)]
    fn unescaped(text: &[u8]) -> Option<Key> {
        let mut first = [0; 8];
        first.iter_mut().zip(text).for_each(|(first, byte)| *first = *byte);
        let last = if text.len() > 8 { u64::from_le_bytes(*text.last_chunk()?) } else { 0 };
        (1..=LONGEST).contains(&text.len()).then_some(Key(text.len(), u64::from_le_bytes(first), last))
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
                found.push(repeated.category(*feature, span, &record, line.as_bytes(), &mut batch));
            }
            for ((_, text), datum) in texts.iter().zip(found) {
                let Datum::Category(found) = datum else { panic!("{datum:?}") };
                prop_assert_eq!(text.as_str(), batch.text(found));
            }
        }
    }
}
