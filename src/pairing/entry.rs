//! What waits, and what is kept beside it.

use crate::event::Item;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A class, a number or a list, as the engine knows it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Held {
    /// A number.
    Number(f64),
    /// An index of the engine's table of class texts.
    Class(u32),
    /// A list of items by its digest.
    Items(u64),
}

/// An actual as it becomes known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Known<'a> {
    held: Held,
    items: &'a [Item],
}

impl<'a> Known<'a> {
    /// A list of items, in an order of their own.
    pub fn items(items: &'a [Item]) -> Known<'a> {
        let mix = |digest: u64, word: u64| (digest.rotate_left(5) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let digest = items.iter().fold(1, |digest, (hash, gain)| mix(mix(digest, *hash), gain.to_bits()));
        Known { held: Held::Items(digest), items }
    }

    /// As it is held.
    pub fn held(self) -> Held {
        self.held
    }

    /// Its items; none when it is no list, or an empty one.
    pub fn list(self) -> Option<Arc<[Item]>> {
        (!self.items.is_empty()).then(|| self.items.into())
    }
}

impl From<Held> for Known<'_> {
    fn from(held: Held) -> Self {
        Known { held, items: &[] }
    }
}

/// What a prediction keeps beside its row while it waits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// What the pair is made of.
    pub content: Content,
    /// The coarse cell of each feature; empty when they are not kept.
    pub cells: Box<[u16]>,
    /// Which of its stream's references the cells are of.
    pub epoch: u32,
}

impl From<Content> for Kept {
    fn from(content: Content) -> Kept {
        Kept { content, cells: Box::default(), epoch: 0 }
    }
}

/// What a prediction needs for its pair that its row has no room for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Content {
    /// Nothing.
    Nothing,
    /// Class scores, or the ends of an interval.
    Numbers(Box<[f64]>),
    /// The items of a ranking in the order they were shown.
    Items(Box<[u64]>),
}

/// What a row is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Entry {
    /// A prediction that waits for its actual.
    Prediction(Waiting),
    /// A prediction that has its actual; the time is the prediction's.
    Scored { stream: u32, actual: Held, known_at: Timestamp },
    /// A failed prediction: it makes no pair. The first actual that came for it, for telling a second one, and for a
    /// prediction of another stream.
    Failed { stream: u32, known: Option<(Held, Timestamp)> },
    /// An actual that waits for its prediction.
    Actual { actual: Held, model: Option<u32> },
}

impl Entry {
    /// The stream of a prediction.
    pub(super) fn stream(self) -> Option<u32> {
        match self {
            Entry::Prediction(Waiting { stream, .. }) | Entry::Scored { stream, .. } | Entry::Failed { stream, .. } => {
                Some(stream)
            }
            Entry::Actual { .. } => None,
        }
    }

    /// The digest of the list of an actual.
    pub(super) fn list(self) -> Option<u64> {
        match self {
            Entry::Scored { actual: Held::Items(digest), .. }
            | Entry::Actual { actual: Held::Items(digest), .. }
            | Entry::Failed { known: Some((Held::Items(digest), _)), .. } => Some(digest),
            _ => None,
        }
    }
}

/// A prediction that waits for its actual.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waiting {
    /// Index of its stream.
    pub stream: u32,
    /// Index of its model, for actuals that name one.
    pub model: u32,
    /// The predicted class by the engine's table, when it is a class.
    pub class: u32,
    /// The score of the positive class (NaN when there is none), or the predicted number.
    pub value: f64,
}

/// A row of the table. An id has one for each stream that predicted it, and one for an actual that came first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) id: u64,
    pub(super) at: Timestamp,
    pub(super) entry: Entry,
}
