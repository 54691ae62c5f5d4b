//! Average precision of a class against the rest.
//!
//! **What it answers.** Does the score of this class still order its rows above those of the others?
//!
//! **Definition.** `average_precision` of the score of the class, rows of the class being the positives and all others
//! the negatives.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). Undefined when no actual is of the class (`constant_actual`).
//!
//! **Least data.** One row of the class.
//!
//! **Known bias.** As of the binary statistic; rare classes are noisy.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** scikit-learn, `average_precision_score` of one class's indicator.
//!
//! **Example.** Of three classes class a: actual at 0.7 and 0.3, others at 0.4 and 0.2: (1/1 + 2/3) / 2 = 0.8333.
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
//! let values = entry("average_precision_class").unwrap().values(&window);
//! let outcome = values[0].1.unwrap();
//! assert!((outcome.value - 5.0 / 6.0).abs() <= outcome.error_bound.unwrap() + 1e-15);
//! ```

use super::{Classification, Closed, Entry, Evaluate, average_precision};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "average_precision_class",
        name: "driftgauge_average_precision_class",
        help: "Average precision of the class against the rest.",
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
        references: &["scikit-learn, one class against the rest"],
    },
    evaluate: Evaluate::OneVersusRest(evaluate),
    closed: Closed::None,
};

/// Of one class against the rest.
pub(super) fn evaluate(window: &Classification<'_>, class: usize) -> Evaluated {
    average_precision::precision_area(window.class_scores(class)?)
}
