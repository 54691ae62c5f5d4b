//! How much statistics move when a pane of the window is left out.
//!
//! For each of the `g` panes that hold pairs its counts are taken from the totals (integers: exactly) and every
//! statistic is computed again. `(g - 1) / g * sum (t_j - mean t)^2` over these values is the variance of the
//! statistic; Student's t has `g - 1` degrees of freedom. What lies between 0 and 1 is taken on the logit scale.
//!
//! Pairs of one pane may depend on each other in any way; panes are taken as independent. It needs at least
//! [`FEWEST_PANES`] panes, none with more than [`LARGEST_PANE`] of the pairs.
//!
//! Source: Quenouille 1956, Notes on bias in estimation; Künsch 1989, The jackknife and the bootstrap for general
//! stationary observations (blocks).

use super::{Interval, Level, logit};
use crate::aggregate::{Layout, Tally, Totals};
use crate::statistics::performance::{ENTRIES, Entry, Performance};
use crate::statistics::{Companion, Spec};

/// Panes with pairs below which there is no jackknife.
pub const FEWEST_PANES: usize = 20;
/// The largest share of the pairs that one pane may hold.
pub const LARGEST_PANE: f64 = 0.1;

/// A statistic and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// The key of the statistic.
    pub statistic: &'static str,
    /// The class, of a statistic that has one for each.
    pub class: Option<usize>,
}

/// The standard error of one statistic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StandardError {
    /// In the units of the statistic, or of its logit.
    pub error: f64,
    /// Whether it is that of the logit.
    pub of_logit: bool,
}

/// The standard errors of the statistics of a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Jackknife {
    panes: usize,
    errors: Vec<(Key, StandardError)>,
}

/// Values of one statistic without each of the panes.
struct Moving {
    key: Key,
    of_logit: bool,
    values: Vec<f64>,
}

impl Jackknife {
    /// Leaves out each of these panes in turn. `read` reads the pairs of totals. Without a result (too few panes, or
    /// one too large) no statistic has a standard error.
    pub fn new<'a>(
        layout: &'a Layout,
        panes: &[Tally],
        read: impl for<'t> Fn(&'t Layout, &'t Totals) -> Vec<Performance<'t>>,
    ) -> Jackknife {
        let mut totals = Totals::new(layout.counts(), layout.sums());
        panes.iter().for_each(|pane| totals.add(pane));
        let pairs = |totals: &Totals| read(layout, totals).first().map_or(0, Performance::pairs);
        let all = pairs(&totals);
        let mut filled = Vec::new();
        for pane in panes {
            totals.subtract(pane);
            let own = all - pairs(&totals);
            totals.add(pane);
            if own > 0 {
                filled.push(pane);
            }
            if own as f64 > LARGEST_PANE * all as f64 {
                return Jackknife::default();
            }
        }
        if filled.len() < FEWEST_PANES {
            return Jackknife::default();
        }
        let mut moving: Vec<Moving> = Vec::new();
        visit(&read(layout, &totals), |_, entry, class, value| {
            let of_logit = value.is_some_and(|value| logit(value).is_some()) && entry.spec.range == (0.0, 1.0);
            let key = Key { statistic: entry.spec.key, class };
            moving.push(Moving { key, of_logit, values: Vec::with_capacity(filled.len()) });
        });
        for pane in &filled {
            totals.subtract(pane);
            visit(&read(layout, &totals), |index, _, _, value| {
                if let Some(moving) = moving.get_mut(index) {
                    let value = value.and_then(|value| if moving.of_logit { logit(value) } else { Some(value) });
                    moving.values.extend(value);
                }
            });
            totals.add(pane);
        }
        let error = |moving: Moving| {
            let StandardError { error, .. } = moving.error(filled.len())?;
            Some((moving.key, StandardError { error, of_logit: moving.of_logit }))
        };
        Jackknife { panes: filled.len(), errors: moving.into_iter().filter_map(error).collect() }
    }

    /// The standard error of a statistic, when it has one.
    pub fn error(&self, key: Key) -> Option<StandardError> {
        self.errors.iter().find(|(known, _)| *known == key).map(|(_, error)| *error)
    }

    /// The interval around the value of a statistic.
    pub fn interval(&self, spec: &Spec, class: Option<usize>, value: f64, level: Level) -> Option<Interval> {
        let StandardError { error, of_logit } = self.error(Key { statistic: spec.key, class })?;
        let quantile = level.student(self.panes as f64 - 1.0)?;
        match of_logit {
            true => Interval::logit(value, error, quantile),
            false if spec.range == (0.0, 1.0) => None,
            false => Interval::symmetric(value, error, quantile, spec.range),
        }
    }
}

impl Moving {
    /// `None` when the statistic is not defined without one of the panes, or does not move at all.
    fn error(&self, panes: usize) -> Option<StandardError> {
        if self.values.len() != panes {
            return None;
        }
        let g = panes as f64;
        let mean = self.values.iter().sum::<f64>() / g;
        let squares: f64 = self.values.iter().map(|value| (value - mean).powi(2)).sum();
        let error = ((g - 1.0) / g * squares).sqrt();
        (error.is_finite() && error > 0.0).then_some(StandardError { error, of_logit: self.of_logit })
    }
}

/// Visits the values of the entries that have an interval, always in the same order.
fn visit(windows: &[Performance<'_>], mut visitor: impl FnMut(usize, &'static Entry, Option<usize>, Option<f64>)) {
    let mut index = 0;
    for entry in ENTRIES.iter().filter(|entry| entry.spec.companions.contains(&Companion::Lower)) {
        for window in windows {
            for (class, outcome) in entry.values(window) {
                visitor(index, entry, class, outcome.ok().map(|outcome| outcome.value));
                index += 1;
            }
        }
    }
}
