//! Recall of the positive class, from the pairs of each stratum.
//!
//! **What it answers.** How many of the actual positives does the model find, if mostly those it flags are checked?
//!
//! **Definition.** Each stratum's pairs stand for all of its predictions. A stratum is a predicted class and, of a binary task with a
//! score, a coarse cell of the score. The expected actual positives among the predictions of the positive class, over the expected
//! actual positives of all.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** A stratum without an actual is taken as the nearest one along the score, of the
//! same predicted class, that has some; predictions without a score are taken as those of their class together.
//! `driftgauge_poststratified_weight_ratio` is the share of predictions in strata with actuals of their own. When no
//! prediction of a predicted class has an actual it is undefined (`class_without_actuals`), without any pair
//! (`no_actuals`) and with `performance.axis = "arrival"` (`arrival_axis`) as well.
//! Without an actual positive: `class_not_seen`.
//!
//! **Least data.** A pair of each predicted class, and an actual positive.
//!
//! **Known bias.** None, if inside a stratum it is chance which predictions get an actual. When the outcome itself decides
//! (fraud is known sooner than its absence), it is as biased as what it corrects.
//!
//! **Choosing a threshold.** Compare with the value from the pairs alone: the difference is what the choice of rows does.
//!
//! **References.** Begg and Greenes 1983, Assessment of diagnostic tests when disease verification is subject to selection bias.
//!
//! **Example.** 80 predictions of class 0, of which 10 have an actual and 9 were right; 20 of class 1, all with an actual,
//! 10 right: 10 / (10 + 80 * 1/10).
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
//! let (_, value) = entry("recall_poststratified_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 10.0 / 18.0).abs() < 1e-12);
//! ```

use super::{Closed, Cohort, Entry, Evaluate};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "recall_poststratified_ratio",
        name: "driftgauge_recall_poststratified_ratio",
        help: "Recall of the positive class over all predictions in the window, the pairs of each score cell standing for all of it.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Lower, Companion::Upper],
        references: &[
            "Begg and Greenes 1983, Assessment of diagnostic tests when disease verification is subject to selection bias",
        ],
    },
    evaluate: Evaluate::BinaryCohort(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Cohort<'_>) -> Evaluated {
    let expected = window.expected()?;
    ratio(expected.both, expected.positive, Undefined::ClassNotSeen)
}
