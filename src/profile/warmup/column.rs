//! One column during warm-up: its counts until its kind and cells are known, and their move into the cells.

mod saved;

pub(super) use saved::SavedLearned;

use super::bins::Bins;
use crate::aggregate::{Column, Dictionary, FixedPoint, Grid, Shape, Totals};
use crate::event::{Batch, Datum, Kind, number_text};
use crate::profile::edges::{Run, grid_of_runs};
use crate::profile::survey::{CATEGORIES, TEXTS};
use hashbrown::HashMap;
use std::sync::Arc;

/// What was counted of one column.
#[derive(Clone, Debug)]
pub(super) struct Learned {
    kind: Kind,
    numbers: Bins,
    /// The infinities by sign: negative, positive.
    infinite: [u64; 2],
    coerced: u64,
    invalid: u64,
    texts: HashMap<String, u64>,
    /// Rare texts from before a restart, by their hash: nothing else of them is written down.
    hashed: HashMap<u64, u64>,
    /// Texts beyond those that are remembered.
    more_texts: u64,
}

impl Learned {
    /// Nothing yet. All edges that the grid will have besides those of its values are among `cuts`.
    pub(super) fn new(kind: Kind, cuts: &[f64]) -> Learned {
        Learned {
            kind,
            numbers: Bins::new(cuts),
            infinite: [0, 0],
            coerced: 0,
            invalid: 0,
            texts: HashMap::new(),
            hashed: HashMap::new(),
            more_texts: 0,
        }
    }

    /// Counts a value; a missing one is known from the number of rows.
    pub(super) fn push(&mut self, datum: Datum, batch: &Batch) {
        match datum {
            Datum::Missing => {}
            Datum::Invalid | Datum::List(_) => self.invalid += 1,
            // Of a column that is known to be categorical, numbers are texts from the start.
            Datum::Number(value) if self.kind == Kind::Categorical => self.text(&number_text(value)),
            Datum::Number(value) => self.number(value),
            Datum::Coerced(value) => {
                self.coerced += u64::from(!value.is_nan());
                self.number(value);
            }
            Datum::Category(text) => self.text(batch.text(text)),
        }
    }

    /// Counts a number; NaN is missing.
    pub(super) fn number(&mut self, value: f64) {
        if value.is_infinite() {
            self.infinite[usize::from(value > 0.0)] += 1;
        } else if !value.is_nan() {
            self.numbers.push(value);
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(count) = self.texts.get_mut(text) {
            *count += 1;
        } else if let Some(count) = self.hashed.remove(&Dictionary::hash(text)) {
            self.texts.insert(text.to_owned(), count + 1);
        } else if self.texts.len() + self.hashed.len() < TEXTS {
            self.texts.insert(text.to_owned(), 1);
        } else {
            self.more_texts += 1;
        }
    }

    /// Values present, of whatever kind.
    pub(super) fn present(&self) -> u64 {
        self.present_numbers() + self.present_texts()
    }

    /// Numbers, infinite ones included.
    pub(super) fn present_numbers(&self) -> u64 {
        self.numbers.count() + self.infinite.iter().sum::<u64>()
    }

    fn present_texts(&self) -> u64 {
        self.texts.values().chain(self.hashed.values()).sum::<u64>() + self.more_texts
    }

    /// Values of the wrong kind, of a numeric column.
    pub(super) fn not_numbers(&self) -> u64 {
        self.invalid + self.present_texts()
    }

    /// Numeric if every present value is a number.
    pub(super) fn is_numeric(&self) -> bool {
        match self.kind {
            Kind::Numeric => true,
            Kind::Categorical => false,
            Kind::Unknown => self.texts.is_empty() && self.hashed.is_empty() && self.numbers.range().is_some(),
        }
    }

    /// Category texts with their counts, the most frequent first.
    pub(super) fn categories(&self) -> Vec<(String, u64)> {
        self.known().into_iter().filter_map(|(_, text, count)| Some((text?, count))).collect()
    }

    /// Categories by the hash of their text, their text unless only the hash is known, and their counts; the most
    /// frequent first. Numbers are among them while they are few enough to have bins of their own.
    fn known(&self) -> Vec<(u64, Option<String>, u64)> {
        let mut texts = self.texts.clone();
        if self.numbers.are_values() {
            for part in self.numbers.parts() {
                *texts.entry(number_text(part.base).into_owned()).or_insert(0) += part.count;
            }
        }
        let mut hashed = self.hashed.clone();
        let texts = texts.into_iter().map(|(text, count)| {
            let hash = Dictionary::hash(&text);
            (hash, Some(text), count + hashed.remove(&hash).unwrap_or(0))
        });
        let mut categories: Vec<(u64, Option<String>, u64)> = texts.collect();
        categories.extend(hashed.into_iter().map(|(hash, count)| (hash, None, count)));
        // Texts in their order, then those that have none.
        categories.sort_by(|a, b| {
            let text = |known: &(u64, Option<String>, u64)| (known.1.is_none(), known.1.clone(), known.0);
            b.2.cmp(&a.2).then_with(|| text(a).cmp(&text(b)))
        });
        categories
    }

    /// Center and scale of the numbers' sums.
    pub(super) fn fixed(&self) -> FixedPoint {
        let (mean, deviation) = self.numbers.moments();
        FixedPoint::new(mean, deviation)
    }

    /// The frozen cells. `extra` edges must have been given as cuts.
    pub(super) fn shape(&self, numeric: bool, extra: &[f64]) -> Shape {
        if numeric {
            let runs: Vec<Run> = self.numbers.parts().map(|part| part.run()).collect();
            let grid = Arc::new(grid_of_runs(&runs, self.numbers.range(), extra));
            return Shape::Numeric { grid, fixed: self.fixed() };
        }
        let categories = self.known();
        let categories = categories.iter().map(|(hash, text, rows)| (*hash, text.as_deref(), *rows));
        let dictionary = Dictionary::of(categories, CATEGORIES);
        Shape::Categorical { dictionary: Arc::new(dictionary) }
    }

    /// Writes the counts and sums to the column's place, as if each value had been observed there. `rows` is how many
    /// values there would be without the missing ones.
    pub(super) fn place(&self, column: &Column, rows: u64, totals: &mut Totals) {
        let missing = rows.saturating_sub(self.present() + self.invalid);
        let (counts, sums) = (column.counts, column.sums);
        let counts = totals.counts.get_mut(counts..counts + column.shape.counts()).unwrap_or_default();
        let sums = totals.sums.get_mut(sums..sums + column.shape.sums()).unwrap_or_default();
        match &column.shape {
            Shape::Numeric { grid, fixed } => {
                self.place_numbers(grid, *fixed, counts, sums);
                add(counts, grid.cells(), missing);
                add(counts, grid.cells() + 1, self.not_numbers());
                add(counts, grid.cells() + 2, self.infinite.iter().sum());
                add(counts, grid.cells() + 3, self.coerced);
            }
            Shape::Categorical { dictionary } => {
                let mut known = 0;
                for (hash, _, count) in self.known() {
                    add(counts, dictionary.cell_of(hash), count);
                    known += count;
                }
                // What is no longer known by its text would not be known again either.
                add(counts, dictionary.unseen(), self.present() - known);
                add(counts, dictionary.cells(), missing);
                add(counts, dictionary.cells() + 1, self.invalid);
            }
        }
    }

    fn place_numbers(&self, grid: &Grid, fixed: FixedPoint, counts: &mut [u64], sums: &mut [i128]) {
        for part in self.numbers.parts() {
            let cell = grid.cell(part.upper);
            add(counts, cell, part.count);
            // Offsets of the first cell are measured downwards.
            let above = if cell == 0 { -part.above } else { part.above };
            let offset = if grid.edges().is_empty() { 0.0 } else { grid.offset(cell, part.base) + above };
            let (first, second) = fixed.moment_sums(part.count, part.base - fixed.center + part.above, part.deviation);
            let moments =
                [(cell, fixed.offset_sum(part.count, offset)), (grid.cells(), first), (grid.cells() + 1, second)];
            for (place, sum) in moments {
                if let Some(total) = sums.get_mut(place) {
                    *total = total.wrapping_add(sum);
                }
            }
        }
        for (infinity, count) in [f64::NEG_INFINITY, f64::INFINITY].into_iter().zip(self.infinite) {
            add(counts, grid.cell(infinity), count);
        }
    }
}

fn add(counts: &mut [u64], place: usize, count: u64) {
    if let Some(total) = counts.get_mut(place) {
        *total += count;
    }
}
