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
struct Key(usize, u64, u64);

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
        let key = if span.unescaped { None } else { key(line, span) };
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

/// The key of a text in the line; `None` when it is too long, empty, or at the very end of the line.
#[inline]
fn key(line: &[u8], span: Span) -> Option<Key> {
    let (start, length) = (span.start as usize, span.length as usize);
    let word = |at: usize| Some(u64::from_le_bytes(*line.get(at..)?.first_chunk::<8>()?));
    let first = word(start)?;
    match length {
        1..=8 => Some(Key(length, first & u64::MAX >> (64 - 8 * length), 0)),
        9..=LONGEST => Some(Key(length, first, word(start + length - 8)?)),
        _ => None,
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
            let (mut repeated, mut batch, record) = (Repeated::default(), Batch::default(), Record::default());
            let mut found = Vec::new();
            for (feature, text) in &texts {
                let line = format!("\"{text}{behind}");
                let span = Span { start: 1, length: text.len() as u32, unescaped: false };
                found.push(repeated.category(*feature, span, &record, line.as_bytes(), &mut batch));
            }
            for ((_, text), datum) in texts.iter().zip(found) {
                let Datum::Category(found) = datum else { panic!("{datum:?}") };
                prop_assert_eq!(text.as_str(), batch.text(found));
            }
        }
    }
}
