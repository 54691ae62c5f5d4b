//! The box: what the shares of a column's cells may be while nothing has drifted.
//!
//! **What it answers.** Which shares are still no drift, given that the reference is a finite sample, that moves
//! below a certain size are of no interest, and that the shares wander from one pane to the next anyway?
//!
//! **Definition.** For each cell `b`, seen `r_b` times in a reference of `m`, an interval `[lo_b, hi_b]` around
//! `p_b = r_b / m` that is made of three parts, added up:
//!
//! - chance in the reference: the Clopper-Pearson interval of `r_b` of `m` at 1e-7 for each side, with both divided by
//!   the dispersion `phi` (rows that come in clusters tell less than their number);
//! - the tolerance, `tau p_b`, 0.10 by default: a move inside it has a PSI of at most about `tau^2`;
//! - the wandering, `z s_b`: `z` (3) times the standard deviation of the cell's share between chunks of the reference.
//!
//! Clipped to `[1e-12, 1]`. The null hypothesis is that, given all before it, each event falls into the cells with
//! shares from the box, chosen by anyone, anew for each event.
//!
//! **Projection.** Of the shares in the box the one nearest to `q` in the sense of `min KL(q || p)` is
//! `p*_b = clip(s q_b, lo_b, hi_b)` with the `s` for which they sum to 1. It is the reverse information projection, so
//! `E_p[q / p*] <= 1` for every `p` in the box: `q / p*` is an e-value, and of all the one that grows fastest under
//! `q`. `s` is found by Newton's steps, exact for a function made of straight pieces, kept inside a bracket.
//!
//! **Empty cells.** A cell the reference never saw has `p_b = 0` and `hi_b = 1 - 1e-7^(1/m)`, about `16 / m`.
//!
//! **Guarantee.** If the reference is `m` independent rows, its true shares are in the box but for a chance of at most
//! `2e-7` times the number of cells.
//!
//! **Pitfalls.** The Gaussian interval is too short for rare cells: with 40 Zipf categories and 2000 rows a sixth of
//! all columns would alarm without drift. A small reference makes a wide box: with 1000 rows a tenth is 0.058 to 0.157
//! before the tolerance, and no detector should say more than that. Dividing by the dispersion is a heuristic.
//!
//! **References.** Clopper, Pearson 1934; Larsson, Ramdas, Ruf 2025, The numeraire e-variable and reverse information
//! projection (theorem 1); Gruenwald, de Heide, Koolen 2024, Safe testing.
//!
//! **Example.** Prior shares .1, .2, .4, .3 with half-widths .01, .02, .02, .02, and `q = (.2333, .2, .4, .1667)`: the
//! first and the last are held at .11 and .28, the other two are scaled by 0.61 / 0.6 to sum with them to 1.
//!
//! ```
//! use driftgauge::evidence::box_null::BoxNull;
//! let null = BoxNull::new(&[0.1, 0.2, 0.4, 0.3], &[0.09, 0.18, 0.38, 0.28], &[0.11, 0.22, 0.42, 0.32]).unwrap();
//! let nearest = null.project(&[0.7 / 3.0, 0.2, 0.4, 0.5 / 3.0]);
//! assert!((nearest[1] - 0.2 * 0.61 / 0.6).abs() < 1e-15 && nearest[0] == 0.11);
//! ```

use statrs::function::beta::beta_reg;
use statrs::function::erf::erfc_inv;

/// The chance of a reference to mislead, for each side of each cell.
const SIDE: f64 = 1e-7;

/// The moves of an ordered column that are bet on from the first pane, in deviations.
pub const LEANS: [f64; 4] = [-0.8, -0.3, 0.3, 0.8];

/// The least share of a cell in the box; keeps logarithms finite.
const TINY: f64 = 1e-12;

/// How far from 1 the projection may sum.
const CLOSE: f64 = 1e-14;

/// What widens the box beyond chance in the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// `tau`: the relative move of a share that is of no interest; 0 or more.
    pub tolerance: f64,
    /// `z`: how many standard deviations between chunks are no drift; 0 or more.
    pub wandering: f64,
    /// `phi`: how many times the variance of counts in chunks of the reference exceeds that of independent rows; at
    /// least 1.
    pub dispersion: f64,
}

impl Default for Allowance {
    fn default() -> Allowance {
        Allowance { tolerance: 0.10, wandering: 3.0, dispersion: 1.0 }
    }
}

/// The box of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxNull {
    prior: Vec<f64>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    leans: Vec<Vec<f64>>,
    /// It is around several boxes, each of which holds for some of the events.
    mixed: bool,
}

impl BoxNull {
    /// The box of a reference with these counts. `between` has the standard deviation of each cell's share between
    /// chunks, or is empty. `None` without observations, with fewer than two cells, or when `between` does not fit.
    pub fn learn(counts: &[u64], between: &[f64], allowance: Allowance) -> Option<BoxNull> {
        let m: u64 = counts.iter().sum();
        if m == 0 || !(between.is_empty() || between.len() == counts.len()) {
            return None;
        }
        let (m, cells) = (m as f64, counts.len() as f64);
        let dispersion = allowance.dispersion.max(1.0);
        let (mut lower, mut upper) = (Vec::with_capacity(counts.len()), Vec::with_capacity(counts.len()));
        // Cells between quantiles were seen equally often, or nearly so.
        let mut known: Vec<(u64, (f64, f64))> = Vec::new();
        for (at, &seen) in counts.iter().enumerate() {
            let count = seen as f64;
            let extra = allowance.tolerance * count / m + allowance.wandering * between.get(at).unwrap_or(&0.0);
            let (low, high) = match known.iter().find(|(count, _)| *count == seen) {
                Some((_, interval)) => *interval,
                None => {
                    let interval = clopper_pearson(count / dispersion, m / dispersion, SIDE);
                    known.push((seen, interval));
                    interval
                }
            };
            lower.push(low - extra);
            upper.push(high + extra);
        }
        // Half an observation more in each cell, so that a bet never rules a cell out.
        let prior: Vec<f64> = counts.iter().map(|&count| (count as f64 + 0.5) / (m + 0.5 * cells)).collect();
        BoxNull::new(&prior, &lower, &upper)
    }

    /// A box with these bounds, and the shares to bet on before anything was seen. `None` unless the three have the
    /// same length of at least 2, the prior shares are positive, and bounds clipped to `[1e-12, 1]` hold some shares
    /// that sum to 1.
    pub fn new(prior: &[f64], lower: &[f64], upper: &[f64]) -> Option<BoxNull> {
        let clip = |bounds: &[f64]| bounds.iter().map(|bound| bound.clamp(TINY, 1.0)).collect::<Vec<f64>>();
        let (lower, upper) = (clip(lower), clip(upper));
        let fits = prior.len() >= 2 && prior.len() == lower.len() && prior.len() == upper.len();
        let ordered = lower.iter().zip(&upper).all(|(low, high)| low <= high);
        // A box may be a point, whose shares sum to 1 but for a rounding.
        let possible = lower.iter().sum::<f64>() <= 1.0 + CLOSE && upper.iter().sum::<f64>() >= 1.0 - CLOSE;
        let positive = prior.iter().all(|share| *share > 0.0 && share.is_finite());
        let (prior, leans) = (prior.to_vec(), Vec::new());
        (fits && ordered && possible && positive).then_some(BoxNull { prior, lower, upper, leans, mixed: false })
    }

    /// The box around these, for events each of which has shares from one of them, nobody says which: of each cell the
    /// lowest lower and the highest upper bound, and the mean of the prior shares. It holds the shares of every event,
    /// so what bets against it stays an e-value; it is larger than it need be. `None` of none, or of different lengths.
    pub fn around(boxes: &[&BoxNull]) -> Option<BoxNull> {
        let (first, others) = boxes.split_first()?;
        let mut all = BoxNull { leans: Vec::new(), mixed: !others.is_empty(), ..(*first).clone() };
        for other in others {
            if other.cells() != all.cells() {
                return None;
            }
            all.lower.iter_mut().zip(&other.lower).for_each(|(low, other)| *low = low.min(*other));
            all.upper.iter_mut().zip(&other.upper).for_each(|(high, other)| *high = high.max(*other));
            all.prior.iter_mut().zip(&other.prior).for_each(|(sum, other)| *sum += other);
        }
        all.prior.iter_mut().for_each(|sum| *sum /= boxes.len() as f64);
        Some(all)
    }

    /// Whether the events of one pane may have shares from different places of the box.
    pub fn is_mixed(&self) -> bool {
        self.mixed
    }

    /// Says that the first `ordered` cells are in the order of a number, and lays out the bets that it moved: for each
    /// `theta` of [`LEANS`] the shares `q_b` in proportion to `p_b exp(theta z_b)`, with `z_b` the normal quantile of the
    /// middle of the cell by rank; as if a normal column had moved by `theta` deviations. Cells after these keep theirs.
    #[must_use]
    pub fn in_order(mut self, ordered: usize) -> BoxNull {
        let ordered = ordered.min(self.cells());
        let whole: f64 = self.prior.iter().take(ordered).sum();
        let mut before = 0.0;
        let mut scores = Vec::with_capacity(ordered);
        for share in self.prior.iter().take(ordered) {
            scores.push(normal_quantile((before + share / 2.0) / whole));
            before += share;
        }
        let lean = |theta: f64| {
            let tilted: Vec<f64> = self.prior.iter().zip(&scores).map(|(share, z)| share * (theta * z).exp()).collect();
            let scale = whole / tilted.iter().sum::<f64>();
            let bet: Vec<f64> =
                tilted.iter().map(|share| share * scale).chain(self.prior.iter().skip(ordered).copied()).collect();
            let nearest = self.project(&bet);
            bet.iter().zip(&nearest).map(|(q, p)| if self.holds(&bet) { 0.0 } else { (q / p).ln() }).collect()
        };
        let leans = if ordered >= 2 { LEANS.map(lean).to_vec() } else { Vec::new() };
        self.leans = leans;
        self
    }

    /// For each lean `ln(q / p*)` of each cell, all 0 where the box holds it; none without an order.
    pub(super) fn leans(&self) -> &[Vec<f64>] {
        &self.leans
    }

    /// The number of cells.
    pub fn cells(&self) -> usize {
        self.prior.len()
    }

    /// The shares of the reference, each made positive by half an observation.
    pub fn prior(&self) -> &[f64] {
        &self.prior
    }

    /// The bounds of a cell.
    pub fn bounds(&self, cell: usize) -> Option<(f64, f64)> {
        Some((*self.lower.get(cell)?, *self.upper.get(cell)?))
    }

    /// Whether these shares are in the box.
    pub fn holds(&self, shares: &[f64]) -> bool {
        self.limits().zip(shares).all(|((low, high), share)| (low..=high).contains(share))
    }

    /// The shares in the box nearest to `q`, which must be positive and sum to 1.
    pub fn project(&self, q: &[f64]) -> Vec<f64> {
        let scale = self.scale(q);
        self.limits().zip(q).map(|((low, high), q)| (scale * q).clamp(low, high)).collect()
    }

    /// `s` of the projection of `q`; exactly 1 when `q` is in the box. With cells of `q` empty there may be no such `s`:
    /// then one so large that all others are at their upper bound.
    pub(super) fn scale(&self, q: &[f64]) -> f64 {
        let (mut below, mut above, mut scale) = (0.0, f64::INFINITY, 1.0);
        for step in 0..100 {
            let (mut sum, mut free, mut held) = (0.0, 0.0, false);
            for ((low, high), q) in self.limits().zip(q) {
                let share = scale * q;
                if share < low {
                    (sum, held) = (sum + low, true);
                } else if share > high {
                    (sum, held) = (sum + high, true);
                } else {
                    (sum, free) = (sum + share, free + q);
                }
            }
            if (step == 0 && !held) || (sum - 1.0).abs() <= CLOSE {
                break;
            }
            if sum > 1.0 {
                above = scale
            } else {
                below = scale
            }
            let newton = scale + (1.0 - sum) / free;
            scale = match newton > below && newton < above {
                true => newton,
                false if above.is_finite() => (below + above) / 2.0,
                false => scale * 2.0,
            };
        }
        scale
    }

    /// Lower and upper bound of each cell.
    pub(super) fn limits(&self) -> impl Iterator<Item = (f64, f64)> {
        self.lower.iter().copied().zip(self.upper.iter().copied())
    }
}

fn normal_quantile(share: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * share)
}

/// The Clopper-Pearson interval of `count` of `total` with chance `side` outside on each side; both may be fractions.
pub fn clopper_pearson(count: f64, total: f64, side: f64) -> (f64, f64) {
    (lower_limit(count, total, side), 1.0 - lower_limit(total - count, total, side))
}

/// The `side` quantile of Beta(count, total - count + 1): at most this share would show `count` of `total` or more with
/// chance `side`.
fn lower_limit(count: f64, total: f64, side: f64) -> f64 {
    if count <= 0.0 {
        return 0.0;
    }
    if count >= total {
        return side.powf(1.0 / total);
    }
    let (mut low, mut high) = (0.0, count / total);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if beta_reg(count, total - count + 1.0, middle) < side { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clopper_pearson_is_scipys() {
        // scipy 1.17.1: beta.ppf(1e-7, r, m - r + 1), beta.isf(1e-7, r + 1, m - r).
        for (count, total, low, high) in ORACLE {
            let (computed_low, computed_high) = clopper_pearson(*count, *total, 1e-7);
            assert!((computed_low - low).abs() <= 1e-9 * low + 1e-15, "{count} of {total}: {computed_low}, not {low}");
            assert!((computed_high - high).abs() <= 1e-9 * high, "{count} of {total}: {computed_high}, not {high}");
        }
    }

    const ORACLE: &[(f64, f64, f64, f64)] = &[
        (0.0, 50.0, 0.0, 0.27556403992500994),
        (1.0, 50.0, 2.0000000980000065e-09, 0.3205038967325363),
        (50.0, 50.0, 0.72443596007499, 1.0),
        (3.0, 2000.0, 4.228187411466555e-06, 0.01193039045575012),
        (200.0, 2000.0, 0.06858558540601768, 0.13879343028104466),
        (1000.0, 2000.0, 0.4418250095732895, 0.5581749904267105),
        (1999.0, 2000.0, 0.990483280537898, 0.99999999995),
        (7.0, 100000.0, 3.5323054422876533e-06, 0.00032109674055832846),
        (10000.0, 100000.0, 0.0951360622016196, 0.10501098422155902),
        (5000000.0, 10000000.0, 0.4991778631220411, 0.5008221368779588),
        (12.0, 10000000.0, 1.5550427318831729e-07, 4.1037659657223265e-06),
        (66.7, 666.6, 0.05004295038529836, 0.1721368473194753),
    ];

    #[test]
    fn every_cell_has_the_bounds_of_its_own_count_and_wandering() {
        let (counts, between) = ([20u64, 940, 20, 20], [0.0, 0.01, 0.002, 0.0]);
        let null = BoxNull::learn(&counts, &between, Allowance::default()).unwrap();
        for (cell, (count, between)) in counts.into_iter().zip(between).enumerate() {
            let (low, high) = clopper_pearson(count as f64, 1_000.0, SIDE);
            let extra = 0.1 * count as f64 / 1_000.0 + 3.0 * between;
            let bounds = ((low - extra).clamp(TINY, 1.0), (high + extra).clamp(TINY, 1.0));
            assert_eq!(bounds, (null.lower[cell], null.upper[cell]), "cell {cell}");
        }
    }

    #[test]
    fn golden_projection() {
        // Computed by numpy from the definition.
        let null = BoxNull::new(&[0.1, 0.2, 0.4, 0.3], &[0.09, 0.18, 0.38, 0.28], &[0.11, 0.22, 0.42, 0.32]).unwrap();
        let q = [0.7 / 3.0, 0.2, 0.4, 0.5 / 3.0];
        assert!((null.scale(&q) - 1.0166666666666666).abs() < 1e-14);
        for (expected, share) in [0.11, 0.20333333333, 0.40666666667, 0.28].into_iter().zip(null.project(&q)) {
            assert!((expected - share).abs() < 1e-11, "{share}");
        }
    }

    #[test]
    fn a_bet_inside_the_box_is_its_own_projection() {
        let null = BoxNull::learn(&[500, 300, 200], &[], Allowance::default()).unwrap();
        assert_eq!(null.prior().to_vec(), null.project(null.prior()));
        assert!(null.holds(null.prior()) && !null.holds(&[0.9, 0.05, 0.05]));
    }

    #[test]
    fn a_box_around_others_holds_them() {
        let night = BoxNull::learn(&[8_000, 2_000, 10], &[], Allowance::default()).unwrap();
        let day = BoxNull::learn(&[2_000, 8_000, 10], &[], Allowance::default()).unwrap();
        let both = BoxNull::around(&[&night, &day]).unwrap();
        assert!(both.holds(night.prior()) && both.holds(day.prior()) && !night.holds(day.prior()));
        assert_eq!((night.bounds(1).unwrap().0, day.bounds(1).unwrap().1), both.bounds(1).unwrap());
        assert!((both.prior().iter().sum::<f64>() - 1.0).abs() < 1e-12 && both.is_mixed());
        assert_eq!(Some(day.clone()), BoxNull::around(&[&day]));
        assert_eq!(None, BoxNull::around(&[]));
        let other = BoxNull::learn(&[5, 5], &[], Allowance::default()).unwrap();
        assert_eq!(None, BoxNull::around(&[&day, &other]));
    }

    #[test]
    fn what_is_no_box_is_refused() {
        assert_eq!(None, BoxNull::learn(&[0, 0], &[], Allowance::default()));
        assert_eq!(None, BoxNull::learn(&[3], &[], Allowance::default()));
        assert_eq!(None, BoxNull::learn(&[3, 4], &[0.1], Allowance::default()));
        assert_eq!(None, BoxNull::new(&[0.5, 0.5], &[0.0, 0.0], &[0.4, 0.4]));
        assert_eq!(None, BoxNull::new(&[0.5, 0.5], &[0.6, 0.6], &[0.7, 0.7]));
    }

    #[test]
    fn leans_are_what_a_normal_column_would_do() {
        // Fine cells of a normal column that moves by .3: scipy 1.17.1, norm.cdf(norm.ppf(x) - .3) at the tenths.
        let share = 1.0 / 1000.0;
        let point = BoxNull::new(&[share; 1000], &[share; 1000], &[share; 1000]).unwrap().in_order(1000);
        let mut below = 0.0;
        for (cell, log) in point.leans()[2].iter().enumerate() {
            below += share * log.exp();
            if (cell + 1) % 100 == 0 && cell < 999 {
                assert!((below - MOVED[cell / 100]).abs() < 2e-3, "{cell}: {below}");
            }
        }
        assert!((below - 1.0).abs() < 1e-9);
    }

    const MOVED: [f64; 9] = [
        0.0568759892,
        0.126805747,
        0.2048560118,
        0.2900128764,
        0.3820885778,
        0.4813949361,
        0.5887771641,
        0.7059602694,
        0.8368395906,
    ];

    #[test]
    fn all_rows_in_one_cell_make_a_box() {
        let null = BoxNull::learn(&[2000, 0, 0], &[], Allowance::default()).unwrap();
        let (_, never_seen) = null.bounds(1).unwrap();
        assert!((never_seen - (1.0 - 1e-7f64.powf(1.0 / 2000.0))).abs() < 1e-15);
        let nearest = null.project(&[0.5, 0.25, 0.25]);
        assert!((nearest[1] - never_seen).abs() < 1e-12 && (nearest.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    proptest! {
        /// The law everything rests on: whatever the box, the bet and the shares in the box, the e-value expects at most 1.
        #[test]
        fn no_shares_in_the_box_expect_more_than_1(
            counts in prop::collection::vec(0u64..2000, 2..14),
            bet in prop::collection::vec(0.0f64..1.0, 14),
            corners in prop::collection::vec(0.0f64..1.0, 14),
            (tolerance, dispersion) in (0.0f64..0.4, 1.0f64..5.0),
        ) {
            prop_assume!(counts.iter().sum::<u64>() > 0);
            let allowance = Allowance { tolerance, dispersion, ..Allowance::default() };
            let null = BoxNull::learn(&counts, &[], allowance).unwrap();
            // Bets near 0 are frequent: the fourth power.
            let total: f64 = bet.iter().take(counts.len()).map(|b| b.powi(4) + 1e-6).sum();
            let q: Vec<f64> = bet.iter().take(counts.len()).map(|b| (b.powi(4) + 1e-6) / total).collect();
            let nearest = null.project(&q);
            prop_assert!((nearest.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            prop_assert!(null.holds(&nearest));
            let learned: Vec<f64> = q.iter().zip(&nearest).map(|(q, p)| q / p).collect();
            let null = null.in_order(counts.len());
            let leans = null.leans().iter().map(|lean| lean.iter().map(|log| log.exp()).collect::<Vec<f64>>());
            for ratios in leans.chain([learned]) {

            // Any shares in the box: a random point of it, moved to sum to 1.
            let limits: Vec<(f64, f64)> = null.limits().collect();
            let point: Vec<f64> = limits.iter().zip(&corners).map(|((l, h), c)| l + c * (h - l)).collect();
            let shares = moved(&point, &limits);
            let expected: f64 = shares.iter().zip(&ratios).map(|(p, ratio)| p * ratio).sum();
            prop_assert!(expected <= 1.0 + 1e-9, "{expected}");

            // The worst shares: as much as possible where the ratio is largest.
            let mut order: Vec<usize> = (0..q.len()).collect();
            order.sort_by(|a, b| ratios[*b].total_cmp(&ratios[*a]));
            let mut worst: Vec<f64> = limits.iter().map(|(low, _)| *low).collect();
            let mut left = 1.0 - worst.iter().sum::<f64>();
            for at in order {
                let more = left.min(limits[at].1 - limits[at].0);
                worst[at] += more;
                left -= more;
            }
            let expected: f64 = worst.iter().zip(&ratios).map(|(p, ratio)| p * ratio).sum();
            prop_assert!(expected <= 1.0 + 1e-9, "worst: {expected}");
            }
        }
    }

    /// The point of the box on the way from `point` to all lower or all upper bounds that sums to 1.
    fn moved(point: &[f64], limits: &[(f64, f64)]) -> Vec<f64> {
        let sum: f64 = point.iter().sum();
        let goal: Vec<f64> = limits.iter().map(|(low, high)| if sum > 1.0 { *low } else { *high }).collect();
        let way = goal.iter().sum::<f64>() - sum;
        let part = if way == 0.0 { 0.0 } else { (1.0 - sum) / way };
        point.iter().zip(&goal).map(|(from, to)| from + part * (to - from)).collect()
    }
}
