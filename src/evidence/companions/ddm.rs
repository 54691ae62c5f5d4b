//! DDM, the drift detection method.
//!
//! **What it answers.** Is the error rate of this stream higher than it was at its best?
//!
//! **Definition.** After `i` values, `p` is the rate of errors and `s = sqrt(p (1 - p) / i)`. `p_min` and `s_min` are
//! those at the smallest `p + s` since value `least + 1`. Warning: `p + s > p_min + 2 s_min`; drift: `p + s > p_min +
//! 3 s_min` (factors by default). The paper has "at least"; river, which is followed here, has "more than".
//!
//! **Range and direction.** Yes or no for each value, upwards only.
//!
//! **Least data.** `least` values, 30 by default.
//!
//! **Guarantee.** None. The longer it ran the slower it gets, for `p` is the rate of the whole stream: a rate of .20
//! instead of .10 took 230 values after 5000 without drift, and 480 after 20,000.
//!
//! **Pitfalls.** Errors at the very beginning, with `p` of 0, make `s_min` 0: then the first error is a drift.
//!
//! **References.** Gama, Medas, Castillo, Rodrigues 2004, Learning with drift detection; river 0.26.1,
//! `drift.binary.DDM`.
//!
//! **Example.** A hundred values without error, then one: `p_min + 3 s_min` is 0.
//!
//! ```
//! use driftgauge::evidence::companions::ddm::{Ddm, Settings};
//! let mut detector = Ddm::new(Settings::default());
//! assert!((0..100).all(|_| !detector.update(false)));
//! assert!(detector.update(true));
//! ```

use super::Mean;
use serde::{Deserialize, Serialize};

/// How it looks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Values before which there is no drift.
    pub least: u64,
    /// Deviations that are a warning.
    pub warning: f64,
    /// Deviations that are a drift.
    pub drift: f64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { least: 30, warning: 2.0, drift: 3.0 }
    }
}

/// The detector.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ddm {
    settings: Settings,
    errors: Mean,
    /// `p` and `s` at their smallest sum.
    best: Option<(f64, f64)>,
    warned: bool,
    drifted: bool,
}

impl Ddm {
    /// A detector that has seen nothing.
    pub fn new(settings: Settings) -> Ddm {
        Ddm { settings, errors: Mean::default(), best: None, warned: false, drifted: false }
    }

    /// Takes a prediction that was wrong or not. Returns whether it is a drift.
    pub fn update(&mut self, error: bool) -> bool {
        if self.drifted {
            *self = Ddm::new(self.settings);
        }
        self.errors.add(f64::from(error));
        let (rate, count) = (self.errors.mean, self.errors.count);
        let deviation = (rate * (1.0 - rate) / count as f64).max(0.0).sqrt();
        if count > self.settings.least {
            let sum = rate + deviation;
            let (best_rate, best_deviation) = match self.best {
                Some((rate, deviation)) if sum > rate + deviation => (rate, deviation),
                _ => (rate, deviation),
            };
            self.best = Some((best_rate, best_deviation));
            self.drifted = sum > best_rate + self.settings.drift * best_deviation;
            self.warned = !self.drifted && sum > best_rate + self.settings.warning * best_deviation;
        }
        self.drifted
    }

    /// Whether the last value is a warning.
    pub fn is_warned(&self) -> bool {
        self.warned
    }
}
