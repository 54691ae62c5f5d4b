//! Random counts for simulations: multinomials drawn at once, not row by row, alone or in clusters.
#![allow(dead_code, reason = "each test uses its part")]

use super::dice::Dice;
use driftgauge::evidence::box_null::{Allowance, BoxNull};
use driftgauge::evidence::chunks::Variation;
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::gamma::ln_gamma;

/// A binomial count, exactly: by inversion outwards from the mode.
pub fn binomial(dice: &mut Dice, n: u64, p: f64) -> u64 {
    if n == 0 || p <= 0.0 {
        return 0;
    }
    if p >= 1.0 {
        return n;
    }
    let (size, odds) = (n as f64, p / (1.0 - p));
    let mode = ((size + 1.0) * p).floor().min(size);
    let at_mode = ln_gamma(size + 1.0) - ln_gamma(mode + 1.0) - ln_gamma(size - mode + 1.0)
        + mode * p.ln()
        + (size - mode) * (1.0 - p).ln();
    let mut left = dice.share() - at_mode.exp();
    let (mut up, mut down) = (mode, mode);
    let (mut up_mass, mut down_mass) = (at_mode.exp(), at_mode.exp());
    while left > 0.0 {
        if up >= size && down <= 0.0 {
            return mode as u64;
        }
        if up < size {
            up_mass *= (size - up) / (up + 1.0) * odds;
            up += 1.0;
            left -= up_mass;
            if left <= 0.0 {
                return up as u64;
            }
        }
        if down > 0.0 {
            down_mass *= down / (size - down + 1.0) / odds;
            down -= 1.0;
            left -= down_mass;
            if left <= 0.0 {
                return down as u64;
            }
        }
        if up_mass < 1e-18 && down_mass < 1e-18 {
            return mode as u64;
        }
    }
    mode as u64
}

/// Adds `times` a multinomial of `n` to `counts`.
fn add(dice: &mut Dice, mut n: u64, shares: &[f64], times: u64, counts: &mut [u64]) {
    let mut rest = 1.0;
    for (share, count) in shares.iter().zip(counts) {
        let drawn = binomial(dice, n, (share / rest).min(1.0));
        *count += times * drawn;
        n -= drawn;
        rest -= share;
    }
}

/// The counts of `n` events: independent, or about `n` in clusters of 1 to 7 alike, each size as frequent (which makes
/// a dispersion of 5).
pub fn pane(dice: &mut Dice, n: u64, shares: &[f64], clustered: bool) -> Vec<u64> {
    let mut counts = vec![0; shares.len()];
    match clustered {
        false => add(dice, n, shares, 1, &mut counts),
        true => (1..=7).for_each(|size| {
            let some = (n / 28 + u64::from((dice.below(28) as u64) < n % 28)).max(u64::from(size == 4));
            add(dice, some, shares, size, &mut counts);
        }),
    }
    counts
}

/// The true shares of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Ten tenths, and two cells that never occur.
    Deciles,
    /// Ten cells of 9.98 %, 0.2 % missing, and a cell that never occurs.
    RareMissing,
    /// 40 categories with shares that fall as 1/rank, and two cells that never occur.
    Zipf,
}

impl Column {
    pub const ALL: [Column; 3] = [Column::Deciles, Column::RareMissing, Column::Zipf];

    /// How many of its cells have an order.
    pub fn ordered(self) -> usize {
        if self == Column::Zipf { 0 } else { 10 }
    }

    pub fn shares(self) -> Vec<f64> {
        match self {
            Column::Deciles => [vec![0.1; 10], vec![0.0; 2]].concat(),
            Column::RareMissing => [vec![0.0998; 10], vec![0.002, 0.0]].concat(),
            Column::Zipf => {
                let sum: f64 = (1..=40).map(|rank| 1.0 / f64::from(rank)).sum();
                let shares = (1..=40).map(|rank| 1.0 / f64::from(rank) / sum);
                shares.chain([0.0, 0.0]).collect()
            }
        }
    }
}

/// The shares of ten decile cells (and two that never occur) after a move of `shift` deviations of a normal column.
pub fn shifted_deciles(shift: f64) -> Vec<f64> {
    let normal = Normal::new(0.0, 1.0).unwrap();
    let below = |tenth: usize| match tenth {
        0 => 0.0,
        10 => 1.0,
        _ => normal.cdf(normal.inverse_cdf(tenth as f64 / 10.0) - shift),
    };
    (0..10).map(|tenth| below(tenth + 1) - below(tenth)).chain([0.0, 0.0]).collect()
}

/// What a profile would know of a column.
pub struct Learned {
    pub counts: Vec<u64>,
    pub null: BoxNull,
    pub dispersion: f64,
}

impl Learned {
    /// From a reference of about `m` rows, in chunks of `n`, or of a twentieth of it where that is less; the first
    /// `ordered` cells have an order.
    pub fn from(dice: &mut Dice, (m, n): (u64, u64), shares: &[f64], ordered: usize, clustered: bool) -> Learned {
        let size = n.min(m / 20);
        let chunks: Vec<Vec<u64>> = (0..m / size).map(|_| pane(dice, size, shares, clustered)).collect();
        let counts = (0..shares.len()).map(|cell| chunks.iter().map(|chunk| chunk[cell]).sum()).collect::<Vec<u64>>();
        let Variation { dispersion, between } = Variation::of(&chunks).unwrap();
        let allowance = Allowance { dispersion, ..Allowance::default() };
        let null = BoxNull::learn(&counts, &between, allowance).unwrap().in_order(ordered);
        Learned { counts, null, dispersion }
    }
}
