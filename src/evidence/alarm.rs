//! The latch: evidence and effect raise an alarm, a cool-down ends it.
//!
//! **What it answers.** Is there an alarm, how many were there, and when did what it is about begin?
//!
//! **Definition.** Raised when `ln M >= threshold` and `effect >= floor` at the same pane. Held until the cool-down
//! has passed since, whatever evidence and effect do. Then it ends, and the detector has to be reset: it starts from
//! nothing.
//!
//! | evidence | effect | no alarm | alarm |
//! |---|---|---|---|
//! | below the threshold | any | nothing | held to the end of the cool-down |
//! | at it | below the floor | waits: the evidence stays, and the alarm comes with the effect | held |
//! | at it | at the floor | raised, counted, the onset is taken | held, not counted again |
//!
//! So a drift that lasts raises an alarm again after each cool-down, as soon as the detector, which began from nothing,
//! has seen enough of it, and each counts: the count tells how long it lasts, and the gaps show that it is judged anew.
//! A drift that ends leaves its alarm until the end of the cool-down and none after. When the evidence goes on and the
//! effect does not come back, there is none after either; evidence without effect is a move too small to matter.
//!
//! **Time** is an argument, in any unit that grows: panes or nanoseconds. Time that goes back does not end an alarm.
//!
//! **Guarantee.** The latch only leaves alarms out, so the run length of the detector holds, and holds again from each
//! reset on.
//!
//! **Example.**
//!
//! ```
//! use driftgauge::evidence::alarm::{Change, Latch, Reading};
//! let mut latch = Latch::default();
//! let reading = Reading { log_evidence: Some(12.0), threshold: 10.7, effect: Some(0.05), floor: 0.02, onset: Some(3) };
//! assert_eq!(Change::Raised, latch.observe(5, 60, &reading));
//! assert_eq!((true, 1, Some(3)), (latch.is_raised(), latch.count(), latch.onset()));
//! assert_eq!(Change::None, latch.observe(64, 60, &reading));
//! assert_eq!(Change::Ended, latch.observe(65, 60, &reading));
//! ```

use serde::{Deserialize, Serialize};

/// What a latch sees of its series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// `ln M` in nats; `None` before the first bet.
    pub log_evidence: Option<f64>,
    /// The evidence that is an alarm.
    pub threshold: f64,
    /// The size of the drift; `None` when it is undefined, which raises nothing.
    pub effect: Option<f64>,
    /// The size from which on it matters.
    pub floor: f64,
    /// The pane at which the evidence began.
    pub onset: Option<i64>,
}

/// What an observation changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    None,
    /// The alarm was raised.
    Raised,
    /// The alarm ended: reset the detector.
    Ended,
}

/// The alarm of a series.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latch {
    /// When the alarm was raised; `None` when there is none.
    raised: Option<i64>,
    onset: Option<i64>,
    count: u64,
}

impl Latch {
    /// Looks at the series at `now`. An alarm ends at the first look at which it has stood for `cool_down`; a pane that
    /// ends it raises none.
    pub fn observe(&mut self, now: i64, cool_down: i64, reading: &Reading) -> Change {
        if let Some(raised) = self.raised {
            if now.saturating_sub(raised) < cool_down {
                return Change::None;
            }
            self.raised = None;
            return Change::Ended;
        }
        let evident = reading.log_evidence.is_some_and(|nats| nats >= reading.threshold);
        let matters = reading.effect.is_some_and(|effect| effect >= reading.floor);
        if !(evident && matters) {
            return Change::None;
        }
        self.raised = Some(now);
        self.onset = reading.onset;
        self.count = self.count.saturating_add(1);
        Change::Raised
    }

    /// Whether there is an alarm.
    pub fn is_raised(&self) -> bool {
        self.raised.is_some()
    }

    /// Alarms so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The pane at which the drift of the last alarm began, by the evidence; it stays after the alarm.
    pub fn onset(&self) -> Option<i64> {
        self.onset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(nats: f64, effect: f64) -> Reading {
        Reading { log_evidence: Some(nats), threshold: 10.0, effect: Some(effect), floor: 0.1, onset: Some(1) }
    }

    #[test]
    fn both_are_needed() {
        for (name, reading, change) in [
            ("both", reading(10.0, 0.1), Change::Raised),
            ("evidence only", reading(99.0, 0.09), Change::None),
            ("effect only", reading(9.9, 5.0), Change::None),
            ("no evidence yet", Reading { log_evidence: None, ..reading(0.0, 1.0) }, Change::None),
            ("effect undefined", Reading { effect: None, ..reading(99.0, 0.0) }, Change::None),
            ("evidence is no number", reading(f64::NAN, 1.0), Change::None),
        ] {
            assert_eq!(change, Latch::default().observe(0, 10, &reading), "{name}");
        }
    }

    #[test]
    fn alarm_waits_for_the_effect() {
        let mut latch = Latch::default();
        assert_eq!(Change::None, latch.observe(1, 10, &reading(20.0, 0.0)));
        assert_eq!(Change::Raised, latch.observe(2, 10, &reading(20.0, 0.2)));
    }

    #[test]
    fn alarm_is_held_without_evidence_and_counted_once() {
        let mut latch = Latch::default();
        latch.observe(100, 10, &reading(20.0, 1.0));
        for now in [101, 50, 105, 109] {
            assert_eq!(Change::None, latch.observe(now, 10, &reading(-5.0, 0.0)), "{now}");
            assert!(latch.is_raised());
        }
        assert_eq!(Change::Ended, latch.observe(110, 10, &reading(20.0, 1.0)));
        assert_eq!((false, 1), (latch.is_raised(), latch.count()));
    }

    #[test]
    fn drift_that_lasts_alarms_after_each_cool_down() {
        let mut latch = Latch::default();
        let mut changes = Vec::new();
        let mut nats = 0.0;
        for now in 0..100 {
            nats += 4.0;
            match latch.observe(now, 20, &reading(nats, 1.0)) {
                Change::None => {}
                Change::Raised => changes.push((now, Change::Raised)),
                Change::Ended => {
                    nats = 0.0;
                    changes.push((now, Change::Ended));
                }
            }
        }
        let raised: Vec<i64> = changes.iter().filter(|c| c.1 == Change::Raised).map(|c| c.0).collect();
        assert_eq!((vec![2, 25, 48, 71, 94], 5), (raised, latch.count()));
    }

    #[test]
    fn state_goes_on_after_json() {
        let mut latch = Latch::default();
        latch.observe(1, 10, &reading(20.0, 1.0));
        assert_eq!(latch, serde_json::from_str(&serde_json::to_string(&latch).unwrap()).unwrap());
    }
}
