//! Streams without a profile: their columns are what their records hold.

use super::map::datum;
use super::slots::Slots;
use super::text::number_of;
use super::{Config, KindName, Reject};
use crate::decode::{Decoder, FieldPath, Record, Value};
use crate::event::{Batch, Columns, Datum, Kind};
use hashbrown::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// The columns found so far.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    features: Vec<(Arc<str>, Kind)>,
    by_name: HashMap<String, usize>,
    classes: Vec<Arc<str>>,
    scores: Vec<(usize, f64)>,
    grown: bool,
    announced: bool,
}

/// A leaf as the visitor shows it.
struct Leaf {
    path: Vec<String>,
    value: Value,
    datum: Datum,
    number: Option<f64>,
}

impl Discovery {
    /// Collects the features of one record into `row`, and its class scores.
    #[allow(clippy::too_many_arguments, reason = "the parts of one call of the schema, passed on")]
    pub(super) fn row(
        &mut self,
        line: &[u8],
        record: &mut Record,
        decoder: &mut dyn Decoder,
        batch: &mut Batch,
        slots: &Slots,
        config: &Config,
        nested: bool,
        row: &mut Vec<(String, Datum)>,
    ) -> Result<(), Reject> {
        let mut leaves = Vec::new();
        decoder.visit(line, record, &mut |path, value, record| {
            leaves.push(Leaf {
                path: path.iter().map(|key| (*key).to_owned()).collect(),
                value,
                datum: datum(Kind::Unknown, value, record, line, batch),
                number: number_of(value, record, line).map(|(number, _)| number),
            });
        })?;
        row.clear();
        self.scores.clear();
        // Of the usual names of a part, the first that is there is the part; another one may be a feature.
        let parts: Vec<&FieldPath> = slots
            .paths
            .iter()
            .filter_map(|paths| paths.iter().find(|path| leaves.iter().any(|leaf| joined(&leaf.path, path))))
            .collect();
        for leaf in leaves {
            if let Some(class) = class_of(&leaf.path, slots) {
                let index = self.class(&class);
                self.scores.push((index, leaf.number.unwrap_or(f64::NAN)));
                continue;
            }
            let Some(name) = feature_name(&leaf.path, slots, config, nested) else { continue };
            let below = |path: &FieldPath| leaf.path.starts_with(path.segments());
            let is_part =
                !nested && (parts.iter().any(|path| joined(&leaf.path, path)) || slots.lists_paths.iter().any(below));
            let ignored = config.kinds.get(&name) == Some(&KindName::Ignore);
            if is_part || ignored || matches!(leaf.value, Value::Nested(_)) {
                continue;
            }
            row.push((name, leaf.datum));
        }
        for (name, _) in row.iter() {
            if !self.by_name.contains_key(name) {
                self.by_name.insert(name.clone(), self.features.len());
                let kind = match config.kinds.get(name) {
                    Some(KindName::Numeric) => Kind::Numeric,
                    Some(KindName::Categorical) => Kind::Categorical,
                    _ => Kind::Unknown,
                };
                self.features.push((name.as_str().into(), kind));
                self.grown = true;
            }
        }
        Ok(())
    }

    /// The columns, when there are new ones; at most `most` features.
    pub(super) fn columns(&mut self, most: usize) -> Option<Arc<Columns>> {
        if !self.grown && self.announced {
            return None;
        }
        (self.grown, self.announced) = (false, true);
        let features = self.features.iter().take(most).cloned().collect();
        Some(Arc::new(Columns { features, classes: self.classes.clone() }))
    }

    /// Adds the collected record to the batch in the order of the columns.
    pub(super) fn push(
        &self,
        row: &[(String, Datum)],
        batch: &mut Batch,
        columns: &Columns,
    ) -> (Range<u32>, Range<u32>) {
        let mut values = vec![Datum::Missing; columns.features.len()];
        for (name, datum) in row {
            if let Some(place) = self.by_name.get(name).and_then(|index| values.get_mut(*index)) {
                *place = *datum;
            }
        }
        let start = batch.data_length();
        values.into_iter().for_each(|datum| batch.push_datum(datum));
        let first_score = batch.scores_length();
        for class in 0..columns.classes.len() {
            let score = self.scores.iter().find(|(index, _)| *index == class).map_or(f64::NAN, |(_, score)| *score);
            batch.push_score(score);
        }
        (start..batch.data_length(), first_score..batch.scores_length())
    }

    fn class(&mut self, class: &str) -> usize {
        if let Some(index) = self.classes.iter().position(|known| **known == *class) {
            return index;
        }
        self.classes.push(class.into());
        self.grown = true;
        self.classes.len() - 1
    }
}

/// Whether a leaf is what a path means: step by step, or as one key of the joined text.
fn joined(leaf: &[String], path: &FieldPath) -> bool {
    leaf == path.segments() || (leaf.len() == 1 && leaf[0] == path.to_string())
}

/// The class whose score a leaf is: below the object of scores, or `score_<class>`.
fn class_of(leaf: &[String], slots: &Slots) -> Option<String> {
    for path in &slots.scores_paths {
        if let Some([class]) = leaf.strip_prefix(path.segments()) {
            return Some(class.clone());
        }
        if let ([name], prefix) = (leaf, format!("{path}."))
            && let Some(class) = name.strip_prefix(&prefix)
        {
            return Some(class.to_owned());
        }
    }
    match leaf {
        [name] => name.strip_prefix("score_").map(str::to_owned),
        _ => None,
    }
}

/// The name of the feature a leaf is; `None` when it is none.
fn feature_name(leaf: &[String], slots: &Slots, config: &Config, nested: bool) -> Option<String> {
    if !config.feature_list.is_empty() {
        let listed = |name: &&String| joined(leaf, &FieldPath::parse(name));
        return config.feature_list.iter().find(listed).cloned();
    }
    for path in &slots.features_paths {
        if let Some(rest) = leaf.strip_prefix(path.segments())
            && !rest.is_empty()
        {
            return Some(rest.join("."));
        }
        if let ([name], prefix) = (leaf, format!("{path}."))
            && let Some(rest) = name.strip_prefix(&prefix)
        {
            return Some(rest.to_owned());
        }
    }
    (!nested).then(|| leaf.join("."))
}
