//! Page-Hinkley.
//!
//! **What it answers.** Has the mean of this stream moved from the mean of the stream so far?
//!
//! **Definition.** With `x_t` the value and `mean_t` the mean up to it: upwards `U <- alpha U + x_t - mean_t -
//! delta`, drift when `U - min U > threshold`; downwards `D <- alpha D + x_t - mean_t + delta`, drift when `max D - D
//! > threshold`; from `least` values on. `min U` begins at infinity and `max D` at -1, as in river.
//!
//! **Range and direction.** Yes or no for each value.
//!
//! **Least data.** `least` values, 30 by default.
//!
//! **Guarantee.** None: the run length to a false alarm depends on the variance, which nothing here knows. At a
//! tenth of errors it took a threshold of 80, not 50, for one false alarm in 100,000 values; a threshold for values in
//! [0, 1] is wrong for others.
//!
//! **Pitfalls.** The mean of the stream takes in the drift, so that slow drifts pass.
//!
//! **References.** Page 1954, Continuous inspection schemes; Hinkley 1971; river 0.26.1, `drift.PageHinkley`.
//!
//! **Example.** Two hundred values of 0, then ones: with a threshold of 5 the sixth one is a drift.
//!
//! ```
//! use driftgauge::evidence::companions::page_hinkley::{Mode, PageHinkley, Settings};
//! let settings = Settings { threshold: 5.0, delta: 0.05, mode: Mode::Up, ..Settings::default() };
//! let mut detector = PageHinkley::new(settings);
//! let drifts: Vec<usize> = (0..210).filter(|at| detector.update(f64::from(*at >= 200))).map(|at| at as usize).collect();
//! assert_eq!(vec![205], drifts);
//! ```

use super::Mean;
use serde::{Deserialize, Serialize};

/// Which moves of the mean are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// A larger mean.
    Up,
    /// A smaller mean.
    Down,
    /// Either.
    Both,
}

/// How it looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Values before which there is no drift.
    pub least: u64,
    /// A move of the mean that is of no interest.
    pub delta: f64,
    /// The sum of deviations that is a drift.
    pub threshold: f64,
    /// How much of a sum each value leaves.
    pub alpha: f64,
    /// Which moves.
    pub mode: Mode,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { least: 30, delta: 0.005, threshold: 50.0, alpha: 1.0 - 0.0001, mode: Mode::Both }
    }
}

/// The detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageHinkley {
    settings: Settings,
    mean: Mean,
    up: f64,
    down: f64,
    /// The smallest `U`, once there is one.
    least_up: Option<f64>,
    most_down: f64,
    drifted: bool,
}

impl PageHinkley {
    /// A detector that has seen nothing.
    pub fn new(settings: Settings) -> PageHinkley {
        let mean = Mean::default();
        PageHinkley { settings, mean, up: 0.0, down: 0.0, least_up: None, most_down: -1.0, drifted: false }
    }

    /// Takes a value. Returns whether it is a drift.
    pub fn update(&mut self, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        if self.drifted {
            *self = PageHinkley::new(self.settings);
        }
        let Settings { least, delta, threshold, alpha, mode } = self.settings;
        self.mean.add(value);
        let deviation = value - self.mean.mean;
        self.up = alpha * self.up + deviation - delta;
        self.down = alpha * self.down + deviation + delta;
        let least_up = self.least_up.map_or(self.up, |least| least.min(self.up));
        self.least_up = Some(least_up);
        self.most_down = self.most_down.max(self.down);
        let (up, down) = (self.up - least_up > threshold, self.most_down - self.down > threshold);
        self.drifted = self.mean.count >= least && (up && mode != Mode::Down || down && mode != Mode::Up);
        self.drifted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mode_sees_its_own() {
        for (mode, to, seen) in [
            (Mode::Up, 1.0, true),
            (Mode::Up, -1.0, false),
            (Mode::Down, 1.0, false),
            (Mode::Down, -1.0, true),
            (Mode::Both, 1.0, true),
            (Mode::Both, -1.0, true),
        ] {
            let mut detector = PageHinkley::new(Settings { mode, threshold: 5.0, ..Settings::default() });
            let drifted = (0..110).any(|at| detector.update(if at < 100 { 0.0 } else { to }));
            assert_eq!(seen, drifted, "{mode:?} to {to}");
        }
    }

    #[test]
    fn values_that_are_no_numbers_are_skipped() {
        let mut detector = PageHinkley::new(Settings::default());
        detector.update(1.0);
        let before = detector.clone();
        assert!(!detector.update(f64::NAN) && !detector.update(f64::INFINITY));
        assert_eq!(before, detector);
    }
}
