//! What Prometheus would make of the scrapes of a process that is killed and started again.
#![allow(dead_code, reason = "each test uses its part")]

use super::prom_text::{Exposition, Labels};
use std::collections::BTreeMap;

/// When the counters began.
const START: &str = "driftgauge_counters_start_timestamp_seconds";

/// Every counter as it was seen last, and its increase by the rule of resets: a value below the one before is counted
/// from zero.
#[derive(Debug, Default)]
pub struct Eye {
    start: Option<f64>,
    last: BTreeMap<(String, Labels), f64>,
    increase: BTreeMap<(String, Labels), f64>,
    scrapes: usize,
    epochs: usize,
}

impl Eye {
    /// Takes a scrape. An error when a counter went down although counters did not begin anew, or when they began anew
    /// at an earlier time.
    pub fn see(&mut self, metrics: &Exposition) -> Result<(), String> {
        let Some(start) = metrics.get(START, &[]) else { return Ok(()) };
        self.scrapes += 1;
        let is_anew = self.start != Some(start);
        if self.start.is_some_and(|before| start < before) {
            return Err(format!("counters began at {start}, before {:?}", self.start));
        }
        self.epochs += usize::from(is_anew);
        if is_anew {
            // A series need not be there at once.
            self.last.clear();
        }
        self.start = Some(start);
        for (name, labels, value) in metrics.iter().filter(|(name, ..)| is_counter(name)) {
            let key = (name.to_owned(), labels.clone());
            let before = self.last.insert(key.clone(), value).unwrap_or(0.0);
            if value < before - 1e-9 {
                return Err(format!("{name}{labels:?} went from {before} to {value}"));
            }
            let more = if value < before { value } else { value - before };
            *self.increase.entry(key).or_insert(0.0) += more;
        }
        Ok(())
    }

    /// The increase of a family over all its series.
    pub fn increase(&self, name: &str) -> f64 {
        self.increase.iter().filter(|((found, _), _)| found == name).map(|(_, value)| value).sum()
    }

    /// Scrapes that had something to show.
    pub fn scrapes(&self) -> usize {
        self.scrapes
    }

    /// How often counters began.
    pub fn epochs(&self) -> usize {
        self.epochs
    }
}

/// Whether a series of this name may only go up: what the process counts of itself aside.
pub fn is_counter(name: &str) -> bool {
    ["_total", "_bucket", "_sum", "_count"].iter().any(|end| name.ends_with(end)) && !name.starts_with("process_")
}
