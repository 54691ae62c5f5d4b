//! Seasons: a cycle of the clock in UTC, cut into slots.

use super::{NANOS_PER_SECOND, Timestamp};
use serde::{Deserialize, Serialize};

const HOUR: i64 = 3_600 * NANOS_PER_SECOND;
const DAY: i64 = 24 * HOUR;

/// Days from the Monday before the epoch, which is a Thursday.
const MONDAY: i64 = 3;

/// A cycle and its slots. All are of UTC: where clocks change with summer time, a slot of the local clock moves by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Season {
    /// 24 slots; 0 begins at midnight.
    HourOfDay,
    /// 168 slots; 0 is the first hour of Monday.
    HourOfWeek,
    /// 7 slots; 0 is Monday.
    DayOfWeek,
}

impl Season {
    /// Each with its name.
    pub const ALL: &'static [(&'static str, Season)] =
        &[("hour_of_day", Season::HourOfDay), ("hour_of_week", Season::HourOfWeek), ("day_of_week", Season::DayOfWeek)];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Season::ALL.iter().find(|(_, season)| *season == self).map_or("", |(name, _)| name)
    }

    /// The number of slots of the cycle.
    pub fn slots(self) -> usize {
        match self {
            Season::HourOfDay => 24,
            Season::HourOfWeek => 168,
            Season::DayOfWeek => 7,
        }
    }

    /// The slot of a time, below [`Season::slots`].
    pub fn slot(self, at: Timestamp) -> usize {
        self.place(at.0.div_euclid(self.length()))
    }

    /// The different slots that the time from `start` up to `end`, in nanoseconds since the epoch, touches, in order;
    /// at least that of `start`.
    pub fn touched(self, start: i64, end: i64) -> impl Iterator<Item = usize> + Clone {
        let first = start.div_euclid(self.length());
        let last = end.saturating_sub(1).div_euclid(self.length()).max(first);
        let slots = (last - first).min(self.slots() as i64 - 1);
        (first..=first + slots).map(move |number| self.place(number))
    }

    /// Nanoseconds of a slot.
    fn length(self) -> i64 {
        match self {
            Season::HourOfDay | Season::HourOfWeek => HOUR,
            Season::DayOfWeek => DAY,
        }
    }

    /// The slot of an hour or day since the epoch.
    fn place(self, number: i64) -> usize {
        let from = match self {
            Season::HourOfDay => 0,
            Season::HourOfWeek => 24 * MONDAY,
            Season::DayOfWeek => MONDAY,
        };
        (number + from).rem_euclid(self.slots() as i64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text.as_bytes()).unwrap()
    }

    #[test]
    fn slots_are_of_utc_and_weeks_begin_on_monday() {
        // 1970-01-01 was a Thursday, 2024-02-26 a Monday, 2026-03-01 a Sunday.
        for (text, hour, of_week, day) in [
            ("1970-01-01T00:00:00Z", 0, 72, 3),
            ("1969-12-31T23:59:59Z", 23, 71, 2),
            ("2024-02-26T00:30:00Z", 0, 0, 0),
            ("2026-03-01T23:59:59Z", 23, 167, 6),
            ("2026-03-02T01:30:00+02:00", 23, 167, 6),
        ] {
            assert_eq!(hour, Season::HourOfDay.slot(at(text)), "{text}");
            assert_eq!(of_week, Season::HourOfWeek.slot(at(text)), "{text}");
            assert_eq!(day, Season::DayOfWeek.slot(at(text)), "{text}");
        }
    }

    #[test]
    fn a_length_of_time_touches_each_of_its_slots_once() {
        let touched =
            |season: Season, start: &str, end: &str| -> Vec<usize> { season.touched(at(start).0, at(end).0).collect() };
        let (ten, eleven) = ("2024-02-26T10:00:00Z", "2024-02-26T11:00:00Z");
        assert_eq!(vec![10], touched(Season::HourOfDay, ten, eleven));
        assert_eq!(vec![10], touched(Season::HourOfDay, ten, ten));
        assert_eq!(vec![23, 0, 1], touched(Season::HourOfDay, "2024-02-26T23:30:00Z", "2024-02-27T01:00:01Z"));
        assert_eq!(24, touched(Season::HourOfDay, ten, "2024-03-26T11:00:00Z").len());
        assert_eq!(vec![6, 0], touched(Season::DayOfWeek, "2024-02-25T23:59:00Z", "2024-02-26T00:01:00Z"));
        assert_eq!(7, Season::DayOfWeek.touched(i64::MIN, i64::MAX).count());
    }
}
