//! Numbers as people read them. What is not finite is shown as absent.

use crate::time::Timestamp;

/// What is shown where there is no number.
pub(super) const ABSENT: &str = "–";

/// A count with its thousands set apart: `12,345`.
pub(super) fn count(n: u64) -> String {
    grouped(&n.to_string())
}

/// Three significant digits; whole numbers from a thousand on: `0.0123`, `4.56`, `78.9`, `12,345`, `1.2e-7`.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if !value.is_finite() => ABSENT.to_owned(),
        0.0 => "0".to_owned(),
        s if !(1e-4..1e9).contains(&s) => signed(value, format!("{size:.1e}")),
        s => signed(value, grouped(&format!("{s:.*}", digits(s)))),
    }
}

/// Digits behind the point with which a number has three that count.
fn digits(size: f64) -> usize {
    match size {
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.9995 => 2,
        s if s >= 0.099_95 => 3,
        s if s >= 0.009_995 => 4,
        _ => 5,
    }
}

/// A bound of an error, rounded up to one digit that counts: `0.0003`.
pub(super) fn bound(value: f64) -> String {
    if !(1e-9..1e9).contains(&value) {
        return number(value);
    }
    let places = (-value.log10().floor()).max(0.0);
    let scale = 10f64.powf(places);
    grouped(&format!("{:.*}", places as usize, (value * scale - 1e-9).ceil() / scale))
}

/// The bound of a share, in percentage points: `0.5 pp`.
pub(super) fn bound_in_points(value: f64) -> String {
    format!("{} pp", bound(value * 100.0))
}

/// Three digits behind the point below 100, so that a column of them lines up: `0.012`, `1.250`, `<0.001`.
pub(super) fn aligned(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if !value.is_finite() => ABSENT.to_owned(),
        0.0 => "0".to_owned(),
        s if s < 0.0005 => "<0.001".to_owned(),
        s if s < 100.0 => signed(value, format!("{size:.3}")),
        _ => number(value),
    }
}

/// A share as a percentage: `12.3 %`, `0.04 %`, `<0.01 %`. All and nothing are written as such only when exact.
pub(super) fn share(value: f64) -> String {
    let percent = value * 100.0;
    match percent.abs() {
        _ if !percent.is_finite() => ABSENT.to_owned(),
        0.0 => "0 %".to_owned(),
        p if p >= 1e6 => signed(percent, format!("{p:.1e} %")),
        100.0 => signed(percent, "100 %".to_owned()),
        p if p < 0.01 => "<0.01 %".to_owned(),
        p if p < 1.0 => signed(percent, format!("{p:.2} %")),
        p if p > 99.9 && p < 100.0 => ">99.9 %".to_owned(),
        p => signed(percent, format!("{p:.1} %")),
    }
}

/// A share of two counts; absent when there is nothing to share.
pub(super) fn part(numerator: u64, denominator: u64) -> String {
    if denominator == 0 { ABSENT.to_owned() } else { share(numerator as f64 / denominator as f64) }
}

/// A difference with its sign, in the digits of the number it is a difference to.
pub(super) fn difference(value: f64, of: f64) -> String {
    let (change, size) = (value.abs(), of.abs());
    if !change.is_finite() || !(1e-4..1e9).contains(&size) || change >= 1e9 {
        return number(value);
    }
    let text = grouped(&format!("{change:.*}", digits(size)));
    match text.bytes().any(|c| matches!(c, b'1'..=b'9')) {
        false => "0".to_owned(),
        true if value > 0.0 => format!("+{text}"),
        true => format!("−{text}"),
    }
}

/// A difference of two shares in percentage points.
pub(super) fn points(value: f64) -> String {
    match (value * 100.0).abs() {
        p if !p.is_finite() => ABSENT.to_owned(),
        p if p < 0.05 => "0 pp".to_owned(),
        p if p >= 1e6 => ABSENT.to_owned(),
        p if value > 0.0 => format!("+{p:.1} pp"),
        p => format!("−{p:.1} pp"),
    }
}

/// Bytes in binary units.
pub(super) fn bytes(n: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.iter().find(|(_, shift)| n >> shift > 0) {
        Some((unit, shift)) => format!("{} {unit}", number(n as f64 / (1u64 << shift) as f64)),
        None => format!("{n} B"),
    }
}

/// A length of time in its largest sensible unit: `45 s`, `3 min`, `5 h`, `12 days`.
pub(super) fn duration(seconds: f64) -> String {
    match seconds.abs() {
        s if s < 1.0 => "under 1 s".to_owned(),
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{} days", count((s / 86_400.0).round() as u64)),
    }
}

/// How long ago something was; what lies ahead is said to.
pub(super) fn ago(seconds: f64) -> String {
    match seconds {
        s if s.abs() < 1.0 => "just now".to_owned(),
        s if s < 0.0 => format!("{} ahead of the clock", duration(s)),
        s => format!("{} ago", duration(s)),
    }
}

/// A point in time to the second: `2025-03-08 07:00:18 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), text.get(11..19).unwrap_or_default())
}

/// Its date.
pub(super) fn date(at: Timestamp) -> String {
    at.to_string().get(..10).unwrap_or_default().to_owned()
}

fn signed(value: f64, text: String) -> String {
    if value < 0.0 { format!("−{text}") } else { text }
}

/// Sets the thousands of the part before the point apart.
fn grouped(text: &str) -> String {
    let (whole, fraction) = text.find('.').map_or((text, ""), |point| text.split_at(point));
    let mut out = String::with_capacity(text.len() + whole.len() / 3);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (expected, value) in [
            ("0", 0.0),
            ("0.0123", 0.012_34),
            ("0.00123", 0.001_234),
            ("−4.56", -4.561),
            ("10.0", 9.999),
            ("78.9", 78.91),
            ("123", 123.4),
            ("12,346", 12_345.6),
            ("1.2e-7", 1.2e-7),
            (ABSENT, f64::NAN),
            (ABSENT, f64::NEG_INFINITY),
        ] {
            assert_eq!(expected, number(value), "{value}");
        }
    }

    #[test]
    fn shares_say_all_and_nothing_only_when_exact() {
        for (expected, value) in [
            ("0 %", 0.0),
            ("<0.01 %", 1e-6),
            ("0.04 %", 0.0004),
            ("12.3 %", 0.1234),
            (">99.9 %", 0.99999),
            ("100 %", 1.0),
            (ABSENT, f64::INFINITY),
        ] {
            assert_eq!(expected, share(value), "{value}");
        }
    }

    #[test]
    fn times_are_in_words() {
        for (expected, seconds) in [
            ("just now", 0.2),
            ("45 s ago", 45.0),
            ("3 min ago", 190.0),
            ("5 h ago", 18_000.0),
            ("12 days ago", 1.04e6),
        ] {
            assert_eq!(expected, ago(seconds));
        }
        assert_eq!("10 s ahead of the clock", ago(-10.0));
        assert_eq!("2025-03-08 07:00:18 UTC", moment(Timestamp::from_seconds(1_741_417_218)));
    }

    #[test]
    fn bounds_and_differences_have_no_more_digits_than_they_know() {
        assert_eq!(["0.0003", "0.003", "2", "40"].map(String::from), [0.0003, 0.0021, 1.2, 40.0].map(bound));
        assert_eq!(["0.03 pp", "0.5 pp", "2 pp"].map(String::from), [0.0003, 0.005, 0.012].map(bound_in_points));
        assert_eq!("+0.004", difference(0.004, 0.739));
        assert_eq!("−3,827", difference(-3827.1, 12_345.6));
        assert_eq!("0", difference(0.000_01, 0.739));
        assert_eq!("−0.9 pp", points(-0.0091));
    }

    #[test]
    fn bytes_have_units() {
        assert_eq!(["512 B", "1.50 KiB", "2.00 GiB"].map(String::from), [512, 1536, 1 << 31].map(bytes));
    }
}
