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

#[cfg(test)]
mod tests {
    use crate::decode::FORMATS;
    use crate::event::{Batch, Datum, Happening, Kind};
    use crate::schema::one_profile::OneProfile;
    use crate::schema::{Config, Role, Schema};

    /// The values of two numeric columns and a categorical one between them, in words.
    fn shown(lines: &[&str]) -> Vec<String> {
        let known = OneProfile::of(&[("a", Kind::Numeric), ("k", Kind::Categorical), ("x.b", Kind::Numeric)]);
        let mut schema = Schema::new(Config::default(), Role::Predictions, &FORMATS[0], 10);
        let (mut file, mut batch) = (schema.decoder(), Batch::default());
        schema.begin_batch();
        lines.iter().for_each(|line| schema.read(line.as_bytes(), &mut file, &known, &mut batch).unwrap());
        let predictions = batch.events.iter().map(|event| match &event.happening {
            Happening::Prediction(prediction) => prediction,
            Happening::Actual(actual) => panic!("{actual:?}"),
        });
        let word = |datum: Datum| match datum {
            Datum::Missing => "-".to_owned(),
            Datum::Invalid => "invalid".to_owned(),
            Datum::Number(number) => number.to_string(),
            Datum::Coerced(number) => format!("text {number}"),
            Datum::Category(text) => batch.text(text).to_owned(),
            Datum::List(_) => "list".to_owned(),
        };
        let words = |data: Vec<Datum>| data.into_iter().map(word).collect::<Vec<_>>().join(" ");
        predictions.map(|prediction| words(batch.data(&prediction.features).collect())).collect()
    }

    #[test]
    fn each_value_is_what_its_column_makes_of_it() {
        let rows = [
            (r#""features":{"a":1,"k":"u","x.b":2.5}"#, "1 u 2.5"),
            (r#""features":{"x.b":-0.125,"k":"u"}"#, "- u -0.125"),
            (r#""features":{"a":null,"k":null,"x.b":NaN}"#, "- - -"),
            (r#""features":{"a":"7.5","k":"v","x.b":"much"}"#, "text 7.5 v invalid"),
            (r#""features":{"a":" NaN ","k":7,"x.b":-Infinity}"#, "- 7 -inf"),
            (r#""features":{"a":true,"k":false,"x.b":[1]}"#, "invalid false invalid"),
            (r#""features":{"a":{},"k":[],"x.b":1e400}"#, "invalid invalid inf"),
            // Of the same key the later one, of another kind or not.
            (r#""features":{"a":1,"a":2,"k":"u","k":3}"#, "2 3 -"),
            (r#""features":{"a":1,"a":"x","x.b":"x","x.b":2}"#, "invalid - 2"),
            (r#""features":{"a":1,"a":null,"x.b":null,"x.b":2}"#, "- - 2"),
            // One key or nested ones, of which the one wins, even if it is no number.
            (r#""features":{"x":{"b":3},"a":1}"#, "1 - 3"),
            (r#""features":{"x":{"b":3},"x.b":4,"a":1}"#, "1 - 4"),
            (r#""features":{"x.b":4,"x":{"b":3},"a":1}"#, "1 - 4"),
            (r#""features":{"x.b":"y","x":{"b":3},"a":1}"#, "1 - invalid"),
            (r#""features":{"x":{"b":3},"x.b":"y","a":1}"#, "1 - invalid"),
            // An object of features wins over another name for one, field by field.
            (r#""inputs":{"a":5,"k":"u"},"features":{"x.b":1}"#, "5 u 1"),
            (r#""inputs":{"a":5,"x.b":6},"features":{"a":7}"#, "7 - 6"),
            (r#""features":{"a":7},"inputs":{"a":5,"x.b":6}"#, "7 - 6"),
            (r#""features":{}"#, "- - -"),
            // None is left from a line before.
            (r#""features":{"a":1,"k":"u","x.b":2.5}"#, "1 u 2.5"),
        ];
        let lines: Vec<String> = rows.iter().map(|(line, _)| format!("{{{line},\"prediction\":1}}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        for ((line, expected), found) in rows.iter().zip(shown(&lines)) {
            assert_eq!(*expected, found, "{line}");
        }
        // A record without an object of features has them at its top; what came before is as it was.
        let flat = [r#"{"a":1,"k":"u","x.b":2,"prediction":1}"#, r#"{"a":"z","k":3,"x":{"b":2},"prediction":1}"#];
        let mixed = [flat[0], lines[0], flat[1], lines[13], flat[0]];
        assert_eq!(vec!["1 u 2", "1 u 2.5", "invalid 3 2", "1 - invalid", "1 u 2"], shown(&mixed));
    }
}
