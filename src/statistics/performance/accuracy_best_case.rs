//! Accuracy if every missing actual proved the prediction right.
//!
//! **What it answers.** How good can the accuracy of this window be, once all actuals are known?
//!
//! **Definition.** Right pairs and predictions without an actual, over all predictions of the window that have a class.
//!
//! **Range and direction.** 0 to 1; lower is worse. Never below the final accuracy of the same predictions.
//!
//! **Empty, ties, missing, not finite.** Predictions without a class make no pair and are left out. Without any pair it is
//! undefined (`no_actuals`), and with `performance.axis = "arrival"` as well (`arrival_axis`).
//!
//! **Least data.** One pair.
//!
//! **Known bias.** None, and no chance either: it is a bound for these predictions, whatever decides which actuals come.
//!
//! **Choosing a threshold.** When it is below a limit, the limit is missed for sure.
//!
//! **References.** Manski 1989, Anatomy of the selection problem.
//!
//! **Example.** 80 predictions of class 0, of which 10 have an actual and 9 were right; 20 of class 1, all with an actual,
//! 10 right: (19 + 70) / 100.
//!
//! ```
//! # use driftgauge::aggregate::cohort::Cohort;
//! # use driftgauge::aggregate::confusion::Confusion;
//! # use driftgauge::aggregate::scored::Scored;
//! # use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! # let mut layout = Layout::default();
//! # let confusion = Confusion::new(&mut layout, vec!["0".into(), "1".into()], Some(1));
//! # let scored = Scored::new(&mut layout, Vec::new(), None);
//! # layout.performance = Some(PerformanceShape::Classification { confusion, scored });
//! # let cohort = Cohort::new(&mut layout, Some(2), None);
//! # let mut totals = Totals::new(layout.counts(), layout.sums());
//! // Of each predicted class: predictions, those with an actual, right ones.
//! for (class, predictions, pairs, right) in [(0, 80, 10, 9), (1, 20, 20, 10)] {
//! #     let mut delta = Delta::default();
//! #     (0..predictions).for_each(|_| cohort.answer(Some(class), f64::NAN, &mut delta));
//! #     (0..pairs).for_each(|i| cohort.pair(class, f64::NAN, i < right, (i < right) == (class == 1), &mut delta));
//! #     totals.apply(&delta);
//! }
//! # layout.cohort = Some(cohort);
//! # let window = Performance::cohort(&layout, &totals, false).unwrap();
//! let (_, value) = entry("accuracy_best_case_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.89).abs() < 1e-12);
//! ```

use super::{Closed, Cohort, Entry, Evaluate};
use crate::statistics::{Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "accuracy_best_case_ratio",
        name: "driftgauge_accuracy_best_case_ratio",
        help: "Accuracy of the window's predictions if all that have no actual were right.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[],
        references: &["Manski 1989, Anatomy of the selection problem"],
    },
    evaluate: Evaluate::Cohort(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Cohort<'_>) -> Evaluated {
    let whole = window.whole()?;
    ratio((whole.right + whole.all - whole.pairs) as f64, whole.all as f64, Undefined::NoActuals)
}
