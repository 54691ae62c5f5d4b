//! Moments of the numeric columns of one side: they describe, and nothing is better or worse.

mod mean;

use super::quality::Entry;

/// Every moment, in the order they are shown in.
pub static ENTRIES: &[Entry] = &[mean::ENTRY];
