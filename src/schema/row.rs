//! The features of a stream in a record.

use super::map::datum;
use super::repeated::Repeated;
use crate::decode::{FieldPath, FieldPlan, Record, Value};
use crate::event::{Batch, Columns, Kind};
use std::ops::Range;

/// Where the features of a stream are, in the order of its columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    slots: Vec<usize>,
    /// Whether some slot does not come right behind the one before.
    is_scattered: bool,
    /// The features that are not numeric.
    others: Vec<usize>,
}

impl Row {
    /// Asks for the next feature, of this kind and with these paths.
    pub(super) fn add(&mut self, kind: Kind, paths: Vec<FieldPath>, plan: &mut FieldPlan) {
        let slot = match kind {
            Kind::Numeric => plan.number(paths),
            Kind::Categorical | Kind::Unknown => {
                self.others.push(self.slots.len());
                plan.slot(paths)
            }
        };
        self.is_scattered |= self.slots.last().is_some_and(|last| last + 1 != slot);
        self.slots.push(slot);
    }

    /// Adds the features of a record to the batch; returns where they are.
    ///
    /// Nearly all are numbers, which are taken in one pass in as few steps as can be. The rest is put in its place
    /// afterwards.
    pub(super) fn push(
        &self,
        columns: &Columns,
        repeated: &mut Repeated,
        record: &Record,
        line: &[u8],
        batch: &mut Batch,
    ) -> Range<u32> {
        let start = batch.data_length();
        let first = self.slots.first().copied().unwrap_or_default();
        match record.numbers(first, self.slots.len()).filter(|_| !self.is_scattered) {
            Some(numbers) => batch.push_numbers(numbers.iter().copied()),
            None => batch.push_numbers(self.slots.iter().map(|slot| record.number(*slot))),
        }
        if record.has_others() {
            self.push_others(start, columns, record, line, batch);
        }
        for feature in &self.others {
            let (Some(slot), Some((_, kind))) = (self.slots.get(*feature), columns.features.get(*feature)) else {
                continue;
            };
            let value = match (record.get(*slot), kind) {
                (Value::Text(text), Kind::Categorical) => match repeated.find(*feature, *text, record, line) {
                    Some(value) => value,
                    None => repeated.learn(*feature, *text, record, line, batch),
                },
                (value, kind) => {
                    let datum = datum(*kind, *value, record, line, batch);
                    batch.pack(datum)
                }
            };
            batch.replace(start as usize + feature, value);
        }
        start..batch.data_length()
    }

    /// Puts numeric features that are no numbers in their places.
    #[inline(never)]
    fn push_others(&self, start: u32, columns: &Columns, record: &Record, line: &[u8], batch: &mut Batch) {
        for (feature, (slot, (_, kind))) in self.slots.iter().zip(&columns.features).enumerate() {
            if *kind == Kind::Numeric && record.number(*slot).is_nan() {
                let datum = datum(*kind, record.value(*slot), record, line, batch);
                let value = batch.pack(datum);
                batch.replace(start as usize + feature, value);
            }
        }
    }
}
