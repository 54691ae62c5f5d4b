//! Sums of rankings against the items that turned out to be relevant.
//!
//! Every request adds at most one to each of its scalars, so the sums are bounded by the number of requests. A request
//! without any relevant item has no order to be judged by: it counts in `n` and in the items shown, and in nothing
//! else.

use super::{Delta, FixedPoint, Layout, Totals};

/// The place of the sums of rankings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// How many of the items shown first count for gain and hits.
    pub depth: usize,
    counts: usize,
    sums: usize,
}

const COUNTS: usize = 3;
const SUMS: usize = 6;

impl Ranked {
    /// Reserves the place.
    pub fn new(layout: &mut Layout, depth: usize) -> Ranked {
        let (counts, sums) = layout.reserve(COUNTS, SUMS);
        Ranked { depth, counts, sums }
    }

    /// Adds one request: the items in the order they were shown, and the relevant ones with their gains above zero, the
    /// largest first. An item shown twice counts as relevant where it was shown first.
    pub fn observe(&self, shown: &[u64], relevant: &[(u64, f64)], delta: &mut Delta) {
        delta.count(self.counts);
        delta.sum(self.sums, shown.len() as i128);
        let Some((_, largest)) = relevant.first().filter(|(_, gain)| *gain > 0.0) else { return };
        // Gains over the largest: of graded relevance none is too large to be squared.
        let gain_of = |rank: usize, item: &u64| {
            let gain = relevant.iter().find(|(known, _)| known == item).map(|(_, gain)| gain / largest)?;
            (!shown.iter().take(rank).any(|earlier| earlier == item)).then_some(gain)
        };
        let found: Vec<(usize, f64)> =
            shown.iter().enumerate().filter_map(|(rank, item)| gain_of(rank, item).map(|gain| (rank, gain))).collect();
        let within = || found.iter().filter(|(rank, _)| *rank < self.depth);
        let ideal: f64 =
            relevant.iter().take(self.depth).enumerate().map(|(rank, (_, gain))| gain / largest / discount(rank)).sum();
        let gain = within().map(|(rank, gain)| gain / discount(*rank)).sum::<f64>() / ideal;
        let reciprocal = found.first().map_or(0.0, |(rank, _)| 1.0 / (rank + 1) as f64);
        delta.count(self.counts + 1);
        if within().next().is_some() {
            delta.count(self.counts + 2);
        }
        let unit = FixedPoint::UNIT;
        let values = [
            found.len() as i128,
            unit.difference(gain),
            unit.square(gain),
            unit.difference(reciprocal),
            unit.square(reciprocal),
        ];
        for (place, value) in values.into_iter().enumerate() {
            delta.sum(self.sums + 1 + place, value);
        }
    }

    /// The sums in `totals`; `None` when they are of another layout.
    pub fn read(&self, totals: &Totals) -> Option<RankedSums> {
        let counts = totals.counts.get(self.counts..self.counts + COUNTS)?;
        let sums = totals.sums.get(self.sums..self.sums + SUMS)?;
        let unit = FixedPoint::UNIT;
        Some(RankedSums {
            n: counts[0],
            judged: counts[1],
            hits: counts[2],
            shown: sums[0] as f64,
            clicked: sums[1] as f64,
            gain: unit.first(sums[2]),
            gain_squared: unit.second(sums[3]),
            reciprocal: unit.first(sums[4]),
            reciprocal_squared: unit.second(sums[5]),
        })
    }
}

/// What the gain at a rank (from 0) is divided by.
fn discount(rank: usize) -> f64 {
    ((rank + 2) as f64).log2()
}

/// Sums of the rankings of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RankedSums {
    /// Requests whose relevant items are known, if only that there are none.
    pub n: u64,
    /// Requests with a relevant item: those that have a gain, a reciprocal rank and may hit.
    pub judged: u64,
    /// Requests with a relevant item among the first ones shown.
    pub hits: u64,
    /// Items shown.
    pub shown: f64,
    /// Items shown that were relevant.
    pub clicked: f64,
    /// Sum of the normalized discounted cumulative gains.
    pub gain: f64,
    /// Sum of their squares.
    pub gain_squared: f64,
    /// Sum of the reciprocal ranks.
    pub reciprocal: f64,
    /// Sum of their squares.
    pub reciprocal_squared: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items shown, and relevant ones with their gains.
    type Request<'a> = (&'a [u64], &'a [(u64, f64)]);

    fn sums(depth: usize, requests: &[Request<'_>]) -> RankedSums {
        let mut layout = Layout::default();
        let ranked = Ranked::new(&mut layout, depth);
        let mut totals = Totals::new(layout.counts(), layout.sums());
        for (shown, relevant) in requests {
            let mut delta = Delta::default();
            ranked.observe(shown, relevant, &mut delta);
            totals.apply(&delta);
        }
        ranked.read(&totals).unwrap()
    }

    #[test]
    fn one_request_by_hand() {
        // Gains 0, 3, 1 in the order shown; item 9 is relevant by 2 and was not shown.
        let found = sums(10, &[(&[1, 2, 3], &[(2, 3.0), (9, 2.0), (3, 1.0)])]);
        let dcg = 3.0 / 3f64.log2() + 1.0 / 4f64.log2();
        let ideal = 3.0 + 2.0 / 3f64.log2() + 1.0 / 4f64.log2();
        assert!((found.gain - dcg / ideal).abs() < 1e-12, "{found:?}");
        assert_eq!((0.5, 3.0, 2.0), (found.reciprocal, found.shown, found.clicked));
        assert_eq!((1, 1, 1), (found.n, found.judged, found.hits));
    }

    #[test]
    fn only_the_first_items_gain_and_hit() {
        let found = sums(2, &[(&[1, 2, 3], &[(3, 1.0)])]);
        assert_eq!((0.0, 0, 1.0), (found.gain, found.hits, found.clicked));
        assert!((found.reciprocal - 1.0 / 3.0).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn nothing_relevant_nothing_shown_and_an_item_shown_twice() {
        let found = sums(10, &[(&[1, 2], &[]), (&[], &[(1, 1.0)]), (&[5, 5], &[(5, 1.0)])]);
        assert_eq!((3, 2, 1), (found.n, found.judged, found.hits));
        assert_eq!((4.0, 1.0, 1.0, 1.0), (found.shown, found.clicked, found.gain, found.reciprocal));
    }
}
