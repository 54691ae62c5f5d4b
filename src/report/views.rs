//! What the status page shows.

use crate::aggregate::Role;
use crate::event::{StreamKey, Task};
use crate::statistics::{Evaluated, Spec};
use crate::time::{Length, Timestamp};
use std::sync::Arc;

/// One model and version.
#[derive(Clone, Debug)]
pub struct StreamView {
    /// Which.
    pub key: StreamKey,
    /// What it does.
    pub task: Task,
    /// Its reference; none while it warms up.
    pub reference: Option<ReferenceView>,
    /// The warm-up, when there is no reference.
    pub warmup: Option<WarmupView>,
    /// All prediction records.
    pub predictions: u64,
    /// Those that failed.
    pub failures: u64,
    /// The newest prediction.
    pub last_prediction: Option<Timestamp>,
    /// Its windows, in the order of the config.
    pub windows: Vec<WindowView>,
}

/// A reference.
#[derive(Clone, Debug)]
pub struct ReferenceView {
    /// The hash of its content.
    pub sha: String,
    /// When it was built.
    pub created: Timestamp,
    /// Its rows.
    pub rows: u64,
}

/// A warm-up.
#[derive(Clone, Copy, Debug)]
pub struct WarmupView {
    /// Rows learned from.
    pub rows: u64,
    /// How much of it is done, 0 to 1.
    pub progress: f64,
    /// How long it takes.
    pub length: Length,
}

/// One window.
#[derive(Clone, Debug)]
pub struct WindowView {
    /// The label `window`.
    pub name: Arc<str>,
    /// Answered predictions.
    pub observations: u64,
    /// Failed predictions.
    pub failed: u64,
    /// Pairs of prediction and actual.
    pub pairs: u64,
    /// Columns of inputs, scores, predictions and actuals.
    pub columns: Vec<ColumnView>,
    /// Performance.
    pub performance: Vec<Reading>,
}

/// One column of a window.
#[derive(Clone, Debug)]
pub struct ColumnView {
    /// The label `feature`.
    pub name: Arc<str>,
    /// What it is to the model.
    pub role: Role,
    /// Values present in the window.
    pub observations: u64,
    /// Its statistics.
    pub readings: Vec<Reading>,
    /// The coarse cells of both sides.
    pub cells: Vec<CellView>,
}

/// A coarse cell of both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct CellView {
    /// Its interval or category.
    pub label: Arc<str>,
    /// Share of the reference.
    pub reference: f64,
    /// Share of the window.
    pub current: f64,
}

/// A statistic with its reference.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Which statistic.
    pub spec: &'static Spec,
    /// Of which class.
    pub class: Option<Arc<str>>,
    /// Of the window.
    pub outcome: Evaluated,
    /// Of the reference, when it has one.
    pub reference: Option<f64>,
    /// The value from which it is worse than chance and tolerance explain, or than was set.
    pub threshold: Option<f64>,
}

/// One source.
#[derive(Clone, Debug)]
pub struct SourceView {
    /// The label `source`.
    pub name: Arc<str>,
    /// Lines read.
    pub lines: u64,
    /// Lines that held no event.
    pub rejected: u64,
    /// Lines lost.
    pub lost: u64,
    /// Bytes known to be unread.
    pub lag_bytes: u64,
    /// Files followed.
    pub files: u64,
}
