//! How many predictions of a window are expected to be right, from the scores alone: confidence-based performance
//! estimation.

use crate::statistics::{Evaluated, Undefined, ratio};

/// The scores of one class in a window, by cell.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Index of the class.
    pub class: usize,
    /// The calibration map: which share of the rows of a cell is of the class.
    pub shares: &'a [f64],
    /// All rows.
    pub rows: &'a [u64],
    /// Those predicted as the class.
    pub predicted: &'a [u64],
    /// Cells that hold one score only.
    pub tied: &'a [bool],
}

impl<'a> Part<'a> {
    /// Each cell from the highest down: expected rows of the class and of others, and whether it holds one score only.
    pub fn downwards(&self) -> impl Iterator<Item = (f64, f64, bool)> + 'a {
        let part = *self;
        (0..part.rows.len().min(part.shares.len())).rev().map(move |k| {
            let rows = part.rows[k] as f64;
            let tied = part.tied.get(k).copied().unwrap_or(false);
            (rows * part.shares[k], rows * (1.0 - part.shares[k]), tied)
        })
    }
}

/// Expected counts of one class.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Rows predicted as the class.
    pub predicted: f64,
    /// Rows expected to be of the class.
    pub actual: f64,
    /// Rows expected to be both.
    pub hits: f64,
}

/// Expected counts of a window.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// The scores: of a binary task those of the positive class.
    pub parts: Vec<Part<'a>>,
    /// Index of the positive class of a binary task.
    pub positive: Option<usize>,
    /// Rows with scores.
    pub rows: f64,
    /// Variance of the number of right predictions, each row being right or not by its own chance.
    pub variance: f64,
    /// Rows expected to be right.
    right: f64,
    /// By class; `None` of those without scores.
    classes: Vec<Option<Counts>>,
}

impl<'a> Expected<'a> {
    /// Counts of so many classes; `None` without any row with scores.
    pub fn new(classes: usize, positive: Option<usize>, parts: Vec<Part<'a>>) -> Option<Expected<'a>> {
        let mut counts = vec![None; classes];
        let (mut variance, mut all) = (0.0, 0.0);
        for part in &parts {
            let mut of_class = Counts::default();
            let mut rows = 0.0;
            for ((n, predicted), share) in part.rows.iter().zip(part.predicted).zip(part.shares) {
                let (n, predicted) = (*n as f64, *predicted as f64);
                rows += n;
                of_class.predicted += predicted;
                of_class.actual += n * share;
                of_class.hits += predicted * share;
                // Of a binary task every row of the cell is right by the share or by what is left of it.
                let judged = if positive.is_some() { n } else { predicted };
                variance += judged * share * (1.0 - share);
            }
            all = if positive.is_some() { rows } else { all + of_class.predicted };
            if let Some(place) = counts.get_mut(part.class) {
                *place = Some(of_class);
            }
        }
        if let Some(one) = positive.and_then(|class| counts.get(class).copied().flatten()) {
            for (class, place) in counts.iter_mut().enumerate().filter(|(class, _)| Some(*class) != positive) {
                let Counts { predicted, actual, hits } = one;
                let other =
                    Counts { predicted: all - predicted, actual: all - actual, hits: all - predicted - actual + hits };
                *place = (class < 2).then_some(other);
            }
        }
        let right = counts.iter().flatten().map(|class: &Counts| class.hits).sum();
        (all > 0.0).then_some(Expected { parts, positive, rows: all, variance, right, classes: counts })
    }

    /// Of several classes: takes the number of right predictions from the largest scores instead of from the scores of
    /// the predicted classes, by the share of right predictions and the rows of each of their cells.
    pub fn with_confidence(mut self, shares: &[f64], rows: &[u64]) -> Expected<'a> {
        let (mut right, mut all, mut variance) = (0.0, 0.0, 0.0);
        for (share, rows) in shares.iter().zip(rows) {
            let rows = *rows as f64;
            all += rows;
            right += rows * share;
            variance += rows * share * (1.0 - share);
        }
        if all > 0.0 {
            self.right = right * self.rows / all;
            self.variance = variance * self.rows / all;
        }
        self
    }

    /// The expected counts of a class.
    pub fn class(&self, class: usize) -> Result<Counts, Undefined> {
        self.classes.get(class).copied().flatten().ok_or(Undefined::NoScores)
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes.len()
    }

    /// The expected share of right predictions.
    pub fn accuracy(&self) -> f64 {
        (self.right / self.rows).clamp(0.0, 1.0)
    }

    /// The mean of a value over the classes with scores, undefined ones as 0.
    pub fn macro_average(&self, value: impl Fn(Counts) -> Evaluated) -> Evaluated {
        let values = self.classes.iter().flatten().map(|counts| value(*counts).map_or(0.0, |outcome| outcome.value));
        let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
        ratio(sum, n, Undefined::NoScores)
    }
}
