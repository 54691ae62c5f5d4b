//! Brier score.
//!
//! **What it answers.** How far are the scores from what happens, order and calibration together?
//!
//! **Definition.** Of a binary task the mean of `(p - y)^2`, `p` the score of the positive class, `y` 1 or 0. Of
//! several classes the mean of the sum over the classes, Brier's own form: with two classes it would be twice the
//! binary one.
//!
//! **Range and direction.** 0 to 1 (binary), or to 2 for scores of several classes that sum to one; higher is worse.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). A class without a score counts as scored 0.
//!
//! **Least data.** One row.
//!
//! **Known bias.** None: a proper score. Small for rare positives whatever the model does: compare with `v (1 - v)` of
//! their share `v`.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Brier 1950, Verification of forecasts expressed in terms of probability; scikit-learn,
//! `brier_score_loss` (`scale_by_half=False` for several classes).
//!
//! **Example.** A positive at 0.75 and a negative at 0.5: (0.0625 + 0.25) / 2 = 0.15625.
//!
//! ```
//! # use driftgauge::aggregate::confusion::Confusion;
//! # use driftgauge::aggregate::scored::{Scored, ScoredRow};
//! # use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (score, actual) on a grid of hundredths.
//! let rows = [(0.75, 1), (0.5, 0)];
//! # let mut layout = Layout::default();
//! # let confusion = Confusion::new(&mut layout, vec!["0".into(), "1".into()], Some(1));
//! # let grid = Grid::new((0..=100).map(|i| f64::from(i) / 100.0).collect(), &[]);
//! # let scored = Scored::new(&mut layout, vec![(1, grid.into())], None);
//! # let mut totals = Totals::new(layout.counts(), layout.sums());
//! # for (score, actual) in rows {
//! #     let mut delta = Delta::default();
//! #     let predicted = usize::from(score > 0.5);
//! #     confusion.observe(actual, predicted, &mut delta);
//! #     scored.observe(ScoredRow { actual, correct: actual == predicted, scores: &[score] }, &mut delta);
//! #     totals.apply(&delta);
//! # }
//! # layout.performance = Some(PerformanceShape::Classification { confusion, scored });
//! # let window = Performance::new(&layout, &totals).unwrap();
//! let (_, value) = entry("brier_score").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.15625).abs() < 1e-12);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "brier_score",
        name: "driftgauge_brier_score",
        help: "Mean squared difference of score and outcome; of several classes summed over them.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Brier 1950, Verification of forecasts expressed in terms of probability"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    let scores = window.scores()?;
    Ok((window.squared_errors()? / scores.rows as f64).into())
}

impl Classification<'_> {
    /// The squared distances of score and outcome, added up over the pairs with scores.
    pub fn squared_errors(&self) -> Result<f64, Undefined> {
        let scores = self.scores()?;
        let squares: f64 = scores.sections.iter().map(|section| section.squared_errors()).sum();
        let scored: u64 = scores.sections.iter().flat_map(|section| section.positives).sum();
        // A row of a class without a score adds the square of one minus a score of zero.
        let unscored = if self.is_binary() { 0 } else { scores.rows.saturating_sub(scored) };
        Ok(squares + unscored as f64)
    }
}
