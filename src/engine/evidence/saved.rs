//! The state of a stream's detectors, without what comes from the reference: boxes, bounds, dispersions.

use super::arrivals::Arrivals;
use super::{ColumnEvidence, Evidence, column, loss, scalars};
use crate::evidence::pane::Collector;
use crate::time::Length;
use serde::{Deserialize, Serialize};

/// What a state file has to keep. The bounds of losses are in it, to tell whether they are still the same.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::engine) struct Saved {
    pane: i64,
    inputs: Collector,
    columns: Vec<column::Saved>,
    scalars: scalars::Saved,
    arrivals: Arrivals,
    pairs: Collector,
    actual: Option<column::Saved>,
    losses: Vec<loss::Saved>,
    excluded: u64,
    panes: u64,
}

impl Evidence {
    /// The state.
    pub(in crate::engine) fn save(&self) -> Saved {
        Saved {
            pane: self.pane.nanos(),
            inputs: self.inputs.clone(),
            columns: self.columns.iter().map(ColumnEvidence::save).collect(),
            scalars: self.scalars.save(),
            arrivals: self.arrivals.clone(),
            pairs: self.pairs.clone(),
            actual: self.actual.as_ref().map(ColumnEvidence::save),
            losses: self.losses.save(),
            excluded: self.excluded,
            panes: self.panes,
        }
    }

    /// These detectors with that state; `None` when it is of other columns, cells, losses or panes.
    pub(in crate::engine) fn restore(self, saved: Saved) -> Option<Evidence> {
        let of_columns: usize = self.columns.iter().map(ColumnEvidence::width).sum();
        let of_inputs = of_columns + self.scalars.width();
        let of_pairs = self.actual.as_ref().map_or(0, ColumnEvidence::width) + self.losses.width();
        let fits = Length::from_nanos(saved.pane) == self.pane
            && saved.columns.len() == self.columns.len()
            && saved.actual.is_some() == self.actual.is_some()
            && saved.inputs.fits(of_inputs)
            && saved.pairs.fits(of_pairs)
            && saved.arrivals.fits(of_pairs);
        if !fits {
            return None;
        }
        let columns = self.columns.into_iter().zip(saved.columns).map(|(column, saved)| column.restore(saved));
        let actual = match self.actual.zip(saved.actual) {
            Some((column, saved)) => Some(column.restore(saved)?),
            None => None,
        };
        Some(Evidence {
            inputs: saved.inputs,
            columns: columns.collect::<Option<_>>()?,
            scalars: self.scalars.restore(saved.scalars)?,
            arrivals: saved.arrivals,
            pairs: saved.pairs,
            actual,
            losses: self.losses.restore(saved.losses)?,
            excluded: saved.excluded,
            panes: saved.panes,
            ..self
        })
    }
}
