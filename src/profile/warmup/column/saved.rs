//! A column in warm-up as a state file keeps it: its numbers by bins, of its rare texts the hashes only.

use super::Learned;
use crate::aggregate::{Dictionary, OPEN_ROWS};
use crate::event::Kind;
use crate::profile::warmup::bins::Bins;
use serde::{Deserialize, Serialize};

/// What was counted of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::profile::warmup) struct SavedLearned {
    kind: Kind,
    numbers: Bins,
    infinite: [u64; 2],
    coerced: u64,
    invalid: u64,
    texts: Vec<(String, u64)>,
    hashed: Vec<(u64, u64)>,
    more_texts: u64,
}

impl Learned {
    /// What was counted. Texts of fewer than [`OPEN_ROWS`] rows are hashed, unless they are `open`: names of classes.
    pub(in crate::profile::warmup) fn save(&self, open: bool) -> SavedLearned {
        let is_open = |count: u64| open || count >= OPEN_ROWS;
        let (texts, rare): (Vec<_>, Vec<_>) = self.texts.iter().partition(|(_, count)| is_open(**count));
        let rare = rare.into_iter().map(|(text, count)| (Dictionary::hash(text), *count));
        let mut hashed: Vec<(u64, u64)> = self.hashed.iter().map(|(hash, count)| (*hash, *count)).chain(rare).collect();
        hashed.sort_unstable();
        let mut texts: Vec<(String, u64)> = texts.into_iter().map(|(text, count)| (text.clone(), *count)).collect();
        texts.sort_unstable();
        SavedLearned {
            kind: self.kind,
            numbers: self.numbers.clone(),
            infinite: self.infinite,
            coerced: self.coerced,
            invalid: self.invalid,
            texts,
            hashed,
            more_texts: self.more_texts,
        }
    }

    /// The column again; `None` when its bins cannot be.
    pub(in crate::profile::warmup) fn restore(saved: SavedLearned) -> Option<Learned> {
        saved.numbers.are_sound().then(|| Learned {
            kind: saved.kind,
            numbers: saved.numbers,
            infinite: saved.infinite,
            coerced: saved.coerced,
            invalid: saved.invalid,
            texts: saved.texts.into_iter().collect(),
            hashed: saved.hashed.into_iter().collect(),
            more_texts: saved.more_texts,
        })
    }
}
