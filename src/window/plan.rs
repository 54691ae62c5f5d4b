//! Which panes serve which windows.

use crate::time::{Length, NANOS_PER_SECOND};

/// Pane lengths below a day, in seconds; above, any whole number of days.
const PANES: &[i64] = &[1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400];

/// At least this many panes make a window, so that its edge is known to within 1.7 % of its length.
const PANES_PER_WINDOW: i64 = 60;

/// A window length that no pane fits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("window of {0} is not a whole number of seconds, at least 1s")]
pub struct PaneError(pub Length);

/// The pane of a window: the largest of 1s 5s 15s 1m 5m 15m 1h 6h 1d n*1d that is at most a sixtieth of the length
/// and divides it. Windows of less than a minute have panes of one second.
pub fn pane_of(window: Length) -> Result<Length, PaneError> {
    let seconds = window.nanos() / NANOS_PER_SECOND;
    if seconds < 1 || window.nanos() % NANOS_PER_SECOND != 0 {
        return Err(PaneError(window));
    }
    let most = seconds / PANES_PER_WINDOW;
    let days = (2..=most / 86_400).rev().map(|n| n * 86_400);
    let pane = days.chain(PANES.iter().rev().copied()).find(|pane| *pane <= most && seconds % pane == 0).unwrap_or(1);
    Ok(Length::from_seconds(pane))
}

/// One window: how it is called, how long it is, and which level serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedWindow {
    /// The label `window`.
    pub name: String,
    /// Its length.
    pub length: Length,
    /// The index of its level.
    pub level: usize,
    /// Its length in panes of that level.
    pub panes: i64,
}

/// One pane length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedLevel {
    /// The pane length.
    pub pane: Length,
    /// The finer level whose closed panes are added to this one's open pane; none for the finest.
    pub feeder: Option<usize>,
    /// How many closed panes back the level must keep.
    pub keep: i64,
}

/// All windows and the levels that serve them, finest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowPlan {
    /// In the order of the config.
    pub windows: Vec<PlannedWindow>,
    /// By pane length, finest first.
    pub levels: Vec<PlannedLevel>,
}

impl WindowPlan {
    /// Plans these window lengths.
    pub fn new(lengths: &[Length]) -> Result<WindowPlan, PaneError> {
        let panes = lengths.iter().map(|length| pane_of(*length)).collect::<Result<Vec<Length>, PaneError>>()?;
        let mut sizes: Vec<i64> = panes.iter().map(|pane| pane.nanos()).collect();
        sizes.sort_unstable();
        sizes.dedup();
        if let Some(first) = sizes.first().copied() {
            // Panes of 2 and 3 days have no common finest level yet.
            let common = sizes.iter().fold(first, |a, b| greatest_common_divisor(a, *b));
            if common != first {
                sizes.insert(0, common);
            }
        }
        let levels = sizes.iter().enumerate().map(|(index, size)| {
            let feeder = (0..index).rev().find(|finer| size % sizes[*finer] == 0);
            let longest = lengths.iter().zip(&panes).filter(|(_, pane)| pane.nanos() == *size).map(|(l, _)| l.nanos());
            PlannedLevel {
                pane: Length::from_nanos(*size),
                feeder,
                keep: longest.max().map_or(1, |longest| longest / size),
            }
        });
        let windows = lengths.iter().zip(&panes).map(|(length, pane)| PlannedWindow {
            name: length.to_string(),
            length: *length,
            level: sizes.iter().position(|size| *size == pane.nanos()).unwrap_or(0),
            panes: length.nanos() / pane.nanos(),
        });
        Ok(WindowPlan { windows: windows.collect(), levels: levels.collect() })
    }
}

fn greatest_common_divisor(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_are_the_largest_that_fit() {
        for (window, pane) in [
            ("5m", "5s"),
            ("1h", "1m"),
            ("24h", "15m"),
            ("7d", "1h"),
            ("28d", "6h"),
            ("30s", "1s"),
            ("36h", "15m"),
            ("90d", "1d"),
            ("120d", "2d"),
            ("365d", "5d"),
            ("61s", "1s"),
            ("1000d", "10d"),
        ] {
            let (window, pane) = (Length::parse(window).unwrap(), Length::parse(pane).unwrap());
            assert_eq!(Ok(pane), pane_of(window), "{window}");
        }
        assert!(pane_of(Length::parse("500ms").unwrap()).is_err());
    }

    #[test]
    fn coarser_levels_are_fed_by_the_coarsest_finer_one_that_divides_them() {
        let lengths: Vec<Length> = ["5m", "1h", "24h"].iter().map(|t| Length::parse(t).unwrap()).collect();
        let plan = WindowPlan::new(&lengths).unwrap();
        assert_eq!(vec![None, Some(0), Some(1)], plan.levels.iter().map(|l| l.feeder).collect::<Vec<_>>());
        assert_eq!(vec![60, 60, 96], plan.windows.iter().map(|w| w.panes).collect::<Vec<_>>());
        let days: Vec<Length> = ["120d", "180d"].iter().map(|t| Length::parse(t).unwrap()).collect();
        let plan = WindowPlan::new(&days).unwrap();
        assert_eq!(vec![None, Some(0), Some(0)], plan.levels.iter().map(|l| l.feeder).collect::<Vec<_>>());
    }
}
