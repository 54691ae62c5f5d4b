//! Kolmogorov-Smirnov separation of the score.
//!
//! **What it answers.** How far apart are the scores of positives and negatives at the best threshold?
//!
//! **Definition.** `max |TPR - FPR|` over the thresholds at the edges of cells; the exact maximum over all thresholds
//! is in [value, value + bound], the bound putting all positives or all negatives of a cell first.
//!
//! **Range and direction.** 0 to 1; lower is worse. A score that ranks the wrong way round reaches 1 as well: the
//! area under the ROC curve tells the two apart.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). Undefined when all actuals are of one class (`constant_actual`).
//!
//! **Least data.** One positive and one negative. From chance alone expect about `0.87 sqrt(1/P + 1/N)`.
//!
//! **Known bias.** Downwards by the grid, at most by the bound; upwards by chance in short windows.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Smirnov 1939; scipy, `ks_2samp` of the scores of positives and negatives.
//!
//! **Example.** Positives at 0.9 and 0.35, negatives at 0.8 and 0.1: TPR 1 and FPR 1/2 from 0.35 up, 0.5.
//!
//! ```
//! # use driftgauge::aggregate::confusion::Confusion;
//! # use driftgauge::aggregate::scored::{Scored, ScoredRow};
//! # use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (score, actual) on a grid of hundredths.
//! let rows = [(0.9, 1), (0.8, 0), (0.35, 1), (0.1, 0)];
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
//! let (_, value) = entry("score_kolmogorov_smirnov").unwrap().values(&window)[0];
//! assert_eq!(0.5, value.unwrap().value);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::aggregate::scored::ScoreCells;
use crate::statistics::{Companion, Evaluated, Outcome, Spec, Undefined, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "score_kolmogorov_smirnov",
        name: "driftgauge_score_kolmogorov_smirnov",
        help: "Largest difference between true-positive and false-positive rate over all thresholds.",
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
        references: &["scipy ks_2samp of the scores of positives and negatives"],
    },
    evaluate: Evaluate::Binary(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    separation(window.positive_scores()?)
}

fn separation(cells: &ScoreCells<'_>) -> Evaluated {
    let (positives, negatives) =
        (cells.positives.iter().sum::<u64>() as f64, cells.negatives.iter().sum::<u64>() as f64);
    if positives == 0.0 || negatives == 0.0 {
        return Err(Undefined::ConstantActual);
    }
    let (mut value, mut high) = (0.0f64, 0.0f64);
    // Counts below the cell.
    let (mut t, mut f) = (0, 0);
    for (k, (n, p)) in cells.negatives.iter().zip(cells.positives).enumerate() {
        let rates = |t: u64, f: u64| t as f64 / positives - f as f64 / negatives;
        if !cells.is_tied(k) {
            // Inside the cell all positives may come first, or all negatives.
            high = high.max(rates(t + p, f)).max(-rates(t, f + n));
        }
        t += p;
        f += n;
        value = value.max(rates(t, f).abs());
    }
    Ok(Outcome { value, error_bound: Some((high - value).max(0.0)) })
}
