//! From the e-values of single panes to evidence that something changed at some pane.
//!
//! **What it answers.** How strong is the evidence, after this pane, that a change began at one of the panes so far,
//! and at which one?
//!
//! **Definition.** Each pane brings `l`, the logarithm of an e-value. Three logarithms are kept:
//!
//! - Shiryaev-Roberts, `M <- e^l (w + M)`, from 0: the sum, over the panes at which a change may have begun, of the
//!   product of the e-values since, where `w` is the number of beginnings that open at this pane;
//! - CUSUM, `ln C <- l + max(0, ln C)`: the largest of these products. The pane at which it last rose from 0 is the
//!   onset, the best guess of when the change began;
//! - the e-process, `ln W <- ln W + l`: the product since the last reset.
//!
//! **Beginnings.** `w` may be chosen before the pane as long as the beginnings up to a pane are no more than the panes.
//! Usually it is 1. While a detector *rests*, that is, its e-value is exactly 1 whatever the pane holds, a beginning
//! would only add 1 to `M` and make an alarm certain after `A` panes in which nothing happened. So none is opened;
//! up to [`SAVED`] are saved and opened together at the first pane the detector bets on. This costs nothing in the
//! guarantee, avoids the certain alarm, and gives `ln 20 = 3` nats at once to a change that ends a rest.
//!
//! **Guarantee.** `M_t - (beginnings up to t)` is a supermartingale when nothing is wrong, so the expected number of
//! panes until `M >= A` is at least `A`. `C <= M` up to the saved beginnings. A weighted mean of several `M` with
//! weights that sum to 1 keeps it; so does a sum over series, with `A` times the number of series.
//!
//! **Pitfalls.** A pane must be given once. What chose the e-value (the bet) must not have seen the pane. Evidence of
//! a change that ended before the alarm goes down only as fast as the panes after it contradict the change.
//!
//! **References.** Shin, Ramdas, Rinaldo 2023, E-detectors (definition 2.2, theorem 2.4; weights of beginnings: section
//! 2.4); Shiryaev 1963; Roberts 1966; Page 1954.
//!
//! **Example.** Panes with e-values of 2, 2: `M = 2 (1 + 0) = 2`, then `2 (1 + 2) = 6`; `C = 2`, then 4; `W = 4`.
//!
//! ```
//! use driftgauge::evidence::Accumulated;
//! let mut evidence = Accumulated::default();
//! evidence.advance(2f64.ln(), 7);
//! evidence.advance(2f64.ln(), 8);
//! assert!((evidence.shiryaev_roberts().unwrap() - 6f64.ln()).abs() < 1e-12);
//! assert!((evidence.cusum() - 4f64.ln()).abs() < 1e-12);
//! assert_eq!(Some(7), evidence.onset());
//! ```

use serde::{Deserialize, Serialize};

/// How many beginnings a resting detector saves at most.
pub const SAVED: f64 = 20.0;

/// A factor beyond which an e-value is cut (from above only, which keeps it one), so that sums stay finite.
const LARGEST: f64 = 1e9;

/// The evidence of one sequence of bets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accumulated {
    /// ln M; nothing while M is 0.
    shiryaev_roberts: Option<f64>,
    /// Beginnings saved up to the last pane.
    saved: f64,
    cusum: f64,
    onset: Option<i64>,
    e_process: f64,
}

impl Accumulated {
    /// Takes a pane with this logarithm of an e-value; `pane` names it for the onset.
    pub fn advance(&mut self, log_evalue: f64, pane: i64) {
        let gain = log_evalue.clamp(-LARGEST, LARGEST);
        let opened = (self.saved + 1.0).ln();
        self.saved = 0.0;
        self.shiryaev_roberts = Some(gain + self.shiryaev_roberts.map_or(opened, |m| ln_add(opened, m)));
        if self.cusum <= 0.0 {
            self.onset = Some(pane);
        }
        self.cusum = gain + self.cusum.max(0.0);
        self.e_process = (self.e_process + gain).clamp(-LARGEST, LARGEST);
    }

    /// Takes a pane on which nothing was bet: its e-value was bound to be 1.
    pub fn rest(&mut self) {
        self.saved = (self.saved + 1.0).min(SAVED - 1.0);
        if self.cusum <= 0.0 {
            self.onset = None;
        }
    }

    /// ln M in nats, the evidence to compare with a threshold; `None` before the first bet.
    pub fn shiryaev_roberts(&self) -> Option<f64> {
        self.shiryaev_roberts
    }

    /// ln C in nats.
    pub fn cusum(&self) -> f64 {
        self.cusum
    }

    /// The pane at which the evidence in [`Self::cusum`] began; `None` when it is not above 0.
    pub fn onset(&self) -> Option<i64> {
        self.onset.filter(|_| self.cusum > 0.0)
    }

    /// ln W in nats; `exp(-max ln W)` is a p-value for "no pane since the reset was wrong".
    pub fn e_process(&self) -> f64 {
        self.e_process
    }
}

/// The evidence of several bets together, each with a share of the weight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Total {
    /// ln of the weighted mean of M, in nats; `None` before the first bet.
    pub log_evidence: Option<f64>,
    /// The largest CUSUM of them, in nats, not weighted.
    pub log_cusum: f64,
    /// ln of the weighted mean of the e-processes, in nats.
    pub log_e_process: f64,
    /// The onset of the bet with the most evidence.
    pub onset: Option<i64>,
}

impl Total {
    /// Of bets and their weights, which must not sum to more than 1.
    pub fn of<'a>(bets: impl Iterator<Item = (&'a Accumulated, f64)>) -> Total {
        let mut total = Total { log_evidence: None, log_cusum: f64::NEG_INFINITY, log_e_process: 0.0, onset: None };
        let (mut largest, mut process) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        for (bet, weight) in bets {
            let weight = weight.ln();
            if let Some(m) = bet.shiryaev_roberts {
                total.log_evidence = Some(total.log_evidence.map_or(m + weight, |sum| ln_add(sum, m + weight)));
            }
            if bet.cusum > total.log_cusum {
                total.log_cusum = bet.cusum;
            }
            if bet.cusum + weight > largest {
                largest = bet.cusum + weight;
                total.onset = bet.onset();
            }
            process = ln_add(process, bet.e_process + weight);
        }
        if process.is_finite() {
            total.log_e_process = process;
        }
        total.log_cusum = if total.log_cusum.is_finite() { total.log_cusum } else { 0.0 };
        total
    }
}

/// `ln(e^a + e^b)`; one of them may be minus infinity.
pub(super) fn ln_add(a: f64, b: f64) -> f64 {
    let (small, large) = if a < b { (a, b) } else { (b, a) };
    if small == f64::NEG_INFINITY { large } else { large + (small - large).exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_step() {
        // Computed by numpy from the definition; ten digits.
        let gain = 13.83837141827;
        let before = Accumulated { shiryaev_roberts: Some(0.5), cusum: 0.5, ..Accumulated::default() };
        let mut after = before;
        after.advance(gain, 1);
        assert!((after.shiryaev_roberts().unwrap() - 14.81244840).abs() < 5e-9);
        assert!((after.cusum() - 14.33837142).abs() < 5e-9);
    }

    #[test]
    fn beginnings_are_never_more_than_panes() {
        let mut evidence = Accumulated::default();
        let mut panes = 0.0;
        for rests in [0, 3, 100, 1, 0, 0, 19, 20, 21] {
            for _ in 0..rests {
                evidence.rest();
                panes += 1.0;
            }
            // With e-values of 1 the sum counts the beginnings.
            evidence.advance(0.0, 0);
            panes += 1.0;
            assert!(evidence.shiryaev_roberts().unwrap().exp() <= panes + 1e-9);
        }
        let beginnings = evidence.shiryaev_roberts().unwrap().exp();
        assert!((beginnings - (1.0 + 4.0 + 20.0 + 2.0 + 1.0 + 1.0 + 20.0 + 20.0 + 20.0)).abs() < 1e-9, "{beginnings}");
    }

    #[test]
    fn onset_is_the_pane_after_the_last_contradiction() {
        let mut evidence = Accumulated::default();
        for (pane, gain) in [(1, 1.0), (2, -3.0), (3, 2.0), (4, 2.0)] {
            evidence.advance(gain, pane);
        }
        assert_eq!((Some(3), 4.0), (evidence.onset(), evidence.cusum()));
        evidence.advance(-9.0, 5);
        assert_eq!(None, evidence.onset());
    }

    #[test]
    fn state_survives_json_at_any_size() {
        let mut evidence = Accumulated::default();
        for gain in [f64::INFINITY, -1e300, 0.1] {
            let text = serde_json::to_string(&evidence).unwrap();
            assert_eq!(evidence, serde_json::from_str(&text).unwrap());
            evidence.advance(gain, 3);
            assert!(evidence.shiryaev_roberts().unwrap().is_finite() && evidence.e_process().is_finite());
        }
    }

    #[test]
    fn mean_of_bets_is_weighted() {
        let (mut one, mut two) = (Accumulated::default(), Accumulated::default());
        one.advance(4f64.ln(), 1);
        two.advance(8f64.ln(), 2);
        let total = Total::of([(&one, 0.5), (&two, 0.5)].into_iter());
        assert!((total.log_evidence.unwrap() - 6f64.ln()).abs() < 1e-12);
        assert_eq!((8f64.ln(), Some(2)), (total.log_cusum, total.onset));
        assert_eq!(None, Total::of([(&Accumulated::default(), 1.0)].into_iter()).log_evidence);
    }
}
