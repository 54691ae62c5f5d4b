//! One series of evidence: a detector, its latch and its effect.

use super::Taken;
use crate::aggregate::Role;
use crate::evidence::Total;
use crate::evidence::alarm::{Change, Latch, Reading};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a series stands: what the latch decided, and from what.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(in crate::engine) struct Standing {
    latch: Latch,
    log_evidence: Option<f64>,
    effect: Option<f64>,
}

impl Standing {
    /// Whether the detector takes panes: while an alarm is held, it keeps the evidence of the alarm.
    pub(super) fn is_open(&self) -> bool {
        !self.latch.is_raised()
    }

    /// Looks at the detector after a pane. Returns whether the alarm ended, so that the detector starts over.
    pub(super) fn look(&mut self, total: &Total, effect: Option<f64>, floor: f64, at: &Taken) -> bool {
        if self.is_open() {
            self.log_evidence = total.log_evidence;
        }
        self.effect = effect;
        let reading = Reading {
            log_evidence: total.log_evidence,
            threshold: at.rules.threshold,
            effect,
            floor,
            onset: total.onset,
        };
        let ended = self.latch.observe(at.end, at.rules.cool_down.nanos(), &reading) == Change::Ended;
        if ended {
            self.log_evidence = None;
        }
        ended
    }

    /// ln of the evidence, in nats; during an alarm that which raised it. `None` before the first bet.
    pub(in crate::engine) fn log_evidence(&self) -> Option<f64> {
        self.log_evidence
    }

    /// The size of the drift as of the last pane.
    pub(in crate::engine) fn effect(&self) -> Option<f64> {
        self.effect
    }

    /// Whether there is an alarm, and how many there were.
    pub(in crate::engine) fn alarm(&self) -> (bool, u64) {
        (self.latch.is_raised(), self.latch.count())
    }

    /// When the drift of the last alarm began, in nanoseconds.
    pub(in crate::engine) fn onset(&self) -> Option<i64> {
        self.latch.onset()
    }
}

/// A series as it is shown.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Series<'a> {
    /// The column it is of; none of a loss.
    pub(in crate::engine) column: Option<(&'a Arc<str>, Role)>,
    /// What is looked at.
    pub(in crate::engine) statistic: &'static str,
    /// The effect from which on evidence is an alarm.
    pub(in crate::engine) floor: f64,
    /// How it stands.
    pub(in crate::engine) standing: &'a Standing,
}
