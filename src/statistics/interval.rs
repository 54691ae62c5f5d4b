//! Confidence intervals of statistics that estimate something of the process behind the window.
//!
//! An interval comes from one of two sources. The [`Jackknife`] leaves out one pane of the window after the other and
//! sees how much a statistic moves: it holds for every smooth statistic, also when the pairs of one pane resemble each
//! other. A [closed form](Closed) needs no panes, but takes the pairs as independent. Where neither is possible there
//! is none.
//!
//! Either interval is about chance. It knows nothing of actuals that are missing.

mod closed;
mod delong;
mod jackknife;

pub use closed::{Closed, Moments};
pub use delong::delong_variance;
pub use jackknife::{Jackknife, Key, StandardError};

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// From this many degrees of freedom on a quantile of Student's t is expanded around that of the normal distribution:
/// to seven digits, where the search for it in an incomplete beta function loses them.
const EXPAND_FROM: f64 = 1e3;

/// The two limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower limit.
    pub lower: f64,
    /// The upper limit.
    pub upper: f64,
}

/// How often an interval is to cover the true value: above 0 and below 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    level: f64,
    normal: f64,
}

impl Level {
    /// A level such as 0.95. What is not between 0 and 1 is taken as the nearest that is.
    pub fn new(level: f64) -> Level {
        let level = level.clamp(1e-9, 1.0 - 1e-9);
        Level { level, normal: Normal::standard().inverse_cdf(0.5 + level / 2.0) }
    }

    /// The quantile of the normal distribution that an interval reaches on each side, in standard errors.
    pub fn normal(self) -> f64 {
        self.normal
    }

    /// The same of Student's t with so many degrees of freedom; `None` without any.
    pub fn student(self, freedom: f64) -> Option<f64> {
        if freedom >= EXPAND_FROM {
            // Cornish and Fisher; Abramowitz and Stegun 26.7.5.
            let z = self.normal;
            let first = (z.powi(3) + z) / (4.0 * freedom);
            let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom * freedom);
            return Some(z + first + second);
        }
        if freedom.is_nan() || freedom < 1.0 {
            return None;
        }
        let student = StudentsT::new(0.0, 1.0, freedom).ok()?;
        Some(student.inverse_cdf(0.5 + self.level / 2.0)).filter(|quantile| quantile.is_finite())
    }
}

impl Interval {
    /// Wilson's interval of a share of independent trials; `None` without any.
    ///
    /// Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.
    pub fn wilson(hits: u64, trials: u64, level: Level) -> Option<Interval> {
        if trials == 0 || hits > trials {
            return None;
        }
        let (n, z) = (trials as f64, level.normal());
        let (share, square) = (hits as f64 / n, z * z);
        let (middle, shrink) = (share + square / (2.0 * n), 1.0 + square / n);
        let reach = z * (share * (1.0 - share) / n + square / (4.0 * n * n)).sqrt();
        // At either end the limit is the end itself, which rounding would miss.
        let lower = if hits == 0 { 0.0 } else { ((middle - reach) / shrink).max(0.0) };
        let upper = if hits == trials { 1.0 } else { ((middle + reach) / shrink).min(1.0) };
        Some(Interval { lower, upper })
    }

    /// The interval of `F1 = 2 J / (1 + J)`, `J` being the share of `hits` in `union`: the pairs that are of the class
    /// on either side. Wilson's of `J`, transformed.
    pub fn f1(hits: u64, union: u64, level: Level) -> Option<Interval> {
        let share = Interval::wilson(hits, union, level)?;
        let f1 = |share: f64| 2.0 * share / (1.0 + share);
        Some(Interval { lower: f1(share.lower), upper: f1(share.upper) })
    }

    /// Symmetric on the logit scale, for values between 0 and 1; `None` at either end, which has no logit. `error` is
    /// the standard error of the logit, `quantile` how many of them the interval reaches.
    pub fn logit(value: f64, error: f64, quantile: f64) -> Option<Interval> {
        let (middle, reach) = (logit(value)?, quantile * error);
        (reach.is_finite() && reach > 0.0)
            .then(|| Interval { lower: expit(middle - reach), upper: expit(middle + reach) })
    }

    /// Symmetric around the value, within the range of the statistic; `None` when the standard error is 0 or unknown.
    pub fn symmetric(value: f64, error: f64, quantile: f64, range: (f64, f64)) -> Option<Interval> {
        let reach = quantile * error;
        let inside = |limit: f64| limit.clamp(range.0, range.1);
        (reach.is_finite() && reach > 0.0)
            .then(|| Interval { lower: inside(value - reach), upper: inside(value + reach) })
    }
}

/// `ln(p / (1 - p))`; `None` unless `p` is above 0 and below 1.
fn logit(p: f64) -> Option<f64> {
    (p > 0.0 && p < 1.0).then(|| (p / (1.0 - p)).ln())
}

fn expit(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_wilson() {
        let Interval { lower, upper } = Interval::wilson(45, 60, Level::new(0.95)).unwrap();
        assert!((lower - 0.6276793).abs() < 1e-7 && (upper - 0.8422347).abs() < 1e-7, "{lower} {upper}");
    }

    #[test]
    fn ends_are_exact_and_nothing_has_none() {
        let level = Level::new(0.95);
        assert_eq!(Some(0.0), Interval::wilson(0, 7, level).map(|interval| interval.lower));
        assert_eq!(Some(1.0), Interval::f1(7, 7, level).map(|interval| interval.upper));
        assert_eq!(None, Interval::wilson(0, 0, level));
        assert_eq!(None, Interval::logit(1.0, 0.1, 2.0));
        assert_eq!(None, Interval::symmetric(0.5, 0.0, 2.0, (0.0, 1.0)));
    }
}
