//! A ring as a state file keeps it: what is open in its head, closed panes apart, each written once unless a late
//! event changes it.

use super::{Ring, Settled};
use crate::aggregate::{Frozen, OpenPane, Totals};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The level of panes that the windows have not come to.
const WAITING: u8 = u8::MAX;

/// Everything of a ring but its closed panes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedRing {
    head: Option<Timestamp>,
    first: Option<Timestamp>,
    /// By level: the open pane, and the late events so far.
    open: Vec<(Frozen, u64)>,
    waiting_late: u64,
    settled: Option<SavedSettled>,
}

/// How far panes were given away, and those held until they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedSettled {
    next: i64,
    looked: i64,
    held_to: i64,
    held: Vec<(i64, Frozen)>,
}

/// A closed pane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPane {
    level: u8,
    id: i64,
    pane: Frozen,
}

impl SavedPane {
    /// What tells it from others of its ring: a later one with the same takes its place.
    pub fn place(&self) -> (u8, i64) {
        (self.level, self.id)
    }
}

impl Ring {
    /// Everything but the closed panes.
    pub fn save(&self) -> SavedRing {
        let settled = self.settled.as_ref().map(|settled| SavedSettled {
            next: settled.next,
            looked: settled.looked,
            held_to: settled.held_to,
            held: settled.held.iter().map(|(id, pane)| (*id, pane.clone())).collect(),
        });
        SavedRing {
            head: self.head,
            first: self.first,
            open: self.levels.iter().map(|level| (level.open.tally().freeze(), level.late)).collect(),
            waiting_late: self.waiting.late,
            settled,
        }
    }

    /// The closed panes that changed since the last call, or `all` of them.
    pub fn save_panes(&mut self, all: bool) -> Vec<SavedPane> {
        let mut panes = Vec::new();
        let levels = self.levels.iter_mut().enumerate().map(|(place, level)| (place as u8, level));
        for (place, level) in levels.chain([(WAITING, &mut self.waiting)]) {
            panes.extend(level.unsaved(all).map(|(id, pane)| SavedPane { level: place, id, pane }));
        }
        panes
    }

    /// This empty ring with what was saved of one with the same plan, size and lag. Panes may be more than the ring
    /// held: those that it had left behind are not taken. `None` when it is of a ring with other levels.
    pub fn restore(mut self, saved: SavedRing, panes: impl IntoIterator<Item = SavedPane>) -> Option<Ring> {
        if saved.open.len() != self.levels.len() || saved.settled.is_some() != self.settled.is_some() {
            return None;
        }
        (self.head, self.first) = (saved.head, saved.first);
        self.waiting.late = saved.waiting_late;
        let reached = self.head.map(|head| head.minus(self.lag));
        for ((level, planned), (open, late)) in self.levels.iter_mut().zip(&self.plan.levels).zip(saved.open) {
            level.open = OpenPane::of(open.thaw(self.counts, self.sums));
            level.late = late;
            level.open_id = reached.map_or(i64::MIN, |reached| reached.pane(planned.pane));
        }
        for SavedPane { level, id, pane } in panes {
            if level == WAITING {
                if self.levels.first().is_some_and(|finest| id > finest.open_id) {
                    self.waiting.put_back(id, pane);
                }
            } else if let (Some(level), Some(planned)) =
                (self.levels.get_mut(usize::from(level)), self.plan.levels.get(usize::from(level)))
                && id > level.open_id.saturating_sub(planned.keep)
                && id < level.open_id
            {
                level.put_back(id, pane);
            }
        }
        for (window, totals) in self.plan.windows.iter().zip(&mut self.totals) {
            let Some(level) = self.levels.get(window.level) else { continue };
            *totals = Totals::new(self.counts, self.sums);
            let first = level.open_id.saturating_sub(window.panes.saturating_sub(1));
            level.closed_from(first).for_each(|(_, tally)| totals.add(&tally));
        }
        self.settled = saved.settled.map(|settled| Settled {
            next: settled.next,
            looked: settled.looked,
            held_to: settled.held_to,
            held: settled.held.into_iter().collect(),
        });
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::Delta;
    use crate::time::Length;
    use crate::window::WindowPlan;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    fn empty(lag: i64) -> Ring {
        let lengths = ["10s", "1m", "5m", "1h"].map(|text| Length::parse(text).unwrap());
        let plan = Arc::new(WindowPlan::new(&lengths).unwrap());
        Ring::lagging(plan, 3, 1, Length::from_seconds(lag)).giving()
    }

    fn one(index: usize, value: i128) -> Delta {
        let mut delta = Delta::default();
        delta.count(index);
        delta.sum(0, value);
        delta
    }

    proptest! {
        #[test]
        fn a_ring_that_is_restored_now_and_then_goes_on_as_if_nothing_had_been(
            lag in prop_oneof![Just(0i64), Just(7), Just(400)],
            steps in prop::collection::vec((-400i64..120, 0usize..3, -9i128..9, 0u8..12), 1..200),
        ) {
            let lateness = Length::from_seconds(5);
            let (mut through, mut restored) = (empty(lag), empty(lag));
            let mut log: BTreeMap<(u8, i64), SavedPane> = BTreeMap::new();
            let mut head = 1_000_000i64;
            for (step, index, value, what) in steps {
                let second = head + step;
                head = head.max(second);
                let mut given = [Vec::new(), Vec::new()];
                for (ring, given) in [&mut through, &mut restored].into_iter().zip(&mut given) {
                    ring.apply(Timestamp::from_seconds(second), &one(index, value));
                    ring.give_settled(lateness, |id, pane| given.push((id, pane.clone())));
                    if what == 0 {
                        ring.settle(lateness);
                    }
                }
                prop_assert_eq!(&given[0], &given[1]);
                if (1..4).contains(&what) {
                    log.extend(restored.save_panes(what == 1).into_iter().map(|pane| (pane.place(), pane)));
                }
                if what == 3 {
                    restored = empty(lag).restore(restored.save(), log.values().cloned()).unwrap();
                }
            }
            prop_assert_eq!(through.save(), restored.save());
            for window in 0..4 {
                prop_assert_eq!(through.window(window), restored.window(window));
                prop_assert_eq!(through.panes(window), restored.panes(window));
            }
        }
    }

    #[test]
    fn a_state_of_other_levels_is_refused() {
        let mut ring = empty(0);
        ring.apply(Timestamp::from_seconds(5), &one(0, 1));
        let lengths = [Length::from_seconds(10)];
        let other = Ring::new(Arc::new(WindowPlan::new(&lengths).unwrap()), 3, 1).giving();
        assert!(other.restore(ring.save(), []).is_none());
    }
}
