//! Share of records in which a column has no value.
//!
//! **What it answers.** Has a feature stopped arriving?
//!
//! **Definition.** `missing / (present + missing + invalid)`; missing is null, absent or NaN.
//!
//! **Range and direction.** 0 to 1; higher is worse.
//!
//! **Empty, ties, not finite.** Null, an absent key and NaN are all missing; the infinities are present. Failed
//! predictions are not records of this ratio.
//!
//! **Least data.** One record. The standard error is `sqrt(r (1 - r) / n)`.
//!
//! **Known bias.** None.
//!
//! **Choosing a threshold.** Compare with the reference's own ratio, exposed beside it.
//!
//! **References.** A proportion.
//!
//! **Example.** 1 null and 1 absent key in 8 records: 0.25.
//!
//! ```
//! use driftgauge::aggregate::{Dictionary, numeric::Categories};
//! use driftgauge::statistics::quality::{ENTRIES, Side};
//! let dictionary = Dictionary::new([("a", 100)], 64);
//! let side = Side::Categorical(Categories::from_parts(&dictionary, &[6, 0, 0, 2, 0]).unwrap());
//! assert_eq!(0.25, (ENTRIES[0].evaluate)(&side).unwrap().value);
//! ```

use super::{Entry, Side};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "missing_ratio",
        name: "driftgauge_feature_missing_ratio",
        help: "Share of records in which the column is null, absent or NaN.",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: None,
        least: 1,
        companions: &[Companion::Reference],
        references: &["a proportion"],
    },
    evaluate,
};

fn evaluate(side: &Side<'_>) -> Evaluated {
    ratio(side.missing() as f64, side.records() as f64, Undefined::NoObservations)
}
