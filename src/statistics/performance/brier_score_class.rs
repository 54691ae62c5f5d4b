//! Brier score of a class against the rest.
//!
//! **What it answers.** Which class do the bad scores belong to?
//!
//! **Definition.** The mean of `(p_k - [actual = k])^2` over the labelled rows, `p_k` the score of class `k`. Over the
//! classes these sum to `brier_score`.
//!
//! **Range and direction.** 0 to 1; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`).
//!
//! **Least data.** One row.
//!
//! **Known bias.** Small for rare classes whatever the model does.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Brier 1950, Verification of forecasts expressed in terms of probability.
//!
//! **Example.** Class a scored 0.7, 0.3 (actual), 0.4, 0.2 (others): (0.09 + 0.49 + 0.16 + 0.04) / 4 = 0.195.
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
//! let values = entry("brier_score_class").unwrap().values(&window);
//! assert!((values[0].1.unwrap().value - 0.195).abs() < 1e-12);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "brier_score_class",
        name: "driftgauge_brier_score_class",
        help: "Mean squared difference of the score of the class and whether it occurred.",
        range: (0.0, 1.0),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Brier 1950, Verification of forecasts expressed in terms of probability"],
    },
    evaluate: Evaluate::OneVersusRest(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>, class: usize) -> Evaluated {
    let rows = window.scores()?.rows as f64;
    Ok((window.class_scores(class)?.squared_errors() / rows).into())
}
