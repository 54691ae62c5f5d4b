//! What comes of a prediction or an actual.

use super::{Held, Kept, Waiting};
use crate::event::Item;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A prediction and its actual.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// When the prediction was made.
    pub predicted_at: Timestamp,
    /// When the actual became known.
    pub known_at: Timestamp,
    /// The prediction.
    pub prediction: Waiting,
    /// The actual.
    pub actual: Held,
    /// What the prediction kept.
    pub kept: Option<Kept>,
    /// The items of the actual; none when it is no list, or an empty one.
    pub items: Option<Arc<[Item]>>,
}

/// Why an actual did not make a pair: a closed set, the `reason` of `driftgauge_actuals_unmatched_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unmatched {
    /// The prediction had an actual already, the same.
    Duplicate,
    /// The prediction had an actual already, another one. The first counts.
    Conflicting,
    /// The request had failed.
    FailedRequest,
    /// No prediction with this id came within the longest delay.
    NoPrediction,
    /// Given up while it waited, because the table was full.
    Evicted,
    /// Null, or not of the task's kind.
    Invalid,
}

impl Unmatched {
    /// Every reason.
    pub const ALL: &'static [Unmatched] = &[
        Unmatched::Duplicate,
        Unmatched::Conflicting,
        Unmatched::FailedRequest,
        Unmatched::NoPrediction,
        Unmatched::Evicted,
        Unmatched::Invalid,
    ];

    /// As the value of the label `reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Unmatched::Duplicate => "duplicate",
            Unmatched::Conflicting => "conflicting",
            Unmatched::FailedRequest => "failed_request",
            Unmatched::NoPrediction => "no_prediction",
            Unmatched::Evicted => "evicted",
            Unmatched::Invalid => "invalid",
        }
    }
}

/// What came of a prediction or an actual.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Joined {
    /// Pairs made.
    pub pairs: Vec<Pair>,
    /// Why an actual made none.
    pub unmatched: Option<Unmatched>,
    /// The id had a prediction of the same stream already; the first one counts.
    pub repeated: bool,
}

/// Counts of what left the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Actuals that waited in vain.
    pub actuals_expired: u64,
    /// Actuals given up because the table was full.
    pub actuals_evicted: u64,
    /// Predictions whose actual never came.
    pub predictions_expired: u64,
    /// Predictions given up because the table was full, or because their stream was dropped.
    pub predictions_evicted: u64,
}
