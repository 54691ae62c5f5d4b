//! The pane of the evidence: a length of time, and at least so many events.
//!
//! **What it answers.** When are there counts to give to the detectors, and which?
//!
//! **Definition.** Time is cut into slots of equal length, numbered. Counts are collected from the first event on. The
//! pane is complete at the first slot after it when it has at least [`LEAST`] events; else it goes on through the next
//! slot. So a pane covers whole slots, usually one, more on quiet traffic, and holds each of its events once.
//!
//! **Why so many events.** The dispersion and the wandering are learned from chunks of the reference of that size.
//! Panes of one row make the hours of the day look like drift: `elec` alarms 138 times against its own reference then.
//!
//! **Late events.** An event of a slot before the newest one seen goes into the pane that is open, if this began at its
//! slot or before; else it is left out, and counted: its pane was given to the detectors, which take a pane once. It
//! still counts in the windows, where it belongs. As the caller closes a pane only when the watermark has passed it,
//! these are the events later than the lateness.
//!
//! **Idle.** Nothing completes without a later slot. [`Collector::pass`] tells of one when there are no events.
//!
//! **Pitfalls.** A threshold counts panes. There are at most as many as slots, so a budget by time holds.
//!
//! **Example.** Sixty events in slot 3 wait for slot 4.
//!
//! ```
//! use driftgauge::evidence::pane::Collector;
//! let mut collector = Collector::new(2);
//! assert_eq!(None, collector.add(3, 60, &[50, 10]));
//! let pane = collector.add(4, 1, &[1, 0]).unwrap();
//! assert_eq!((3, 3, 60, vec![50, 10]), (pane.first, pane.last, pane.events, pane.counts));
//! ```

use serde::{Deserialize, Serialize};

/// Events that a pane has at least.
pub const LEAST: u64 = 50;

/// A complete pane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pane {
    /// The slot of its first event.
    pub first: i64,
    /// The newest slot of an event in it.
    pub last: i64,
    /// Its events.
    pub events: u64,
    /// Its counts, in the layout they were added in.
    pub counts: Vec<u64>,
}

/// Collects counts until a pane is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collector {
    width: usize,
    open: Option<Pane>,
    /// The newest slot of which an event was given away, or that was passed.
    closed: Option<i64>,
    late: u64,
}

impl Collector {
    /// Of counts in this many cells: those of one column, or of all columns one after the other.
    pub fn new(width: usize) -> Collector {
        Collector { width, open: None, closed: None, late: 0 }
    }

    /// The number of cells.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether it collects counts in this many cells: a state from disk need not.
    pub fn fits(&self, width: usize) -> bool {
        self.width == width && self.open.as_ref().is_none_or(|pane| pane.counts.len() == width)
    }

    /// Adds counts of `events` events of a slot. Returns the pane that this slot completed, which does not hold them.
    /// Counts of another width are left out, as late ones are.
    pub fn add(&mut self, slot: i64, events: u64, counts: &[u64]) -> Option<Pane> {
        if events == 0 {
            return self.pass(slot);
        }
        if counts.len() != self.width || self.closed.is_some_and(|closed| slot <= closed) {
            self.late = self.late.saturating_add(events);
            return None;
        }
        let complete = self.pass(slot);
        let empty = || Pane { first: slot, last: slot, events: 0, counts: vec![0; counts.len()] };
        let open = self.open.get_or_insert_with(empty);
        open.first = open.first.min(slot);
        open.last = open.last.max(slot);
        open.events = open.events.saturating_add(events);
        for (sum, count) in open.counts.iter_mut().zip(counts) {
            *sum = sum.saturating_add(*count);
        }
        complete
    }

    /// Says that time has reached this slot. Returns the pane that this completed.
    pub fn pass(&mut self, slot: i64) -> Option<Pane> {
        let complete = self.open.take_if(|pane| pane.last < slot && pane.events >= LEAST)?;
        self.closed = Some(complete.last);
        Some(complete)
    }

    /// Events that were left out.
    pub fn late(&self) -> u64 {
        self.late
    }

    /// Events that wait for their pane to be complete.
    pub fn waiting(&self) -> u64 {
        self.open.as_ref().map_or(0, |pane| pane.events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn quiet_slots_are_joined() {
        let mut collector = Collector::new(1);
        assert_eq!(None, collector.add(1, 20, &[20]));
        assert_eq!(None, collector.add(2, 20, &[20]));
        assert_eq!(None, collector.add(9, 10, &[10]));
        assert_eq!(50, collector.waiting());
        let pane = collector.pass(10).unwrap();
        assert_eq!((1, 9, 50), (pane.first, pane.last, pane.events));
        assert_eq!((None, 0), (collector.pass(11), collector.waiting()));
    }

    #[test]
    fn late_events_are_taken_while_their_pane_is_open() {
        let mut collector = Collector::new(1);
        collector.add(5, 30, &[30]);
        // Slot 4 has not been given away; slot 5 is still open.
        assert_eq!(None, collector.add(4, 10, &[10]));
        assert_eq!(None, collector.add(5, 10, &[10]));
        let pane = collector.add(6, 7, &[7]).unwrap();
        assert_eq!((4, 5, 50), (pane.first, pane.last, pane.events));
        assert_eq!(None, collector.add(5, 3, &[3]));
        assert_eq!(None, collector.add(-9, 2, &[2]));
        assert_eq!((5, 7), (collector.late(), collector.waiting()));
    }

    #[test]
    fn counts_of_another_width_are_left_out() {
        let mut collector = Collector::new(2);
        assert_eq!(None, collector.add(1, 60, &[60]));
        assert_eq!((60, 0), (collector.late(), collector.waiting()));
    }

    #[test]
    fn state_goes_on_after_json() {
        let mut collector = Collector::new(2);
        collector.add(1, 60, &[50, 10]);
        let mut again: Collector = serde_json::from_str(&serde_json::to_string(&collector).unwrap()).unwrap();
        assert_eq!(collector.pass(2), again.pass(2));
        assert_eq!(collector, again);
    }

    proptest! {
        #[test]
        fn every_event_is_in_one_pane_or_late_or_waiting(
            slots in prop::collection::vec((0i64..40, 0u64..90), 0..80)
        ) {
            let mut collector = Collector::new(1);
            let (mut given, mut taken, mut last) = (0, 0, i64::MIN);
            for (slot, events) in slots {
                given += events;
                if let Some(pane) = collector.add(slot, events, &[events]) {
                    prop_assert!(pane.events >= LEAST && pane.counts == [pane.events]);
                    prop_assert!(pane.first > last && pane.first <= pane.last);
                    last = pane.last;
                    taken += pane.events;
                }
            }
            prop_assert_eq!(given, taken + collector.late() + collector.waiting());
        }
    }
}
