//! Moments of the numeric columns of one side: they describe, and nothing is better or worse.

mod mean;
mod standard_deviation;

use super::quality::Entry;

/// Every moment, in the order they are shown in.
pub static ENTRIES: &[Entry] = &[mean::ENTRY, standard_deviation::ENTRY];
