//! The pane that is open, with the places that were added to while they are few.
//!
//! A pane of a thin stream holds an event or two, in a few dozen of thousands of places. As long as the places that were
//! added to are few they are listed, and closing the pane looks at these alone; when they are many, all are looked at.

use super::{Delta, Frozen, Tally, Totals};

/// One of so many places may be listed: sorting more costs as much as looking at all.
const SHARE: usize = 8;
/// Places that may be listed however few there are.
const AT_LEAST: usize = 16;

/// The counts and sums of the pane that is open.
#[derive(Clone, Debug)]
pub struct OpenPane {
    tally: Tally,
    touched: Touched,
    /// Nothing was added to any other place.
    is_few: bool,
}

/// Indices of counts and of sums, some more than once until they are sorted.
#[derive(Clone, Debug, Default)]
struct Touched {
    counts: Vec<u32>,
    sums: Vec<u32>,
}

impl OpenPane {
    /// An empty one of this size.
    pub fn new(counts: usize, sums: usize) -> OpenPane {
        OpenPane { tally: Tally::new(counts, sums), touched: Touched::default(), is_few: true }
    }

    /// One that holds this.
    pub fn of(tally: Tally) -> OpenPane {
        OpenPane { tally, touched: Touched::default(), is_few: false }
    }

    /// What it holds.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Whether the places that were added to are few.
    pub fn is_few(&self) -> bool {
        self.is_few
    }

    /// What it holds, to be added to in any place.
    pub fn any_place(&mut self) -> &mut Tally {
        self.touch_many();
        &mut self.tally
    }

    /// Adds one event.
    pub fn apply(&mut self, delta: &Delta) {
        self.tally.apply(delta);
        if self.is_few {
            let sums = delta.sums().map(|(index, _)| index);
            self.touch(delta.counts().iter().copied(), sums);
        }
    }

    /// Closes it: what it held can be added elsewhere and is taken out at the end.
    pub fn close(&mut self) -> Closing<'_> {
        self.touched.sort();
        Closing(self)
    }

    fn touch(&mut self, counts: impl Iterator<Item = u32>, sums: impl Iterator<Item = u32>) {
        self.touched.counts.extend(counts);
        self.touched.sums.extend(sums);
        let most = |places: usize| AT_LEAST + places / SHARE;
        if self.touched.counts.len() > most(self.tally.counts().len())
            || self.touched.sums.len() > most(self.tally.sums().len())
        {
            self.touch_many();
        }
    }

    fn touch_many(&mut self) {
        self.is_few = false;
        self.touched.clear();
    }
}

impl Touched {
    fn clear(&mut self) {
        self.counts.clear();
        self.sums.clear();
    }

    fn sort(&mut self) {
        for places in [&mut self.counts, &mut self.sums] {
            places.sort_unstable();
            places.dedup();
        }
    }
}

/// A pane that is being closed.
#[derive(Debug)]
pub struct Closing<'a>(&'a mut OpenPane);

impl Closing<'_> {
    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        let OpenPane { tally, touched, is_few } = &*self.0;
        match is_few {
            true => tally.is_zero_at(&touched.counts, &touched.sums),
            false => tally.is_empty(),
        }
    }

    /// Adds what it held to another one of the same layout.
    pub fn add_to(&self, other: &mut OpenPane) {
        let OpenPane { tally, touched, is_few } = &*self.0;
        if *is_few {
            other.tally.add_at(tally, &touched.counts, &touched.sums);
            if other.is_few {
                other.touch(touched.counts.iter().copied(), touched.sums.iter().copied());
            }
        } else {
            other.any_place().add(tally);
        }
    }

    /// Adds what it held to totals of the same layout.
    pub fn count_in(&self, totals: &mut Totals) {
        let OpenPane { tally, touched, is_few } = &*self.0;
        match is_few {
            true => totals.add_at(tally, &touched.counts, &touched.sums),
            false => totals.add(tally),
        }
    }

    /// Takes out what it held; it is empty then.
    pub fn freeze(self) -> Frozen {
        let OpenPane { tally, touched, is_few } = self.0;
        let frozen = match is_few {
            true => tally.drain_at(&touched.counts, &touched.sums),
            false => tally.drain(),
        };
        touched.clear();
        *is_few = true;
        frozen
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIZE: (usize, usize) = (200, 90);

    proptest! {
        #[test]
        fn few_places_or_many_come_to_the_same(
            panes in prop::collection::vec(
                (prop::collection::vec((0usize..SIZE.0, 0usize..SIZE.1, -3i128..3), 0..40), any::<bool>()),
                1..8,
            ),
        ) {
            let (mut finer, mut coarser) = (OpenPane::new(SIZE.0, SIZE.1), OpenPane::new(SIZE.0, SIZE.1));
            let (mut totals, mut expected_totals) = (Totals::new(SIZE.0, SIZE.1), Totals::new(SIZE.0, SIZE.1));
            let mut all = Tally::new(SIZE.0, SIZE.1);
            for (events, any_place) in panes {
                let mut expected = Tally::new(SIZE.0, SIZE.1);
                if any_place {
                    finer.any_place();
                }
                for (count, sum, value) in events {
                    let mut delta = Delta::default();
                    delta.count(count);
                    delta.sum(sum, value);
                    delta.number(sum / 2, sum / 3, [1, -1, 2]);
                    finer.apply(&delta);
                    expected.apply(&delta);
                }
                prop_assert_eq!(&expected, finer.tally());
                let closing = finer.close();
                prop_assert_eq!(expected.is_empty(), closing.is_empty());
                closing.add_to(&mut coarser);
                closing.count_in(&mut totals);
                prop_assert_eq!(expected.freeze(), closing.freeze());
                prop_assert!(finer.tally().is_empty() && finer.is_few());
                all.add(&expected);
                expected_totals.add(&expected);
            }
            prop_assert_eq!(&all, coarser.tally());
            prop_assert_eq!(&expected_totals, &totals);
            prop_assert_eq!(all.freeze(), coarser.close().freeze());
        }
    }
}
