//! Evidence of one loss of pairs: 0/1 error, squared error of the score, scaled absolute error, calibration residual.

use super::recent::Recent;
use super::series::{Series, Standing};
use super::{Taken, WANDERING};
use crate::evidence::bounded_loss::{BoundedLoss, Means, Side};

/// What the reference says of a loss in [0, 1].
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Its mean.
    pub(super) mean: f64,
    /// Its variance over rows.
    pub(super) variance: f64,
    /// Rows.
    pub(super) rows: f64,
    /// The standard deviation of its mean over chunks, their rows and their number, when they are known.
    pub(super) chunks: Option<(f64, f64, f64)>,
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

impl LossEvidence {
    /// A detector that has seen nothing, of moves by more than `margin`.
    pub(super) fn new(statistic: &'static str, known: &Known, margin: f64, side: Side) -> Option<LossEvidence> {
        let (mut dispersion, mut wander) = (1.0, 0.0);
        if let Some((deviation, rows, chunks)) = known.chunks {
            let (found, expected) = (deviation * deviation, known.variance / rows);
            if expected > 0.0 {
                dispersion = f64::max(1.0, found / expected);
            }
            if found > expected * (1.0 + 3.0 * (2.0 / (chunks - 1.0).max(1.0)).sqrt()) {
                wander = (found - expected).sqrt();
            }
        }
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
