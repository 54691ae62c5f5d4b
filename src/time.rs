//! Points in time, lengths of time, and the grid of panes that both are laid on.
//!
//! Time is always an argument: nothing here asks the system for it.

mod reader;
mod season;

pub use reader::TimeReader;
pub use season::Season;

use serde::{Deserialize, Serialize};
use std::fmt;

/// Nanoseconds in one second.
pub const NANOS_PER_SECOND: i64 = 1_000_000_000;

/// A point in time: nanoseconds since the Unix epoch (UTC), between the years 1677 and 2262.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

/// The unit of a numeric time or latency in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
}

impl Unit {
    /// Units in one second: 1, 1e3, 1e6 or 1e9.
    pub fn per_second(self) -> f64 {
        match self {
            Unit::Seconds => 1.0,
            Unit::Milliseconds => 1e3,
            Unit::Microseconds => 1e6,
            Unit::Nanoseconds => 1e9,
        }
    }

    /// The unit of an epoch time, told by its size: below 1e11 seconds, then ms, us, ns.
    ///
    /// 1e11 seconds is the year 5138 and 1e11 milliseconds is March 1973, so times after 1973 are told apart.
    pub fn of_epoch(value: f64) -> Unit {
        match value.abs() {
            v if v < 1e11 => Unit::Seconds,
            v if v < 1e14 => Unit::Milliseconds,
            v if v < 1e17 => Unit::Microseconds,
            _ => Unit::Nanoseconds,
        }
    }
}

impl Timestamp {
    /// The Unix epoch.
    pub const EPOCH: Timestamp = Timestamp(0);

    /// A time from whole seconds since the epoch; saturates at the ends of the range.
    pub fn from_seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds.saturating_mul(NANOS_PER_SECOND))
    }

    /// A time from a number since the epoch; the unit is told by its size ([`Unit::of_epoch`]). `None` when it is
    /// not finite or outside the range.
    pub fn from_epoch_number(value: f64) -> Option<Timestamp> {
        let per_second = Unit::of_epoch(value).per_second();
        // Whole and fractional units apart, so that nanoseconds survive: 1.7e18 has no spare bits.
        let nanos_per_unit = NANOS_PER_SECOND as f64 / per_second;
        let whole = value.trunc();
        if !whole.is_finite() || whole.abs() * nanos_per_unit >= i64::MAX as f64 {
            return None;
        }
        let nanos = (whole as i64).checked_mul(nanos_per_unit as i64)?;
        nanos.checked_add(((value - whole) * nanos_per_unit).round() as i64).map(Timestamp)
    }

    /// A time from a whole number since the epoch, exactly; the unit is told by its size.
    pub fn from_epoch_integer(value: i64) -> Option<Timestamp> {
        let nanos_per_unit = match Unit::of_epoch(value as f64) {
            Unit::Seconds => 1_000_000_000,
            Unit::Milliseconds => 1_000_000,
            Unit::Microseconds => 1_000,
            Unit::Nanoseconds => 1,
        };
        value.checked_mul(nanos_per_unit).map(Timestamp)
    }

    /// Reads an RFC 3339 time (`2025-03-08T00:00:18.434-07:00`); a space for the `T` is taken, and a time without an
    /// offset is UTC. Digits beyond nanoseconds are cut off. `None` when it is not one.
    pub fn parse_rfc3339(text: &[u8]) -> Option<Timestamp> {
        let (date, rest) = text.split_at_checked(10)?;
        let (year, month, day) = (digits(&date[0..4])?, digits(&date[5..7])?, digits(&date[8..10])?);
        if date[4] != b'-' || date[7] != b'-' || !(1..=12).contains(&month) {
            return None;
        }
        if day < 1 || day > days_in_month(year, month) {
            return None;
        }
        let days = days_from_civil(year, month, day);
        if rest.is_empty() {
            return days.checked_mul(86_400 * NANOS_PER_SECOND).map(Timestamp);
        }
        let (clock, mut rest) = rest.split_at_checked(9)?;
        if !matches!(clock[0], b'T' | b't' | b' ') || clock[3] != b':' || clock[6] != b':' {
            return None;
        }
        let (hour, minute, second) = (digits(&clock[1..3])?, digits(&clock[4..6])?, digits(&clock[7..9])?);
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let mut nanos = 0i64;
        if let Some((b'.' | b',', fraction)) = rest.split_first().map(|(c, r)| (*c, r)) {
            let length = fraction.iter().take_while(|c| c.is_ascii_digit()).count();
            if length == 0 {
                return None;
            }
            for place in 0..9 {
                let digit = fraction.get(place).filter(|_| place < length).map_or(0, |c| i64::from(c - b'0'));
                nanos = nanos * 10 + digit;
            }
            rest = &fraction[length..];
        }
        let offset = match rest {
            b"" | b"Z" | b"z" => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] | [sign @ (b'+' | b'-'), h1, h2, m1, m2] => {
                let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                let seconds = hours * 3600 + minutes * 60;
                if *sign == b'-' { -seconds } else { seconds }
            }
            _ => return None,
        };
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset;
        seconds.checked_mul(NANOS_PER_SECOND)?.checked_add(nanos).map(Timestamp)
    }

    /// Seconds since the epoch, as Prometheus wants them.
    pub fn seconds(self) -> f64 {
        // Split so that a time in this century keeps its microseconds.
        let whole = self.0.div_euclid(NANOS_PER_SECOND) as f64;
        whole + self.0.rem_euclid(NANOS_PER_SECOND) as f64 / NANOS_PER_SECOND as f64
    }

    /// This time moved by a length; saturates.
    pub fn plus(self, length: Length) -> Timestamp {
        Timestamp(self.0.saturating_add(length.nanos()))
    }

    /// This time moved back by a length; saturates.
    pub fn minus(self, length: Length) -> Timestamp {
        Timestamp(self.0.saturating_sub(length.nanos()))
    }

    /// Seconds from `earlier` to this time; negative when it is later.
    pub fn seconds_since(self, earlier: Timestamp) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / NANOS_PER_SECOND as f64
    }

    /// The number of the pane of length `pane` this time falls into, panes being laid from the epoch.
    pub fn pane(self, pane: Length) -> i64 {
        self.0.div_euclid(pane.nanos().max(1))
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC, with as many digits as it needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(NANOS_PER_SECOND);
        let nanos = self.0.rem_euclid(NANOS_PER_SECOND);
        let (year, month, day) = civil_from_days(seconds.div_euclid(86_400));
        let clock = seconds.rem_euclid(86_400);
        let (h, m, s) = (clock / 3600, clock / 60 % 60, clock % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}")?;
        if nanos % 1_000_000 != 0 {
            write!(f, ".{nanos:09}")?;
        } else if nanos != 0 {
            write!(f, ".{:03}", nanos / 1_000_000)?;
        }
        f.write_str("Z")
    }
}

/// A length of time, in whole nanoseconds, never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Length(i64);

/// The units of a duration text, longest first.
const DURATION_UNITS: &[(&str, i64)] = &[
    ("w", 7 * 86_400 * NANOS_PER_SECOND),
    ("d", 86_400 * NANOS_PER_SECOND),
    ("h", 3_600 * NANOS_PER_SECOND),
    ("m", 60 * NANOS_PER_SECOND),
    ("s", NANOS_PER_SECOND),
    ("ms", 1_000_000),
];

impl Length {
    /// A length of zero.
    pub const ZERO: Length = Length(0);

    /// A length from whole seconds; negative counts as zero.
    pub const fn from_seconds(seconds: i64) -> Length {
        Length(if seconds < 0 { 0 } else { seconds.saturating_mul(NANOS_PER_SECOND) })
    }

    /// A length from nanoseconds; negative counts as zero.
    pub const fn from_nanos(nanos: i64) -> Length {
        Length(if nanos < 0 { 0 } else { nanos })
    }

    /// Reads `"5m"`, `"1h30m"`, `"250ms"`, `"0s"`. `None` when it is not one.
    pub fn parse(text: &str) -> Option<Length> {
        let mut total = 0i64;
        let mut rest = text.trim();
        if rest.is_empty() {
            return None;
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: i64 = rest[..digits].parse().ok()?;
            let unit_length = rest[digits..].bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, tail) = rest[digits..].split_at(unit_length);
            let (_, nanos) = DURATION_UNITS.iter().find(|(name, _)| *name == unit)?;
            total = total.checked_add(number.checked_mul(*nanos)?)?;
            rest = tail;
        }
        Some(Length(total))
    }

    /// Nanoseconds.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Seconds.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND as f64
    }

    /// As the standard library's duration.
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.0 as u64)
    }
}

impl fmt::Display for Length {
    /// The shortest text of whole units, for example `1h`, `90s` as `1m30s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut rest = self.0;
        // Weeks are read but not written: `7d` is what people say.
        for (name, nanos) in DURATION_UNITS.iter().skip(1) {
            let count = rest / nanos;
            // 24h is the usual name of a day-long window.
            if *name == "d" && rest == 86_400 * NANOS_PER_SECOND {
                return f.write_str("24h");
            }
            if count > 0 {
                write!(f, "{count}{name}")?;
                rest -= count * nanos;
            }
        }
        if rest > 0 {
            write!(f, "{rest}ns")?;
        }
        Ok(())
    }
}

fn digits(text: &[u8]) -> Option<i64> {
    text.iter().try_fold(0i64, |value, c| c.is_ascii_digit().then(|| value * 10 + i64::from(c - b'0')))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the epoch of a date in the proleptic Gregorian calendar.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// The date of a day since the epoch; the inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days - era * 146_097;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_times_are_read_exactly() {
        // Expected values: Python, datetime.fromisoformat(...).timestamp().
        for (text, nanos) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2025-03-08T00:00:18.434-07:00", 1_741_417_218_434_000_000),
            ("1996-11-12T00:00:00+10:00", 847_720_800_000_000_000),
            ("2024-02-29 12:00:00", 1_709_208_000_000_000_000),
            ("2024-02-29T12:00:00.123456789+0530", 1_709_188_200_123_456_789),
            ("1969-12-31T23:59:59.5Z", -500_000_000),
            ("2025-03-08", 1_741_392_000_000_000_000),
        ] {
            assert_eq!(Some(Timestamp(nanos)), Timestamp::parse_rfc3339(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "2025",
            "2025-13-01T00:00:00Z",
            "2025-02-29T00:00:00Z",
            "2025-03-08T24:00:00Z",
            "2025-03-08T00:00:00.Z",
            "2025-03-08T00:00:00+25:00",
            "2025-03-08T00:00:00Zx",
            "9999-03-08T00:00:00Z",
        ] {
            assert_eq!(None, Timestamp::parse_rfc3339(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn epoch_units_are_told_by_size() {
        for value in [1_741_417_218.0, 1_741_417_218_000.0, 1_741_417_218_000_000.0, 1_741_417_218_000_000_000.0] {
            assert_eq!(Some(Timestamp::from_seconds(1_741_417_218)), Timestamp::from_epoch_number(value));
        }
        assert_eq!(Some(Timestamp(1_793_697_302_118_000_000)), Timestamp::from_epoch_integer(1_793_697_302_118));
        assert_eq!(None, Timestamp::from_epoch_number(f64::NAN));
        assert_eq!(None, Timestamp::from_epoch_number(1e300));
    }

    #[test]
    fn display_and_parse_are_inverse() {
        for nanos in [0, 1_741_417_218_434_000_000, -500_000_000, 951_782_400_000_000_001] {
            assert_eq!(Some(Timestamp(nanos)), Timestamp::parse_rfc3339(Timestamp(nanos).to_string().as_bytes()));
        }
    }

    #[test]
    fn durations_are_read_and_written() {
        for (text, seconds) in
            [("5m", 300), ("1h30m", 5400), ("24h", 86_400), ("28d", 2_419_200), ("0s", 0), ("90s", 90)]
        {
            assert_eq!(Some(Length::from_seconds(seconds)), Length::parse(text), "{text}");
        }
        for text in ["", "5", "m", "5x", "-5m", "5 m"] {
            assert_eq!(None, Length::parse(text), "{text}");
        }
        for text in ["5m", "1h30m", "24h", "28d", "0s", "250ms"] {
            assert_eq!(Some(text.to_string()), Length::parse(text).map(|l| l.to_string()));
        }
    }
}
