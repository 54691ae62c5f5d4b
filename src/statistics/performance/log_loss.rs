//! Log loss.
//!
//! **What it answers.** How surprised is the model by what happens?
//!
//! **Definition.** The mean of `-ln(s)` over the labelled rows, `s` being the score of the class that occurred (of a
//! binary task `p` or `1 - p`), clipped to `[2.2e-16, 1 - 2.2e-16]`; natural logarithm.
//!
//! **Range and direction.** 0 to 36.04; higher is worse. `ln K` is what equal scores for `K` classes give.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). A class without a score counts as scored 0. Scores are used as
//! logged: they are not made to sum to one.
//!
//! **Least data.** One row.
//!
//! **Known bias.** One row scored 0 that happens costs 36.04: a few of them decide the mean. The Brier score is
//! bounded.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it; above `ln K` the scores are
//! worse than none.
//!
//! **References.** Good 1952, Rational decisions; scikit-learn, `log_loss` (its clipping).
//!
//! **Example.** A positive at 0.75 and a negative at 0.5: (ln(4/3) + ln 2) / 2 = 0.4904.
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
//! let (_, value) = entry("log_loss").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - ((4.0f64 / 3.0).ln() + 2.0f64.ln()) / 2.0).abs() < 1e-12);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "log_loss",
        name: "driftgauge_log_loss",
        help: "Mean negative logarithm of the score of the class that occurred.",
        range: (0.0, f64::INFINITY),
        worse: Worse::Higher,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Good 1952, Rational decisions", "scikit-learn log_loss"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    let scores = window.scores()?;
    Ok((scores.log_loss / scores.rows as f64).into())
}
