//! Which closed form a statistic's interval has.

use super::{Interval, Level, delong_variance};
use crate::aggregate::scored::ScoreCells;
use crate::statistics::performance::Performance;

/// Numerator and denominator in a window, of a class for a statistic that has one for each.
pub type Counts = fn(&Performance<'_>, Option<usize>) -> Option<(u64, u64)>;

/// The closed form of a statistic's interval, by what it is computed from: each function reads it from the pairs of a
/// window, of a class for a statistic that has one for each, and has nothing to read in a window of another task.
#[derive(Clone, Copy, Debug)]
pub enum Closed {
    /// There is none.
    None,
    /// A share of pairs, numerator and denominator: Wilson's.
    Share(Counts),
    /// F1, from its hits and the pairs that are of the class on either side: Wilson's of their share, transformed.
    F1(Counts),
    /// An area under the ROC curve: DeLong's variance, on the logit scale.
    Area(for<'a> fn(&Performance<'a>, Option<usize>) -> Option<ScoreCells<'a>>),
    /// Twice an area under the ROC curve less one: the same, transformed.
    Gini(for<'a> fn(&Performance<'a>, Option<usize>) -> Option<ScoreCells<'a>>),
    /// A mean whose squares are summed, too: Student's t.
    Mean(fn(&Performance<'_>, Option<usize>) -> Option<Moments>),
}

/// Sums of the values whose mean a statistic is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// How many values.
    pub n: u64,
    /// Their sum.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
}

impl Closed {
    /// The interval of a statistic whose value is `value`.
    pub fn interval(
        self,
        window: &Performance<'_>,
        class: Option<usize>,
        value: f64,
        range: (f64, f64),
        level: Level,
    ) -> Option<Interval> {
        let area = |cells: ScoreCells<'_>, area: f64| {
            // The standard error of the logit, to first order.
            let error = delong_variance(&cells)?.sqrt() / (area * (1.0 - area));
            Interval::logit(area, error, level.normal())
        };
        match self {
            Closed::None => None,
            Closed::Share(of) => of(window, class).and_then(|(hits, trials)| Interval::wilson(hits, trials, level)),
            Closed::F1(of) => of(window, class).and_then(|(hits, union)| Interval::f1(hits, union, level)),
            Closed::Area(of) => area(of(window, class)?, value),
            Closed::Gini(of) => {
                let Interval { lower, upper } = area(of(window, class)?, (value + 1.0) / 2.0)?;
                Some(Interval { lower: 2.0 * lower - 1.0, upper: 2.0 * upper - 1.0 })
            }
            Closed::Mean(of) => {
                let moments = of(window, class)?;
                let quantile = level.student(moments.n as f64 - 1.0)?;
                Interval::symmetric(value, moments.standard_error()?, quantile, range)
            }
        }
    }
}

impl Moments {
    /// The standard error of the mean; `None` of fewer than two values.
    pub fn standard_error(&self) -> Option<f64> {
        if self.n < 2 {
            return None;
        }
        let n = self.n as f64;
        let mean = self.sum / n;
        Some(((self.squares / n - mean * mean).max(0.0) / (n - 1.0)).sqrt())
    }
}
