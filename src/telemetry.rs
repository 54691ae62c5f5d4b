//! Log events of our own: where they go, and how often one may repeat.
//!
//! Events go to standard error, which is not a stream of data anywhere in driftgauge.

use std::collections::HashMap;
use std::hash::Hash;
use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::{LevelFilter, ParseError};
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::time::{Length, Timestamp};

/// The variable that overrides the level, as a list of directives such as `info,driftgauge::tail=debug`.
pub const FILTER_VARIABLE: &str = "DRIFTGAUGE_LOG";

/// The keys a [`RateLimit`] remembers; one more makes it forget those whose interval is over, or else all.
const MAX_KEYS: usize = 1024;

/// How an event is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people, with colours on a terminal.
    #[default]
    Text,
    /// A JSON object per line.
    Json,
}

/// Why events cannot be written as asked.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// The override is not a list of directives.
    #[error("read log filter from {FILTER_VARIABLE}")]
    Filter(#[source] ParseError),
    /// Somebody else has set up logging in this process.
    #[error("install log writer")]
    Install(#[source] TryInitError),
}

/// Sends events at `level` and above to standard error, for the rest of the process. [`FILTER_VARIABLE`] overrides the
/// level when it is set and not empty.
///
/// # Errors
///
/// When the override cannot be read, and when called twice.
pub fn init(format: LogFormat, level: LevelFilter) -> Result<(), InitError> {
    let directives = std::env::var(FILTER_VARIABLE).unwrap_or_default();
    let filter = filter(&directives, level).map_err(InitError::Filter)?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).finish().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init(),
    }
    .map_err(InitError::Install)
}

fn filter(directives: &str, level: LevelFilter) -> Result<EnvFilter, ParseError> {
    EnvFilter::builder().with_default_directive(level.into()).parse(directives)
}

/// Lets the first few events of a kind through in each interval and counts the rest.
///
/// The time is an argument; when it runs backwards, the interval begins anew.
#[derive(Debug)]
pub struct RateLimit<K> {
    events: u32,
    interval: Length,
    kinds: HashMap<K, Window>,
}

#[derive(Debug)]
struct Window {
    start: Timestamp,
    admitted: u32,
    suppressed: u64,
}

impl<K: Eq + Hash> RateLimit<K> {
    /// Lets `events` through per `interval` and key.
    pub fn new(events: u32, interval: Length) -> RateLimit<K> {
        RateLimit { events, interval, kinds: HashMap::new() }
    }

    /// Whether an event may be written now: `None` when not, else the number of events of this key that were not
    /// written since the last one that was.
    pub fn admit(&mut self, key: K, now: Timestamp) -> Option<u64> {
        if !self.kinds.contains_key(&key) {
            self.make_room(now);
        }
        let window = self.kinds.entry(key).or_insert(Window { start: now, admitted: 0, suppressed: 0 });
        if is_over(window.start, self.interval, now) {
            window.start = now;
            window.admitted = 0;
        }
        if window.admitted >= self.events {
            window.suppressed += 1;
            return None;
        }
        window.admitted += 1;
        Some(std::mem::take(&mut window.suppressed))
    }

    /// Keeps the memory bounded when keys come from outside.
    fn make_room(&mut self, now: Timestamp) {
        if self.kinds.len() >= MAX_KEYS {
            self.kinds.retain(|_, window| !is_over(window.start, self.interval, now));
        }
        if self.kinds.len() >= MAX_KEYS {
            self.kinds.clear();
        }
    }
}

fn is_over(start: Timestamp, interval: Length, now: Timestamp) -> bool {
    now < start || now >= start.plus(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn first_events_of_an_interval_are_admitted_and_the_rest_reported_later() {
        let mut limit = RateLimit::new(2, Length::from_seconds(10));
        let table = [
            ("first", 0, Some(0)),
            ("second", 1, Some(0)),
            ("one too many", 2, None),
            ("end of the interval", 9, None),
            ("next interval tells what was missed", 10, Some(2)),
            ("told once", 11, Some(0)),
            ("one too many again", 12, None),
            ("clock set back", 5, Some(1)),
        ];
        for (case, now, expected) in table {
            assert_eq!(expected, limit.admit("key", at(now)), "{case}");
        }
    }

    #[test]
    fn keys_are_limited_independently() {
        let mut limit = RateLimit::new(1, Length::from_seconds(10));
        assert_eq!(Some(0), limit.admit("a", at(0)));
        assert_eq!(Some(0), limit.admit("b", at(0)));
        assert_eq!(None, limit.admit("a", at(0)));
    }

    #[test]
    fn number_of_keys_is_bounded() {
        let mut limit = RateLimit::new(1, Length::from_seconds(10));
        for key in 0..10 * MAX_KEYS {
            limit.admit(key, at(0));
            assert!(limit.kinds.len() <= MAX_KEYS);
        }
    }

    #[test]
    fn directives_override_the_level() {
        let table = [("", "info"), ("debug", "debug"), ("warn,driftgauge::tail=trace", "driftgauge::tail=trace,warn")];
        for (directives, expected) in table {
            assert_eq!(expected, filter(directives, LevelFilter::INFO).unwrap().to_string());
        }
        assert!(filter("driftgauge=loud", LevelFilter::INFO).is_err());
    }
}
