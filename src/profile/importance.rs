//! How much each feature matters to what the model says, estimated while a reference is counted.
//!
//! The share of the variance of the response (score of the positive class, or prediction) that lies between the coarse
//! cells of the feature, corrected for the share that chance gives: epsilon squared, `1 - (1 - eta^2)(n - 1)/(n - B)`,
//! at least 0 (Kelley 1935). Of classes without a score the response is the indicator of each class and the variances
//! are summed (Goodman and Kruskal's tau). The importances are these shares brought to a sum of 1.
//!
//! It looks at one feature at a time: of two features that say the same both matter, and what matters only together
//! with another does not. Importances that the model itself gives are better (`driftgauge profile --importance`).

use crate::observe::{Frame, Label};

/// Sums of responses by coarse cell of each feature.
#[derive(Clone, Debug)]
pub(super) struct Responses {
    /// Responses of a row: one of a score or a number, one for each class otherwise.
    width: usize,
    /// By feature: by cell the number of rows, then the sums of the responses.
    features: Vec<Vec<Cell>>,
    total: Cell,
    /// The sum of the squared responses.
    squares: f64,
    /// Taken from each response of a number, so that squares keep their digits.
    center: f64,
}

#[derive(Clone, Debug)]
struct Cell {
    rows: f64,
    sums: Vec<f64>,
}

impl Responses {
    /// Nothing yet, for features with these coarse cells.
    pub(super) fn new(frame: &Frame, cells: impl Iterator<Item = usize>) -> Responses {
        let width = if frame.is_valued() { 1 } else { frame.classes.len() };
        let cell = Cell { rows: 0.0, sums: vec![0.0; width] };
        Responses {
            width,
            features: cells.map(|cells| vec![cell.clone(); cells]).collect(),
            total: cell,
            squares: 0.0,
            center: frame.residuals.center,
        }
    }

    /// Adds a row whose features fell into these cells: its score, or else what was predicted.
    pub(super) fn observe(&mut self, cells: &[u16], score: Option<f64>, predicted: Option<Label>) {
        let (index, response) = match (self.width, score, predicted) {
            (1, Some(score), _) if score.is_finite() => (0, score),
            (1, None, Some(Label::Number(value))) if value.is_finite() => (0, value - self.center),
            (width, _, Some(Label::Class(class))) if class < width && width > 1 => (class, 1.0),
            _ => return,
        };
        self.squares += response * response;
        let cells = self.features.iter_mut().zip(cells).filter_map(|(cells, cell)| cells.get_mut(usize::from(*cell)));
        for cell in cells.chain([&mut self.total]) {
            cell.rows += 1.0;
            if let Some(sum) = cell.sums.get_mut(index) {
                *sum += response;
            }
        }
    }

    /// The importance of each feature; empty when there is none to tell.
    pub(super) fn importance(&self) -> Vec<f64> {
        let spread = |cell: &Cell| cell.sums.iter().map(|sum| sum * sum).sum::<f64>() / cell.rows.max(1.0);
        let total = self.squares - spread(&self.total);
        let rows = self.total.rows;
        let shares = self.features.iter().map(|cells| {
            let filled: Vec<&Cell> = cells.iter().filter(|cell| cell.rows > 0.0).collect();
            let between = filled.iter().map(|cell| spread(cell)).sum::<f64>() - spread(&self.total);
            let free = rows - filled.len() as f64;
            if total <= 0.0 || free < 1.0 {
                return 0.0;
            }
            (1.0 - (1.0 - between / total) * (rows - 1.0) / free).clamp(0.0, 1.0)
        });
        normalised(shares.collect())
    }

    /// The mean response by cell of each feature, `None` where there are no rows; empty when a row has several.
    pub(super) fn means(&self) -> Vec<Vec<Option<f64>>> {
        if self.width != 1 || self.total.rows == 0.0 {
            return Vec::new();
        }
        let mean = |cell: &Cell| {
            let sum = cell.sums.first().copied().unwrap_or(0.0);
            (cell.rows > 0.0).then(|| sum / cell.rows)
        };
        self.features.iter().map(|cells| cells.iter().map(mean).collect()).collect()
    }
}

/// Brings nonnegative numbers to a sum of 1; empty when all are zero.
pub(super) fn normalised(shares: Vec<f64>) -> Vec<f64> {
    let sum: f64 = shares.iter().sum();
    if sum > 0.0 { shares.into_iter().map(|share| share / sum).collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::FixedPoint;
    use crate::event::Task;

    fn frame(task: Task, classes: usize) -> Frame {
        Frame {
            task,
            classes: (0..classes).map(|class| class.to_string().into()).collect(),
            positive: None,
            features: Vec::new(),
            scores: Vec::new(),
            prediction: None,
            actual: None,
            absolute_error: None,
            residuals: FixedPoint { center: 100.0, exponent: 0 },
            depth: 0,
            derived: crate::derive::Derive::default(),
        }
    }

    #[test]
    fn what_decides_the_prediction_matters_and_noise_does_not() {
        let mut responses = Responses::new(&frame(Task::Regression, 0), [4usize, 4].into_iter());
        for i in 0..4_000u16 {
            let (decides, noise) = (i % 4, (i / 4) % 4);
            responses.observe(&[decides, noise], None, Some(Label::Number(100.0 + f64::from(decides))));
        }
        let importance = responses.importance();
        assert_eq!((1.0, 0.0), (importance[0], importance[1]));
        assert_eq!(Some(2.0), responses.means()[0][2]);
    }

    #[test]
    fn classes_without_scores_count_by_their_indicators() {
        let mut responses = Responses::new(&frame(Task::Multiclass, 3), [3usize, 2].into_iter());
        for i in 0..3_000u16 {
            responses.observe(&[i % 3, i % 2], None, Some(Label::Class(usize::from(i % 3))));
        }
        let importance = responses.importance();
        assert!(importance[0] > 0.999, "{importance:?}");
        assert!(responses.means().is_empty());
    }

    #[test]
    fn without_responses_nothing_is_said() {
        assert!(Responses::new(&frame(Task::Regression, 0), [4usize].into_iter()).importance().is_empty());
    }
}
