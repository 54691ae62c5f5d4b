//! What predicted texts mean, remembered from one prediction of a batch to the next.
//!
//! A model says one of a few classes, and a text that comes again in a batch mostly is the same piece of it. So what it
//! means is looked up once for a batch and stream.

use super::names::Names;
use crate::event::{Batch, Text};
use crate::observe::{Observer, Said};

/// Texts remembered.
const MOST: usize = 4;

/// The texts of a batch that a stream has said.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    stream: usize,
    known: [Option<(Text, u32, Said)>; MOST],
    next: usize,
}

impl Memory {
    /// Forgets everything: another batch comes, or references may have changed.
    pub(super) fn clear(&mut self) {
        self.known = [None; MOST];
    }

    /// The index of a text's name and what it means to the stream, which has this reference.
    #[inline]
    pub(super) fn look_up(
        &mut self,
        stream: usize,
        text: Text,
        batch: &Batch,
        names: &mut Names,
        observer: &Observer,
    ) -> (u32, Said) {
        if self.stream != stream {
            self.clear();
            self.stream = stream;
        }
        if let Some((_, class, said)) = self.known.iter().flatten().find(|(known, ..)| *known == text) {
            return (*class, *said);
        }
        let words = batch.text(text);
        let (class, said) = (names.index(words), observer.say(words));
        // One that was not admitted is counted each time.
        if class != 0 {
            self.known[self.next % MOST] = Some((text, class, said));
            self.next = self.next.wrapping_add(1);
        }
        (class, said)
    }
}
