//! The reference: the same counts and sums as a window's, of a time that was good, frozen with their cells in one
//! versioned JSON file.

mod builder;
mod chunks;
mod classes;
mod dispersion;
mod edges;
mod file;
mod findings;
mod fitting;
mod hygiene;
mod importance;
mod losses;
mod pane_values;
mod sample;
mod seasons;
mod source;
mod survey;
mod warmup;

pub use builder::{Builder, columns_of, frame_score, frame_scores, predicted};
pub use edges::grid_of;
pub use file::{FORMAT, ProfileError, Reference};
pub use findings::{ChunkFindings, ColumnNoise, Findings, PaneFindings, Spread};
pub use hygiene::Warning;
pub use pane_values::{LEAST as LEAST_PANE_VALUES, PaneScalar, Standard, pane_scalars};
pub use seasons::Seasons;
pub use source::{ReferenceSource, Resolved, Standing};
pub use survey::{Options, Survey, SurveyError};
pub use warmup::{SavedWarmup, Warmup};
