//! Metric families to bytes, in the two text formats a Prometheus server asks for.
//!
//! The formats share everything below the header lines of a family (`lines`): the name of a sample, its labels, its
//! escapes and its numbers are the same bytes in both, so that a series keeps its identity when a server changes the
//! format it asks for. Both take families sorted by name with their samples in the order to be written, and write no
//! timestamps. A family without samples is left out.
//!
//! [`render`] writes a report; a [`Renderer`] writes one after the other, and of each only what has changed.

mod block;
pub mod families;
#[cfg(test)]
#[path = "../tests/support/families.rs"]
mod few_words;
mod lines;
pub mod openmetrics;
mod pieces;
mod renderer;
pub mod text;

pub use pieces::Pieces;
pub use renderer::Renderer;

use crate::report::Report;

/// A report in both formats: first the text format, then OpenMetrics.
pub fn render(report: &Report) -> (Vec<u8>, Vec<u8>) {
    let (mut plain, mut open, mut samples) = (Vec::new(), Vec::new(), Vec::new());
    for family in families::families(report).filter(|family| !family.get_metric().is_empty()) {
        samples.clear();
        lines::write_family(&mut samples, &family);
        text::write_header(&mut plain, &family);
        plain.extend_from_slice(&samples);
        openmetrics::write_header(&mut open, &family, openmetrics::all_are_one(&family));
        open.extend_from_slice(&samples);
    }
    openmetrics::write_end(&mut open);
    // They are kept until the next ones are made.
    plain.shrink_to_fit();
    open.shrink_to_fit();
    (plain, open)
}
