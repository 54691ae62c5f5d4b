//! What happened, in the words of models: a prediction was made, an actual became known.
//!
//! Events travel in batches. A [`Batch`] owns everything its events point into, so that an event is a few words and
//! nothing is allocated for each.

mod packed;

pub use packed::Packed;

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// What a model does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of two classes.
    Binary,
    /// One of several classes.
    Multiclass,
    /// A number.
    Regression,
    /// A list of items in the order they are shown.
    Ranking,
}

/// Items of one list that are looked at; more are as if they were not there.
pub const MOST_ITEMS: usize = 100;

/// The longest embedding that is looked at.
pub const MOST_NUMBERS: usize = 16_384;

impl Task {
    /// Every task.
    pub const ALL: &'static [Task] = &[Task::Binary, Task::Multiclass, Task::Regression, Task::Ranking];

    /// As in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Task::Binary => "binary",
            Task::Multiclass => "multiclass",
            Task::Regression => "regression",
            Task::Ranking => "ranking",
        }
    }

    /// Whether predictions and actuals are classes.
    pub fn is_classification(self) -> bool {
        matches!(self, Task::Binary | Task::Multiclass)
    }
}

/// One model and version: everything is counted apart for each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamKey {
    /// The label `model`.
    pub model: Arc<str>,
    /// The label `version`; `unknown` when the log has none.
    pub version: Arc<str>,
}

impl fmt::Display for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.model, self.version)
    }
}

/// The version of records that have none.
pub const UNKNOWN_VERSION: &str = "unknown";

/// The kind of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Numbers.
    Numeric,
    /// Classes of text, booleans or codes.
    Categorical,
    /// Not known yet: no profile was made.
    Unknown,
}

/// The columns of a stream that a record's values are mapped to, in order. Compared by identity.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Columns {
    /// Name and kind of each feature.
    pub features: Vec<(Arc<str>, Kind)>,
    /// The classes whose scores are logged, of a multiclass task.
    pub classes: Vec<Arc<str>>,
}

/// A piece of a batch's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Text {
    start: u32,
    length: u32,
}

/// A list of items in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Items {
    start: u32,
    length: u32,
}

/// An item by the hash of its id, and how relevant it is: 0 is not at all.
pub type Item = (u64, f64);

/// A vector of numbers in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Vector {
    /// None was logged.
    #[default]
    Missing,
    /// What was logged is no array of finite numbers.
    Invalid,
    /// Its numbers.
    Numbers(Range<u32>),
}

/// One value of a record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Datum {
    /// Null, absent or NaN.
    Missing,
    /// Not of the column's kind.
    Invalid,
    /// A number; the infinities are possible, NaN is not.
    Number(f64),
    /// A number that was written as text.
    Coerced(f64),
    /// The text of a category.
    Category(Text),
    /// Items and how relevant each turned out to be: no item twice, the most relevant first, none of no relevance.
    List(Items),
}

/// What came of a prediction request.
#[derive(Clone, Debug, PartialEq)]
pub enum Served {
    /// The model answered.
    Answered {
        /// Class or number; missing when only scores were logged.
        prediction: Datum,
        /// The score of the positive class; NaN when none was logged.
        score: f64,
        /// The scores by class, in the order of the columns' classes; empty when none were logged, NaN where one is
        /// missing.
        scores: Range<u32>,
        /// The lower and the upper end of the prediction's interval; NaN where none was logged.
        interval: [f64; 2],
        /// The items of a ranking in the order they were shown.
        items: Option<Items>,
        /// How long it took, in seconds; NaN when it was not logged.
        latency: f64,
    },
    /// The request failed; the type of the failure.
    Failed(Text),
}

/// A prediction was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Index of its stream in the batch.
    pub stream: u32,
    /// The values of the features, in the order of the stream's columns.
    pub features: Range<u32>,
    /// What came of it.
    pub served: Served,
    /// The embedding, when the mapping names one.
    pub embedding: Vector,
    /// The actual, when the same line holds it.
    pub actual: Option<Datum>,
}

/// An actual became known.
#[derive(Clone, Debug, PartialEq)]
pub struct Actual {
    /// The model, when the line names it.
    pub model: Option<Arc<str>>,
    /// Class or number.
    pub value: Datum,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// A prediction was made.
    Prediction(Prediction),
    /// An actual became known.
    Actual(Actual),
}

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When; `None` when the line has no time.
    pub at: Option<Timestamp>,
    /// The hash of the id that joins predictions and actuals.
    pub id: Option<u64>,
    /// What.
    pub happening: Happening,
}

/// Events and what they point into.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// In the order of the lines.
    pub events: Vec<Event>,
    /// The streams of the events, each with its columns.
    pub streams: Vec<(StreamKey, Arc<Columns>)>,
    /// The feature values, as [`Packed`] has them.
    data: Vec<f64>,
    /// Values that are neither numbers nor missing: of features, and texts of predictions.
    others: Vec<Datum>,
    scores: Vec<f64>,
    items: Vec<Item>,
    vectors: Vec<f64>,
    text: String,
}

impl Batch {
    /// Empties the batch and keeps its memory.
    pub fn clear(&mut self) {
        self.events.clear();
        self.streams.clear();
        self.data.clear();
        self.others.clear();
        self.scores.clear();
        self.items.clear();
        self.vectors.clear();
        self.text.clear();
    }

    /// Adds text.
    pub fn push_text(&mut self, text: &str) -> Text {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Text { start, length: text.len() as u32 }
    }

    /// Adds the value of the next feature.
    pub fn push_datum(&mut self, datum: Datum) {
        let packed = self.pack(datum);
        self.data.push(packed.as_number());
    }

    /// Adds the values of the next features, which are numbers, or [`f64::NAN`] where they are missing; no other NaN.
    #[inline]
    pub fn push_numbers(&mut self, numbers: impl ExactSizeIterator<Item = f64>) {
        self.data.extend(numbers);
    }

    /// A value that may stand among those of the features, once or more.
    #[inline]
    pub fn pack(&mut self, datum: Datum) -> Packed {
        Packed::of(datum, &mut self.others)
    }

    /// Puts another value in place of the one at `index` of all.
    #[inline]
    pub fn replace(&mut self, index: usize, value: Packed) {
        if let Some(place) = self.data.get_mut(index) {
            *place = value.as_number();
        }
    }

    /// Adds the score of the next class.
    pub fn push_score(&mut self, score: f64) {
        self.scores.push(score);
    }

    /// Adds a list of items, of which the first [`MOST_ITEMS`] count.
    pub fn push_items(&mut self, items: impl Iterator<Item = Item>) -> Items {
        let start = self.items.len();
        self.items.extend(items.take(MOST_ITEMS));
        Items { start: start as u32, length: (self.items.len() - start) as u32 }
    }

    /// Adds a vector; it is invalid when any of its numbers is none or not finite, or when it has more than `most` or none.
    pub fn push_vector(&mut self, numbers: impl Iterator<Item = Option<f64>>, most: usize) -> Vector {
        let start = self.vectors.len();
        for number in numbers {
            match number.filter(|number| number.is_finite() && self.vectors.len() - start < most) {
                Some(number) => self.vectors.push(number),
                None => {
                    self.vectors.truncate(start);
                    return Vector::Invalid;
                }
            }
        }
        let end = self.vectors.len();
        if end == start { Vector::Invalid } else { Vector::Numbers(start as u32..end as u32) }
    }

    /// The numbers of a vector; none when it is missing or invalid.
    pub fn vector(&self, vector: &Vector) -> &[f64] {
        match vector {
            Vector::Numbers(range) => self.vectors.get(range.start as usize..range.end as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// How many feature values there are: the start of the next record's.
    pub fn data_length(&self) -> u32 {
        self.data.len() as u32
    }

    /// How many scores there are: the start of the next record's.
    pub fn scores_length(&self) -> u32 {
        self.scores.len() as u32
    }

    /// The text of a piece.
    pub fn text(&self, text: Text) -> &str {
        self.text.get(text.start as usize..(text.start + text.length) as usize).unwrap_or_default()
    }

    /// The items of a list.
    pub fn items(&self, items: Items) -> &[Item] {
        self.items.get(items.start as usize..(items.start + items.length) as usize).unwrap_or_default()
    }

    /// The feature values of a range.
    pub fn data(&self, range: &Range<u32>) -> impl ExactSizeIterator<Item = Datum> + Clone {
        let data = self.data.get(range.start as usize..range.end as usize).unwrap_or_default();
        data.iter().map(|number| self.datum(Packed::from_number(*number)))
    }

    /// One of the feature values of a range; missing beyond its end.
    pub fn value(&self, range: &Range<u32>, index: usize) -> Datum {
        let data = self.data.get(range.start as usize..range.end as usize).unwrap_or_default();
        data.get(index).map_or(Datum::Missing, |number| self.datum(Packed::from_number(*number)))
    }

    /// The feature values of all records: numbers as they are, anything else as the NaN that [`Packed`] reads.
    #[inline]
    pub fn all_data(&self) -> &[f64] {
        &self.data
    }

    /// How many values there are that are neither numbers nor missing.
    pub fn others_length(&self) -> usize {
        self.others.len()
    }

    /// The value that a packed one is.
    #[inline]
    pub fn datum(&self, packed: Packed) -> Datum {
        packed.datum(&self.others)
    }

    /// The scores of a range.
    pub fn scores(&self, range: &Range<u32>) -> &[f64] {
        self.scores.get(range.start as usize..range.end as usize).unwrap_or_default()
    }
}

/// The text of a number as a category or a class: the shortest that reads back as the same number, whole numbers
/// without a point.
pub fn number_text(value: f64) -> Cow<'static, str> {
    const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    // Most numbers that are classes are these.
    let whole = value as i32;
    match usize::try_from(whole).ok().and_then(|whole| DIGITS.get(whole)) {
        Some(digit) if f64::from(whole) == value => Cow::Borrowed(digit),
        // Zero has no sign here.
        _ => Cow::Owned(format!("{}", value + 0.0)),
    }
}
