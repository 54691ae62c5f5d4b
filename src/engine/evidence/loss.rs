//! Evidence of one loss of pairs: 0/1 error, squared error of the score, scaled absolute error, calibration residual.

use super::recent::Recent;
use super::series::{Series, Standing};
use super::{Taken, WANDERING};
use crate::evidence::bounded_loss::{BoundedLoss, Means, Side};
use serde::{Deserialize, Serialize};

/// What the reference says of a loss in [0, 1].
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Its mean.
    pub(super) mean: f64,
    /// Its variance over rows.
    pub(super) variance: f64,
    /// Rows.
    pub(super) rows: f64,
    /// What chunks of neighbouring rows tell, when they are known.
    pub(super) chunks: Option<Chunks>,
}

/// How the mean of a loss varies between chunks of the reference.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunks {
    /// Its standard deviation.
    pub(super) deviation: f64,
    /// Rows of a chunk.
    pub(super) rows: f64,
    /// Chunks.
    pub(super) number: f64,
    /// The standard deviation over three chunks together, where there are enough of them.
    pub(super) threes: Option<f64>,
}

impl Chunks {
    /// The same of a loss that is so many times as large.
    pub(super) fn times(self, factor: f64) -> Chunks {
        Chunks { deviation: self.deviation * factor, threes: self.threes.map(|threes| threes * factor), ..self }
    }

    /// The dispersion of this loss with this variance over rows, and how far its mean wanders beyond it.
    ///
    /// Neighbouring rows are alike, for a while. When that is shorter than a chunk, chunks of any size have the same
    /// dispersion; when it is longer, larger chunks have a larger one. Three chunks together show which: if they have
    /// more than one alone, it is taken to grow by as much once more. Then no wandering is added: the evidence counts
    /// rows that are alike once, and the mean of the whole reference is as uncertain as such rows leave it. Where there
    /// are too few chunks to join, the mean may wander as it does between single ones.
    fn dispersion(&self, variance: f64) -> (f64, f64) {
        let single = self.deviation * self.deviation;
        let expected = variance / self.rows;
        if expected <= 0.0 {
            return (1.0, 0.0);
        }
        let dispersion = f64::max(1.0, single / expected);
        if let Some(threes) = self.threes {
            let longer = f64::max(dispersion, 3.0 * threes * threes / expected);
            return (longer * longer / dispersion, 0.0);
        }
        let is_chance = single <= expected * (1.0 + 3.0 * (2.0 / (self.number - 1.0).max(1.0)).sqrt());
        (dispersion, if is_chance { 0.0 } else { (single - expected).sqrt() })
    }
}

/// The detector of one loss.
#[derive(Clone, Debug)]
pub(super) struct LossEvidence {
    statistic: &'static str,
    reference: f64,
    dispersion: f64,
    detector: BoundedLoss,
    recent: Recent,
    floor: f64,
    standing: Standing,
}

/// The state of a loss's detector.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    statistic: String,
    detector: BoundedLoss,
    recent: Recent,
    standing: Standing,
}

impl LossEvidence {
    /// The state.
    pub(super) fn save(&self) -> Saved {
        let (detector, recent) = (self.detector.clone(), self.recent.clone());
        Saved { statistic: self.statistic.to_owned(), detector, recent, standing: self.standing.clone() }
    }

    /// With this state; `None` when it is of another loss, or of one with other bounds.
    pub(super) fn restore(self, saved: Saved) -> Option<LossEvidence> {
        let Saved { statistic, detector, recent, standing } = saved;
        let fits = statistic == self.statistic && detector.fits(&self.detector) && recent.fits(1);
        fits.then_some(LossEvidence { detector, recent, standing, ..self })
    }

    /// A detector that has seen nothing, of moves by more than `margin`.
    pub(super) fn new(statistic: &'static str, known: &Known, margin: f64, side: Side) -> Option<LossEvidence> {
        let (dispersion, wander) = known.chunks.map_or((1.0, 0.0), |chunks| chunks.dispersion(known.variance));
        let error = (known.variance * dispersion / known.rows.max(1.0)).sqrt();
        let means = Means::around(known.mean, margin + WANDERING * wander, error, WANDERING)?;
        Some(LossEvidence {
            statistic,
            reference: known.mean,
            dispersion,
            detector: BoundedLoss::new(means, side),
            recent: Recent::new(1),
            floor: margin,
            standing: Standing::default(),
        })
    }

    /// Takes a pane with `n` losses of this sum.
    pub(super) fn take(&mut self, n: u64, sum: f64, at: &Taken) {
        if n == 0 {
            return;
        }
        self.recent.add([sum].into_iter(), n as f64);
        if self.standing.is_open() {
            self.detector.advance(self.dispersion, n, sum, at.start);
        }
        let effect = self.recent.share(0, self.reference).map(|mean| (mean - self.reference).abs());
        if self.standing.look(&self.detector.total(), effect, self.floor, at) {
            self.detector.reset();
        }
    }

    /// What it says.
    pub(super) fn series(&self) -> Series<'_> {
        Series { column: None, statistic: self.statistic, floor: self.floor, standing: &self.standing }
    }
}
