//! Spiegelhalter's Z.
//!
//! **What it answers.** Is the calibration off by more than chance explains?
//!
//! **Definition.** `sum (y - p)(1 - 2p) / sqrt(sum (1 - 2p)^2 p (1 - p))` over the labelled rows. Of several classes
//! the score is the largest one and the outcome whether the prediction was right.
//!
//! **Range and direction.** Any number; 0 is calibrated, about standard normal when calibrated. Positive: outcomes are
//! nearer to one half than the scores say (overconfident); negative: further.
//!
//! **Empty, ties, missing, not finite.** Only labelled rows with scores in [0, 1] count; others are left out. Without
//! any the statistic is undefined (`no_scores`). Undefined when every score is 0, 1/2 or 1 (`zero_denominator`).
//!
//! **Least data.** One row; the normal law needs dozens.
//!
//! **Known bias.** Grows with the square root of the rows at the same miscalibration: with a million rows it rejects
//! every real model. Blind to rows near 1/2.
//!
//! **Choosing a threshold.** 2 is one false alarm in twenty windows, 3.3 one in a thousand; on large windows use
//! `calibration_error`.
//!
//! **References.** Spiegelhalter 1986, Probabilistic prediction in patient management and clinical trials.
//!
//! **Example.** A positive at 0.75 and a negative at 0.25: (0.25 * -0.5 + -0.25 * 0.5) / sqrt(2 * 0.25 * 0.1875) =
//! -0.8165.
//!
//! ```
//! # use driftgauge::aggregate::confusion::Confusion;
//! # use driftgauge::aggregate::scored::{Scored, ScoredRow};
//! # use driftgauge::aggregate::{Delta, Grid, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (score, actual) on a grid of hundredths.
//! let rows = [(0.75, 1), (0.25, 0)];
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
//! let (_, value) = entry("spiegelhalter_z").unwrap().values(&window)[0];
//! assert!((value.unwrap().value + (2.0f64 / 3.0).sqrt()).abs() < 1e-12);
//! ```

use super::{Classification, Closed, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "spiegelhalter_z",
        name: "driftgauge_spiegelhalter_z",
        help: "Distance of the Brier score from that of a calibrated model, in standard errors.",
        range: (f64::NEG_INFINITY, f64::INFINITY),
        worse: Worse::Away,
        ideal: Some(0.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold],
        references: &["Spiegelhalter 1986, Probabilistic prediction in patient management and clinical trials"],
    },
    evaluate: Evaluate::Classification(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Classification<'_>) -> Evaluated {
    let cells = window.confidence()?;
    ratio(cells.spiegelhalter_numerator(), cells.spiegelhalter_variance().max(0.0).sqrt(), Undefined::ZeroDenominator)
}
