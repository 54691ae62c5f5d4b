//! Hit ratio.
//!
//! **What it answers.** How often is anything wanted among the first items?
//!
//! **Definition.** Share of the requests with a relevant item that have one among the first `k` shown
//! (`performance.k`).
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Requests without a relevant item are left out (`relevant_request_ratio` says
//! how many remain); when there are no others it is undefined (`no_relevant_items`). Requests whose relevant items are
//! not known yet do not count. Gains do not matter but that they are above zero.
//!
//! **Least data.** One request with a relevant item. The standard deviation of a share `p` of `n` requests is `sqrt(p
//! (1 - p) / n)`.
//!
//! **Known bias.** What was not clicked need not be irrelevant, and what stands first is clicked more: clicks measure
//! the list as shown, not the model alone. When only clicks on the list shown are logged and `k` covers it, it is
//! always 1.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Deshpande and Karypis 2004, Item-Based Top-N Recommendation Algorithms.
//!
//! **Example.** Relevant items at rank 1, at rank 4 and not shown, `k` = 3: 1 / 3.
//!
//! ```
//! # use driftgauge::aggregate::ranked::Ranked;
//! # use driftgauge::aggregate::{Delta, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (items shown, relevant items with their gains)
//! let requests: &[(&[u64], &[(u64, f64)])] = &[(&[1, 2], &[(1, 1.0)]), (&[1, 2, 3, 4], &[(4, 1.0)]), (&[1], &[(9, 1.0)])];
//! # let mut layout = Layout::default();
//! # let ranked = Ranked::new(&mut layout, 3);
//! # let mut totals = Totals::new(layout.counts(), layout.sums());
//! # for (shown, relevant) in requests {
//! #     let mut delta = Delta::default();
//! #     ranked.observe(shown, relevant, &mut delta);
//! #     totals.apply(&delta);
//! # }
//! # layout.performance = Some(PerformanceShape::Ranking(ranked));
//! # let window = Performance::new(&layout, &totals).unwrap();
//! let (_, value) = entry("hit_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 1.0 / 3.0).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Ranking};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "hit_ratio",
        name: "driftgauge_hit_ratio",
        help: "Share of the requests with relevant items that have one among the first k shown (performance.k).",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Deshpande and Karypis 2004, Item-Based Top-N Recommendation Algorithms"],
    },
    evaluate: Evaluate::Ranking(evaluate),
    closed: Closed::Share(|window, _| window.ranking().map(|window| (window.sums.hits, window.sums.judged))),
};

fn evaluate(window: &Ranking) -> Evaluated {
    window.mean(window.sums.hits as f64)
}
