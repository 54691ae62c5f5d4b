//! Evidence of one column: the shares of its coarse cells, and of its missing values.

use super::super::config::Drift;
use super::recent::Recent;
use super::season::{Seasonal, Whole};
use super::series::{Series, Standing};
use super::{Taken, WANDERING};
use crate::aggregate::{Column, Role, Shape};
use crate::evidence::bounded_loss::{BoundedLoss, Means, Side};
use crate::evidence::box_null::{Allowance, BoxNull};
use crate::evidence::multinomial::Multinomial;
use crate::profile::{ColumnNoise, Seasons};
use crate::statistics::dispersion_at;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The detectors of one column.
#[derive(Clone, Debug)]
pub(super) struct ColumnEvidence {
    place: usize,
    name: Arc<str>,
    role: Role,
    /// Reference counts of the coarse cells, MISSING and INVALID last.
    reference: Vec<u64>,
    /// The cells that are judged: all, or all but the last two.
    judged: usize,
    null: BoxNull,
    /// Dispersion by rows.
    dispersion: Vec<(f64, f64)>,
    detector: Multinomial,
    recent: Recent,
    seasonal: Option<Seasonal>,
    floor: f64,
    distribution: Standing,
    missing: Option<Missing>,
}

/// Evidence that more values are missing.
#[derive(Clone, Debug)]
struct Missing {
    reference: f64,
    detector: BoundedLoss,
    floor: f64,
    standing: Standing,
}

/// The state of a column's detectors. The box comes from the reference.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    name: Arc<str>,
    role: Role,
    detector: Multinomial,
    recent: Recent,
    /// What recent panes would have had by their slots, with a season.
    expected: Option<Recent>,
    distribution: Standing,
    missing: Option<(BoundedLoss, Standing)>,
}

impl ColumnEvidence {
    /// The state.
    pub(super) fn save(&self) -> Saved {
        Saved {
            name: self.name.clone(),
            role: self.role,
            detector: self.detector.clone(),
            recent: self.recent.clone(),
            expected: self.seasonal.as_ref().map(|seasonal| seasonal.expected().clone()),
            distribution: self.distribution.clone(),
            missing: self.missing.as_ref().map(|missing| (missing.detector.clone(), missing.standing.clone())),
        }
    }

    /// With this state; `None` when it is of another column or of other cells.
    pub(super) fn restore(mut self, saved: Saved) -> Option<ColumnEvidence> {
        let same = saved.name == self.name && saved.role == self.role;
        if !(same && saved.detector.fits(&self.null) && saved.recent.fits(self.width())) {
            return None;
        }
        match (&mut self.seasonal, saved.expected) {
            (None, None) => {}
            (Some(seasonal), Some(expected)) => seasonal.restore(&expected).then_some(())?,
            _ => return None,
        }
        match (&mut self.missing, saved.missing) {
            (None, None) => {}
            (Some(missing), Some((detector, standing))) if detector.fits(&missing.detector) => {
                (missing.detector, missing.standing) = (detector, standing);
            }
            _ => return None,
        }
        (self.detector, self.recent, self.distribution) = (saved.detector, saved.recent, saved.distribution);
        Some(self)
    }

    /// Detectors of a column with these reference counts; none of a column that has one cell, or no reference.
    pub(super) fn new(
        place: usize,
        column: &Column,
        reference: &[u64],
        noise: Option<&ColumnNoise>,
        seasons: Option<&Seasons>,
        settings: &Drift,
    ) -> Option<ColumnEvidence> {
        let judged = if settings.missing_as_category { reference.len() } else { reference.len().checked_sub(2)? };
        let rows: u64 = reference.iter().sum();
        let dispersion: Vec<(f64, f64)> =
            noise.map(|noise| noise.dispersion.iter().map(|(rows, phi)| (*rows as f64, *phi)).collect())?;
        let between = wandering(noise?, reference);
        let allowance = Allowance {
            tolerance: RELATIVE_TOLERANCE,
            wandering: WANDERING,
            dispersion: dispersion_at(&dispersion, rows),
        };
        let cells = reference.get(..judged)?;
        if cells.iter().filter(|count| **count > 0).count() == 0 {
            return None;
        }
        let null = BoxNull::learn(cells, between.get(..judged).unwrap_or_default(), allowance)?;
        let ordered = match &column.shape {
            Shape::Numeric { grid, .. } => grid.coarse_cells(),
            Shape::Categorical { .. } => 0,
        };
        let null = if ordered > 0 { null.in_order(ordered) } else { null };
        let whole = Whole { null: null.clone(), rows, dispersion: dispersion.clone(), between: between.clone() };
        let cells = (judged, ordered, RELATIVE_TOLERANCE);
        let seasonal = Seasonal::new(seasons, place, cells, settings, whole);
        let missing_cell = reference.len().checked_sub(2)?;
        let ratio = *reference.get(missing_cell)? as f64 / rows.max(1) as f64;
        let error = (ratio * (1.0 - ratio) * allowance.dispersion / rows.max(1) as f64).sqrt();
        let higher = seasonal.as_ref().map_or(0.0, |seasonal| seasonal.higher_missing(ratio));
        let wander = settings.margin + higher + WANDERING * between.get(missing_cell).unwrap_or(&0.0);
        let missing = Means::around(ratio, wander, error, WANDERING).filter(|_| column.role == Role::Input);
        Some(ColumnEvidence {
            place,
            name: column.name.clone(),
            role: column.role,
            reference: reference.to_vec(),
            judged,
            detector: Multinomial::new(&null),
            null,
            dispersion,
            recent: Recent::new(reference.len()),
            seasonal,
            floor: settings.tolerance,
            distribution: Standing::default(),
            missing: missing.map(|means| Missing {
                reference: ratio,
                detector: BoundedLoss::new(means, Side::Up),
                floor: settings.margin,
                standing: Standing::default(),
            }),
        })
    }

    /// Its place among the columns of its layout.
    pub(super) fn place(&self) -> usize {
        self.place
    }

    /// The number of its coarse cells, MISSING and INVALID included.
    pub(super) fn width(&self) -> usize {
        self.reference.len()
    }

    /// Takes the counts of a pane.
    pub(super) fn take(&mut self, counts: &[u64], at: &Taken) {
        let events: u64 = counts.iter().sum();
        let Some(judged) = counts.get(..self.judged).filter(|_| events > 0) else { return };
        let mut dispersion = dispersion_at(&self.dispersion, events);
        let usual = self.seasonal.as_mut().map(|seasonal| seasonal.usual(at, events));
        let mut null = &self.null;
        if let Some(usual) = &usual {
            (null, dispersion) = (&usual.null, usual.dispersion);
            self.detector.enter(usual.memory);
        }
        self.recent.add(counts.iter().map(|count| *count as f64), events as f64);
        if self.distribution.is_open() {
            self.detector.advance(null, dispersion, judged, at.start);
        }
        let effect = match (&mut self.seasonal, &usual) {
            (Some(seasonal), Some(usual)) => {
                seasonal.expect(usual, events);
                seasonal.stability_index(&self.recent, usual)
            }
            _ => self.recent.stability_index(self.reference.get(..self.judged).unwrap_or_default(), dispersion),
        };
        if self.distribution.look(&self.detector.total(), effect, self.floor, at) {
            self.detector.reset();
        }
        let Some(missing) = &mut self.missing else { return };
        let cell = counts.len().saturating_sub(2);
        if missing.standing.is_open() {
            let count = counts.get(cell).copied().unwrap_or(0);
            missing.detector.advance(dispersion, events, count as f64, at.start);
        }
        let effect = self.recent.share(cell, missing.reference).map(|share| (share - missing.reference).abs());
        if missing.standing.look(&missing.detector.total(), effect, missing.floor, at) {
            missing.detector.reset();
        }
    }

    /// What its detectors say.
    pub(super) fn series(&self) -> impl Iterator<Item = Series<'_>> {
        let column = Some((&self.name, self.role));
        let series = |statistic, floor, standing| Series { column, statistic, floor, standing };
        let distribution = series("distribution", self.floor, &self.distribution);
        let missing = self.missing.as_ref();
        let missing = missing.map(|missing| series("missing_ratio", missing.floor, &missing.standing));
        [distribution].into_iter().chain(missing)
    }
}

/// The relative move of a cell's share that is of no interest: a PSI of at most about its square.
const RELATIVE_TOLERANCE: f64 = 0.10;

/// Rows of the chunks that the profile's variances between chunks are of.
const CHUNK: f64 = 64.0;

/// The standard deviation of each cell's share between chunks of the reference, where it is more than three standard
/// errors above what independent rows have; else 0, as chance makes every second variance larger than expected.
fn wandering(noise: &ColumnNoise, reference: &[u64]) -> Vec<f64> {
    let rows = reference.iter().sum::<u64>().max(1) as f64;
    let chunks = (rows / CHUNK).max(2.0);
    let shares = reference.iter().map(|count| *count as f64 / rows);
    let wander = shares.zip(&noise.between).map(|(share, variance)| {
        let expected = share * (1.0 - share) / CHUNK;
        if *variance > 3.0 * expected * (2.0 / (chunks - 1.0)).sqrt() { variance.sqrt() } else { 0.0 }
    });
    wander.collect()
}
