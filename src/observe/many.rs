//! The features of many predictions at a time, column by column.
//!
//! All go to the same tally, so that it does not matter which is added first. What is left of each prediction
//! ([`Observer::answer_beside`]) is added one by one.

use super::known_cells::KnownCells;
use super::{Observer, Said, observed};
use crate::aggregate::{Column, Delta, NOT_ADDED, Observed, Shape, Tally};
use crate::derive::outlier;
use crate::event::{Batch, Datum, Packed, Task, number_text};
use std::ops::Range;

/// What is used again from one time to the next, so that nothing is allocated.
#[derive(Clone, Debug, Default)]
pub struct Many {
    /// Where the values of the first prediction begin in the batch; those of the others come right behind.
    start: u32,
    /// The values of a prediction.
    width: u32,
    /// How many predictions there are.
    length: usize,
    /// The score of each, where there is one score, and its cell once it is added.
    scores: Vec<f64>,
    score_cells: Vec<u32>,
    /// What each said besides, where that is counted, too.
    answers: Vec<Answered>,
    surprises: Vec<u64>,
    /// Of one column: the numbers, the rows they are of, the cells they were added to, and the rows of what is no number.
    numbers: Vec<f64>,
    rows: Vec<u32>,
    cells: Vec<u32>,
    others: Vec<u32>,
    /// The cells of texts.
    known: KnownCells,
    /// What does not go straight into the tally.
    rest: Delta,
    /// What goes to the pairs.
    pairs: Delta,
}

/// What a prediction said besides its features and its score.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    /// Index of the name of its class, as the caller has it.
    pub name: u32,
    /// What its class means.
    pub said: Said,
    /// In seconds; NaN when it was not logged.
    pub latency: f64,
}

/// Predictions at a time: their values fit in the processor's nearest memory.
const MOST: usize = 128;

impl Many {
    /// Forgets what was pushed before.
    pub fn clear(&mut self) {
        self.length = 0;
        self.scores.clear();
        self.score_cells.clear();
        self.answers.clear();
    }

    /// Takes one more prediction, whose values stand there in the batch; says whether there was room for it, and whether
    /// they come right behind those of the one before.
    pub fn push(&mut self, values: &Range<u32>) -> bool {
        if self.length == 0 {
            (self.start, self.width) = (values.start, values.end - values.start);
        }
        let start = u64::from(self.start) + u64::from(self.width) * self.length as u64;
        let is_next = self.length < MOST && start == u64::from(values.start);
        self.length += usize::from(is_next);
        is_next
    }

    /// Takes the score of the prediction that was pushed last: when [`Observer::takes_scores`], of each.
    pub fn push_score(&mut self, score: f64) {
        self.scores.push(score);
    }

    /// Takes what else the prediction said that was pushed last: when [`Observer::takes_answers`], of each.
    pub fn push_answer(&mut self, answer: Answered) {
        self.answers.push(answer);
    }

    /// The score of a prediction, by its number, and what it said, when all of it was added.
    pub fn answered(&self, number: usize) -> Option<(f64, Answered)> {
        self.scores.get(number).copied().zip(self.answers.get(number).copied())
    }

    /// What is to be added to the pairs.
    pub fn pairs(&self) -> &Delta {
        &self.pairs
    }

    /// The cell of a prediction's score, by its number, when the score was added.
    pub fn score_cell(&self, number: usize) -> Option<u32> {
        self.score_cells.get(number).copied()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }
}

impl Observer {
    /// Whether [`Observer::features`] adds all that the features of a prediction add.
    pub fn takes_many(&self) -> bool {
        self.frame.derived.is_plain()
    }

    /// Whether [`Observer::features`] adds scores, too: when each prediction has one.
    pub fn takes_scores(&self) -> bool {
        self.frame.scores.len() == 1
    }

    /// Whether [`Observer::features`] adds answers, too: those of a binary task whose predictions are classes.
    pub fn takes_answers(&self) -> bool {
        let column = self.prediction.and_then(|index| self.inputs.columns.get(index));
        self.takes_scores()
            && self.frame.task == Task::Binary
            && column.is_none_or(|column| matches!(column.shape, Shape::Categorical { .. }))
    }

    /// Adds the features of these predictions, what is derived from them, and the scores and answers that were pushed.
    /// `places` says for each feature where its value is among those of a prediction. [`Many::pairs`] are to be added to
    /// the pairs then.
    pub fn features(&self, batch: &Batch, places: &[Option<usize>], many: &mut Many, tally: &mut Tally) {
        let Many { start, width, length, scores, score_cells, answers, surprises, numbers, rows, cells, .. } = many;
        let Many { others, known, rest, pairs, .. } = many;
        let derived = &self.frame.derived;
        let (start, width, length) = (*start as usize, *width as usize, *length);
        let data = batch.all_data().get(start..start + width * length).unwrap_or_default();
        rest.clear();
        surprises.clear();
        surprises.resize(length, 0);
        known.begin(batch);
        for ((feature, column), place) in self.inputs.columns.iter().enumerate().zip(places) {
            let parts = derived.parts(feature);
            let part = |cell: u32| parts.get(cell as usize).map_or(0, |part| u64::from(*part));
            // A feature that is in no record is beyond the end.
            let place = place.unwrap_or(usize::MAX);
            numbers.clear();
            numbers.resize(length, f64::NAN);
            for (number, row) in numbers.iter_mut().zip(data.chunks_exact(width.max(1))) {
                let Some(value) = row.get(place) else { break };
                *number = *value;
            }
            let all = !numbers.iter().fold(false, |any, number| any | number.is_nan());
            if matches!(column.shape, Shape::Numeric { .. }) {
                if all {
                    others.clear();
                } else {
                    split(numbers, rows, others);
                }
                add(column, numbers, cells, tally, rest);
                if all {
                    surprises.iter_mut().zip(&*cells).for_each(|(surprise, cell)| *surprise += part(*cell));
                } else {
                    for (row, cell) in rows.iter().zip(&*cells) {
                        if let Some(surprise) = surprises.get_mut(*row as usize) {
                            *surprise += part(*cell);
                        }
                    }
                }
                for row in &*others {
                    // What is beyond the end of its row is missing.
                    let row_of = data.get(*row as usize * width..).and_then(|data| data.get(..width));
                    let value = row_of.and_then(|row| row.get(place)).copied().unwrap_or(f64::NAN);
                    let seen = column.observe(observed(batch.datum(Packed::from_number(value)), batch), rest);
                    if let Some(surprise) = surprises.get_mut(*row as usize) {
                        *surprise += part(seen.cell);
                    }
                }
                continue;
            }
            for (number, surprise) in numbers.iter().zip(&mut *surprises) {
                let value = Packed::from_number(*number);
                // A text that comes again is the same value of the batch.
                if let Some(cell) = known.cell(value) {
                    rest.count(column.counts + cell as usize);
                    *surprise += part(cell);
                    continue;
                }
                let seen = match (&column.shape, batch.datum(value)) {
                    (Shape::Categorical { .. }, Datum::Number(value)) => {
                        column.observe(Observed::Category(&number_text(value)), rest)
                    }
                    (_, datum) => column.observe(observed(datum, batch), rest),
                };
                *surprise += part(seen.cell);
                known.learn(value, seen.cell);
            }
        }
        if let ([column], false) = (self.score_columns(), scores.is_empty()) {
            add(column, scores, score_cells, tally, rest);
        }
        if let Some(column) = self.outlier_score() {
            numbers.clear();
            numbers.extend(surprises.iter().map(|surprise| outlier::score(*surprise)));
            add(column, numbers, cells, tally, rest);
        }
        pairs.clear();
        for ((answer, score), cell) in answers.iter().zip(&*scores).zip(&*score_cells) {
            self.answered_beside(*answer, *score, *cell, rest, pairs);
        }
        tally.apply(rest);
    }

    /// Adds what [`Observer::answer_beside`] and [`Observer::cohort`] add of a prediction whose score was added.
    fn answered_beside(&self, answer: Answered, score: f64, cell: u32, rest: &mut Delta, pairs: &mut Delta) {
        let Answered { said, latency, .. } = answer;
        rest.count(self.answered);
        let column = |index: usize| self.inputs.columns.get(index);
        if let (Some(column), Some(cell)) = (self.prediction.and_then(column), said.cell) {
            rest.count(column.counts + cell);
        }
        if let Some(column) = column(self.latency).filter(|_| !latency.is_nan()) {
            column.observe(Observed::Number(latency), rest);
        }
        self.inputs.answers.observe_at(said.class, &[score], Some(cell), rest);
        self.cohort(Some(said.class), &[score], Some(cell), pairs);
    }
}

/// Leaves what is NaN out of the numbers of a column, and says of which rows the others are and which were left out.
/// Nobody can foretell which values are missing, so nothing branches on it.
fn split(numbers: &mut Vec<f64>, rows: &mut Vec<u32>, others: &mut Vec<u32>) {
    rows.resize(numbers.len(), 0);
    others.resize(numbers.len(), 0);
    let (mut found, mut missed) = (0, 0);
    for row in 0..numbers.len() {
        let number = numbers.get(row).copied().unwrap_or(f64::NAN);
        // All are written, and one of the two rows stays.
        if let (Some(at), Some(of), Some(other)) = (numbers.get_mut(found), rows.get_mut(found), others.get_mut(missed))
        {
            (*at, *of, *other) = (number, row as u32, row as u32);
        }
        found += usize::from(!number.is_nan());
        missed += usize::from(number.is_nan());
    }
    numbers.truncate(found);
    rows.truncate(found);
    others.truncate(missed);
}

/// Adds numbers and finds their cells; what [`Column::add`] leaves out goes to `rest`.
fn add(column: &Column, numbers: &[f64], cells: &mut Vec<u32>, tally: &mut Tally, rest: &mut Delta) {
    cells.resize(numbers.len(), 0);
    if column.add(numbers, cells, tally) {
        return;
    }
    for (number, cell) in numbers.iter().zip(cells).filter(|(_, cell)| **cell == NOT_ADDED) {
        *cell = column.observe(Observed::Number(*number), rest).cell;
    }
}
