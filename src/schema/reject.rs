//! Lines that hold no event, and why.

use crate::decode::{DecodeError, DecodeReason};

/// Why a line holds no event: a closed set, the `reason` of `driftgauge_decode_failures_total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectReason {
    /// The line could not be decoded.
    Decode(DecodeReason),
    /// The time is neither RFC 3339 nor a number since the epoch.
    InvalidTime,
    /// Neither prediction, score, features, failure nor actual.
    NoPrediction,
    /// A line of actuals without one.
    NoActual,
    /// An actual without an id, which nothing can be joined to.
    NoId,
    /// No model named, and not exactly one model configured by its full name.
    NoModel,
    /// The model is not configured.
    UnknownModel,
}

impl RejectReason {
    /// Every reason.
    pub fn all() -> impl Iterator<Item = RejectReason> {
        let own = [
            RejectReason::InvalidTime,
            RejectReason::NoPrediction,
            RejectReason::NoActual,
            RejectReason::NoId,
            RejectReason::NoModel,
            RejectReason::UnknownModel,
        ];
        DecodeReason::ALL.iter().map(|reason| RejectReason::Decode(*reason)).chain(own)
    }

    /// As the value of the label `reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            RejectReason::Decode(reason) => reason.as_str(),
            RejectReason::InvalidTime => "invalid_time",
            RejectReason::NoPrediction => "no_prediction",
            RejectReason::NoActual => "no_actual",
            RejectReason::NoId => "no_id",
            RejectReason::NoModel => "no_model",
            RejectReason::UnknownModel => "unknown_model",
        }
    }
}

/// A line that holds no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", reason.as_str(), match offset { Some(offset) => format!(" at byte {offset}"), None => String::new() })]
pub struct Reject {
    /// Why.
    pub reason: RejectReason,
    /// Where in the line, when it is known.
    pub offset: Option<usize>,
}

impl From<RejectReason> for Reject {
    fn from(reason: RejectReason) -> Reject {
        Reject { reason, offset: None }
    }
}

impl From<DecodeError> for Reject {
    fn from(error: DecodeError) -> Reject {
        Reject { reason: RejectReason::Decode(error.reason), offset: Some(error.offset) }
    }
}
