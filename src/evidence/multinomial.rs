//! Evidence that the shares of a column's cells left their box.
//!
//! **What it answers.** Has the distribution of this column moved away from the reference, by more than the box
//! allows, at any time since the detector began?
//!
//! **Definition.** Four bets on the counts `c` of a pane of `n` events, eight for a column with an order, all with
//! the same weight:
//!
//! - *learned*, for half-lives of 3, 30 and 300 panes. With decayed counts `N` of the panes before, the bet is `q =
//!   (kappa p + N) / (kappa + sum N)`, `kappa = 50` events of the reference's shares `p`; `p*` is its projection into
//!   the box ([`super::box_null`]), and `l = sum c ln(q / p*) / phi`. Then `N <- 2^(-1/half-life) N + c`. While `q`
//!   is in the box the e-value is 1 and the bet rests;
//! - *lean*, for an ordered column: the bet that it moved by a third or four fifths of a deviation, up or down
//!   ([`super::box_null::BoxNull::in_order`]), from the first pane on, with `l` as above;
//! - *burst*, which learns inside the pane: the chance of the pane's events under shares drawn from Dirichlet(`kappa
//!   p`), against the largest chance that shares in the box can give them: `l = (ln DM(c) - max over the box of sum c
//!   ln p) / phi`. It can speak after one pane, where a learned bet needs two.
//!
//! **Seasons.** A caller whose box depends on the slot of a season says which by [`Multinomial::enter`]; `N` is kept for
//! each slot by itself, so that the bet of an hour is on what was seen at that hour. In a slot that did not drift the bet
//! is in its box and rests, and the evidence of another slot waits. Which slot comes is known before the pane, so that
//! nothing below changes. On a pane of several slots ([`BoxNull::around`]) the burst bet rests.
//!
//! They accumulate as in [`super::accumulate`]. `phi >= 1` is the dispersion.
//!
//! **Range and direction.** Nats, any number; larger is stronger. Compare with [`super::budget`]. Nothing before the
//! first bet.
//!
//! **Empty panes** are skipped and do not count as panes. A pane whose counts do not fit the box's cells is skipped
//! too.
//!
//! **Guarantee.** With `phi = 1`: if each event's shares are in the box given all events before, learned bets and
//! leans expect at most 1; the burst bet needs in addition that the shares stay the same inside a pane (they may be
//! others in the next one). Then the expected number of panes to a false alarm is at least the threshold. With `phi >
//! 1` the e-values are tempered, which keeps them e-values (Jensen) and is, for events in clusters, a heuristic: the
//! counts of clusters of equal size `phi` are exactly `phi` times counts of independent ones, other clusters are near
//! that.
//!
//! **Pitfalls.** A move inside the box is never seen, a move of cells within a cell neither. Panes must not overlap.
//! Duplicated events have to be in `phi`, or away.
//!
//! **References.** Shin, Ramdas, Rinaldo 2023, E-detectors (plug-in bets, section 4); Larsson, Ramdas, Ruf 2025, The
//! numeraire e-variable; Wasserman, Ramdas, Balakrishnan 2020, Universal inference (the burst bet); Lindon, Malek 2022,
//! Anytime-valid inference for multinomial count data (the Dirichlet-multinomial).
//!
//! **Example.** Half of all events moved from the first cell to the second: nothing is bet on at first, the second pane
//! is convincing.
//!
//! ```
//! use driftgauge::evidence::box_null::{Allowance, BoxNull};
//! use driftgauge::evidence::multinomial::Multinomial;
//! let null = BoxNull::learn(&[8000, 2000], &[], Allowance::default()).unwrap();
//! let mut detector = Multinomial::new(&null);
//! detector.advance(&null, 1.0, &[80, 20], 1);
//! assert!(detector.total().log_evidence < Some(0.0));
//! detector.advance(&null, 1.0, &[40, 60], 2);
//! assert!(detector.total().log_evidence > Some(15.0));
//! assert_eq!(Some(2), detector.total().onset);
//! ```

use super::box_null::BoxNull;
use super::{Accumulated, Total};
use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;
use std::collections::BTreeMap;

/// After how many panes a learned bet has half forgotten.
pub const HALF_LIVES: [f64; 3] = [3.0, 30.0, 300.0];

/// `kappa`: how many events the reference's shares count for in a bet.
pub const STRENGTH: f64 = 50.0;

/// The state of a column: about a kilobyte for twelve cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Multinomial {
    learned: [Learned; HALF_LIVES.len()],
    leans: Vec<Accumulated>,
    burst: Accumulated,
    /// The slot of the season that the next pane is of.
    slot: u32,
    /// Room for `q`.
    #[serde(skip)]
    bet: Vec<f64>,
}

/// A bet on what was seen so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Learned {
    /// `N`, decayed counts of the panes so far.
    seen: Vec<f64>,
    /// The same of other slots of the season.
    elsewhere: BTreeMap<u32, Vec<f64>>,
    evidence: Accumulated,
}

impl Multinomial {
    /// A detector of the column with this box, that has seen nothing.
    pub fn new(null: &BoxNull) -> Multinomial {
        Multinomial::empty(null.cells(), null.leans().len())
    }

    fn empty(cells: usize, leans: usize) -> Multinomial {
        let learned = HALF_LIVES.map(|_| Learned {
            seen: vec![0.0; cells],
            elsewhere: BTreeMap::new(),
            evidence: Accumulated::default(),
        });
        let leans = vec![Accumulated::default(); leans];
        Multinomial { learned, leans, burst: Accumulated::default(), slot: 0, bet: Vec::new() }
    }

    /// Forgets everything, as after an alarm.
    pub fn reset(&mut self) {
        *self = Multinomial::empty(self.learned[0].seen.len(), self.leans.len());
    }

    /// Whether it belongs to a column with this box: a state from disk need not.
    pub fn fits(&self, null: &BoxNull) -> bool {
        let learned = self.learned.iter().flat_map(|bet| bet.elsewhere.values().chain([&bet.seen]));
        learned.map(Vec::len).all(|cells| cells == null.cells()) && self.leans.len() == null.leans().len()
    }

    /// Says that the panes from here on are of this slot of a season: learned bets are on what was seen in it. Without
    /// seasons there is one slot, 0.
    pub fn enter(&mut self, slot: u32) {
        if slot == self.slot {
            return;
        }
        for learned in &mut self.learned {
            let nothing = vec![0.0; learned.seen.len()];
            let entered = learned.elsewhere.remove(&slot).unwrap_or(nothing);
            let left = std::mem::replace(&mut learned.seen, entered);
            if left.iter().any(|count| *count > 0.0) {
                learned.elsewhere.insert(self.slot, left);
            }
        }
        self.slot = slot;
    }

    /// Takes the counts of a pane, which `pane` names for the onset. `dispersion` below 1 counts as 1. Returns whether
    /// the pane was taken: not an empty one, and not one that does not fit.
    pub fn advance(&mut self, null: &BoxNull, dispersion: f64, counts: &[u64], pane: i64) -> bool {
        let events: u64 = counts.iter().sum();
        if events == 0 || counts.len() != null.cells() || !self.fits(null) {
            return false;
        }
        let temper = 1.0 / dispersion.max(1.0);
        self.bet.resize(counts.len(), 0.0);
        for (learned, half_life) in self.learned.iter_mut().zip(HALF_LIVES) {
            learned.advance(null, temper, counts, pane, half_life, &mut self.bet);
        }
        for (evidence, log_ratios) in self.leans.iter_mut().zip(null.leans()) {
            let gain: f64 = log_ratios.iter().zip(counts).map(|(ratio, &count)| ratio * count as f64).sum();
            match log_ratios.iter().all(|ratio| *ratio == 0.0) {
                true => evidence.rest(),
                false => evidence.advance(temper * gain, pane),
            }
        }
        match null.is_mixed() {
            true => self.burst.rest(),
            false => self.burst.advance(temper * burst(null, counts, events, &mut self.bet), pane),
        }
        true
    }

    /// The evidence of all bets.
    pub fn total(&self) -> Total {
        let weight = 1.0 / (HALF_LIVES.len() + self.leans.len() + 1) as f64;
        let bets = self.learned.iter().map(|bet| &bet.evidence).chain(&self.leans).chain([&self.burst]);
        Total::of(bets.map(|bet| (bet, weight)))
    }
}

impl Learned {
    fn advance(&mut self, null: &BoxNull, temper: f64, counts: &[u64], pane: i64, half_life: f64, bet: &mut [f64]) {
        let whole = STRENGTH + self.seen.iter().sum::<f64>();
        for ((bet, prior), seen) in bet.iter_mut().zip(null.prior()).zip(&self.seen) {
            *bet = (STRENGTH * prior + seen) / whole;
        }
        if null.holds(bet) {
            self.evidence.rest();
        } else {
            self.evidence.advance(temper * log_ratio(null, bet, counts), pane);
        }
        let keep = (-1.0 / half_life).exp2();
        for (seen, &count) in self.seen.iter_mut().zip(counts) {
            *seen = keep * *seen + count as f64;
        }
    }
}

/// `sum c ln(q / p*)`.
fn log_ratio(null: &BoxNull, bet: &[f64], counts: &[u64]) -> f64 {
    let scale = null.scale(bet);
    // Most cells are scaled and have the same ratio: one logarithm for all of these.
    let (mut sum, mut scaled) = (0.0, 0u64);
    for (((low, high), bet), &count) in null.limits().zip(bet).zip(counts) {
        let share = scale * bet;
        if count == 0 {
            continue;
        } else if share < low {
            sum += count as f64 * (bet / low).ln();
        } else if share > high {
            sum += count as f64 * (bet / high).ln();
        } else {
            scaled += count;
        }
    }
    sum - scaled as f64 * scale.ln()
}

/// `ln DM(c) - max over the box of sum c ln p`, of the events in some order.
fn burst(null: &BoxNull, counts: &[u64], events: u64, shares: &mut [f64]) -> f64 {
    let n = events as f64;
    for (share, &count) in shares.iter_mut().zip(counts) {
        *share = count as f64 / n;
    }
    let scale = null.scale(shares);
    let mut sum = ln_gamma(STRENGTH) - ln_gamma(STRENGTH + n);
    for ((((low, high), share), &count), prior) in null.limits().zip(shares.iter()).zip(counts).zip(null.prior()) {
        if count > 0 {
            let (count, pull) = (count as f64, STRENGTH * prior);
            sum += ln_gamma(pull + count) - ln_gamma(pull) - count * (scale * share).clamp(low, high).ln();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::box_null::Allowance;

    fn golden() -> BoxNull {
        BoxNull::new(&[0.1, 0.2, 0.4, 0.3], &[0.09, 0.18, 0.38, 0.28], &[0.11, 0.22, 0.42, 0.32]).unwrap()
    }

    #[test]
    fn golden_step() {
        // Computed by numpy from the definition; eleven digits.
        let seen = vec![30.0, 20.0, 40.0, 10.0];
        let mut learned = Learned { seen, elsewhere: BTreeMap::new(), evidence: Accumulated::default() };
        let mut bet = [0.0; 4];
        learned.advance(&golden(), 1.0, &[28, 22, 38, 12], 5, 3.0, &mut bet);
        for (expected, bet) in [0.23333333333, 0.2, 0.4, 0.16666666667].into_iter().zip(bet) {
            assert!((expected - bet).abs() < 1e-11, "{bet}");
        }
        assert!((learned.evidence.e_process() - 13.83837141827).abs() < 1e-10);
        assert_eq!(Some(5), learned.evidence.onset());
        assert!((learned.seen[0] - (30.0 * 0.5f64.powf(1.0 / 3.0) + 28.0)).abs() < 1e-12);
    }

    #[test]
    fn burst_is_the_dirichlet_multinomial_against_the_best_shares_in_the_box() {
        // A box of one point: the closed form, computed by scipy.special.gammaln (ten digits).
        let shares = [0.1, 0.2, 0.4, 0.3];
        let point = BoxNull::new(&shares, &shares, &shares).unwrap();
        let computed = burst(&point, &[28, 22, 38, 12], 100, &mut [0.0; 4]);
        assert!((computed - 10.49975803).abs() < 5e-9, "{computed}");
    }

    #[test]
    fn a_burst_of_events_expects_at_most_1() {
        // Every outcome of six events in three cells, at shares all over the box.
        let null = BoxNull::new(&[0.5, 0.3, 0.2], &[0.4, 0.2, 0.1], &[0.6, 0.4, 0.3]).unwrap();
        let factorial = |n: u64| (1..=n).map(|k| k as f64).product::<f64>();
        let mut checked = 0;
        for first in 0..=20 {
            for second in 0..=20 {
                let (p, q) = (0.4 + 0.01 * f64::from(first), 0.2 + 0.01 * f64::from(second));
                if !null.holds(&[p, q, 1.0 - p - q]) {
                    continue;
                }
                let mut expected = 0.0;
                for a in 0..=6 {
                    for b in 0..=6 - a {
                        let counts = [a, b, 6 - a - b];
                        let ways = factorial(6) / counts.map(factorial).iter().product::<f64>();
                        let chance =
                            [p, q, 1.0 - p - q].iter().zip(counts).map(|(p, c)| p.powi(c as i32)).product::<f64>();
                        expected += ways * chance * burst(&null, &counts, 6, &mut [0.0; 3]).exp();
                    }
                }
                assert!(expected <= 1.0 + 1e-12, "{p} {q}: {expected}");
                checked += 1;
            }
        }
        assert!(checked > 100);
    }

    #[test]
    fn no_drift_is_no_evidence() {
        let null = BoxNull::learn(&[100, 200, 400, 300], &[], Allowance::default()).unwrap();
        let mut detector = Multinomial::new(&golden());
        for pane in 0..100 {
            assert!(detector.advance(&null, 1.0, &[10, 20, 40, 30], pane));
        }
        assert!(detector.total().log_evidence.unwrap() < 0.0);
        assert_eq!(None, detector.total().onset);
    }

    #[test]
    fn a_move_of_an_ordered_column_is_told_by_its_first_pane() {
        let null = BoxNull::learn(&[10_000; 10], &[], Allowance::default()).unwrap();
        // 200 events of a normal column that moved by half a deviation: scipy 1.17.1, diff of norm.cdf(z - .5).
        let counts = [7, 10, 13, 15, 17, 19, 21, 25, 30, 43];
        let evidence = |null: &BoxNull| {
            let mut detector = Multinomial::new(null);
            assert!(detector.advance(null, 1.0, &counts, 1));
            detector.total().log_evidence.unwrap()
        };
        let (unordered, ordered) = (evidence(&null), evidence(&null.clone().in_order(10)));
        assert!(ordered > unordered + 1.0 && ordered > 6.0, "{ordered} {unordered}");
    }

    #[test]
    fn empty_and_foreign_panes_are_skipped() {
        let mut detector = Multinomial::new(&golden());
        let untouched = detector.clone();
        assert!(!detector.advance(&golden(), 1.0, &[0, 0, 0, 0], 1));
        assert!(!detector.advance(&golden(), 1.0, &[5, 5], 1));
        assert!(!Multinomial::empty(3, 0).advance(&golden(), 1.0, &[5, 5, 5, 5], 1));
        assert_eq!(untouched, detector);
    }

    #[test]
    fn state_goes_on_after_json() {
        let (mut one, mut two) = (Multinomial::new(&golden()), Multinomial::new(&golden()));
        for pane in 0..6 {
            two = serde_json::from_str(&serde_json::to_string(&two).unwrap()).unwrap();
            for detector in [&mut one, &mut two] {
                detector.advance(&golden(), 1.5, &[40, 20, 30, 10], pane);
            }
        }
        assert_eq!(one, two);
        assert!(one.total().log_evidence.unwrap() > 10.0);
        assert!(serde_json::to_string(&one).unwrap().len() < 2000);
        one.reset();
        assert_eq!(Multinomial::new(&golden()), one);
    }

    #[test]
    fn slots_of_a_season_have_memories_of_their_own() {
        // Night and day differ; the night drifts. Panes of day between the two nights leave the bet on the night alone.
        let night = BoxNull::learn(&[8_000, 2_000], &[], Allowance::default()).unwrap();
        let day = BoxNull::learn(&[2_000, 8_000], &[], Allowance::default()).unwrap();
        let mut detector = Multinomial::new(&night);
        detector.advance(&night, 1.0, &[60, 40], 0);
        detector.enter(1);
        for pane in 1..50 {
            detector.advance(&day, 1.0, &[20, 80], pane);
        }
        let learned = |detector: &Multinomial| detector.learned[2].evidence.e_process();
        assert_eq!(0.0, learned(&detector), "there was nothing to bet on");
        detector = serde_json::from_str(&serde_json::to_string(&detector).unwrap()).unwrap();
        detector.enter(0);
        assert!(detector.fits(&night) && detector.learned[2].seen == [60.0, 40.0]);
        detector.advance(&night, 1.0, &[60, 40], 50);
        // The bet is (50 p + 60, 50 p + 40) / 150, about two thirds; chance in the reference and the tolerance give .70.
        assert!(learned(&detector) > 0.0, "{}", learned(&detector));
        detector.enter(7);
        assert_eq!(vec![0.0; 2], detector.learned[0].seen);
    }

    #[test]
    fn no_burst_is_bet_on_events_of_several_slots() {
        let (one, two) = (golden(), BoxNull::learn(&[400, 300, 200, 100], &[], Allowance::default()).unwrap());
        let both = BoxNull::around(&[&one, &two]).unwrap();
        let mut detector = Multinomial::new(&both);
        assert!(detector.advance(&both, 1.0, &[0, 0, 0, 500], 1));
        assert_eq!((None, None), (detector.burst.shiryaev_roberts(), detector.total().log_evidence));
    }

    #[test]
    fn clusters_of_equal_size_count_once() {
        let (mut single, mut tripled) = (Multinomial::new(&golden()), Multinomial::new(&golden()));
        single.burst.advance(burst(&golden(), &[28, 22, 38, 12], 100, &mut [0.0; 4]), 1);
        tripled.burst.advance(burst(&golden(), &[84, 66, 114, 36], 300, &mut [0.0; 4]) / 3.0, 1);
        let difference = tripled.burst.e_process() - single.burst.e_process();
        assert!((0.0..5.0).contains(&difference), "{difference}");
    }
}
