//! What is kept of observations: integer counts in the cells of a frozen grid, and fixed-point sums.
//!
//! Everything here is an integer, so adding and taking away is exact and the order of observations does not matter
//! (specification: cell counts are the one structural idea of driftgauge). The reference profile and the live windows
//! hold the same numbers in the same places, described by a [`Layout`].

mod adder;
mod coarse;
mod delta;
mod dictionary;
mod fixed;
mod frozen;
mod gather;
mod grid;
mod layout;
mod lookup;
mod open_pane;
mod tally;

pub mod answers;
pub mod cohort;
pub mod confusion;
pub mod intervals;
pub mod losses;
pub mod numeric;
pub mod ranked;
pub mod residuals;
pub mod scored;
pub mod segments;

pub use adder::NOT_ADDED;
pub use coarse::CoarseCells;
pub use delta::{Delta, Row, Seen};
pub use dictionary::{Dictionary, OPEN_ROWS};
pub use fixed::FixedPoint;
pub use frozen::Frozen;
pub use gather::{Gather, Gathered};
pub use grid::Grid;
pub use layout::{Column, Layout, Observed, PerformanceShape, Role, Shape};
pub use open_pane::{Closing, OpenPane};
pub use tally::{Tally, Totals};
