//! A few of the counts and sums of a closed pane, without making a tally of it.
//!
//! Detectors look at every closed pane, at the coarse cells of its columns and at a few counts and sums beside them. They
//! are added up by runs of cells.

use super::Frozen;
use super::coarse::CoarseCells;
use std::ops::Range;

/// What is wanted of the panes of a layout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gather {
    /// The counts that are wanted, in their order.
    runs: Vec<Run>,
    /// By column: where its coarse cells begin among what is gathered; then where the last end.
    columns: Vec<u32>,
    /// How many counts are gathered.
    length: u32,
    /// Indices of sums with their places, the indices going up.
    sums: Vec<(u32, u32)>,
}

/// Neighbouring counts that go to the same place.
#[derive(Clone, Debug, PartialEq)]
struct Run {
    /// Their indices.
    counts: Range<usize>,
    /// Their place among what is gathered.
    place: usize,
}

/// What was gathered of a pane.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gathered {
    counts: Vec<u64>,
    sums: Vec<i128>,
}

impl Gather {
    /// The coarse cells of all columns.
    pub fn new(cells: &CoarseCells) -> Gather {
        let (mut runs, mut columns, mut length) = (Vec::<Run>::new(), vec![0], 0);
        for (first, of, number) in cells.by_column() {
            let wanted = of.enumerate().filter_map(|(k, cell)| Some((first + k, length as usize + usize::from(cell?))));
            for (index, place) in wanted {
                match runs.last_mut().filter(|run| run.counts.end == index && run.place == place) {
                    Some(run) => run.counts.end = index + 1,
                    None => runs.push(Run { counts: index..index + 1, place }),
                }
            }
            length += number as u32;
            columns.push(length);
        }
        Gather { runs, columns, length, sums: Vec::new() }
    }

    /// A count beside the coarse cells; returns its place among what is gathered.
    pub fn count(&mut self, index: usize) -> usize {
        let at = self.runs.partition_point(|run| run.counts.end <= index);
        if let Some(run) = self.runs.get(at).filter(|run| run.counts.contains(&index)) {
            return run.place;
        }
        let place = self.length as usize;
        self.runs.insert(at, Run { counts: index..index + 1, place });
        self.length += 1;
        place
    }

    /// A sum; returns its place among what is gathered.
    pub fn sum(&mut self, index: usize) -> usize {
        match self.sums.binary_search_by_key(&(index as u32), |(index, _)| *index) {
            Ok(found) => self.sums.get(found).map_or(0, |(_, place)| *place as usize),
            Err(at) => {
                let place = self.sums.len();
                self.sums.insert(at, (index as u32, place as u32));
                place
            }
        }
    }

    /// The places of a column's coarse cells, MISSING and INVALID last; none of a column there is not.
    pub fn column(&self, column: usize) -> Range<usize> {
        match self.columns.get(column..).and_then(<[u32]>::first_chunk) {
            Some([start, end]) => *start as usize..*end as usize,
            None => 0..0,
        }
    }

    /// What is wanted of a pane.
    pub fn of(&self, pane: &Frozen) -> Gathered {
        let mut all = vec![0; self.runs.last().map_or(0, |run| run.counts.end)];
        let mut sums = vec![0; self.sums.len()];
        pane.visit_some(
            &mut all,
            |place, count| *place = count,
            self.sums.iter().map(|(index, _)| *index as usize),
            |number, sum| {
                let place = self.sums.get(number).and_then(|(_, place)| sums.get_mut(*place as usize));
                place.into_iter().for_each(|place| *place = sum);
            },
        );
        let mut counts = vec![0; self.length as usize];
        for Run { counts: run, place } in &self.runs {
            if let (Some(run), Some(count)) = (all.get(run.clone()), counts.get_mut(*place)) {
                *count += run.iter().copied().map(u64::from).sum::<u64>();
            }
        }
        Gathered { counts, sums }
    }
}

impl Gathered {
    /// The count at this place; 0 of one there is not.
    pub fn count(&self, place: usize) -> u64 {
        self.counts.get(place).copied().unwrap_or(0)
    }

    /// The counts at these places; none of some there are not.
    pub fn counts(&self, places: Range<usize>) -> &[u64] {
        self.counts.get(places).unwrap_or_default()
    }

    /// The sum at this place; 0 of one there is not.
    pub fn sum(&self, place: usize) -> i128 {
        self.sums.get(place).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::{Delta, Dictionary, FixedPoint, Grid, Layout, Role, Shape, Tally, Totals};
    use proptest::prelude::*;
    use std::sync::Arc;

    proptest! {
        #[test]
        fn what_is_gathered_is_what_the_pane_holds(
            events in prop::collection::vec((0usize..30, 0usize..20, any::<i64>()), 0..60),
            singles in prop::collection::vec((0usize..40, 0usize..20), 0..9),
        ) {
            let mut layout = Layout::default();
            layout.reserve(2, 3);
            let grid = Arc::new(Grid::new(vec![1.0, 2.0, 3.0, 4.0], &[2.0, 4.0]));
            layout.push("x".into(), Role::Input, Shape::Numeric { grid, fixed: FixedPoint::UNIT });
            layout.reserve(1, 4);
            let dictionary = Arc::new(Dictionary::new([("a", 50), ("b", 50)], 10));
            layout.push("c".into(), Role::Input, Shape::Categorical { dictionary });
            let mut tally = Tally::new(layout.counts() + 10, layout.sums() + 10);
            for (count, sum, value) in events {
                let mut delta = Delta::default();
                delta.count(count);
                delta.sum(sum, value.into());
                tally.apply(&delta);
            }
            let coarse = CoarseCells::new(&layout.columns);
            let mut gather = Gather::new(&coarse);
            let coarse_end = gather.column(1).end;
            let places: Vec<(usize, usize)> =
                singles.iter().map(|(count, sum)| (gather.count(*count), gather.sum(*sum))).collect();
            let gathered = gather.of(&tally.freeze());
            let mut totals = Totals::new(tally.counts().len(), tally.sums().len());
            totals.add(&tally);
            for column in 0..2 {
                let expected = coarse.counts(column, &totals).unwrap();
                prop_assert_eq!(expected.as_slice(), gathered.counts(gather.column(column)));
            }
            for ((count, sum), places) in singles.iter().zip(places) {
                prop_assert_eq!(tally.sums().get(*sum).copied().unwrap_or(0), gathered.sum(places.1));
                if places.0 >= coarse_end {
                    prop_assert_eq!(tally.counts().get(*count).copied().map_or(0, u64::from), gathered.count(places.0));
                }
            }
        }
    }
}
