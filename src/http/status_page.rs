//! The status page.

use crate::report::Report;
use crate::time::Timestamp;

/// Being made.
pub fn render(_report: &Report, _now: Option<Timestamp>, _version: &str) -> Vec<u8> {
    Vec::new()
}
