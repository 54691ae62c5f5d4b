//! Where a value stands among sorted edges, by a table over equal steps instead of a search over all of them.
//!
//! The step of a value never goes down when the value goes up, whatever rounding does. So all edges of earlier steps
//! are below the value and all of later steps are not, and only the few of its own step are compared.

use super::fixed::even;

/// Steps for each edge, at least.
const STEPS_PER_EDGE: usize = 2;
/// The share of edges at either end that have no steps of their own: tails are long.
const TAIL: usize = 64;

/// A table of steps.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lookup {
    low: f64,
    /// Steps in a unit.
    scale: f64,
    /// The number of the last step.
    last: f64,
    steps: Box<[Step]>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    /// Edges before it.
    from: u16,
    /// Whether it has more than two.
    is_wide: u16,
}

impl Lookup {
    /// For edges that are finite and strictly increasing; too many of them have no table.
    pub(super) fn new(edges: &[f64]) -> Lookup {
        let margin = edges.len() / TAIL;
        let ends = edges.get(margin).zip(edges.get((edges.len() - margin).saturating_sub(1)));
        let (Some((low, high)), true) = (ends, edges.len() <= usize::from(u16::MAX)) else { return Lookup::default() };
        let steps = (edges.len() * STEPS_PER_EDGE).next_power_of_two();
        let last = (steps - 1) as f64;
        let scale = last / (high - low);
        // Edges too close or too far apart for a number of steps between them are all in one.
        let scale = if scale.is_finite() { scale } else { 0.0 };
        let mut lookup = Lookup { low: *low, scale, last, steps: Box::default() };
        let mut counts = vec![0; steps];
        edges.iter().for_each(|edge| counts[lookup.step(*edge) as usize] += 1);
        let mut sum = 0;
        let from_to = counts.into_iter().map(|count| {
            let from = sum;
            sum += count;
            Step { from, is_wide: u16::from(count > 2) }
        });
        lookup.steps = from_to.collect();
        lookup
    }

    /// How many edges are below `x`: those it was made of.
    #[inline(always)]
    pub(super) fn below(&self, edges: &[f64], x: f64) -> usize {
        self.below_at(self.step(x) as usize, edges, x)
    }

    /// The steps of many values.
    #[inline(always)]
    pub(super) fn steps(&self, values: &[f64], steps: &mut [i64]) {
        for (x, step) in values.iter().zip(steps) {
            *step = self.step(*x);
        }
    }

    /// How many edges are below `x`, whose step this is.
    #[inline(always)]
    pub(super) fn below_at(&self, step: usize, edges: &[f64], x: f64) -> usize {
        // Most steps have one edge or none. What comes behind those of the step is not below either, so that two can be
        // compared whether there are two or not.
        if let Some(Step { from, is_wide: 0 }) = self.steps.get(step)
            && let Some([first, second]) = edges.get(usize::from(*from)..usize::from(*from) + 2)
        {
            return usize::from(*from) + usize::from(*first < x) + usize::from(*second < x);
        }
        self.search(step, edges, x)
    }

    #[cold]
    fn search(&self, step: usize, edges: &[f64], x: f64) -> usize {
        let place = |step: usize| self.steps.get(step).map(|step| usize::from(step.from));
        let (from, to) = (place(step).unwrap_or(0), place(step + 1).unwrap_or(edges.len()));
        from + edges.get(from..to).unwrap_or_default().partition_point(|edge| *edge < x)
    }

    /// What is not a number is in the first one, as is everything below.
    #[inline(always)]
    fn step(&self, x: f64) -> i64 {
        let step = (x - self.low) * self.scale;
        let step = if step > 0.0 { step } else { 0.0 };
        even(if step < self.last { step } else { self.last })
    }
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
                prop_assert_eq!(edges.partition_point(|edge| *edge < x), lookup.below(&edges, x), "{}", x);
            }
        }
    }

    #[test]
    fn more_edges_than_a_table_can_count_are_searched() {
        let edges: Vec<f64> = (0..70_000).map(f64::from).collect();
        let lookup = Lookup::new(&edges);
        assert_eq!(
            (0, 65_537, 70_000),
            (lookup.below(&edges, 0.0), lookup.below(&edges, 65_536.5), lookup.below(&edges, 1e9))
        );
    }
}
