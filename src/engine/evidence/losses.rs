//! The losses of a stream's pairs, each with its detector.

use super::super::config::Drift;
use super::Taken;
use super::loss::{Chunks, Known, LossEvidence, Saved};
use super::series::Series;
use crate::aggregate::Grid;
use crate::aggregate::numeric::Numbers;
use crate::aggregate::scored::ScoreCells;
use crate::event::Task;
use crate::evidence::bounded_loss::Side;
use crate::observe::Label;
use crate::profile::Reference;
use crate::statistics::basis::isotonic;
use crate::statistics::performance::{ABSOLUTE_ERROR, Performance};

/// Losses are summed in units of `2^-32`.
const UNIT: f64 = (1u64 << 32) as f64;
/// The share of the reference's absolute errors that the scale of the loss is to hold.
const SCALED: f64 = 0.99;

/// A pair as losses see it.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct Outcome {
    /// What turned out to be true.
    pub(in crate::engine) actual: Label,
    /// What the model said.
    pub(in crate::engine) predicted: Label,
    /// The score of the positive class; NaN without one.
    pub(in crate::engine) score: f64,
}

/// How a loss is taken from a pair.
#[derive(Clone, Debug)]
enum Kind {
    /// 1 for a wrong class.
    Error,
    /// `(score - y)^2` of the positive class.
    Brier { positive: usize },
    /// `(1 + y - c(score)) / 2`: one half while a score means what it did.
    Residual { positive: usize, grid: Grid, calibrated: Vec<f64> },
    /// `min(1, |prediction - actual| / scale)`.
    AbsoluteError { scale: f64 },
}

impl Kind {
    fn of(&self, pair: &Outcome) -> Option<f64> {
        let occurred = |positive: usize| f64::from(u8::from(pair.actual == Label::Class(positive)));
        let scored = (0.0..=1.0).contains(&pair.score);
        match (self, pair.actual, pair.predicted) {
            (Kind::Error, Label::Class(actual), Label::Class(predicted)) => {
                Some(f64::from(u8::from(actual != predicted)))
            }
            (Kind::Brier { positive }, Label::Class(_), _) if scored => {
                Some((pair.score - occurred(*positive)).powi(2))
            }
            (Kind::Residual { positive, grid, calibrated }, Label::Class(_), _) if scored => {
                let expected = calibrated.get(grid.cell(pair.score))?;
                Some((1.0 + occurred(*positive) - expected) / 2.0)
            }
            (Kind::AbsoluteError { scale }, Label::Number(actual), Label::Number(predicted)) => {
                let error = (predicted - actual).abs();
                error.is_finite().then(|| (error / scale).min(1.0))
            }
            _ => None,
        }
    }
}

/// The detectors of a stream's losses.
#[derive(Clone, Debug, Default)]
pub(super) struct LossesEvidence {
    losses: Vec<(Kind, LossEvidence)>,
}

impl LossesEvidence {
    /// Those that the reference has pairs for.
    pub(super) fn new(reference: &Reference, settings: &Drift) -> LossesEvidence {
        let observer = &reference.observer;
        let Some(pairs) = Performance::new(&observer.pairs, &reference.pairs).filter(|pairs| pairs.pairs() > 0) else {
            return LossesEvidence::default();
        };
        let chunks = |key: &str| {
            let chunks = reference.findings.chunks.as_ref()?;
            let spread = chunks.performance.get(key)?.first().copied().flatten()?;
            let (rows, number) = (chunks.rows as f64, chunks.chunks as f64);
            Some(Chunks { deviation: spread.deviation, rows, number, threes: chunks.threes.get(key).copied() })
        };
        let margin = settings.margin;
        let mut losses = Vec::new();
        let mut push = |kind: Kind, statistic: &'static str, known: Known, margin: f64, side: Side| {
            losses.extend(LossEvidence::new(statistic, &known, margin, side).map(|evidence| (kind, evidence)));
        };
        match &pairs {
            Performance::Classification(window) => {
                let rows = window.matrix.total() as f64;
                let mean = 1.0 - window.matrix.correct() as f64 / rows;
                let known = Known { mean, variance: mean * (1.0 - mean), rows, chunks: chunks("accuracy_ratio") };
                push(Kind::Error, "error_ratio", known, margin, Side::Up);
                let scored = window.scored.as_ref().and_then(|scored| scored.sections.first());
                if let (Task::Binary, Some(positive), Some(cells)) =
                    (observer.frame.task, observer.frame.positive, scored)
                {
                    let known = brier(cells, chunks("brier_score"));
                    push(Kind::Brier { positive }, "brier_score", known, margin, Side::Up);
                    if let Some((calibrated, known)) = residual(cells, chunks("brier_score")) {
                        let kind = Kind::Residual { positive, grid: cells.grid.clone(), calibrated };
                        push(kind, "calibration_residual", known, margin / 2.0, Side::Both);
                    }
                }
            }
            Performance::Regression(_) => {
                let column = observer.pairs.columns.iter().find(|column| &*column.name == ABSOLUTE_ERROR);
                let errors = column.and_then(|column| Numbers::of(column, &reference.pairs));
                if let Some((scale, known)) = errors.and_then(|errors| scaled(&errors, chunks("mean_absolute_error"))) {
                    push(Kind::AbsoluteError { scale }, "absolute_error", known, margin, Side::Up);
                }
            }
            _ => {}
        }
        LossesEvidence { losses }
    }

    /// The state.
    pub(super) fn save(&self) -> Vec<Saved> {
        self.losses.iter().map(|(_, loss)| loss.save()).collect()
    }

    /// With this state; `None` when it does not fit.
    pub(super) fn restore(self, saved: Vec<Saved>) -> Option<LossesEvidence> {
        if saved.len() != self.losses.len() {
            return None;
        }
        let losses = self.losses.into_iter().zip(saved).map(|((kind, loss), saved)| Some((kind, loss.restore(saved)?)));
        Some(LossesEvidence { losses: losses.collect::<Option<_>>()? })
    }

    /// The counts it adds to a pane: for each loss the pairs and the sum.
    pub(super) fn width(&self) -> usize {
        2 * self.losses.len()
    }

    /// Appends a pair's.
    pub(super) fn append(&self, pair: &Outcome, counts: &mut Vec<u64>) {
        for (kind, _) in &self.losses {
            match kind.of(pair) {
                Some(loss) => counts.extend([1, (loss * UNIT).round() as u64]),
                None => counts.extend([0, 0]),
            }
        }
    }

    /// Takes the counts of a pane.
    pub(super) fn take(&mut self, counts: &[u64], at: &Taken) {
        for ((_, loss), counts) in self.losses.iter_mut().zip(counts.chunks_exact(2)) {
            loss.take(counts[0], counts[1] as f64 / UNIT, at);
        }
    }

    /// What its detectors say.
    pub(super) fn series(&self) -> impl Iterator<Item = Series<'_>> {
        self.losses.iter().map(|(_, loss)| loss.series())
    }
}

/// Rows and positives of each cell with its mean score.
fn by_score<'a>(cells: &'a ScoreCells<'_>) -> impl Iterator<Item = (f64, f64, f64)> + 'a {
    cells.negatives.iter().zip(cells.positives).enumerate().map(|(k, (negatives, positives))| {
        let rows = (negatives + positives) as f64;
        let (low, high) = cells.span(k);
        let score = if rows > 0.0 { cells.score_sum(k) / rows } else { low + (high - low) / 2.0 };
        (rows, *positives as f64, score)
    })
}

/// Mean and variance of the squared error; inside a cell all scores count as its mean.
fn brier(cells: &ScoreCells<'_>, chunks: Option<Chunks>) -> Known {
    let rows: f64 = by_score(cells).map(|(rows, ..)| rows).sum::<f64>().max(1.0);
    let mean = (cells.squared_errors() / rows).clamp(0.0, 1.0);
    let fourth = by_score(cells).map(|(n, p, s)| p * (1.0 - s).powi(4) + (n - p) * s.powi(4)).sum::<f64>() / rows;
    Known { mean, variance: (fourth - mean * mean).max(0.0), rows, chunks }
}

/// The calibration map of the reference's scores, and its residual as a loss. Chunks of the squared error tell how
/// much more than chance it varies.
fn residual(cells: &ScoreCells<'_>, chunks: Option<Chunks>) -> Option<(Vec<f64>, Known)> {
    let rows: Vec<u64> = cells.negatives.iter().zip(cells.positives).map(|(n, p)| n + p).collect();
    let places: Vec<f64> = by_score(cells).map(|(_, _, score)| score).collect();
    let calibrated = isotonic(&places, &rows, cells.positives)?;
    let all: f64 = rows.iter().sum::<u64>() as f64;
    let spread = by_score(cells).zip(&calibrated).map(|((n, p, _), c)| p * (1.0 - c).powi(2) + (n - p) * c * c);
    let variance = spread.sum::<f64>() / all / 4.0;
    let brier = brier(cells, None);
    // In units of its own variance the residual is as overdispersed as the squared error.
    let chunks = chunks.filter(|_| brier.variance > 0.0).map(|chunks| chunks.times((variance / brier.variance).sqrt()));
    Some((calibrated, Known { mean: 0.5, variance, rows: all, chunks }))
}

/// The scale that holds most of the reference's absolute errors, and the loss over it.
fn scaled(errors: &Numbers<'_>, chunks: Option<Chunks>) -> Option<(f64, Known)> {
    let grid = errors.grid();
    let finite = errors.finite() as f64;
    let (mut before, mut scale) = (0u64, None);
    for (k, count) in errors.cells().iter().enumerate() {
        before += count;
        if before as f64 >= SCALED * finite {
            scale = grid.upper(k).filter(|upper| *upper > 0.0);
            break;
        }
    }
    let scale = scale.filter(|_| finite > 0.0)?;
    let (mut sum, mut squares) = (0.0, 0.0);
    for (k, count) in errors.cells().iter().enumerate().filter(|(_, count)| **count > 0) {
        let low = grid.lower(k).unwrap_or(0.0).max(0.0);
        let mean = low + errors.offset_mean(k) * finite / *count as f64;
        let loss = if grid.upper(k).is_some_and(|upper| upper <= scale) { (mean / scale).min(1.0) } else { 1.0 };
        sum += loss * *count as f64;
        squares += loss * loss * *count as f64;
    }
    let mean = (sum / finite).clamp(0.0, 1.0);
    let variance = (squares / finite - mean * mean).max(0.0);
    let chunks = chunks.map(|chunks| chunks.times(1.0 / scale));
    Some((scale, Known { mean, variance, rows: finite, chunks }))
}
