//! One evaluation: every number with its labels, and what the status page shows. Immutable once made.

pub mod catalog;
mod edition;
pub mod families;
mod views;

pub use edition::{Edition, Part, StreamEdition, Views};
pub use views::{CellView, ColumnView, Reading, ReferenceView, SourceView, StreamView, WarmupView, WindowView};

use crate::statistics::{Companion, Spec};
use crate::time::Timestamp;
use std::sync::Arc;

/// What a family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Goes up only.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by upper bound.
    Histogram,
}

/// A metric family that is not a statistic.
#[derive(Debug, PartialEq, Eq)]
pub struct Family {
    /// Its name on the wire.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Its help text.
    pub help: &'static str,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// The group of the catalogue it is shown in.
    pub group: &'static str,
}

/// The family a sample belongs to.
#[derive(Clone, Copy, Debug)]
pub enum Of {
    /// A family of its own.
    Family(&'static Family),
    /// A statistic.
    Statistic(&'static Spec),
    /// A family beside a statistic.
    Companion(&'static Spec, Companion),
}

impl Of {
    /// The name on the wire, in two parts: the statistic's and the companion's suffix.
    pub fn name(self) -> (&'static str, &'static str) {
        match self {
            Of::Family(family) => (family.name, ""),
            Of::Statistic(spec) => (spec.name, ""),
            Of::Companion(spec, companion) => (spec.name, companion.suffix()),
        }
    }

    /// The help text.
    pub fn help(self) -> String {
        match self {
            Of::Family(family) => family.help.to_owned(),
            Of::Statistic(spec) => spec.help.to_owned(),
            Of::Companion(spec, companion) => format!("{} Here: {}.", spec.help, companion.help()),
        }
    }

    /// Counter, gauge or histogram.
    pub fn kind(self) -> Kind {
        match self {
            Of::Family(family) => family.kind,
            _ => Kind::Gauge,
        }
    }
}

/// Labels of a sample.
pub type Labels = Vec<(&'static str, Arc<str>)>;

/// The value of a sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Of a counter or a gauge.
    Number(f64),
    /// Of a histogram: for each bound how many were at most that (not cumulated), those above all bounds last.
    Histogram {
        /// Upper bounds.
        bounds: &'static [f64],
        /// One more than there are bounds.
        counts: Vec<u64>,
        /// Sum of what was observed.
        sum: f64,
    },
}

/// One series of the report.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its family.
    pub of: Of,
    /// Its labels, shared by all samples of a column.
    pub labels: Arc<Labels>,
    /// Its value, finite.
    pub value: Value,
}

/// One evaluation.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The newest time of any stream.
    pub at: Option<Timestamp>,
    /// Every series.
    pub samples: Vec<Sample>,
    /// What the status page shows of streams.
    pub streams: Vec<StreamView>,
    /// What the status page shows of sources.
    pub sources: Vec<SourceView>,
}

impl Report {
    /// Adds a number; what is not finite is left out, as a series that is absent means "no value".
    pub fn push(&mut self, of: Of, labels: impl Into<Arc<Labels>>, value: f64) {
        if value.is_finite() {
            self.samples.push(Sample { of, labels: labels.into(), value: Value::Number(value) });
        }
    }
}
