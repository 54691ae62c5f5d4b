//! Mean reciprocal rank.
//!
//! **What it answers.** How far down is the first item that was wanted?
//!
//! **Definition.** `1 / rank` of the first relevant item in the list shown, 0 when none of the relevant ones was shown;
//! mean over the requests with a relevant item. All of the list counts, not only its first `k`.
//!
//! **Range and direction.** 0 to 1 (the first item is always relevant); lower is worse.
//!
//! **Empty, ties, missing, not finite.** Requests without a relevant item are left out (`relevant_request_ratio` says
//! how many remain); when there are no others it is undefined (`no_relevant_items`). Requests whose relevant items are
//! not known yet do not count. Gains do not matter but that they are above zero.
//!
//! **Least data.** One request with a relevant item.
//!
//! **Known bias.** What was not clicked need not be irrelevant, and what stands first is clicked more: clicks measure
//! the list as shown, not the model alone.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Voorhees 1999, The TREC-8 Question Answering Track Report.
//!
//! **Example.** First relevant items at ranks 1 and 4, and one not shown: `(1 + 1/4 + 0) / 3`.
//!
//! ```
//! # use driftgauge::aggregate::ranked::Ranked;
//! # use driftgauge::aggregate::{Delta, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (items shown, relevant items with their gains)
//! let requests: &[(&[u64], &[(u64, f64)])] = &[(&[1, 2], &[(1, 1.0)]), (&[1, 2, 3, 4], &[(4, 1.0)]), (&[1], &[(9, 1.0)])];
//! # let mut layout = Layout::default();
//! # let ranked = Ranked::new(&mut layout, 10);
//! # let mut totals = Totals::new(layout.counts(), layout.sums());
//! # for (shown, relevant) in requests {
//! #     let mut delta = Delta::default();
//! #     ranked.observe(shown, relevant, &mut delta);
//! #     totals.apply(&delta);
//! # }
//! # layout.performance = Some(PerformanceShape::Ranking(ranked));
//! # let window = Performance::new(&layout, &totals).unwrap();
//! let (_, value) = entry("mean_reciprocal_rank").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 1.25 / 3.0).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Moments, Ranking};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "mean_reciprocal_rank",
        name: "driftgauge_mean_reciprocal_rank",
        help: "One over the rank of the first relevant item shown, 0 when none was shown; mean over requests with relevant items.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Voorhees 1999, The TREC-8 Question Answering Track Report"],
    },
    evaluate: Evaluate::Ranking(evaluate),
    closed: Closed::Mean(|window, _| window.ranking().map(moments)),
};

fn evaluate(window: &Ranking) -> Evaluated {
    window.mean(window.sums.reciprocal)
}

fn moments(window: &Ranking) -> Moments {
    Moments { n: window.sums.judged, sum: window.sums.reciprocal, squares: window.sums.reciprocal_squared }
}
