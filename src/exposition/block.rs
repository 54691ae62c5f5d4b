//! The lines of some samples, family by family: what is written once and handed out in every exposition that has them.

use super::families::{self, Sorted, compare, shown};
use super::{lines, openmetrics};
use crate::report::{Labels, Of, Sample};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// Numbers for families.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    by_name: HashMap<(&'static str, &'static str), usize>,
    families: Vec<Of>,
}

impl Numbers {
    fn number(&mut self, of: Of) -> usize {
        *self.by_name.entry(of.name()).or_insert_with(|| {
            self.families.push(of);
            self.families.len() - 1
        })
    }

    /// All families there have been, by their numbers.
    pub(super) fn families(&self) -> &[Of] {
        &self.families
    }
}

/// Lines.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) text: Vec<u8>,
    pub(super) runs: Vec<Run>,
}

/// The lines of one family in a block, never none.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) family: usize,
    pub(super) lines: Range<usize>,
    /// Whether all are 1.
    pub(super) all_are_one: bool,
    /// The labels of the first line and of the last.
    first: Arc<Labels>,
    last: Arc<Labels>,
}

impl Run {
    /// Whether all its lines come before those of the other.
    pub(super) fn is_before(&self, other: &Run) -> bool {
        compare(&self.last, &other.first).is_lt()
    }
}

impl Block {
    /// The lines of these samples.
    pub(super) fn new(samples: &[Sample], numbers: &mut Numbers) -> Block {
        let (mut text, mut runs) = (Vec::new(), Vec::new());
        for Sorted { name, of, samples } in families::sorted(samples) {
            let (Some(first), Some(last)) = (samples.first(), samples.last()) else { continue };
            let (first, last) = (first.labels.clone(), last.labels.clone());
            let (family, from) = (families::family(name, of, &samples), text.len());
            lines::write_family(&mut text, &family);
            if from < text.len() {
                let (lines, all_are_one) = (from..text.len(), openmetrics::all_are_one(&family));
                runs.push(Run { family: numbers.number(of), lines, all_are_one, first, last });
            }
        }
        text.shrink_to_fit();
        Block { text, runs }
    }
}

/// Whether the labels of all these samples begin with these, of which none is empty.
pub(super) fn all_begin_with(samples: &[Sample], beginning: [(&str, &str); 2]) -> bool {
    let is_whole = beginning.iter().all(|(_, value)| !value.is_empty());
    is_whole && samples.iter().all(|sample| shown(&sample.labels).take(beginning.len()).eq(beginning))
}
