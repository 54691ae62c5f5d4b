//! Metric families to bytes, in the two text formats a Prometheus server asks for.
//!
//! The formats share everything below the header lines of a family (`lines`): the name of a sample, its labels, its
//! escapes and its numbers are the same bytes in both, so that a series keeps its identity when a server changes the
//! format it asks for. Both take families sorted by name with their samples in the order to be written, and write no
//! timestamps. A family without samples is left out.

#[cfg(test)]
#[path = "../tests/support/families.rs"]
mod families;
mod lines;
pub mod openmetrics;
pub mod text;
