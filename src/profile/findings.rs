//! What a profile says besides its counts. Each part is empty when it was not found out.

use crate::aggregate::CoarseCells;
use serde::{Deserialize, Serialize};

/// Found out when the profile was built.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// How much each feature matters to the model, in the order of the features; the sum is 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub importance: Vec<f64>,
    /// The mean score or prediction (of a prediction less the center of the residuals) by feature and coarse cell; none
    /// where there are no rows. Empty for models that say classes only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Vec<Option<f64>>>,
}

impl Findings {
    /// What does not fit a profile with features of these coarse cells, in words.
    pub(super) fn contradiction(&self, coarse: &CoarseCells) -> Option<&'static str> {
        let features = coarse.cells().count();
        let shares = self.importance.iter().all(|share| (0.0..=1.0).contains(share));
        let fits = self.importance.is_empty() || self.importance.len() == features;
        if !(shares && fits) {
            return Some("the importance of the features");
        }
        let lengths = self.responses.iter().map(Vec::len).eq(coarse.cells());
        (!(self.responses.is_empty() || lengths)).then_some("the responses by cell")
    }
}
