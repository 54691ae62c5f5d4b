//! Macro average precision.
//!
//! **What it answers.** Do the scores of all classes still order the rows, each class weighing the same?
//!
//! **Definition.** The mean of `average_precision_class` over the classes for which it is defined in the window; its
//! bound is the mean of theirs.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). Classes without rows in the window are left out of the mean;
//! scikit-learn gives up then.
//!
//! **Least data.** One class that is defined.
//!
//! **Known bias.** Jumps when a rare class enters or leaves the window.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it, over a window that sees every
//! class.
//!
//! **References.** scikit-learn, `average_precision_score`, `average='macro'`.
//!
//! **Example.** The three classes of four rows: (5/6 + 1/2 + 1) / 3 = 0.7778.
//!
//! ```
//! # use driftgauge::aggregate::confusion::Confusion;
//! # use driftgauge::aggregate::scored::{Scored, ScoredRow};
//! # use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (scores of three classes, actual, predicted) on a grid of hundredths.
//! let rows = [([0.7, 0.2, 0.1], 0, 0), ([0.3, 0.6, 0.1], 0, 1), ([0.4, 0.5, 0.1], 1, 1), ([0.2, 0.3, 0.5], 2, 2)];
//! # let mut layout = Layout::default();
//! # let confusion = Confusion::new(&mut layout, vec!["a".into(), "b".into(), "c".into()], None);
//! # let grid = std::sync::Arc::new(Grid::new((0..=100).map(|i| f64::from(i) / 100.0).collect(), &[]));
//! # let grids = (0..3).map(|class| (class, grid.clone())).collect();
//! # let scored = Scored::new(&mut layout, grids, Some(grid));
//! # let mut totals = Totals::new(layout.counts(), layout.sums());
//! # for (scores, actual, predicted) in rows {
//! #     let mut delta = Delta::default();
//! #     confusion.observe(actual, predicted, &mut delta);
//! #     scored.observe(ScoredRow { actual, correct: actual == predicted, scores: &scores }, &mut delta);
//! #     totals.apply(&delta);
//! # }
//! # layout.performance = Some(PerformanceShape::Classification { confusion, scored });
//! # let window = Performance::new(&layout, &totals).unwrap();
//! let (_, value) = entry("average_precision_macro").unwrap().values(&window)[0];
//! let outcome = value.unwrap();
//! assert!((outcome.value - (5.0 / 6.0 + 0.5 + 1.0) / 3.0).abs() <= outcome.error_bound.unwrap() + 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate, average_precision_class};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "average_precision_macro",
        name: "driftgauge_average_precision_macro",
        help: "Mean of the average precisions of the classes, each against the rest.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[
            Companion::ErrorBound,
            Companion::Reference,
            Companion::Threshold,
            Companion::Lower,
            Companion::Upper,
        ],
        references: &["scikit-learn, mean over one class against the rest"],
    },
    evaluate: Evaluate::Multiclass(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    window.mean_of_defined(average_precision_class::evaluate)
}
