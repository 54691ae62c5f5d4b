//! Where a value stands among sorted edges, by a table over equal steps instead of a search over all of them.
//!
//! The step of a value never goes down when the value goes up, whatever rounding does. So all edges of earlier steps
//! are below the value and all of later steps are not, and only the few of its own step are compared.

use super::fixed::SHIFT;

/// Steps for each edge, at least.
const STEPS_PER_EDGE: usize = 2;
/// The share of edges at either end that have no steps of their own: tails are long.
const TAIL: usize = 64;
/// More edges than that have no table.
const MOST: usize = u16::MAX as usize;
/// Steps further from zero than that could not be told from one another.
const FAR: f64 = (1u64 << 50) as f64;
/// Edges a step may have to be compared without a search.
const FEW: usize = 2;
/// Beside the number of edges before a step: it has more than a few.
const MANY: u32 = 1 << 31;

/// Edges with a table of steps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lookup {
    /// The first edge, all edges, and two that nothing is above: so each cell has an edge where it begins or, the first
    /// one, ends, and behind each of them are a few to compare.
    stops: Box<[f64]>,
    /// Steps in a unit.
    scale: f64,
    /// Where steps begin, and [`SHIFT`].
    start: f64,
    /// The number of the last step, and [`SHIFT`].
    last: f64,
    /// How many edges are before each step, and whether it has many.
    steps: Box<[u32]>,
}

impl Lookup {
    /// For edges that are finite and strictly increasing.
    pub(super) fn new(edges: &[f64]) -> Lookup {
        let first = edges.first().copied().unwrap_or(f64::INFINITY);
        let stops = [first].into_iter().chain(edges.iter().copied()).chain([f64::INFINITY; FEW]).collect();
        let lookup = Lookup { stops, scale: 0.0, start: SHIFT, last: SHIFT, steps: Box::default() };
        let margin = edges.len() / TAIL;
        let ends = edges.get(margin).zip(edges.get((edges.len() - margin).saturating_sub(1)));
        let (Some((low, high)), true) = (ends, edges.len() <= MOST) else { return lookup };
        let steps = (edges.len() * STEPS_PER_EDGE).next_power_of_two();
        let last = (steps - 1) as f64;
        let scale = last / (high - low);
        // Edges too close or too far apart for a number of steps between them are all in one.
        let scale = if scale * low.abs().max(high.abs()) < FAR { scale } else { 0.0 };
        let mut lookup = Lookup { scale, start: SHIFT - low * scale, last: SHIFT + last, ..lookup };
        let mut counts = vec![0; steps];
        edges.iter().for_each(|edge| counts[number(lookup.step(*edge))] += 1);
        let mut sum = 0;
        let before = counts.into_iter().map(|count| {
            let before = sum;
            sum += count;
            if count as usize > FEW { before | MANY } else { before }
        });
        lookup.steps = before.collect();
        lookup
    }

    /// The edges.
    pub(super) fn edges(&self) -> &[f64] {
        self.stops.get(1..self.stops.len() - FEW).unwrap_or_default()
    }

    /// By cell: the edge where it begins; of the first one the edge where it ends.
    #[inline(always)]
    pub(super) fn stops(&self) -> &[f64] {
        &self.stops
    }

    /// How many edges are below `x`.
    #[inline(always)]
    pub(super) fn below(&self, x: f64) -> usize {
        self.below_at(self.step(x), x)
    }

    /// The steps of many values.
    #[inline(always)]
    pub(super) fn steps(&self, values: &[f64], steps: &mut [u64]) {
        for (x, step) in values.iter().zip(steps) {
            *step = self.step(*x);
        }
    }

    /// How many edges are below `x`, whose step this is.
    #[inline(always)]
    pub(super) fn below_at(&self, step: u64, x: f64) -> usize {
        // What comes behind the edges of the step is not below either, so that two can be compared whether there are two
        // or not. Where there are more, there is no place.
        let stops = &*self.stops;
        let (firsts, seconds) = (stops.get(1..stops.len() - 1), stops.get(2..));
        let (firsts, seconds) = (firsts.unwrap_or_default(), seconds.unwrap_or_default());
        if let Some(before) = self.steps.get(number(step)).map(|before| *before as usize)
            && let (Some(first), Some(second)) = (firsts.get(before), seconds.get(before))
        {
            return before + usize::from(*first < x) + usize::from(*second < x);
        }
        self.search(step, x)
    }

    #[cold]
    fn search(&self, step: u64, x: f64) -> usize {
        let edges = self.edges();
        let before = |step: usize| self.steps.get(step).map(|before| (before & !MANY) as usize);
        let (from, to) = (before(number(step)).unwrap_or(0), before(number(step) + 1).unwrap_or(edges.len()));
        from + edges.get(from..to).unwrap_or_default().partition_point(|edge| *edge < x)
    }

    /// The step, in the lower half of the bits. What is not a number is in the first one, as is everything below.
    #[inline(always)]
    fn step(&self, x: f64) -> u64 {
        let step = x * self.scale + self.start;
        let step = if step > SHIFT { step } else { SHIFT };
        (if step < self.last { step } else { self.last }).to_bits()
    }
}

/// The number of a step.
#[inline(always)]
fn number(step: u64) -> usize {
    step as u32 as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sorted(mut edges: Vec<f64>) -> Vec<f64> {
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        edges
    }

    fn any_edges() -> impl Strategy<Value = Vec<f64>> {
        let number = prop_oneof![
            4 => -1e3f64..1e3,
            2 => (-20i32..20).prop_map(f64::from),
            1 => prop::num::f64::NORMAL,
            1 => prop::num::f64::SUBNORMAL,
            1 => (-5i32..5).prop_map(|n| f64::from(n).next_down()),
        ];
        prop::collection::vec(number, 0..300).prop_map(|mut edges| {
            edges.iter_mut().for_each(|edge| *edge += 0.0);
            sorted(edges)
        })
    }

    proptest! {
        #[test]
        fn the_table_says_what_a_search_says(
            edges in any_edges(),
            others in prop::collection::vec(prop_oneof![-2e3f64..2e3, any::<f64>()], 0..50),
        ) {
            let lookup = Lookup::new(&edges);
            let near = edges.iter().flat_map(|edge| [edge.next_down(), *edge, edge.next_up()]);
            let ends = [f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.0, f64::MAX, f64::MIN];
            for x in near.chain(others).chain(ends).filter(|x| !x.is_nan()) {
                prop_assert_eq!(edges.partition_point(|edge| *edge < x), lookup.below(x), "{}", x);
            }
        }
    }

    #[test]
    fn more_edges_than_a_table_can_count_are_searched() {
        let edges: Vec<f64> = (0..70_000).map(f64::from).collect();
        let lookup = Lookup::new(&edges);
        assert_eq!((0, 65_537, 70_000), (lookup.below(0.0), lookup.below(65_536.5), lookup.below(1e9)));
    }
}
