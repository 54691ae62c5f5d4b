//! Share of values whose category the reference did not know.
//!
//! **What it answers.** Is the model asked about categories it was never trained on?
//!
//! **Definition.** `unseen / present` of a categorical column.
//!
//! **Range and direction.** 0 to 1; higher is worse.
//!
//! **Empty, ties, not finite.** Missing and invalid values are neither unseen nor present. A category the reference
//! knew without giving it a cell of its own (OTHER) is not unseen. Text differs by case and by blanks.
//!
//! **Least data.** One value. The standard error is `sqrt(r (1 - r) / n)`.
//!
//! **Known bias.** A reference that is small, or old, makes categories look new that always were rare.
//!
//! **Choosing a threshold.** In the reference it is 0 (but for a column of more than
//! 100,000 different texts, of which the rest is not remembered), so any value above 0 is news; 0.01 adds about 0.08 to PSI when
//! the reference has 100,000 rows.
//!
//! **References.** A proportion.
//!
//! **Example.** 2 of 8 values unseen: 0.25.
//!
//! ```
//! use driftgauge::aggregate::{Dictionary, numeric::Categories};
//! use driftgauge::statistics::quality::{Side, entry};
//! let dictionary = Dictionary::new([("a", 100)], 64);
//! let side = Side::Categorical(Categories::from_parts(&dictionary, &[5, 1, 2, 3, 0]).unwrap());
//! assert_eq!(0.25, (entry("unseen_ratio").unwrap().evaluate)(&side).unwrap().value);
//! ```

use super::{Entry, Side};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "unseen_ratio",
        name: "driftgauge_feature_unseen_ratio",
        help: "Share of the values of a categorical column whose category the reference did not know.",
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
    match side {
        Side::Categorical(side) => ratio(side.unseen() as f64, side.present() as f64, Undefined::NoObservations),
        Side::Numeric(_) => Err(Undefined::NotApplicable),
    }
}
