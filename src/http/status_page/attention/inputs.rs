//! What keeps the numbers from being made: failures, silence, warm-up, and trouble with sources.

use super::facts::{Fact, Severity};
use crate::http::status_page::judge::FEW;
use crate::http::status_page::{anchor, numbers, preferred};
use crate::report::{SourceView, StreamView};
use crate::time::Timestamp;

/// Share of failed predictions that is a warning, and that is critical.
const FAILURES: (f64, f64) = (0.01, 0.05);
/// Share of rejected lines that is a warning, and that is critical: then the format is probably another one.
const REJECTED: (f64, f64) = (0.01, 0.5);
/// Unread bytes that are a warning: some seconds of reading, so driftgauge does not keep up or does not read.
const LAG_BYTES: u64 = 64 << 20;

/// Adds what stands out of a stream as a whole.
pub(super) fn stream(
    index: usize,
    stream: &StreamView,
    at: Option<Timestamp>,
    now: Option<Timestamp>,
    facts: &mut Vec<Fact>,
) {
    let fact = |severity, excess, headline: String, evidence: String| Fact {
        severity,
        excess,
        subject: None,
        headline,
        evidence,
        stream: Some(index),
        anchor: anchor::stream(index),
    };
    match (&stream.reference, &stream.warmup) {
        (None, Some(warmup)) => {
            let rows = numbers::count(warmup.rows);
            let done = format!("learning a reference, {} done", numbers::share(warmup.progress.clamp(0.0, 1.0)));
            facts.push(fact(Severity::Note, 0.0, done, format!("of {}; {rows} rows so far", warmup.length)));
        }
        (None, None) => facts.push(fact(
            Severity::Warning,
            0.0,
            "no usable reference".to_owned(),
            "drift cannot be measured without one".to_owned(),
        )),
        (Some(_), _) => {}
    }
    let Some((_, window)) = preferred(stream) else { return };
    let records = window.observations + window.failed;
    let failures = window.failed as f64 / records.max(1) as f64;
    if records >= FEW && failures > FAILURES.0 {
        let severity = if failures > FAILURES.1 { Severity::Critical } else { Severity::Warning };
        let evidence = format!("{} of {} predictions", numbers::count(window.failed), numbers::count(records));
        // Ahead of features of the same severity.
        facts.push(fact(severity, 1e6 + failures, format!("{} failures", numbers::share(failures)), evidence));
    }
    if records == 0 {
        let since = match (stream.last_prediction, now.or(at)) {
            (Some(last), Some(now)) => format!("the last one was {}", numbers::ago(now.seconds_since(last))),
            _ => "none was read yet".to_owned(),
        };
        facts.push(fact(Severity::Note, 0.0, "no predictions in the window".to_owned(), since));
    }
}

/// Adds what stands out of the sources.
pub(super) fn sources(sources: &[SourceView], facts: &mut Vec<Fact>) {
    for source in sources {
        let fact = |severity, excess, headline: String, evidence: String| Fact {
            severity,
            excess,
            subject: Some(source.name.clone()),
            headline,
            evidence,
            stream: None,
            anchor: anchor::SOURCES.to_owned(),
        };
        let lines = numbers::count(source.lines);
        let rejected = source.rejected as f64 / source.lines.max(1) as f64;
        if rejected > REJECTED.0 {
            let severity = if rejected > REJECTED.1 { Severity::Critical } else { Severity::Warning };
            let evidence = format!("{} of {lines} held no event", numbers::count(source.rejected));
            let headline = format!("{} of the lines rejected", numbers::share(rejected));
            facts.push(fact(severity, rejected / REJECTED.1, headline, evidence));
        }
        if source.lost > 0 {
            let headline = format!("{} lines lost", numbers::count(source.lost));
            facts.push(fact(Severity::Warning, 1.0, headline, format!("{lines} were read")));
        }
        if source.lag_bytes > LAG_BYTES {
            let headline = format!("{} behind", numbers::bytes(source.lag_bytes));
            facts.push(fact(Severity::Warning, 0.5, headline, "known to be unread".to_owned()));
        }
    }
}
