//! Evidence that the mean of a loss left its reference.
//!
//! **What it answers.** Is the model worse (or better) than it was on the reference, by more than a margin?
//!
//! **Definition.** A loss `x` in [0, 1] for each pair of prediction and actual: 0/1 error, squared error of a
//! probability, absolute error cut at a scale and divided by it, a missing value, a click. No drift upwards is `E[x |
//! past] <= mu0` with `mu0 = mu_ref + margin + z se_ref`. For each alternative `mu1 = mu0 + d`, with `d` of 0.0025,
//! 0.005, 0.01 and so on, doubled up to 0.64 (cut at 0.99), and a pane with `n` losses of sum `s`: `l = s ln(mu1 /
//! mu0) + (n - s) ln((1 - mu1) / (1 - mu0))`, divided by the dispersion. Downwards the same with `mu0 = mu_ref -
//! margin - z se_ref` and `mu1 = mu0 - d` (cut at a fiftieth of `mu0`). The alternatives share the weight equally,
//! both directions together when both are asked for. They accumulate as in [`super::accumulate`].
//!
//! **Range and direction.** Nats, any number; larger is stronger. [`Side`] has the direction of the mean.
//!
//! **Empty panes** are skipped. A sum outside `[0, n]` is no sum of such losses, and skipped.
//!
//! **Guarantee.** `e^l` is an e-value for any loss in [0, 1], as `a^x b^(1-x) <= x a + (1-x) b`; for a 0/1 loss it is
//! the likelihood ratio. The dispersion tempers it, a heuristic for losses in clusters.
//!
//! **Least data.** One loss. For `ln A = 10.7` against `mu0 = 0.10` a true error of 0.12 takes about 5100 losses,
//! 0.15 about 870 and 0.20 about 240: `ln A` divided by the Kullback-Leibler divergence of the two.
//!
//! **Pitfalls.** With `z = 0` a reference error that was low by luck is a drift that will be found. Actuals that arrive
//! selectively (frauds first) are a drift of the loss among those that arrived. Take each pair once.
//!
//! **References.** Waudby-Smith, Ramdas 2024, Estimating means of bounded random variables by betting; Podkopaev,
//! Ramdas 2022, Tracking the risk of a deployed model; Shin, Ramdas, Rinaldo 2023, E-detectors.
//!
//! **Example.** One loss of 1 against `mu0 = 0.5`: the alternative of 0.5 + 0.01 gains `ln 1.02`.
//!
//! ```
//! use driftgauge::evidence::bounded_loss::{BoundedLoss, Means, Side};
//! let means = Means::around(0.08, 0.01, 0.005, 2.0).unwrap();
//! let mut detector = BoundedLoss::new(means, Side::Up);
//! for pane in 0..10 {
//!     detector.advance(1.0, 200, 40.0, pane);
//! }
//! assert!(detector.total().log_evidence > Some(10.7) && detector.total().onset == Some(0));
//! ```

use super::{Accumulated, Total};
use serde::{Deserialize, Serialize};

/// The distances of the alternatives from `mu0`.
pub const DISTANCES: [f64; 9] = [0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64];

/// The means that a loss may have while nothing has drifted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Means {
    least: f64,
    most: f64,
}

impl Means {
    /// `reference` plus and minus `margin` and `z` times the standard error of the reference. `None` when a number is
    /// not one, negative, or the reference outside [0, 1]. Bounds are kept inside `[1e-6, 1 - 1e-6]`.
    pub fn around(reference: f64, margin: f64, standard_error: f64, z: f64) -> Option<Means> {
        let half = margin + z * standard_error;
        let sound = (0.0..=1.0).contains(&reference) && margin >= 0.0 && half >= 0.0 && half.is_finite();
        let inside = |mean: f64| mean.clamp(1e-6, 1.0 - 1e-6);
        sound.then(|| Means { least: inside(reference - half), most: inside(reference + half) })
    }

    /// `mu0` of the two directions: downwards, upwards.
    pub fn bounds(&self) -> (f64, f64) {
        (self.least, self.most)
    }
}

/// Which moves of the mean are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// A larger mean: worse, for a loss.
    Up,
    /// A smaller mean.
    Down,
    /// Either, each with half of the weight.
    Both,
}

/// The state of a loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoundedLoss {
    bets: Vec<Bet>,
}

/// An alternative mean.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Bet {
    null: f64,
    alternative: f64,
    weight: f64,
    evidence: Accumulated,
}

impl BoundedLoss {
    /// A detector that has seen nothing.
    pub fn new(means: Means, side: Side) -> BoundedLoss {
        let share = if side == Side::Both { 0.5 } else { 1.0 };
        let Means { least, most } = means;
        let mut bets = Vec::new();
        if side != Side::Down {
            bets.extend(Bet::against(most, share, |d| (most + d).min(0.99f64.max(most))));
        }
        if side != Side::Up {
            bets.extend(Bet::against(least, share, |d| (least - d).max(least / 50.0)));
        }
        BoundedLoss { bets }
    }

    /// Forgets everything, as after an alarm.
    pub fn reset(&mut self) {
        for bet in &mut self.bets {
            bet.evidence = Accumulated::default();
        }
    }

    /// Whether it bets as the other does: a state from disk need not.
    pub fn fits(&self, other: &BoundedLoss) -> bool {
        let terms = |bet: &Bet| (bet.null, bet.alternative, bet.weight);
        self.bets.iter().map(terms).eq(other.bets.iter().map(terms))
    }

    /// Takes a pane with `n` losses of this sum, which `pane` names for the onset. `dispersion` below 1 counts as 1.
    /// Returns whether the pane was taken.
    pub fn advance(&mut self, dispersion: f64, n: u64, sum: f64, pane: i64) -> bool {
        let n = n as f64;
        // A sum of fixed-point parts may be a rounding above n.
        if n == 0.0 || !(-1e-9 * n..=n * (1.0 + 1e-9)).contains(&sum) {
            return false;
        }
        let (sum, temper) = (sum.clamp(0.0, n), 1.0 / dispersion.max(1.0));
        for bet in &mut self.bets {
            let gain =
                sum * (bet.alternative / bet.null).ln() + (n - sum) * ((1.0 - bet.alternative) / (1.0 - bet.null)).ln();
            bet.evidence.advance(temper * gain, pane);
        }
        true
    }

    /// The evidence of all alternatives.
    pub fn total(&self) -> Total {
        Total::of(self.bets.iter().map(|bet| (&bet.evidence, bet.weight)))
    }
}

impl Bet {
    /// The different alternatives to a mean, which share the weight; none where there is no room.
    fn against(null: f64, share: f64, at: impl Fn(f64) -> f64) -> Vec<Bet> {
        let mut means: Vec<f64> = DISTANCES.iter().map(|d| at(*d)).filter(|mean| (mean - null).abs() > 1e-9).collect();
        means.dedup();
        let weight = share / means.len().max(1) as f64;
        let bet = |alternative| Bet { null, alternative, weight, evidence: Accumulated::default() };
        means.into_iter().map(bet).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn detector(side: Side) -> BoundedLoss {
        BoundedLoss::new(Means::around(0.1, 0.0, 0.0, 0.0).unwrap(), side)
    }

    #[test]
    fn a_loss_of_one_or_zero_is_a_likelihood_ratio() {
        // scipy 1.17.1: binom.logpmf(18, 100, mu1) - binom.logpmf(18, 100, .1) for mu1 = .11, .14, .18, .26.
        let mut detector = detector(Side::Up);
        detector.advance(1.0, 100, 18.0, 3);
        for (at, expected) in [(2, 0.799372587432), (4, 2.328585584888), (5, 2.946745276825), (6, 1.148150686154)] {
            let computed = detector.bets[at].evidence.e_process();
            assert!((computed - expected).abs() < 1e-10, "{at}: {computed}");
        }
    }

    #[test]
    fn each_side_sees_its_own() {
        for (sum, side, seen) in [
            (25.0, Side::Up, true),
            (25.0, Side::Down, false),
            (25.0, Side::Both, true),
            (1.0, Side::Up, false),
            (1.0, Side::Down, true),
            (1.0, Side::Both, true),
        ] {
            let mut detector = detector(side);
            for pane in 0..20 {
                assert!(detector.advance(1.0, 100, sum, pane));
            }
            assert_eq!(seen, detector.total().log_evidence.unwrap() > 15.0, "{sum} {side:?}");
        }
    }

    #[test]
    fn weights_sum_to_one_at_any_mean() {
        for reference in [0.0, 1e-4, 0.02, 0.5, 0.97, 1.0] {
            for side in [Side::Up, Side::Down, Side::Both] {
                let detector = BoundedLoss::new(Means::around(reference, 0.01, 0.0, 0.0).unwrap(), side);
                let sum: f64 = detector.bets.iter().map(|bet| bet.weight).sum();
                assert!(sum < 1.0 + 1e-12, "{reference} {side:?}: {sum}");
                assert!(detector.bets.iter().all(|bet| bet.alternative > 0.0 && bet.alternative < 1.0));
            }
        }
    }

    #[test]
    fn what_is_no_sum_of_losses_is_skipped() {
        let mut detector = detector(Side::Both);
        let untouched = detector.clone();
        for (n, sum) in [(0, 0.0), (10, 10.1), (10, -0.1), (10, f64::NAN), (10, f64::INFINITY)] {
            assert!(!detector.advance(1.0, n, sum, 1));
        }
        assert_eq!(untouched, detector);
        assert_eq!(None, Means::around(1.5, 0.0, 0.0, 0.0));
        assert_eq!(None, Means::around(0.5, -0.1, 0.0, 0.0));
        assert_eq!(None, Means::around(0.5, f64::NAN, 0.0, 0.0));
    }

    #[test]
    fn state_goes_on_after_json_and_from_nothing_after_a_reset() {
        let mut detector = detector(Side::Both);
        detector.advance(2.0, 100, 18.0, 3);
        let mut again: BoundedLoss = serde_json::from_str(&serde_json::to_string(&detector).unwrap()).unwrap();
        assert_eq!(detector, again);
        again.reset();
        assert_eq!(self::detector(Side::Both), again);
    }

    proptest! {
        /// Any loss with two values and a mean at the bound expects at most 1; so does any loss, being a mixture of those.
        #[test]
        fn any_loss_of_the_reference_mean_expects_at_most_1(
            mean in 0.001f64..0.999, low in 0.0f64..1.0, high in 0.0f64..1.0, up in any::<bool>()
        ) {
            let (low, high) = (low * mean, mean + high * (1.0 - mean));
            prop_assume!(high - low > 1e-6);
            let chance = (mean - low) / (high - low);
            let means = Means::around(mean, 0.0, 0.0, 0.0).unwrap();
            let expected = |loss: f64| -> f64 {
                let mut detector = BoundedLoss::new(means, if up { Side::Up } else { Side::Down });
                detector.advance(1.0, 1, loss, 0);
                detector.total().log_e_process.exp()
            };
            let value = chance * expected(high) + (1.0 - chance) * expected(low);
            prop_assert!(value <= 1.0 + 1e-9, "{value}");
        }
    }
}
