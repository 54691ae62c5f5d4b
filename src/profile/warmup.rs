//! Learns a reference from live traffic (being written).

use super::{Options, Reference, SurveyError};
use crate::event::{Batch, Prediction};
use crate::time::Timestamp;

/// Learns a reference.
#[derive(Debug)]
pub struct Warmup {
    rows: u64,
}

impl Warmup {
    /// Learns nothing yet.
    pub fn new(_options: Options, _most_features: usize) -> Warmup {
        Warmup { rows: 0 }
    }

    /// Takes one prediction.
    pub fn observe(&mut self, _batch: &Batch, _prediction: &Prediction) {
        self.rows += 1;
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Ends it.
    pub fn reference(&self, _model: Option<String>, _created: Timestamp) -> Result<Reference, SurveyError> {
        Err(SurveyError::Empty)
    }
}
