//! Normalized discounted cumulative gain.
//!
//! **What it answers.** How near is the order of the items to the best one, the first places counting most?
//!
//! **Definition.** `DCG / IDCG`, mean over the requests with a relevant item: `DCG` is the sum over the first `k` items
//! shown (`performance.k`) of `gain / log2(rank + 1)`, `IDCG` the same sum over the `k` largest gains of all relevant
//! items, shown or not. A clicked item has gain 1; an object of gains says others.
//!
//! **Range and direction.** 0 (no relevant item among the first `k`) to 1 (none could stand better); lower is worse.
//!
//! **Empty, ties, missing, not finite.** Requests without a relevant item are left out (`relevant_request_ratio` says
//! how many remain); when there are no others it is undefined (`no_relevant_items`). Requests whose relevant items are
//! not known yet do not count. An item shown twice gains where it was shown first. Fewer than `k` items shown gain
//! nothing on the places left over.
//!
//! **Least data.** One request with a relevant item.
//!
//! **Known bias.** What was not clicked need not be irrelevant, and what stands first is clicked more: clicks measure
//! the list as shown, not the model alone. Gains are linear; with `2^gain - 1`, as others have it, graded values
//! differ.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it: the level depends on `k` and on
//! how many items are relevant.
//!
//! **References.** Järvelin and Kekäläinen 2002, Cumulated Gain-Based Evaluation of IR Techniques; scikit-learn,
//! `ndcg_score`.
//!
//! **Example.** Items 1, 2, 3 shown, 2 relevant by 3, 3 by 1: `(3 / log2(3) + 1 / log2(4)) / (3 + 1 / log2(3))`; items
//! 1, 2 shown, 1 relevant: 1.
//!
//! ```
//! # use driftgauge::aggregate::ranked::Ranked;
//! # use driftgauge::aggregate::{Delta, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (items shown, relevant items with their gains)
//! let requests: &[(&[u64], &[(u64, f64)])] = &[(&[1, 2, 3], &[(2, 3.0), (3, 1.0)]), (&[1, 2], &[(1, 1.0)])];
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
//! let (_, value) = entry("normalized_discounted_cumulative_gain").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - ((3.0 / 3f64.log2() + 0.5) / (3.0 + 1.0 / 3f64.log2()) + 1.0) / 2.0).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Moments, Ranking};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "normalized_discounted_cumulative_gain",
        name: "driftgauge_normalized_discounted_cumulative_gain",
        help: "Gain of the first k items shown (performance.k), discounted by rank, over the best possible; mean over requests.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &[
            "Järvelin and Kekäläinen 2002, Cumulated Gain-Based Evaluation of IR Techniques",
            "scikit-learn ndcg_score",
        ],
    },
    evaluate: Evaluate::Ranking(evaluate),
    closed: Closed::Mean(|window, _| window.ranking().map(moments)),
};

fn evaluate(window: &Ranking) -> Evaluated {
    window.mean(window.sums.gain)
}

fn moments(window: &Ranking) -> Moments {
    Moments { n: window.sums.judged, sum: window.sums.gain, squares: window.sums.gain_squared }
}
