//! RFC 3339 times of which one follows the other: what they share is computed once.

use super::{NANOS_PER_SECOND, Timestamp};

/// `2026-11-03T09:15:`
const MINUTE: usize = 17;

/// Reads times, most of which are in the same minute as the one before.
#[derive(Clone, Copy, Debug, Default)]
pub struct TimeReader {
    /// The text of a minute, and when it begins (UTC).
    minute: Option<([u8; MINUTE], i64)>,
}

impl TimeReader {
    /// The same as [`Timestamp::parse_rfc3339`].
    #[inline]
    pub fn read(&mut self, text: &[u8]) -> Option<Timestamp> {
        self.known(text).or_else(|| self.learn(text))
    }

    /// The time, when it is in the minute of the one before and written in the same way.
    #[inline]
    pub fn known(&self, text: &[u8]) -> Option<Timestamp> {
        let (minute, start) = self.minute.as_ref()?;
        let (first, rest) = text.split_first_chunk::<MINUTE>()?;
        if first != minute {
            return None;
        }
        start.checked_add(seconds(rest)?).map(Timestamp)
    }

    fn learn(&mut self, text: &[u8]) -> Option<Timestamp> {
        let time = Timestamp::parse_rfc3339(text)?;
        if let Some((first, rest)) = text.split_first_chunk::<MINUTE>()
            && let Some(nanos) = seconds(rest)
        {
            self.minute = time.0.checked_sub(nanos).map(|start| (*first, start));
        }
        Some(time)
    }
}

/// The nanoseconds of `02Z`, `02.118Z` and the like, in UTC and within a minute; `None` of what is written otherwise.
#[inline]
fn seconds(text: &[u8]) -> Option<i64> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| i64::from(byte - b'0'));
    let (tens, ones, rest) = match text {
        [tens, ones, rest @ ..] => (digit(tens)?, digit(ones)?, rest),
        _ => return None,
    };
    let second = tens * 10 + ones;
    let (nanos, rest) = match rest {
        [b'.', rest @ ..] => {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=9).contains(&length) {
                return None;
            }
            let (fraction, rest) = rest.split_at_checked(length)?;
            let value = fraction.iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
            (value * 10i64.pow(9 - length as u32), rest)
        }
        rest => (0, rest),
    };
    (second < 60 && rest == b"Z").then_some(second * NANOS_PER_SECOND + nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = String> {
        let minute = prop::sample::select(
            &[
                "2026-11-03T09:15:",
                "2026-11-03T09:16:",
                "1969-12-31 23:59:",
                "2026-02-29T00:00:",
                "2262-04-11T23:47:",
                "2026-11-03t09-15:",
            ][..],
        );
        let zone = prop::sample::select(&["Z", "Z", "Z", "z", "", "+01:00", "-0530", "Zx"][..]);
        (minute, "[0-6]?[0-9]", "(\\.[0-9]{0,12})?|,5", zone)
            .prop_map(|(minute, second, fraction, zone)| format!("{minute}{second}{fraction}{zone}"))
    }

    proptest! {
        #[test]
        fn times_are_those_of_the_parser(texts in prop::collection::vec(text(), 1..20)) {
            let mut reader = TimeReader::default();
            for text in &texts {
                prop_assert_eq!(Timestamp::parse_rfc3339(text.as_bytes()), reader.read(text.as_bytes()), "{}", text);
            }
        }
    }
}
