//! The detectors of the field for streams of errors, for those who know them.
//!
//! Each takes one value at a time and compares the stream with its own past, not with a reference. They give no bound
//! on false alarms over time: [`super::bounded_loss`] does, and with a reference it is faster ([docs/STATISTICS.md] has
//! the delays). They are defined here as in river 0.26, whose detections the tests reproduce one for one.
//!
//! All of them begin again with the value after a detection. A value that is no finite number is skipped.
//!
//! [docs/STATISTICS.md]: https://docs.rs/crate/driftgauge/latest/source/docs/STATISTICS.md

pub mod adwin;
pub mod ddm;
pub mod page_hinkley;

use serde::{Deserialize, Serialize};

/// A mean of all values so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Mean {
    count: u64,
    mean: f64,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.count += 1;
        self.mean += (1.0 / self.count as f64) * (value - self.mean);
    }
}
