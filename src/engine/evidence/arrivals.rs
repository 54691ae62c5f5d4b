//! Pairs by the arrival of their actual, held until their slot has settled.

use crate::time::{Length, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Slots that have not settled.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Arrivals {
    width: usize,
    slots: BTreeMap<i64, (u64, Vec<u64>)>,
    /// In nanoseconds.
    newest: Option<i64>,
    /// All slots before this one were given.
    given: i64,
}

/// What an arrival settled.
#[derive(Clone, Debug, Default)]
pub(super) struct Settled {
    /// Slots, oldest first: number, pairs, counts.
    pub(super) slots: Vec<(i64, u64, Vec<u64>)>,
    /// The pair itself came for a slot that had been given.
    pub(super) is_late: bool,
}

impl Arrivals {
    /// Nothing yet, of counts of this width.
    pub(super) fn new(width: usize) -> Arrivals {
        Arrivals { width, slots: BTreeMap::new(), newest: None, given: i64::MIN }
    }

    /// Whether it holds counts of this width: a state from disk need not.
    pub(super) fn fits(&self, width: usize) -> bool {
        self.width == width && self.slots.values().all(|(_, counts)| counts.len() == width)
    }

    /// Adds a pair whose actual became known at `at`. Slots that ended `lateness` or more before the newest arrival are
    /// given, so that the order of arrivals within the lateness does not matter.
    pub(super) fn add(&mut self, at: Timestamp, counts: &[u64], pane: Length, lateness: Length) -> Settled {
        let mut settled = Settled::default();
        let slot = at.pane(pane);
        if slot < self.given {
            settled.is_late = true;
            return settled;
        }
        let (pairs, sums) = self.slots.entry(slot).or_insert_with(|| (0, vec![0; self.width]));
        *pairs = pairs.saturating_add(1);
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum = sum.saturating_add(*count);
        }
        if self.newest.is_none_or(|newest| at > Timestamp(newest)) {
            self.newest = Some(at.0);
            let before = at.minus(lateness).pane(pane);
            if before > self.given {
                self.given = before;
                let kept = self.slots.split_off(&before);
                let slots = std::mem::replace(&mut self.slots, kept).into_iter();
                settled.slots = slots.map(|(slot, (pairs, counts))| (slot, pairs, counts)).collect();
            }
        }
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_settle_in_order_whatever_the_order_of_arrivals_within_the_lateness() {
        let (pane, lateness) = (Length::from_seconds(60), Length::from_seconds(60));
        let run = |seconds: &[i64]| {
            let mut arrivals = Arrivals::new(1);
            let mut given = Vec::new();
            for second in seconds {
                let settled = arrivals.add(Timestamp::from_seconds(*second), &[1], pane, lateness);
                assert!(!settled.is_late);
                given.extend(settled.slots);
            }
            given
        };
        let expected = vec![(0, 2, vec![2]), (1, 1, vec![1])];
        assert_eq!(expected, run(&[10, 50, 70, 240]));
        assert_eq!(expected, run(&[70, 50, 10, 240]));
        let mut arrivals = Arrivals::new(1);
        arrivals.add(Timestamp::from_seconds(500), &[1], pane, lateness);
        assert!(arrivals.add(Timestamp::from_seconds(10), &[1], pane, lateness).is_late);
    }
}
