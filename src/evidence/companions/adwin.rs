//! ADWIN, the adaptive window.
//!
//! **What it answers.** How far back do the values of this stream have the same mean, and has that just changed?
//!
//! **Definition.** The window is kept as buckets of `2^i` values, at most `max_buckets` of each size, oldest first.
//! Every `clock` values it is cut between buckets, at each place in turn, into `n0` older and `n1` newer values with
//! means `u0`, `u1`. The cut is a change when, with the window's width `W` and variance `v`, `d = ln(2 ln W / delta)`
//! and `r = 1 / (n0 - least + 1) + 1 / (n1 - least + 1)`, `|u0 - u1| > sqrt(2 r v d) + 2/3 r d`; then the oldest
//! bucket goes, and it is tried again. Both sides need `least` values and the window more than `grace`.
//!
//! **Range and direction.** Yes or no for each value, both directions. The value after a detection begins a new
//! window, as in river's `ADWIN`.
//!
//! **Least data.** More than `grace` values.
//!
//! **Guarantee.** At each check a chance of at most about `delta` for a false detection; none over a stream of checks.
//!
//! **Pitfalls.** Counts and sums of several replicas cannot be joined: it is of one stream. At one false alarm in
//! 100,000 values it took `delta` of 0.07 and found a move of the error rate from .10 to .11 after some 9000 values,
//! to .20 after 200.
//!
//! **References.** Bifet, Gavalda 2007, Learning from time-changing data with adaptive windowing; Babcock, Datar,
//! Motwani, O'Callaghan 2003 (the variance of buckets); river 0.26.1, `drift.ADWIN`.
//!
//! **Example.** Two hundred zeros, then ones: seen at the next check, value 224.
//!
//! ```
//! use driftgauge::evidence::companions::adwin::{Adwin, Settings};
//! let mut detector = Adwin::new(Settings::default());
//! let drifts: Vec<u32> = (0..300).filter(|at| detector.update(f64::from(*at >= 200))).collect();
//! assert_eq!(vec![223], drifts);
//! ```

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How it looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The chance of a false detection at a check.
    pub delta: f64,
    /// Values between checks; 0 counts as 1.
    pub clock: u64,
    /// Buckets of a size that are kept.
    pub max_buckets: usize,
    /// Values that each side of a cut needs.
    pub least: u64,
    /// Values up to which there is no check.
    pub grace: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { delta: 0.002, clock: 32, max_buckets: 5, least: 5, grace: 10 }
    }
}

/// A run of values: their sum, and the sum of their squared deviations from their mean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Bucket {
    sum: f64,
    squares: f64,
}

/// The detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adwin {
    settings: Settings,
    /// At `i` the buckets of `2^i` values, oldest first.
    rows: Vec<VecDeque<Bucket>>,
    /// Of the window.
    width: f64,
    whole: Bucket,
    ticks: u64,
    drifted: bool,
}

impl Adwin {
    /// A detector that has seen nothing.
    pub fn new(settings: Settings) -> Adwin {
        let whole = Bucket { sum: 0.0, squares: 0.0 };
        Adwin { settings, rows: Vec::new(), width: 0.0, whole, ticks: 0, drifted: false }
    }

    /// Takes a value. Returns whether it is a change.
    pub fn update(&mut self, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        if self.drifted {
            *self = Adwin::new(self.settings);
        }
        self.insert(value);
        self.ticks += 1;
        let check = self.ticks.is_multiple_of(self.settings.clock.max(1)) && self.width > self.settings.grace as f64;
        while check && self.has_cut() {
            self.drifted = true;
            self.drop_oldest();
        }
        self.drifted
    }

    /// Values in the window.
    pub fn width(&self) -> u64 {
        self.width as u64
    }

    /// The mean of the window; `None` when it is empty.
    pub fn mean(&self) -> Option<f64> {
        (self.width > 0.0).then(|| self.whole.sum / self.width)
    }

    fn insert(&mut self, value: f64) {
        if self.width > 0.0 {
            let away = value - self.whole.sum / self.width;
            self.whole.squares += self.width * away * away / (self.width + 1.0);
        }
        self.width += 1.0;
        self.whole.sum += value;

        let mut carried = Some(Bucket { sum: value, squares: 0.0 });
        let mut size = 1.0;
        for at in 0.. {
            let Some(bucket) = carried.take() else { break };
            if at == self.rows.len() {
                self.rows.push(VecDeque::new());
            }
            let Some(row) = self.rows.get_mut(at) else { break };
            row.push_back(bucket);
            if row.len() > self.settings.max_buckets.max(1)
                && let (Some(one), Some(two)) = (row.pop_front(), row.pop_front())
            {
                carried = Some(merged(one, two, size));
            }
            size *= 2.0;
        }
    }

    /// Whether some cut of the window is a change.
    fn has_cut(&self) -> bool {
        let (mut n0, mut n1, mut u0, mut u1) = (0.0, self.width, 0.0, self.whole.sum);
        let least = self.settings.least as f64;
        for (at, row) in self.rows.iter().enumerate().rev() {
            let size = size_at(at);
            for bucket in row {
                n0 += size;
                n1 -= size;
                u0 += bucket.sum;
                u1 -= bucket.sum;
                if n1 >= least && n0 >= least && self.is_change(n0, n1, u0 / n0 - u1 / n1) {
                    return true;
                }
            }
        }
        false
    }

    fn is_change(&self, n0: f64, n1: f64, difference: f64) -> bool {
        let least = self.settings.least as f64;
        let confidence = (2.0 * self.width.ln() / self.settings.delta).ln();
        let reciprocal = 1.0 / (n0 - least + 1.0) + 1.0 / (n1 - least + 1.0);
        let variance = self.whole.squares / self.width;
        let cut = (2.0 * reciprocal * variance * confidence).sqrt() + 2.0 / 3.0 * confidence * reciprocal;
        difference.abs() > cut
    }

    fn drop_oldest(&mut self) {
        let size = size_at(self.rows.len().saturating_sub(1));
        let Some(row) = self.rows.last_mut() else { return };
        let Some(bucket) = row.pop_front() else { return };
        if row.is_empty() {
            self.rows.pop();
        }
        self.width -= size;
        self.whole.sum -= bucket.sum;
        let away = bucket.sum / size - self.whole.sum / self.width;
        self.whole.squares -= bucket.squares + size * self.width * away * away / (size + self.width);
    }
}

/// Values in a bucket of this row.
fn size_at(row: usize) -> f64 {
    (row as f64).exp2()
}

/// Two buckets of `size` values as one.
fn merged(one: Bucket, two: Bucket, size: f64) -> Bucket {
    let away = one.sum / size - two.sum / size;
    Bucket { sum: one.sum + two.sum, squares: one.squares + two.squares + size * size * away * away / (size + size) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_hold_the_window_exactly() {
        let mut detector = Adwin::new(Settings::default());
        let values: Vec<f64> = (0..1000).map(|at| f64::from(at * 7919 % 13)).collect();
        assert!(values.iter().all(|value| !detector.update(*value)));
        let mean = values.iter().sum::<f64>() / 1000.0;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        assert_eq!((1000, Some(mean)), (detector.width(), detector.mean()));
        assert!((detector.whole.squares - squares).abs() < 1e-8 * squares);
        let held: f64 = detector.rows.iter().enumerate().map(|(at, row)| row.len() as f64 * size_at(at)).sum();
        assert_eq!(1000.0, held);
        assert!(detector.rows.iter().all(|row| row.len() <= 5), "few buckets");
    }

    #[test]
    fn a_change_leaves_the_newer_part() {
        let mut detector = Adwin::new(Settings::default());
        let changed = (0..640).find(|at| detector.update(f64::from(*at >= 320))).unwrap();
        assert_eq!(351, changed);
        // All that went is zeros.
        assert!(detector.width() < 352 / 2);
        assert_eq!(Some(32.0 / detector.width() as f64), detector.mean());
    }

    #[test]
    fn values_that_are_no_numbers_are_skipped() {
        let mut detector = Adwin::new(Settings { clock: 0, ..Settings::default() });
        assert!(!detector.update(f64::NAN) && !detector.update(1.0));
        assert_eq!(1, detector.width());
    }
}
