//! Share of records in which a column has a value of the wrong kind.
//!
//! **What it answers.** Has someone begun to send text where there were numbers?
//!
//! **Definition.** `invalid / (present + missing + invalid)`; invalid is text that is no number in a numeric column,
//! and an object or an array in any column.
//!
//! **Range and direction.** 0 to 1; higher is worse.
//!
//! **Empty, ties, not finite.** Null, an absent key and NaN are missing, not invalid; numbers written as text and the
//! infinities are present.
//!
//! **Least data.** One record. The standard error is `sqrt(r (1 - r) / n)`.
//!
//! **Known bias.** None.
//!
//! **Choosing a threshold.** Compare with the reference's own ratio, exposed beside it; it is mostly 0, and then a
//! single one is news.
//!
//! **References.** A proportion.
//!
//! **Example.** 1 array in 8 records: 0.125.
//!
//! ```
//! use driftgauge::aggregate::{Dictionary, numeric::Categories};
//! use driftgauge::statistics::quality::{Side, entry};
//! let dictionary = Dictionary::new([("a", 100)], 64);
//! let side = Side::Categorical(Categories::from_parts(&dictionary, &[5, 0, 0, 2, 1]).unwrap());
//! assert_eq!(0.125, (entry("invalid_ratio").unwrap().evaluate)(&side).unwrap().value);
//! ```

use super::{Entry, Side};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "invalid_ratio",
        name: "driftgauge_feature_invalid_ratio",
        help: "Share of records in which the column's value is of the wrong kind.",
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
    ratio(side.invalid() as f64, side.records() as f64, Undefined::NoObservations)
}
