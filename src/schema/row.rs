//! The features of a stream in a record.

use super::map::datum;
use super::repeated::Repeated;
use crate::decode::{Record, Value};
use crate::event::{Batch, Columns, Datum, Kind};
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
    /// The slot and the kind of the next feature.
    pub(super) fn add(&mut self, slot: usize, kind: Kind) {
        self.is_scattered |= self.slots.last().is_some_and(|last| last + 1 != slot);
        if kind != Kind::Numeric {
            self.others.push(self.slots.len());
        }
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
        let mut odd = 0;
        let mut number = |value: Value| match value {
            Value::Number { value, .. } if !value.is_nan() => Datum::Number(value),
            Value::Number { .. } | Value::Absent | Value::Null => Datum::Missing,
            _ => {
                odd += 1;
                Datum::Invalid
            }
        };
        let first = self.slots.first().copied().unwrap_or_default();
        match record.values(first, self.slots.len()).filter(|_| !self.is_scattered) {
            Some(values) => batch.push_data(values.map(number)),
            None => batch.push_data(self.slots.iter().map(|slot| number(record.value(*slot)))),
        }
        for feature in &self.others {
            let (Some(slot), Some((_, kind))) = (self.slots.get(*feature), columns.features.get(*feature)) else {
                continue;
            };
            let place = start as usize + feature;
            let value = record.get(*slot);
            odd -= i32::from(matches!(value, Value::Text(_) | Value::Bool(_) | Value::Nested(_)));
            match (value, kind) {
                (Value::Text(text), Kind::Categorical) => match repeated.find(*feature, *text, record, line) {
                    Some(text) => batch.replace_datum(place, Datum::Category(text)),
                    None => {
                        let learned = repeated.learn(*feature, *text, record, line, batch);
                        batch.replace_datum(place, learned);
                    }
                },
                (value, kind) => {
                    let datum = datum(*kind, *value, record, line, batch);
                    batch.replace_datum(place, datum);
                }
            }
        }
        if odd > 0 {
            self.push_odd(start, columns, record, line, batch);
        }
        start..batch.data_length()
    }

    /// Numeric features that are no numbers.
    #[inline(never)]
    fn push_odd(&self, start: u32, columns: &Columns, record: &Record, line: &[u8], batch: &mut Batch) {
        for (feature, (slot, (_, kind))) in self.slots.iter().zip(&columns.features).enumerate() {
            if *kind == Kind::Numeric {
                let datum = datum(*kind, record.value(*slot), record, line, batch);
                batch.replace_datum(start as usize + feature, datum);
            }
        }
    }
}
