//! Null constants by simulation, on the reference's own cells.
//!
//! In the limit of many rows the differences of the shares in the cells are independent normal variables of variance
//! `p_k`, made to sum to zero; frequent values, few categories and uneven cells are in it by themselves. What a
//! distance needs of the values inside a cell is their mean, which the reference knows, and their spread, which is
//! taken from mean and width as for a Beta law that is flat when the mean is in the middle.

use super::constants::{Constant, Quantiles};
use crate::aggregate::numeric::Numbers;
use crate::aggregate::{Column, Shape, Totals};
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;
use std::collections::BTreeMap;

/// The seed of every simulation: the same reference gives the same constants.
const SEED: u64 = 0x6472_6966_7467_6175;

/// The spread inside a cell matters from this share of that of its edge on.
const INSIDE: f64 = 0.05;

/// The constants of a column by this many draws; none where the reference is empty, or of one cell.
pub fn simulate(column: &Column, reference: &Totals, draws: usize) -> BTreeMap<Constant, Quantiles> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(SEED);
    let places = column.shape.coarse_places();
    let mut coarse = vec![0u64; column.shape.coarse_cells()];
    let counts = reference.counts.get(column.counts..column.counts + column.shape.counts()).unwrap_or_default();
    for (count, place) in counts.iter().zip(&places) {
        if let Some(cell) = place.and_then(|place| coarse.get_mut(place)) {
            *cell += count;
        }
    }
    let absent = coarse.len().saturating_sub(2);
    let some_absent = coarse[absent..].iter().any(|count| *count > 0);
    let mut found = BTreeMap::new();
    let kinds = [Constant::TotalVariation, Constant::LargestDifference];
    for (kind, quantiles) in kinds.into_iter().zip(differences(&coarse, draws, &mut random)) {
        found.insert(kind, quantiles);
    }
    if some_absent {
        let kinds = [Constant::PresentTotalVariation, Constant::PresentLargestDifference];
        for (kind, quantiles) in kinds.into_iter().zip(differences(&coarse[..absent], draws, &mut random)) {
            found.insert(kind, quantiles);
        }
    }
    if let (Shape::Numeric { .. }, Some(numbers)) = (&column.shape, Numbers::of(column, reference)) {
        distances(&numbers, draws, &mut random, &mut found);
    }
    found
}

/// Total variation and largest difference of unordered cells.
fn differences(counts: &[u64], draws: usize, random: &mut Xoshiro256PlusPlus) -> Vec<Quantiles> {
    let all = counts.iter().sum::<u64>() as f64;
    let shares: Vec<f64> = counts.iter().filter(|count| **count > 0).map(|count| *count as f64 / all).collect();
    if shares.len() < 2 {
        return Vec::new();
    }
    let roots: Vec<f64> = shares.iter().map(|share| share.sqrt()).collect();
    let mut values = vec![(0.0f64, 0.0f64); draws];
    let mut steps = vec![0.0; shares.len()];
    for value in &mut values {
        bridge(&shares, &roots, &mut steps, random);
        for step in &steps {
            value.0 += step.abs() / 2.0;
            value.1 = value.1.max(step.abs());
        }
    }
    let mut variation: Vec<f64> = values.iter().map(|value| value.0).collect();
    let mut largest: Vec<f64> = values.iter().map(|value| value.1).collect();
    vec![Quantiles::of(&mut variation), Quantiles::of(&mut largest)]
}

/// Differences of the shares of all cells that sum to zero.
fn bridge(shares: &[f64], roots: &[f64], steps: &mut [f64], random: &mut Xoshiro256PlusPlus) {
    let mut sum = 0.0;
    for (step, root) in steps.iter_mut().zip(roots) {
        let normal: f64 = StandardNormal.sample(random);
        *step = root * normal;
        sum += *step;
    }
    steps.iter_mut().zip(shares).for_each(|(step, share)| *step -= share * sum);
}

/// A cell of the reference that holds values, and the empty ones up to the next.
#[derive(Clone, Copy, Debug)]
struct Stop {
    share: f64,
    /// The share up to its right edge.
    up_to: f64,
    /// Its width; zero of a cell of one value.
    width: f64,
    /// The mean offset from its left edge; of the first cell from its right one.
    offset: f64,
    /// The standard deviation of the offset times the root of the share, where it matters.
    inside: f64,
    /// Whether it has no left, or no right edge.
    open: (bool, bool),
    /// The width of the empty cells behind it.
    gap: f64,
}

fn stops(numbers: &Numbers<'_>) -> Vec<Stop> {
    let (grid, m) = (numbers.grid(), numbers.present().max(1) as f64);
    let mut stops: Vec<Stop> = Vec::new();
    let mut before = 0;
    for (k, count) in numbers.cells().iter().enumerate() {
        let (lower, upper) = (grid.lower(k), grid.upper(k));
        let width = lower.zip(upper).map_or(0.0, |(lower, upper)| upper - lower);
        if *count == 0 {
            if let Some(last) = stops.last_mut() {
                last.gap += width;
            }
            continue;
        }
        before += count;
        let (share, up_to) = (*count as f64 / m, before as f64 / m);
        let open = (lower.is_none(), upper.is_none());
        let offset = numbers.offset_mean(k) / share;
        let variance = match open {
            // As of an exponential law.
            (true, _) | (_, true) => offset * offset,
            _ => (offset * (width - offset)).max(0.0) / 3.0,
        };
        let inside = (share * variance).sqrt();
        let middle = up_to - share / 2.0;
        let matters = inside > INSIDE * width * (middle * (1.0 - middle)).sqrt();
        let atomic = grid.is_atomic(k);
        stops.push(Stop {
            share,
            up_to,
            width: if atomic { 0.0 } else { width },
            offset: if atomic { 0.0 } else { offset },
            inside: if atomic || !matters { 0.0 } else { inside },
            open,
            gap: 0.0,
        });
    }
    stops
}

/// The distances of ordered cells.
fn distances(
    numbers: &Numbers<'_>,
    draws: usize,
    random: &mut Xoshiro256PlusPlus,
    found: &mut BTreeMap<Constant, Quantiles>,
) {
    let stops = stops(numbers);
    let deviation = numbers.variance(0).filter(|variance| *variance > 0.0 && !numbers.is_constant()).map(f64::sqrt);
    let Some(deviation) = deviation.filter(|_| stops.len() >= 2) else { return };
    let shares: Vec<f64> = stops.iter().map(|stop| stop.share).collect();
    let roots: Vec<f64> = shares.iter().map(|share| share.sqrt()).collect();
    let mut steps = vec![0.0; stops.len()];
    let mut values: [Vec<f64>; 5] = std::array::from_fn(|_| Vec::with_capacity(draws));
    for _ in 0..draws {
        bridge(&shares, &roots, &mut steps, random);
        let one = distances_of(&stops, &steps, random);
        values.iter_mut().zip(one).for_each(|(values, value)| values.push(value));
    }
    values[1].iter_mut().for_each(|value| *value /= deviation);
    let kinds = [
        Constant::KolmogorovSmirnov,
        Constant::Wasserstein,
        Constant::CramerVonMises,
        Constant::AndersonDarling,
        Constant::Energy,
    ];
    for (kind, values) in kinds.into_iter().zip(&mut values) {
        let quantiles = Quantiles::of(values);
        if quantiles.is_sound() {
            found.insert(kind, quantiles);
        }
    }
}

/// The distances of one draw: Kolmogorov-Smirnov, Wasserstein, and the roots of Cramer-von Mises, Anderson-Darling and
/// energy.
fn distances_of(stops: &[Stop], steps: &[f64], random: &mut Xoshiro256PlusPlus) -> [f64; 5] {
    let (mut largest, mut area, mut squares, mut weighted, mut energy) = (0.0f64, 0.0, 0.0, 0.0, 0.0);
    let mut before = 0.0;
    for (stop, step) in stops.iter().zip(steps) {
        let after = before + step;
        let square = after * after;
        largest = largest.max(square);
        squares += square * stop.share;
        let pooled = stop.up_to * (1.0 - stop.up_to);
        if pooled > 1e-12 {
            weighted += square * stop.share / pooled;
        }
        let mut offsets = step * stop.offset;
        if stop.inside > 0.0 {
            let normal: f64 = StandardNormal.sample(random);
            offsets += stop.inside * normal;
        }
        if stop.open.0 || stop.open.1 {
            area += offsets.abs();
            energy += (step * offsets / 2.0).max(0.0);
        } else {
            area += (stop.width * after - offsets).abs();
            energy += stop.width * (before * before + before * after + square) / 3.0;
        }
        area += stop.gap * after.abs();
        energy += stop.gap * square;
        before = after;
    }
    [largest.sqrt(), area, squares.sqrt(), weighted.sqrt(), (2.0 * energy).sqrt()]
}
