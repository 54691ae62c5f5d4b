//! The features of many predictions at a time, column by column.
//!
//! All go to the same tally, so that it does not matter which is added first. What is left of each prediction
//! ([`Observer::answer_beside`]) is added one by one.

use super::{Observer, observed};
use crate::aggregate::{Delta, NOT_ADDED, Observed, Shape, Tally};
use crate::event::{Batch, Datum, number_text};

/// Texts of a column whose cells are remembered.
const TEXTS: usize = 4;

/// What is used again from one time to the next, so that nothing is allocated.
#[derive(Clone, Debug, Default)]
pub struct Many {
    /// Where the values of each prediction begin in the batch.
    starts: Vec<u32>,
    surprises: Vec<u64>,
    /// Of one column: the numbers, and the cells they were added to.
    numbers: Vec<f64>,
    cells: Vec<u32>,
    /// What does not go straight into the tally.
    rest: Delta,
}

/// Predictions at a time: their values fit in the processor's nearest memory.
const MOST: usize = 128;

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
        let Many { starts, surprises, numbers, cells, rest } = many;
        let (data, derived) = (batch.all_data(), &self.frame.derived);
        rest.clear();
        surprises.clear();
        surprises.resize(starts.len(), 0);
        cells.resize(starts.len(), 0);
        for ((feature, column), place) in self.inputs.columns.iter().enumerate().zip(places) {
            let parts = derived.parts(feature);
            let part = |cell: u32| parts.get(cell as usize).map_or(0, |part| u64::from(*part));
            // A feature that is in no record is beyond the end.
            let place = place.unwrap_or(data.len());
            let value = |start: &u32| data.get(*start as usize + place).copied().unwrap_or(Datum::Missing);
            if matches!(column.shape, Shape::Numeric { .. }) {
                numbers.clear();
                // What is no number is not added, as is nothing that is far from all others.
                numbers.extend(starts.iter().map(|start| match value(start) {
                    Datum::Number(number) => number,
                    _ => f64::NAN,
                }));
                if column.add(numbers, cells, tally) && parts.is_empty() {
                    continue;
                }
                for ((start, surprise), cell) in starts.iter().zip(surprises.iter_mut()).zip(&*cells) {
                    *surprise += match parts.get(*cell as usize) {
                        Some(part) => u64::from(*part),
                        None if *cell != NOT_ADDED => 0,
                        None => part(column.observe(observed(value(start), batch), rest).cell),
                    };
                }
                continue;
            }
            let rows = starts.iter().map(value).zip(surprises.iter_mut());
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
