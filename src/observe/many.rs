//! The features of many predictions at a time, column by column.
//!
//! All go to the same tally, so that it does not matter which is added first. What is left of each prediction
//! ([`Observer::answer_beside`]) is added one by one.

use super::{Observer, observed};
use crate::aggregate::{Delta, MOST_ADDED, Observed, Shape, Tally};
use crate::event::{Batch, Datum, number_text};

/// Texts of a column whose cells are remembered.
const TEXTS: usize = 4;

/// What is used again from one time to the next, so that nothing is allocated.
#[derive(Clone, Debug, Default)]
pub struct Many {
    /// Where the values of each prediction begin in the batch.
    starts: Vec<u32>,
    surprises: Vec<u64>,
    /// What does not go straight into the tally.
    rest: Delta,
}

/// Predictions at a time: their values fit in the processor's nearest memory.
const MOST: usize = 128;
const _: () = assert!(MOST <= MOST_ADDED);

impl Many {
    /// Forgets what was pushed before.
    pub fn clear(&mut self) {
        self.starts.clear();
    }

    /// Takes one more prediction, whose values begin there in the batch; says whether there was room for it.
    pub fn push(&mut self, start: u32) -> bool {
        let has_room = self.starts.len() < MOST;
        if has_room {
            self.starts.push(start);
        }
        has_room
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
}

impl Observer {
    /// Whether [`Observer::features`] adds all that the features of a prediction add.
    pub fn takes_many(&self) -> bool {
        self.frame.derived.is_plain()
    }

    /// Adds the features of these predictions, and what is derived from them. `places` says for each feature where its
    /// value is among those of a prediction.
    pub fn features(&self, batch: &Batch, places: &[Option<usize>], many: &mut Many, tally: &mut Tally) {
        let Many { starts, surprises, rest } = many;
        let (data, derived) = (batch.all_data(), &self.frame.derived);
        rest.clear();
        surprises.clear();
        surprises.resize(starts.len(), 0);
        for ((feature, column), place) in self.inputs.columns.iter().enumerate().zip(places) {
            let parts = derived.parts(feature);
            let part = |cell: u32| parts.get(cell as usize).map_or(0, |part| u64::from(*part));
            let value = |start: &u32| {
                let place = place.map(|place| *start as usize + place);
                place.and_then(|place| data.get(place)).copied().unwrap_or(Datum::Missing)
            };
            let rows = starts.iter().map(value).zip(surprises.iter_mut());
            if let Some(mut adder) = column.adder(tally) {
                for (datum, surprise) in rows {
                    let usual = if let Datum::Number(value) = datum { adder.add(value) } else { None };
                    *surprise += part(match usual {
                        Some(cell) => cell,
                        None => column.observe(observed(datum, batch), rest).cell,
                    });
                }
                adder.finish();
                continue;
            }
            // A text that comes again is the same piece of the batch.
            let mut texts = [None; TEXTS];
            for (datum, surprise) in rows {
                if let Datum::Category(text) = datum
                    && let Some((_, cell)) = texts.iter().flatten().find(|(known, _)| *known == text)
                {
                    rest.count(column.counts + *cell as usize);
                    *surprise += part(*cell);
                    continue;
                }
                let seen = match (&column.shape, datum) {
                    (Shape::Categorical { .. }, Datum::Number(value)) => {
                        column.observe(Observed::Category(&number_text(value)), rest)
                    }
                    _ => column.observe(observed(datum, batch), rest),
                };
                *surprise += part(seen.cell);
                if let (Datum::Category(text), Shape::Categorical { .. }) = (datum, &column.shape)
                    && let Some(free) = texts.iter_mut().find(|known| known.is_none())
                {
                    *free = Some((text, seen.cell));
                }
            }
        }
        for surprise in surprises {
            self.derive(*surprise, rest);
        }
        tally.apply(rest);
    }
}
