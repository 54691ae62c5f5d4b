//! An entry in twelve bytes.
//!
//! One word says what it is: its kind in four bits, then its stream, or stream and class, or model. The other holds the
//! number or the time that the kind needs. A prediction's model is that of its stream. What is larger than that has two
//! words of its own, and the second word is their place: numbers and lists that became known, and a class, a stream or
//! a model that no stream of this size has.
//!
//! | kind | first word | second word |
//! |---|---|---|
//! | prediction | stream, class | value |
//! | prediction, far | stream | place of: model and class, value |
//! | scored; failed and known | stream, class | when it was known |
//! | scored, far; failed and known, far | stream | place of: when it was known, actual |
//! | failed | stream | none |
//! | actual | one more than its model, or 0 | actual |

use super::chunks::Chunks;
use super::entry::Entry;
use super::{Held, Waiting};
use crate::time::Timestamp;

const PREDICTION: u32 = 0;
const PREDICTION_FAR: u32 = 1;
const SCORED: u32 = 2;
const KNOWN: u32 = 3;
const FAILED: u32 = 4;
/// These three kinds are followed by two more each: of a number, of a class, of a list.
const SCORED_FAR: u32 = 5;
const KNOWN_FAR: u32 = 8;
const ACTUAL: u32 = 11;

/// The first word of none of them: where there was one.
pub(super) const GONE: u32 = u32::MAX;

const KIND_SHIFT: u32 = 28;
/// Streams and models are fewer.
const LARGEST: u32 = (1 << KIND_SHIFT) - 1;
/// Of a stream and a class beside each other.
const HALF_SHIFT: u32 = 14;
const HALF: u32 = (1 << HALF_SHIFT) - 1;

/// Two words, see the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) what: u32,
    pub(super) word: u64,
}

/// What packed entries refer to.
#[derive(Clone, Debug)]
pub(super) struct Packing {
    /// The model of each stream that has been seen.
    models: Vec<Option<u32>>,
    far: Far,
}

impl Packing {
    pub(super) fn new() -> Packing {
        Packing { models: Vec::new(), far: Far { words: Chunks::new(), free: NOWHERE } }
    }

    /// Packs an entry; [`Packing::release`] it when it is not needed any more.
    pub(super) fn pack(&mut self, entry: Entry) -> Packed {
        match entry {
            Entry::Prediction(prediction) => self.prediction(&prediction),
            Entry::Scored { stream, actual, known_at } => self.known([SCORED, SCORED_FAR], stream, actual, known_at),
            Entry::Failed { stream, known: Some((actual, at)) } => self.known([KNOWN, KNOWN_FAR], stream, actual, at),
            Entry::Failed { stream, known: None } => packed(FAILED, stream, 0),
            Entry::Actual { actual, model } => {
                let (kind, word) = words(actual);
                packed(ACTUAL + kind, model.map_or(0, |model| model.saturating_add(1)), word)
            }
        }
    }

    /// Packs the entry of a prediction.
    #[inline]
    pub(super) fn prediction(&mut self, prediction: &Waiting) -> Packed {
        let Waiting { stream, model, class, value } = *prediction;
        match halves(stream, class) {
            Some(both) if self.is_of(stream, model) => packed(PREDICTION, both, value.to_bits()),
            _ => self.far(PREDICTION_FAR, stream, [(u64::from(model) << 32) | u64::from(class), value.to_bits()]),
        }
    }

    pub(super) fn unpack(&self, packed: Packed) -> Entry {
        let Packed { what, word } = packed;
        let (kind, rest) = (what >> KIND_SHIFT, what & LARGEST);
        let (stream, class) = (rest >> HALF_SHIFT, rest & HALF);
        match kind {
            PREDICTION => {
                let model = self.models.get(stream as usize).copied().flatten().unwrap_or_default();
                Entry::Prediction(Waiting { stream, model, class, value: f64::from_bits(word) })
            }
            PREDICTION_FAR => {
                let [names, value] = self.far.get(word);
                let (model, class) = ((names >> 32) as u32, names as u32);
                Entry::Prediction(Waiting { stream: rest, model, class, value: f64::from_bits(value) })
            }
            SCORED => Entry::Scored { stream, actual: Held::Class(class), known_at: Timestamp(word as i64) },
            KNOWN => Entry::Failed { stream, known: Some((Held::Class(class), Timestamp(word as i64))) },
            FAILED => Entry::Failed { stream: rest, known: None },
            SCORED_FAR..KNOWN_FAR => {
                let [at, actual] = self.far.get(word);
                let actual = held(kind - SCORED_FAR, actual);
                Entry::Scored { stream: rest, actual, known_at: Timestamp(at as i64) }
            }
            KNOWN_FAR..ACTUAL => {
                let [at, actual] = self.far.get(word);
                let known = Some((held(kind - KNOWN_FAR, actual), Timestamp(at as i64)));
                Entry::Failed { stream: rest, known }
            }
            _ => Entry::Actual { actual: held(kind - ACTUAL, word), model: rest.checked_sub(1) },
        }
    }

    /// Lets go of what a packed entry refers to.
    pub(super) fn release(&mut self, packed: Packed) {
        let kind = packed.what >> KIND_SHIFT;
        if kind == PREDICTION_FAR || (SCORED_FAR..ACTUAL).contains(&kind) {
            self.far.remove(packed.word);
        }
    }

    /// Forgets the models of streams; no entry may be of them.
    pub(super) fn forget_streams(&mut self, goes: impl Fn(u32) -> bool) {
        let models = self.models.iter_mut().enumerate();
        models.filter(|(stream, _)| goes(*stream as u32)).for_each(|(_, model)| *model = None);
    }

    /// Whether the model of a stream is this one, which it is when none was known.
    fn is_of(&mut self, stream: u32, model: u32) -> bool {
        if self.models.len() <= stream as usize {
            self.models.resize(stream as usize + 1, None);
        }
        self.models.get_mut(stream as usize).is_some_and(|known| *known.get_or_insert(model) == model)
    }

    fn known(&mut self, [near, far]: [u32; 2], stream: u32, actual: Held, at: Timestamp) -> Packed {
        match actual {
            Held::Class(class) if let Some(both) = halves(stream, class) => packed(near, both, at.0 as u64),
            _ => {
                let (kind, word) = words(actual);
                self.far(far + kind, stream, [at.0 as u64, word])
            }
        }
    }

    fn far(&mut self, kind: u32, stream: u32, words: [u64; 2]) -> Packed {
        packed(kind, stream, self.far.insert(words))
    }
}

fn packed(kind: u32, rest: u32, word: u64) -> Packed {
    Packed { what: (kind << KIND_SHIFT) | (rest & LARGEST), word }
}

/// A stream and a class, when both are small.
fn halves(stream: u32, class: u32) -> Option<u32> {
    (stream <= HALF && class <= HALF).then_some((stream << HALF_SHIFT) | class)
}

/// What is held, as one of three kinds and a word.
fn words(held: Held) -> (u32, u64) {
    match held {
        Held::Number(number) => (0, number.to_bits()),
        Held::Class(class) => (1, class.into()),
        Held::Items(digest) => (2, digest),
    }
}

fn held(kind: u32, word: u64) -> Held {
    match kind {
        0 => Held::Number(f64::from_bits(word)),
        1 => Held::Class(word as u32),
        _ => Held::Items(word),
    }
}

/// The end of the list of free places.
const NOWHERE: u64 = u64::MAX;

/// Two words each, at places that are used again.
#[derive(Clone, Debug)]
struct Far {
    words: Chunks<[u64; 2]>,
    /// The first free place; its first word is the next one.
    free: u64,
}

impl Far {
    fn get(&self, place: u64) -> [u64; 2] {
        self.words.get(place as usize).copied().unwrap_or_default()
    }

    fn insert(&mut self, words: [u64; 2]) -> u64 {
        let place = self.free;
        match self.words.get_mut(place as usize) {
            Some(free) => {
                self.free = free[0];
                *free = words;
                place
            }
            None => {
                self.words.push(words);
                self.words.len() as u64 - 1
            }
        }
    }

    fn remove(&mut self, place: u64) {
        if let Some(words) = self.words.get_mut(place as usize) {
            *words = [self.free, 0];
            self.free = place;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_comes_back_and_what_it_referred_to_is_used_again() {
        let (small, large) = ([0, 1, HALF], [HALF + 1, LARGEST - 1]);
        let at = Timestamp(-5);
        let mut entries = vec![Entry::Actual { actual: Held::Number(-0.5), model: None }];
        for number in small.into_iter().chain(large) {
            entries.push(Entry::Failed { stream: number, known: None });
            for actual in [Held::Number(1e300), Held::Class(number), Held::Items(u64::MAX)] {
                entries.push(Entry::Actual { actual, model: Some(number) });
                for stream in [0, HALF, HALF + 1] {
                    entries.push(Entry::Scored { stream, actual, known_at: at });
                    entries.push(Entry::Failed { stream, known: Some((actual, at)) });
                }
            }
            for (model, class) in [(0, number), (number, 1), (u32::MAX, u32::MAX)] {
                entries.push(Entry::Prediction(Waiting { stream: number, model, class, value: f64::MAX }));
            }
        }
        let mut packing = Packing::new();
        let mut places = 0;
        for round in 0..2 {
            let packed: Vec<Packed> = entries.iter().map(|entry| packing.pack(*entry)).collect();
            let unpacked: Vec<Entry> = packed.iter().map(|packed| packing.unpack(*packed)).collect();
            assert_eq!(entries, unpacked);
            packed.into_iter().for_each(|packed| packing.release(packed));
            assert!(round == 0 || places == packing.far.words.len());
            places = packing.far.words.len();
        }
    }

    #[test]
    fn a_prediction_needs_no_place_of_its_own() {
        let mut packing = Packing::new();
        let of = |stream, model| Entry::Prediction(Waiting { stream, model, class: HALF, value: f64::NAN });
        for _ in 0..2 {
            packing.pack(of(HALF, 70_000));
            packing.pack(Entry::Scored { stream: 7, actual: Held::Class(3), known_at: Timestamp(i64::MAX) });
        }
        assert_eq!(0, packing.far.words.len());
        // Another model of the same stream does, unless the stream was dropped meanwhile.
        packing.pack(of(HALF, 1));
        assert_eq!(1, packing.far.words.len());
        packing.forget_streams(|stream| stream == HALF);
        packing.pack(of(HALF, 1));
        assert_eq!(1, packing.far.words.len());
    }
}
