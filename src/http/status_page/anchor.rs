//! The ids of the places a link can point to. They are made of positions, never of names.

/// The id of the sources.
pub(super) const SOURCES: &str = "sources";

/// The id of a stream.
pub(super) fn stream(stream: usize) -> String {
    format!("m{stream}")
}

/// The id of the performance of a stream.
pub(super) fn performance(stream: usize) -> String {
    format!("m{stream}-performance")
}

/// The id of a column in the preferred window of a stream.
pub(super) fn column(stream: usize, column: usize) -> String {
    format!("m{stream}-c{column}")
}
