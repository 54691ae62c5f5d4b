//! Evidence of means of panes, and of rows as a whole: each against the values of the reference's own chunks.
//!
//! A pane counts as no more than the 64 rows of a chunk. The mean of more neighbouring rows wanders no more than that of
//! 64, so this is on the safe side; with the standard error of all its rows a large pane would be extreme by every
//! hour of the day, and by the luck of the reference.

use super::super::config::Drift;
use super::Taken;
use super::recent::Recent;
use super::series::{Series, Standing};
use crate::aggregate::{Column, FixedPoint, Gather, Gathered, Role};
use crate::derive::mmd;
use crate::evidence::conformal::{Conformal, Ranks};
use crate::profile::{LEAST_PANE_VALUES, PaneScalar, Reference, Standard, pane_scalars};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// Chunks of the reference below which no series is made: it could say at most 0.2 nats a pane, and each series
/// costs all others a part of the budget.
const FEWEST: usize = 80;
/// Rows of a chunk of the reference.
const CHUNK: f64 = 64.0;
/// Sums are carried in units of `2^-20` of the column's scale, those of random features in units of `2^-32`.
const UNIT: f64 = (1u64 << 20) as f64;
const FEATURE_UNIT: f64 = (1u64 << 32) as f64;

/// The detectors of all means of a stream.
#[derive(Clone, Debug)]
pub(super) struct ScalarsEvidence {
    means: Vec<MeanEvidence>,
    discrepancy: Option<Discrepancy>,
}

/// A detector with the values of the reference.
#[derive(Clone, Debug)]
struct Detector {
    ranks: Arc<Ranks>,
    conformal: Conformal,
    floor: f64,
    standing: Standing,
}

impl Detector {
    /// `None` with too few values.
    fn new(values: Vec<f64>, settings: &Drift) -> Option<Detector> {
        let ranks = Ranks::new(values.clone()).filter(|_| values.len() >= FEWEST)?;
        let (conformal, standing) = (Conformal::default(), Standing::default());
        Some(Detector { ranks: Arc::new(ranks), conformal, floor: settings.tolerance.sqrt(), standing })
    }

    fn take(&mut self, value: f64, effect: Option<f64>, at: &Taken) {
        if self.standing.is_open() {
            self.conformal.advance(&self.ranks, value, at.start);
        }
        if self.standing.look(&self.conformal.total(), effect, self.floor, at) {
            self.conformal.reset();
        }
    }
}

/// The mean of a column.
#[derive(Clone, Debug)]
struct MeanEvidence {
    name: Arc<str>,
    role: Role,
    scalar: PaneScalar,
    /// Where its coarse cells, MISSING and INVALID left out, the count of infinities and its first moment are gathered.
    cells: Range<usize>,
    infinite: usize,
    first: usize,
    standard: Standard,
    /// Sums of distances from the reference's mean, in its deviations.
    recent: Recent,
    detector: Detector,
}

impl MeanEvidence {
    fn new(reference: &Reference, scalar: PaneScalar, settings: &Drift, gather: &mut Gather) -> Option<MeanEvidence> {
        let column: &Column = reference.observer.inputs.columns.get(scalar.column)?;
        let mut values = reference.findings.panes.as_ref()?.of(scalar.column)?.to_vec();
        if scalar.two_sided {
            values.iter_mut().for_each(|value| *value = value.abs());
        }
        let standard = Standard::in_reference(reference, scalar.column)?;
        let detector = Detector::new(values, settings)?;
        let fine = scalar.first - column.sums;
        let Range { start, end } = gather.column(scalar.column);
        Some(MeanEvidence {
            name: column.name.clone(),
            role: column.role,
            cells: start..end.saturating_sub(2),
            infinite: gather.count(column.counts + fine + 2),
            first: gather.sum(scalar.first),
            standard,
            recent: Recent::new(1),
            detector,
            scalar,
        })
    }

    /// Finite values and their sum of distances from the center, above and below.
    fn append(&self, gathered: &Gathered, counts: &mut Vec<u64>) {
        let present: u64 = gathered.counts(self.cells.clone()).iter().sum();
        let (infinite, sum) = (gathered.count(self.infinite), gathered.sum(self.first));
        let sum = self.scalar.fixed.first(sum) / self.scalar.fixed.scale() * UNIT;
        counts.push(present.saturating_sub(infinite));
        // A conversion to an unsigned number stops at its ends.
        counts.extend([sum.round() as u64, (-sum).round() as u64]);
    }

    fn take(&mut self, counts: &[u64], at: &Taken) {
        let [n, above, below] = *counts else { return };
        if n < LEAST_PANE_VALUES {
            return;
        }
        let sum = (above as f64 - below as f64) / UNIT * self.scalar.fixed.scale();
        let mean = self.scalar.fixed.center + sum / n as f64;
        let shift = (mean - self.standard.mean) / self.standard.deviation;
        self.recent.add([shift * n as f64].into_iter(), n as f64);
        let value = self.standard.score(mean, (CHUNK * self.standard.share).min(n as f64));
        let (value, sided): (f64, fn(f64) -> f64) =
            if self.scalar.two_sided { (value.abs(), f64::abs) } else { (value, |shift| shift.max(0.0)) };
        self.detector.take(value, self.recent.share(0, 0.0).map(sided), at);
    }
}

/// The maximum mean discrepancy of rows as a whole.
#[derive(Clone, Debug)]
struct Discrepancy {
    /// Where the sums of the random features and the answered predictions are gathered.
    sums: Vec<usize>,
    answered: usize,
    /// Of the reference: mean features, rows, traces.
    expected: Vec<f64>,
    rows: u64,
    traces: mmd::Traces,
    detector: Detector,
    recent: Recent,
}

impl Discrepancy {
    fn new(reference: &Reference, settings: &Drift, gather: &mut Gather) -> Option<Discrepancy> {
        let observer = &reference.observer;
        let values = reference.findings.panes.as_ref()?.discrepancy.clone();
        let expected = observer.random_features(&reference.inputs)?;
        let traces = observer.frame.derived.fitted().mmd.as_ref()?.traces;
        let detector = Detector::new(values, settings)?;
        Some(Discrepancy {
            sums: observer.random_feature_sums().map(|sum| gather.sum(sum)).collect(),
            answered: gather.count(observer.answered()),
            rows: reference.rows,
            traces,
            detector,
            recent: Recent::new(expected.len()),
            expected,
        })
    }

    fn width(&self) -> usize {
        1 + self.expected.len()
    }

    /// Rows, and the sum of each feature with one added to each value, as features are from -1 to 1.
    fn append(&self, gathered: &Gathered, counts: &mut Vec<u64>) {
        let rows = gathered.count(self.answered);
        counts.push(rows);
        let raised = |sum: i128| ((FixedPoint::UNIT.first(sum) + rows as f64) * FEATURE_UNIT).round() as u64;
        counts.extend(self.sums.iter().map(|sum| raised(gathered.sum(*sum))));
    }

    fn take(&mut self, counts: &[u64], at: &Taken) {
        let Some((rows, sums)) = counts.split_first().filter(|(rows, _)| **rows >= LEAST_PANE_VALUES) else { return };
        let features = |sum: &u64| *sum as f64 / FEATURE_UNIT - *rows as f64;
        let current: Vec<f64> = sums.iter().map(|sum| features(sum) / *rows as f64).collect();
        let found = mmd::discrepancy(&current, (*rows).min(CHUNK as u64), &self.expected, self.rows, self.traces);
        let Some(found) = found else { return };
        self.recent.add(sums.iter().map(features), *rows as f64);
        let effect = self.recent.distance(&self.expected);
        self.detector.take(found.sigma, effect, at);
    }
}

/// The state of a detector.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedDetector {
    conformal: Conformal,
    standing: Standing,
    recent: Recent,
}

impl SavedDetector {
    fn of(detector: &Detector, recent: &Recent) -> SavedDetector {
        let Detector { conformal, standing, .. } = detector.clone();
        SavedDetector { conformal, standing, recent: recent.clone() }
    }

    /// Puts the state in its place; `false` when it does not fit.
    fn restore(self, detector: &mut Detector, recent: &mut Recent) -> bool {
        let fits = self.recent.fits(recent.cells());
        if fits {
            (detector.conformal, detector.standing, *recent) = (self.conformal, self.standing, self.recent);
        }
        fits
    }
}

/// The state of the detectors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    means: Vec<(Arc<str>, Role, SavedDetector)>,
    discrepancy: Option<SavedDetector>,
}

impl ScalarsEvidence {
    /// The state.
    pub(super) fn save(&self) -> Saved {
        let means = self.means.iter();
        Saved {
            means: means
                .map(|mean| (mean.name.clone(), mean.role, SavedDetector::of(&mean.detector, &mean.recent)))
                .collect(),
            discrepancy: self.discrepancy.as_ref().map(|found| SavedDetector::of(&found.detector, &found.recent)),
        }
    }

    /// With this state; `None` when it is of other columns.
    pub(super) fn restore(mut self, saved: Saved) -> Option<ScalarsEvidence> {
        if saved.means.len() != self.means.len() {
            return None;
        }
        for (mean, (name, role, saved)) in self.means.iter_mut().zip(saved.means) {
            if mean.name != name || mean.role != role || !saved.restore(&mut mean.detector, &mut mean.recent) {
                return None;
            }
        }
        match (&mut self.discrepancy, saved.discrepancy) {
            (None, None) => Some(self),
            (Some(found), Some(saved)) => saved.restore(&mut found.detector, &mut found.recent).then_some(self),
            _ => None,
        }
    }

    /// Those that the reference has values of chunks for.
    pub(super) fn new(reference: &Reference, settings: &Drift, gather: &mut Gather) -> ScalarsEvidence {
        let scalars = pane_scalars(&reference.observer).into_iter();
        ScalarsEvidence {
            means: scalars.filter_map(|scalar| MeanEvidence::new(reference, scalar, settings, gather)).collect(),
            discrepancy: Discrepancy::new(reference, settings, gather),
        }
    }

    /// The counts it adds to a pane.
    pub(super) fn width(&self) -> usize {
        3 * self.means.len() + self.discrepancy.as_ref().map_or(0, Discrepancy::width)
    }

    /// Appends those of a settled pane of the windows' ring.
    pub(super) fn append(&self, gathered: &Gathered, counts: &mut Vec<u64>) {
        self.means.iter().for_each(|mean| mean.append(gathered, counts));
        if let Some(discrepancy) = &self.discrepancy {
            discrepancy.append(gathered, counts);
        }
    }

    /// Takes the counts of a pane.
    pub(super) fn take(&mut self, counts: &[u64], at: &Taken) {
        let Some((means, features)) = counts.split_at_checked(3 * self.means.len()) else { return };
        self.means.iter_mut().zip(means.chunks_exact(3)).for_each(|(mean, counts)| mean.take(counts, at));
        if let Some(discrepancy) = &mut self.discrepancy {
            discrepancy.take(features, at);
        }
    }

    /// What its detectors say.
    pub(super) fn series(&self) -> impl Iterator<Item = Series<'_>> {
        let means = self.means.iter().map(|mean| Series {
            column: Some((&mean.name, mean.role)),
            statistic: "mean",
            floor: mean.detector.floor,
            standing: &mean.detector.standing,
        });
        let discrepancy = self.discrepancy.iter().map(|discrepancy| Series {
            column: None,
            statistic: "maximum_mean_discrepancy",
            floor: discrepancy.detector.floor,
            standing: &discrepancy.detector.standing,
        });
        means.chain(discrepancy)
    }
}
