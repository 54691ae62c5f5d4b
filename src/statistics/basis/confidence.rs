//! What follows from how sure the model is of its answers: the score of the class it predicted.

use super::Cells;

/// Which confidences count as right, and the mean of them, in a reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Confidence {
    /// The share of right predictions of the reference.
    accuracy: f64,
    /// The mean confidence of the reference.
    mean: f64,
    /// For each cell which part of it is above the threshold: 1, 0, and of the cell that holds the threshold the rest.
    above: Vec<f64>,
}

/// The confidences of a window against those of its reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surety {
    /// The share of confidences above the threshold that leaves as many above it in the reference as were right.
    pub above: f64,
    /// The accuracy of the reference with the change of the mean confidence.
    pub difference: f64,
}

impl Confidence {
    /// From a reference's confidences and its accuracy; `None` without any confidence.
    pub fn new(reference: &[Cells], accuracy: f64) -> Option<Confidence> {
        let rows: f64 = reference.iter().map(|cell| cell.rows).sum();
        if rows <= 0.0 {
            return None;
        }
        let mut order: Vec<usize> = (0..reference.len()).filter(|k| reference[*k].rows > 0.0).collect();
        order.sort_by(|i, j| reference[*j].mean().total_cmp(&reference[*i].mean()));
        let mut left = accuracy * rows;
        let mut lowest = f64::INFINITY;
        let mut above = vec![0.0; reference.len()];
        for k in order {
            let part = (left / reference[k].rows).clamp(0.0, 1.0);
            left -= part * reference[k].rows;
            above[k] = part;
            if part > 0.0 {
                lowest = reference[k].mean();
            }
        }
        // Cells that the reference left empty are on the side of the threshold that their place is on.
        for (k, cell) in reference.iter().enumerate().filter(|(_, cell)| cell.rows == 0.0) {
            above[k] = f64::from(u8::from(cell.place > lowest));
        }
        let mean = reference.iter().map(|cell| cell.sum).sum::<f64>() / rows;
        Some(Confidence { accuracy, mean, above })
    }

    /// What the same cells of a window say; `None` without any confidence.
    pub fn read(&self, window: &[Cells]) -> Option<Surety> {
        let rows: f64 = window.iter().map(|cell| cell.rows).sum();
        let above: f64 = window.iter().zip(&self.above).map(|(cell, part)| cell.rows * part).sum();
        let mean = window.iter().map(|cell| cell.sum).sum::<f64>() / rows;
        let difference = (self.accuracy + mean - self.mean).clamp(0.0, 1.0);
        (rows > 0.0).then(|| Surety { above: (above / rows).min(1.0), difference })
    }
}
