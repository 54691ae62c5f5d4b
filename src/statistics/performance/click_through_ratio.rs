//! Click-through ratio.
//!
//! **What it answers.** Of all that was shown, how much was clicked?
//!
//! **Definition.** `c / s` over all requests together: `s` items shown, of which `c` are relevant (clicked).
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** Requests with an empty list of clicks count with all they showed; requests
//! without an actual do not count. An item shown twice counts twice in `s` and once in `c`. Of each list the first 100
//! items count. When nothing was shown it is undefined (`zero_denominator`).
//!
//! **Least data.** One item shown. Items of one request are not independent: expect more noise than `sqrt(p (1 - p) /
//! s)`.
//!
//! **Known bias.** What was not clicked need not be irrelevant, and what stands first is clicked more: clicks measure
//! the list as shown, not the model alone. Longer lists lower it.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** Joachims 2002, Optimizing Search Engines using Clickthrough Data.
//!
//! **Example.** 2 clicks on 3 and 5 items: 2 / 8 = 0.25.
//!
//! ```
//! # use driftgauge::aggregate::ranked::Ranked;
//! # use driftgauge::aggregate::{Delta, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (items shown, relevant items with their gains)
//! let requests: &[(&[u64], &[(u64, f64)])] = &[(&[1, 2, 3], &[(1, 1.0), (3, 1.0)]), (&[1, 2, 3, 4, 5], &[])];
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
//! let (_, value) = entry("click_through_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.25).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Ranking};
use crate::statistics::{Companion, Evaluated, Spec, Undefined, Worse, ratio};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "click_through_ratio",
        name: "driftgauge_click_through_ratio",
        help: "Share of the items shown that were clicked, over all requests in the window together.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: None,
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Joachims 2002, Optimizing Search Engines using Clickthrough Data"],
    },
    evaluate: Evaluate::Ranking(evaluate),
    closed: Closed::None,
};

fn evaluate(window: &Ranking) -> Evaluated {
    window.requests()?;
    ratio(window.sums.clicked, window.sums.shown, Undefined::ZeroDenominator)
}
