//! Share of requests with a relevant item.
//!
//! **What it answers.** In how many requests was anything wanted at all, shown or not?
//!
//! **Definition.** `j / n`: of the `n` requests whose relevant items are known, `j` have one. Gain, reciprocal rank and
//! hits are means over these `j`.
//!
//! **Range and direction.** 0 to 1; lower is worse.
//!
//! **Empty, ties, missing, not finite.** A request whose actual is an empty list counts in `n` only; one without an
//! actual does not count.
//!
//! **Least data.** One request.
//!
//! **Known bias.** A log that writes clicks only, and never the empty list, makes it 1.
//!
//! **Choosing a threshold.** Compare with the reference's own value, exposed beside it.
//!
//! **References.** A share; of clicks it is the share of requests with a click (abandonment is its complement:
//! Radlinski, Kurup and Joachims 2008, How Does Clickthrough Data Reflect Retrieval Quality?).
//!
//! **Example.** Something relevant in 1 of 2 requests: 0.5.
//!
//! ```
//! # use driftgauge::aggregate::ranked::Ranked;
//! # use driftgauge::aggregate::{Delta, Layout, PerformanceShape, Totals};
//! # use driftgauge::statistics::performance::{Performance, entry};
//! // (items shown, relevant items with their gains)
//! let requests: &[(&[u64], &[(u64, f64)])] = &[(&[1, 2], &[(1, 1.0)]), (&[1, 2], &[])];
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
//! let (_, value) = entry("relevant_request_ratio").unwrap().values(&window)[0];
//! assert!((value.unwrap().value - 0.5).abs() < 1e-12);
//! ```

use super::{Closed, Entry, Evaluate, Ranking};
use crate::statistics::{Companion, Evaluated, Spec, Worse};

/// The list entry.
pub const ENTRY: Entry = Entry {
    spec: Spec {
        key: "relevant_request_ratio",
        name: "driftgauge_relevant_request_ratio",
        help: "Share of the requests in the window that have a relevant item, shown or not.",
        range: (0.0, 1.0),
        worse: Worse::Lower,
        ideal: Some(1.0),
        least: 1,
        companions: &[Companion::Reference, Companion::Threshold, Companion::Lower, Companion::Upper],
        references: &["Radlinski, Kurup and Joachims 2008, How Does Clickthrough Data Reflect Retrieval Quality?"],
    },
    evaluate: Evaluate::Ranking(evaluate),
    closed: Closed::Share(|window, _| window.ranking().map(|window| (window.sums.judged, window.sums.n))),
};

fn evaluate(window: &Ranking) -> Evaluated {
    let requests = window.requests()?;
    Ok((window.sums.judged as f64 / requests).into())
}
