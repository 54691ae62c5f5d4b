//! What a profile says besides its counts. Each part is empty when it was not found out.

use serde::{Deserialize, Serialize};

/// Found out when the profile was built.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// How much each feature matters to the model, in the order of the features; the sum is 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub importance: Vec<f64>,
}

impl Findings {
    /// What does not fit a profile of this many features, in words.
    pub(super) fn contradiction(&self, features: usize) -> Option<&'static str> {
        let shares = self.importance.iter().all(|share| (0.0..=1.0).contains(share));
        let fits = self.importance.is_empty() || self.importance.len() == features;
        (!(shares && fits)).then_some("the importance of the features")
    }
}
