//! What a profile says besides its counts. Each part is empty when it was not found out.

use crate::aggregate::Layout;
use crate::statistics::basis::{Losses, places};
use serde::{Deserialize, Serialize};

/// Found out when the profile was built.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// How much each feature matters to the model, in the order of the features; the sum is 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub importance: Vec<f64>,
    /// What errors of a regression to expect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub losses: Option<Losses>,
}

impl Findings {
    /// What does not fit a profile of this many features and of these inputs, in words.
    pub(super) fn contradiction(&self, features: usize, inputs: &Layout) -> Option<&'static str> {
        let shares = self.importance.iter().all(|share| (0.0..=1.0).contains(share));
        let fits = self.importance.is_empty() || self.importance.len() == features;
        if !(shares && fits) {
            return Some("the importance of the features");
        }
        let fits = self.losses.as_ref().is_none_or(|losses| {
            let finite = losses.mean.iter().chain(losses.terms.iter().flatten()).all(|value| value.is_finite());
            finite && losses.terms.len() == places(inputs).1
        });
        (!fits).then_some("the table of losses")
    }
}
