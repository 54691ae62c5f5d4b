//! Variance of the errors.
//!
//! **What it answers.** Apart from a constant shift, how much do the errors scatter?
//!
//! **Definition.** `sum e^2 / n - (sum e / n)^2` with `e` prediction minus actual, dividing by `n`.
//!
//! **Range and direction.** In the squared units of the actual, from 0; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Pairs of which a side is missing or not finite are left out.
//!
//! **Least data.** One pair, for which it is 0.
//!
//! **Known bias.** Downwards by `1 / n` of itself, as it divides by `n` so that bias squared plus variance is the mean
//! squared error.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** The bias-variance identity; numpy, `var`.
//!
//! **Example.** Errors 3, 0, -4, 0: 25 / 4 - 1 / 16 = 6.1875.
//!
//! ```
//! use driftgauge::aggregate::residuals::ResidualSums;
//! use driftgauge::statistics::performance::{Performance, Regression, entry};
//! let sums = ResidualSums { n: 4, error: -1.0, squared_error: 25.0, ..Default::default() };
//! let window = Performance::Regression(Regression { sums, absolute_error: None });
//! let (_, value) = entry("error_variance").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 6.1875).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Regression};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "error_variance",
        name: "driftgauge_error_variance",
        help: "Variance of prediction minus actual, in squared units of the actual.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["numpy var"],
    },
    evaluate: Evaluate::Regression(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Regression<'_>) -> Evaluated {
    Ok(window.error_variance()?.into())
}
