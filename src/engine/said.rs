//! What predicted classes mean, remembered from one prediction of a batch to the next.
//!
//! A model says one of a few classes, and a text that comes again in a batch mostly is the same piece of it. So what it
//! means is looked up once for a batch and stream.

use super::names::Names;
use crate::event::{Batch, Datum, Text};
use crate::observe::{Observer, Said, datum_text};

/// Classes remembered.
const MOST: usize = 4;

/// A class as it was written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Written {
    Text(Text),
    /// The bits of a number.
    Number(u64),
}

/// The classes of a batch that a stream has said.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    stream: usize,
    known: [Option<(Written, u32, Option<Said>)>; MOST],
    next: usize,
}

impl Memory {
    /// Forgets everything: another batch comes, or references may have changed.
    pub(super) fn clear(&mut self) {
        self.known = [None; MOST];
    }

    /// The index of a predicted class's name, and what it means to the stream, which has this reference; `None` of what is
    /// no class.
    #[inline]
    pub(super) fn look_up(
        &mut self,
        stream: usize,
        prediction: Datum,
        batch: &Batch,
        names: &mut Names,
        observer: &Observer,
    ) -> Option<(u32, Option<Said>)> {
        let written = match prediction {
            Datum::Category(text) => Written::Text(text),
            Datum::Number(value) | Datum::Coerced(value) => Written::Number(value.to_bits()),
            Datum::Missing | Datum::Invalid | Datum::List(_) => return None,
        };
        if self.stream != stream {
            self.clear();
            self.stream = stream;
        }
        if let Some((_, class, said)) = self.known.iter().flatten().find(|(known, ..)| *known == written) {
            return Some((*class, *said));
        }
        let (class, said) = (names.index(&datum_text(prediction, batch)?), observer.said(prediction, batch));
        // One that was not admitted is counted each time.
        if class != 0 {
            self.known[self.next % MOST] = Some((written, class, said));
            self.next = self.next.wrapping_add(1);
        }
        Some((class, said))
    }
}
