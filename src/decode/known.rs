//! The passages that were learned of the lines of a file, and how one is found among them.

use super::passage::{Context, Kind, Passage, VIEW, Words};
use super::trie::Target;

/// No passage is before the first one: it has no text, only a guess.
pub(super) const START: usize = 0;

/// Where in a line a passage begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The byte of the line.
    pub(super) at: usize,
    /// The passage before.
    pub(super) last: usize,
    pub(super) context: Context,
}

/// Passages by what came next in the last line, and by their keys.
#[derive(Debug)]
pub(super) struct Known {
    passages: Vec<Passage>,
    /// The words of each passage, in the same order.
    words: Vec<Words>,
    /// Passages by the hash of context and key, each at the first free place from there on; [`START`] where there is
    /// none. As many as a power of two, and more than four times as many as passages.
    places: Vec<u32>,
    most: usize,
}

impl Known {
    /// Nothing yet, and room for so many passages: with one more all are forgotten.
    pub(super) fn new(most: usize) -> Known {
        Known { passages: vec![Passage::start()], words: vec![Words::default()], places: vec![START as u32; 8], most }
    }

    #[inline(always)]
    pub(super) fn passage(&self, index: usize) -> Option<&Passage> {
        self.passages.get(index)
    }

    #[inline]
    pub(super) fn words(&self, index: usize) -> Option<&Words> {
        self.words.get(index)
    }

    /// The passage that is guessed to come after this one.
    #[inline(always)]
    pub(super) fn guess(&self, last: usize) -> usize {
        self.passages.get(last).map_or(START, Passage::next)
    }

    /// The passage at a place; [`START`] when it is none of those that are known.
    #[inline(never)]
    pub(super) fn find(&self, line: &[u8], at: usize, context: Context, view: &[u8; VIEW]) -> usize {
        let hash = context.hash(view, || line.get(at..).unwrap_or_default());
        let first = self.places.get(hash & self.places.len().wrapping_sub(1)).map_or(START, |index| *index as usize);
        match self.passages.get(first).is_some_and(|passage| passage.simple(context, view).is_some()) {
            true => first,
            false => self.search(hash, line, at, context, view),
        }
    }

    /// The passage at the right place that fits. One that is followed by space may be another one's beginning.
    #[inline(never)]
    fn search(&self, hash: usize, line: &[u8], at: usize, context: Context, view: &[u8; VIEW]) -> usize {
        let mask = self.places.len().wrapping_sub(1);
        let mut place = hash;
        while let Some(index) = self.places.get(place & mask).filter(|index| **index != START as u32) {
            let index = *index as usize;
            if self.fits(index, line, at, context, view) {
                return index;
            }
            place += 1;
        }
        START
    }

    /// A passage that stands at `at`, or the one of which it is only the beginning, because space follows.
    #[inline(never)]
    pub(super) fn exact(&self, index: usize, line: &[u8], at: usize, context: Context, view: &[u8; VIEW]) -> usize {
        match self.fits(index, line, at, context, view) {
            true => index,
            false => self.search(context.hash(view, || line.get(at..).unwrap_or_default()), line, at, context, view),
        }
    }

    #[inline]
    pub(super) fn fits(&self, index: usize, line: &[u8], at: usize, context: Context, view: &[u8; VIEW]) -> bool {
        self.passages.get(index).is_some_and(|passage| {
            passage.begins(context, view) && self.words.get(index).is_some_and(|words| passage.fits(words, line, at))
        })
    }

    /// Remembers a passage that begins at a place and gives it an index; its value has these targets.
    pub(super) fn add(
        &mut self,
        kind: Kind,
        words: Words,
        targets: &[Target],
        place: Place,
        view: &[u8; VIEW],
    ) -> usize {
        if self.passages.len() >= self.most {
            *self = Known::new(self.most);
        }
        let index = self.passages.len();
        self.passages.push(Passage::new(kind, place.context, &words, targets));
        self.words.push(Words { hash: place.context.hash(view, || &words.text), ..words });
        if self.places.len() <= 4 * self.passages.len() {
            self.places = vec![START as u32; 2 * self.places.len()];
            (1..index).for_each(|index| self.settle(index));
        }
        self.settle(index);
        self.follow(place.last, index);
        index
    }

    /// Gives a passage its place.
    fn settle(&mut self, index: usize) {
        let mask = self.places.len().wrapping_sub(1);
        let mut at = self.words.get(index).map_or(0, |words| words.hash);
        while self.places.get(at & mask).is_some_and(|other| *other != START as u32) {
            at += 1;
        }
        if let Some(place) = self.places.get_mut(at & mask) {
            *place = index as u32;
        }
    }

    /// Remembers what came after a passage.
    pub(super) fn follow(&mut self, last: usize, next: usize) {
        if let Some(last) = self.passages.get_mut(last).filter(|_| last != next) {
            last.guess(next);
        }
    }

    /// The longest text that is remembered.
    #[cfg(test)]
    pub(super) fn longest(&self) -> usize {
        self.words.iter().map(|words| words.text.len()).max().unwrap_or(0)
    }

    /// How many passages have the same hash, at most.
    #[cfg(test)]
    pub(super) fn most_alike(&self) -> usize {
        let mut hashes: Vec<usize> = self.words.iter().skip(1).map(|words| words.hash).collect();
        hashes.sort_unstable();
        hashes.chunk_by(|a, b| a == b).map(<[usize]>::len).max().unwrap_or(0)
    }

    #[cfg(test)]
    pub(super) fn is_within_bounds(&self) -> bool {
        self.passages.len() <= self.most && self.places.len() <= 8 * self.most
    }
}
