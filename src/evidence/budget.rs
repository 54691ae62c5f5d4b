//! The threshold, from how many false alarms one is ready to have.
//!
//! **What it answers.** At how many nats is evidence an alarm, and which of many series have drifted?
//!
//! **Definition.** "1 per 30d" with panes of one minute is a false alarm per `A = 43,200` panes. With `S` series that
//! share the budget each has the threshold `ln(A S)`. For the list of series that drifted (e-d-BH): with the evidence
//! `M` sorted downwards, `k = max{k : M_(k) >= A S / k}`, and the first `k` are on it.
//!
//! **Range and direction.** Nats. 10.7 for one series, 15.3 for a hundred, 17.6 for a thousand: a thousand series cost
//! 6.9 nats, not a thousandfold.
//!
//! **Guarantee.** With the alarm at `ln(A S)`, the expected number of panes to the first false alarm of *any* series
//! is at least `A`: the mean of the `M` is itself such a sum, and passes `A` before any `M` passes `A S`. Whatever
//! the series have to do with each other. The list controls the false share of the discoveries against the time one
//! waits ("error over patience"); while nothing drifts it stays empty for `A` panes on average, as the alarm does. It
//! never has fewer series than have passed the alarm.
//!
//! **When series come and go** the threshold is computed anew, `S` being those there are. An alarm at the old threshold
//! stays one. A series counts from the moment it exists, even if it has no pane yet.
//!
//! **Pitfalls.** A pane may last longer than its length (quiet traffic), so false alarms are rarer than the budget,
//! never more frequent. After an alarm a detector starts from nothing, with the same guarantee for the time after it.
//!
//! **References.** Dandapanthula, Ramdas 2025, Multiple testing in multi-stream sequential change detection (e-d-BH,
//! e-d-Bonferroni); Wang, Ramdas 2022, False discovery rate control with e-values.
//!
//! **Example.**
//!
//! ```
//! use driftgauge::evidence::budget::Budget;
//! use driftgauge::time::Length;
//! let budget = Budget::parse("1 per 30d").unwrap();
//! let threshold = budget.threshold(Length::from_seconds(60), 100);
//! assert!((threshold.alarm() - 4_320_000f64.ln()).abs() < 1e-12);
//! // The second would not alarm by itself, but two share the limit: 4,320,000 / 2.
//! assert_eq!(vec![2, 0], threshold.drifted(&[Some(14.7), None, Some(20.0), Some(-3.0)]));
//! ```

use crate::time::Length;

/// False alarms that one is ready to have, over all series together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    alarms: f64,
    per: Length,
}

/// What evidence is measured against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Threshold {
    /// `ln A + ln S`: asked for at every event.
    alarm: f64,
    /// `S`.
    series: usize,
}

impl Budget {
    /// One false alarm in this time; a length of zero counts as a nanosecond.
    pub fn once_per(per: Length) -> Budget {
        Budget { alarms: 1.0, per: per.max(Length::from_nanos(1)) }
    }

    /// Reads `"1 per 30d"`, `"0.5 per 7d"`. `None` when it is not one: a number above 0, `per`, and a length above 0.
    pub fn parse(text: &str) -> Option<Budget> {
        let (alarms, per) = text.split_once("per")?;
        let alarms: f64 = alarms.trim().parse().ok()?;
        let per = Length::parse(per)?;
        (alarms > 0.0 && alarms.is_finite() && per > Length::ZERO).then_some(Budget { alarms, per })
    }

    /// The threshold with panes of this length and this many series. Never below a false alarm in each pane.
    pub fn threshold(&self, pane: Length, series: usize) -> Threshold {
        let panes = self.per.seconds() / pane.seconds() / self.alarms;
        Threshold::of(panes, series)
    }
}

impl Threshold {
    /// For a false alarm in this many panes, which counts as 1 when it is less or no number, and this many series.
    pub fn of(panes: f64, series: usize) -> Threshold {
        let panes = if panes.is_nan() { 1.0 } else { panes.clamp(1.0, f64::MAX) };
        let series = series.max(1);
        Threshold { alarm: panes.ln() + (series as f64).ln(), series }
    }

    /// The evidence that is an alarm, in nats.
    pub fn alarm(&self) -> f64 {
        self.alarm
    }

    /// Which of the series drifted, by their place, strongest first; those without evidence never.
    pub fn drifted(&self, log_evidence: &[Option<f64>]) -> Vec<usize> {
        let passes = |k: usize, nats: f64| nats >= self.alarm() - (k as f64).ln();
        // What does not pass on a list of all passes on none.
        let all = log_evidence.iter().flatten().count();
        let known = log_evidence.iter().enumerate().filter_map(|(at, nats)| nats.map(|nats| (at, nats)));
        let mut order: Vec<(usize, f64)> = known.filter(|(_, nats)| nats.is_nan() || passes(all, *nats)).collect();
        order.sort_by(|left, right| right.1.total_cmp(&left.1));
        let count = (1..=order.len()).rev().find(|k| order.get(k - 1).is_some_and(|(_, nats)| passes(*k, *nats)));
        order.into_iter().take(count.unwrap_or(0)).map(|(at, _)| at).collect()
    }

    /// The share of the series that drifted.
    pub fn drifted_ratio(&self, log_evidence: &[Option<f64>]) -> f64 {
        self.drifted(log_evidence).len() as f64 / self.series as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_read() {
        for (text, alarms, seconds) in
            [("1 per 30d", 1.0, 2_592_000), ("0.5 per 7d", 0.5, 604_800), (" 2per1h30m ", 2.0, 5400)]
        {
            assert_eq!(Some(Budget { alarms, per: Length::from_seconds(seconds) }), Budget::parse(text), "{text}");
        }
        for text in ["", "1", "per 30d", "0 per 30d", "-1 per 30d", "1 per", "1 per 0s", "inf per 1d", "NaN per 1d"] {
            assert_eq!(None, Budget::parse(text), "{text}");
        }
    }

    #[test]
    fn series_cost_their_logarithm() {
        let budget = Budget::parse("1 per 30d").unwrap();
        for (series, expected) in [(0, 43_200f64), (1, 43_200.0), (100, 4_320_000.0), (1000, 43_200_000.0)] {
            let threshold = budget.threshold(Length::from_seconds(60), series);
            assert!((threshold.alarm() - expected.ln()).abs() < 1e-12, "{series}");
        }
        assert_eq!(0.0, budget.threshold(Length::from_seconds(100_000_000), 1).alarm());
        assert_eq!(f64::MAX.ln(), budget.threshold(Length::ZERO, 1).alarm());
        assert_eq!(0.0, Threshold::of(f64::NAN, 1).alarm());
    }

    #[test]
    fn the_list_is_the_largest_that_all_its_members_support() {
        // A = 100, S = 4: the limits are 400, 200, 133.3, 100.
        let threshold = Threshold::of(100.0, 4);
        let ln = |evidence: [f64; 4]| evidence.map(|m| Some(m.ln()));
        for (evidence, expected) in [
            ([399.0, 1.0, 1.0, 1.0], vec![]),
            ([1.0, 401.0, 1.0, 1.0], vec![1]),
            ([201.0, 202.0, 1.0, 1.0], vec![1, 0]),
            // The second and third do not reach their limits, the fourth does for all.
            ([101.0, 104.0, 103.0, 102.0], vec![1, 2, 3, 0]),
            ([99.0, 104.0, 103.0, 102.0], vec![]),
        ] {
            assert_eq!(expected, threshold.drifted(&ln(evidence)), "{evidence:?}");
        }
        assert_eq!(0.5, threshold.drifted_ratio(&ln([201.0, 202.0, 1.0, 1.0])));
        assert!(threshold.drifted(&[]).is_empty() && threshold.drifted(&[None; 4]).is_empty());
    }
}
