//! Record -> Event by the user's field mapping.
//!
//! The mapping says where the parts of a record are found; what it leaves unset is looked for under the usual names
//! ([`Config`]). The columns of a model's profile are compiled into the field plan, so that a decoder puts each value
//! into a slot and no name is looked up per value. A stream without a profile is *discovered*: every leaf below the
//! features is a column.

mod counts;
mod discover;
mod items;
mod map;
mod numbers;
#[cfg(test)]
mod one_profile;
mod reject;
mod repeated;
mod row;
mod slots;
mod text;

pub use counts::{LineCounts, Position};
pub use map::{ColumnSource, FileDecoder, Known, Schema};
pub use reject::{Reject, RejectReason};

use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the parts of a record are found: dotted paths, or JSON pointers that begin with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// When it happened: RFC 3339, or a number since the epoch in s, ms, us or ns.
    pub time: Option<String>,
    /// What joins a prediction and its actual.
    pub id: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// The model's version.
    pub version: Option<String>,
    /// The predicted class or number.
    pub prediction: Option<String>,
    /// The score of the positive class.
    pub score: Option<String>,
    /// An object of class -> score.
    pub scores: Option<String>,
    /// The lower end of a prediction's interval.
    pub lower: Option<String>,
    /// The upper end of a prediction's interval.
    pub upper: Option<String>,
    /// The items of a ranking, an array of ids in the order they were shown.
    pub items: Option<String>,
    /// What turned out to be true; of a ranking the relevant items, an array of ids or an object of id -> gain.
    pub actual: Option<String>,
    /// The embedding of what was predicted on, an array of numbers.
    pub embedding: Option<String>,
    /// How long the prediction took.
    pub latency: Option<String>,
    /// The unit of the latency when its name does not end in one: `s`, `ms`, `us` or `ns`.
    pub latency_unit: Option<String>,
    /// The type of a failure; a record where it is set and not null or false is a failed prediction.
    pub error: Option<String>,
    /// The object that holds the features.
    pub features: Option<String>,
    /// The features one by one, instead of an object.
    pub feature_list: Vec<String>,
    /// The kind of a feature when its values do not tell: `numeric`, `categorical` or `ignore`.
    pub kinds: BTreeMap<String, KindName>,
    /// Parts that are looked for under their usual names because of what the models do.
    #[serde(skip)]
    pub usual: Usual,
}

/// Parts that only some tasks have: their usual names are the names of features elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usual {
    /// The ends of intervals: some model is a regression.
    pub intervals: bool,
    /// Items shown and items relevant: some model is a ranking.
    pub items: bool,
}

/// The kind of a feature as the config names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KindName {
    /// Numbers; text that reads as a number is one.
    Numeric,
    /// Categories; numbers are codes.
    Categorical,
    /// Not a feature.
    Ignore,
}

/// The usual names of each part, in the order they are looked for.
pub mod aliases {
    /// When it happened.
    pub const TIME: &[&str] = &["timestamp", "datetime", "ts", "time", "@timestamp"];
    /// What joins a prediction and its actual.
    pub const ID: &[&str] = &["id", "request_id", "inference_id", "correlation_id", "identifier"];
    /// The model's name.
    pub const MODEL: &[&str] = &["model", "model_name"];
    /// The model's version.
    pub const VERSION: &[&str] = &["version", "model_version"];
    /// The predicted class or number.
    pub const PREDICTION: &[&str] = &["prediction", "y_pred", "predicted_label"];
    /// The score of the positive class.
    pub const SCORE: &[&str] = &["y_pred_proba", "score", "probability", "predicted_proba"];
    /// Class -> score.
    pub const SCORES: &[&str] = &["scores", "probabilities"];
    /// The lower end of a prediction's interval, when a model is a regression.
    pub const LOWER: &[&str] = &["prediction_lower", "lower", "y_pred_lower"];
    /// The upper end of a prediction's interval, when a model is a regression.
    pub const UPPER: &[&str] = &["prediction_upper", "upper", "y_pred_upper"];
    /// The items shown, when a model is a ranking.
    pub const ITEMS: &[&str] = &["items", "recommendations", "ranking"];
    /// The items that turned out to be relevant, when a model is a ranking; after the names of any actual.
    pub const RELEVANT: &[&str] = &["clicks", "clicked", "relevant"];
    /// What turned out to be true.
    pub const ACTUAL: &[&str] = &["target", "y_true", "label", "ground_truth", "actual"];
    /// How long the prediction took; the suffix is the unit.
    pub const LATENCY: &[&str] =
        &["latency_ms", "latency_us", "latency_ns", "latency_seconds", "latency_s", "latency", "duration_ms"];
    /// The type of a failure.
    pub const ERROR: &[&str] = &["error_type", "error"];
    /// The object that holds the features.
    pub const FEATURES: &[&str] = &["features", "inputs"];
}

/// Which lines a source holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Told by what each line holds.
    #[default]
    Auto,
    /// Predictions, perhaps with their actuals.
    Predictions,
    /// Actuals of predictions that are logged elsewhere.
    Actuals,
}
