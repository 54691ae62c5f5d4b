//! Evidence that a number per pane is larger than it was in panes of the reference.
//!
//! **What it answers.** Is this statistic (a quantile of the latency, a distance, a mean of scores) higher than the
//! reference's panes say it should be, when its distribution is not known?
//!
//! **Definition.** Of `K` reference panes, `k` have a value of at least the pane's. The pane's chance is at most the
//! Clopper-Pearson bound of `k` of `K`, taken at the ranks 0, 1, 3, 7, 15 and so on (`k` rounded up) with 0.001 shared
//! among them: `p = BetaInverse(1 - 0.001 / ranks; k + 1, K - k)`. The e-value is `(1 - p + p ln p) / (p ln^2 p)`, a
//! mixture of all power bets `a p^(a-1)` with `a` in (0, 1). It accumulates as in [`super::accumulate`].
//!
//! **Range and direction.** Nats, any number; larger is stronger. Only large values count: give the distance from the
//! middle for both sides. A value that is no number is skipped.
//!
//! **Ties** count as larger-or-equal, against evidence.
//!
//! **Least data.** A pane can say at most 0.3 nats with `K` of 100, 1.5 with 1000, 3.1 with 10,000; it takes 7 panes at
//! 1000 to reach `ln A = 10.7`. With fewer than 50 panes nothing can be said.
//!
//! **Guarantee.** But for a chance of 0.001, over the reference: whatever the distribution of the value, as long as
//! it is no larger than that of the reference panes, given the panes before. The usual conformal p-value `(1 + k) /
//! (K + 1)` holds only on average over references: against a given one it alarms too often for months, or never.
//!
//! **Pitfalls.** Panes of other sizes have other distributions: divide by the standard error first, and count
//! no more rows than the reference's panes have, for means of neighbours wander. A reference without a night has no
//! night's values.
//!
//! **References.** Vovk, Wang 2021, E-values: calibration, combination and applications (the mixture); Vovk, Gammerman,
//! Shafer 2005, Algorithmic learning in a random world; Clopper, Pearson 1934.
//!
//! **Example.** 999 reference panes, and a value above all of them: `p = 1 - (0.001 / 10)^(1/999) = 0.0092`, an
//! e-value of 4.7.
//!
//! ```
//! use driftgauge::evidence::conformal::{Conformal, Ranks};
//! let ranks = Ranks::new((0..999).map(f64::from).collect()).unwrap();
//! assert!((ranks.chance(1e6) - (1.0 - 1e-4f64.powf(1.0 / 999.0))).abs() < 1e-12);
//! let mut detector = Conformal::default();
//! (0..9).for_each(|pane| assert!(detector.advance(&ranks, 1e6, pane)));
//! assert!(detector.total().log_evidence > Some(10.7));
//! ```

use super::box_null::clopper_pearson;
use super::{Accumulated, Total};
use serde::{Deserialize, Serialize};

/// The chance of the reference to mislead, over all ranks.
const MISLED: f64 = 1e-3;

/// The values of the reference panes, and the chance at each rank.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranks {
    /// Ascending.
    values: Vec<f64>,
    /// At the ranks `2^i - 1`.
    chances: Vec<f64>,
}

impl Ranks {
    /// Of the values of the reference panes; those that are no numbers are left out. `None` without any.
    pub fn new(mut values: Vec<f64>) -> Option<Ranks> {
        values.retain(|value| !value.is_nan());
        values.sort_by(f64::total_cmp);
        let panes = values.len();
        let ranks: Vec<usize> = (0..).map(|i| (1usize << i) - 1).take_while(|rank| *rank < panes).collect();
        let side = MISLED / ranks.len() as f64;
        let chances = ranks.iter().map(|rank| clopper_pearson(*rank as f64, panes as f64, side).1).collect();
        (panes > 0).then_some(Ranks { values, chances })
    }

    /// The largest chance of a value as large as this one.
    pub fn chance(&self, value: f64) -> f64 {
        let least = self.values.len() - self.values.partition_point(|reference| *reference < value);
        // The first of the ranks 0, 1, 3, 7 ... that is not below.
        let at = (usize::BITS - least.leading_zeros()) as usize;
        *self.chances.get(at).unwrap_or(&1.0)
    }
}

/// The state of a value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conformal {
    evidence: Accumulated,
}

impl Conformal {
    /// Forgets everything, as after an alarm.
    pub fn reset(&mut self) {
        *self = Conformal::default();
    }

    /// Takes a pane's value; `pane` names it for the onset. Returns whether it was taken: a number.
    pub fn advance(&mut self, ranks: &Ranks, value: f64, pane: i64) -> bool {
        if value.is_nan() {
            return false;
        }
        self.evidence.advance(calibrated(ranks.chance(value)).ln(), pane);
        true
    }

    /// The evidence.
    pub fn total(&self) -> Total {
        Total::of([(&self.evidence, 1.0)].into_iter())
    }
}

/// The e-value of a p-value: the mean of `a p^(a-1)` over `a` in (0, 1); one half, its limit, near 1.
fn calibrated(p: f64) -> f64 {
    // Below this distance from 1 the formula is a difference of nearly equal numbers; the series has 1e-10 there.
    let rest = 1.0 - p;
    if rest < 1e-3 {
        return 0.5 + rest / 6.0 + rest * rest / 8.0;
    }
    let log = p.ln();
    (rest + p * log) / (p * log * log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibrator_is_the_integral_of_the_power_bets() {
        // scipy 1.17.1: quad(lambda a: a * p ** (a - 1), 0, 1).
        for (p, expected) in [
            (1e-06, 5239.1361842507085),
            (0.0092, 4.6858644987617275),
            (0.1, 1.2632107912012733),
            (0.5, 0.6386739401166445),
            (0.9, 0.5180325412154049),
            (0.9985, 0.5002502816067251),
            (0.9995, 0.5000833645965336),
            (1.0, 0.5),
        ] {
            assert!((calibrated(p) - expected).abs() < 1e-9 * expected, "{p}: {}", calibrated(p));
        }
    }

    #[test]
    fn uniform_chances_expect_1() {
        // The integral over p of the calibrator, in steps that are even in ln p; below e^-2000 is 1/2000 of it.
        let step = 1e-3;
        let integral: f64 = (0..2_000_000)
            .map(|k| -step * (f64::from(k) + 0.5))
            .map(|log| match log > -600.0 {
                true => calibrated(log.exp()) * log.exp() * step,
                false => step / (log * log),
            })
            .sum();
        assert!((integral + 1.0 / 2000.0 - 1.0).abs() < 1e-4, "{integral}");
    }

    #[test]
    fn ranks_round_towards_less_evidence() {
        let ranks = Ranks::new((0..100).map(f64::from).collect()).unwrap();
        let bound = |rank: f64| clopper_pearson(rank, 100.0, MISLED / 7.0).1;
        for (value, rank) in [(100.0, 0.0), (99.0, 1.0), (98.0, 3.0), (97.0, 3.0), (96.0, 7.0), (37.0, 63.0)] {
            assert!((ranks.chance(value) - bound(rank)).abs() < 1e-12, "{value}");
        }
        assert_eq!(1.0, ranks.chance(36.0));
        assert_eq!(1.0, ranks.chance(-5.0));
    }

    #[test]
    fn a_wrong_chance_is_rarer_than_promised() {
        // References of 200 uniform values; the true chance of passing the value at a rank is one minus that value.
        let mut seed = 7u64;
        let mut uniform = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1u64 << 53) as f64
        };
        let misled = (0..4000)
            .filter(|_| {
                let ranks = Ranks::new((0..200).map(|_| uniform()).collect()).unwrap();
                // Just above the value at each rank is where the bound is tightest.
                (0..8).any(|i| {
                    let rank = (1usize << i) - 1;
                    let value = ranks.values[200 - 1 - rank] + 1e-12;
                    ranks.chance(value) < 1.0 - value
                })
            })
            .count();
        // 4 are promised at most; 13 or more have a chance below 1e-4 then.
        assert!(misled < 13, "{misled}");
    }

    #[test]
    fn what_is_no_number_is_skipped() {
        let ranks = Ranks::new(vec![1.0, f64::NAN, 2.0]).unwrap();
        let mut detector = Conformal::default();
        assert!(!detector.advance(&ranks, f64::NAN, 1));
        assert_eq!(Conformal::default(), detector);
        assert!(detector.advance(&ranks, f64::INFINITY, 1));
        assert!(detector.total().log_evidence.unwrap() < 0.0, "two panes say nothing");
        detector.reset();
        assert_eq!(Conformal::default(), detector);
        assert_eq!(None, Ranks::new(vec![f64::NAN]));
    }
}
