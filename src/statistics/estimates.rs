//! What performance is expected of a window before its actuals are known, and whether what is known fits.
//!
//! All of it rests on the reference's pairs: on which share of the rows of a score turned out to be of the class. As
//! long as that holds, a change of the inputs moves the estimates as it moves the performance. When the world behind
//! the same scores changes, they cannot see it; then [`calibration_residual`](self) moves, as actuals arrive.

mod accuracy;
mod accuracy_atc;
mod accuracy_doc;
mod actual_class;
mod actual_class_condition;
mod average_precision;
mod calibration_residual;
mod f1;
mod f1_macro;
mod mean_absolute_error;
mod precision;
mod recall;
mod roc_auc;
mod roc_auc_macro;
mod root_mean_squared_error;
mod specificity;

use super::basis::{Classified, Estimated, Expected};
use super::{Evaluated, Spec, Undefined};

pub use accuracy::limits as accuracy_limits;

/// Every estimate, in the order they are shown in.
pub static ENTRIES: &[Entry] = &[
    accuracy::ENTRY,
    precision::ENTRY,
    recall::ENTRY,
    f1::ENTRY,
    f1_macro::ENTRY,
    specificity::ENTRY,
    roc_auc::ENTRY,
    roc_auc_macro::ENTRY,
    average_precision::ENTRY,
    accuracy_atc::ENTRY,
    accuracy_doc::ENTRY,
    actual_class::ENTRY,
    actual_class_condition::ENTRY,
    calibration_residual::ENTRY,
    mean_absolute_error::ENTRY,
    root_mean_squared_error::ENTRY,
];

/// One estimate.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is.
    pub spec: Spec,
    /// Computes it.
    pub evaluate: Evaluate,
}

/// How an estimate is computed: what it needs decides the tasks it is shown for.
#[derive(Clone, Copy, Debug)]
pub enum Evaluate {
    /// From the scores of a binary or multiclass task.
    Scores(fn(&Expected<'_>) -> Evaluated),
    /// The same of a binary task only.
    Binary(fn(&Expected<'_>) -> Evaluated),
    /// The same of a multiclass task only.
    Multiclass(fn(&Expected<'_>) -> Evaluated),
    /// From the scores, once for each class (by index); exposed with the label `class`.
    PerClass(fn(&Expected<'_>, usize) -> Evaluated),
    /// From all that is known of a binary or multiclass task.
    Classification(fn(&Classified<'_>) -> Evaluated),
    /// The same once for each class.
    ClassificationPerClass(fn(&Classified<'_>, usize) -> Evaluated),
    /// From the mean expected size of the error and the mean of its square.
    Regression(fn([f64; 2]) -> Evaluated),
}

impl Entry {
    /// Whether it has a value for each class, exposed with the label `class`.
    pub fn is_per_class(&self) -> bool {
        matches!(self.evaluate, Evaluate::PerClass(_) | Evaluate::ClassificationPerClass(_))
    }

    /// Its values for a window: one, or one for each class by index. Empty when it is of another task. What is
    /// undefined for every class alike is said once.
    pub fn values(&self, window: &Estimated<'_>) -> Vec<(Option<usize>, Evaluated)> {
        match window {
            Estimated::Classification(window) => self.of_classes(window),
            Estimated::Regression(losses) => match self.evaluate {
                Evaluate::Regression(evaluate) => vec![(None, losses.and_then(evaluate))],
                _ => Vec::new(),
            },
            Estimated::Ranking => Vec::new(),
        }
    }

    fn of_classes(&self, window: &Classified<'_>) -> Vec<(Option<usize>, Evaluated)> {
        let expected = window.expected.as_ref().map_err(|reason| *reason);
        match (self.evaluate, expected) {
            (Evaluate::Binary(_), _) if !window.binary => Vec::new(),
            (Evaluate::Multiclass(_), _) if window.binary => Vec::new(),
            (Evaluate::Scores(evaluate) | Evaluate::Binary(evaluate) | Evaluate::Multiclass(evaluate), expected) => {
                vec![(None, expected.and_then(evaluate))]
            }
            (Evaluate::PerClass(evaluate), Ok(expected)) => {
                (0..window.classes).map(|class| (Some(class), evaluate(expected, class))).collect()
            }
            (Evaluate::PerClass(_), Err(reason)) => vec![(None, Err(reason))],
            (Evaluate::Classification(evaluate), _) => vec![(None, evaluate(window))],
            (Evaluate::ClassificationPerClass(_), _) if window.shares.is_err() => {
                vec![(None, window.shares.as_ref().map(|_| 0.0.into()).map_err(|reason| *reason))]
            }
            (Evaluate::ClassificationPerClass(evaluate), _) => {
                (0..window.classes).map(|class| (Some(class), evaluate(window, class))).collect()
            }
            (Evaluate::Regression(_), _) => Vec::new(),
        }
    }
}

/// The estimate with this key.
pub fn entry(key: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.spec.key == key)
}

/// A share of expected counts: at most 1 but for rounding.
fn share(numerator: f64, denominator: f64, otherwise: Undefined) -> Evaluated {
    // Sums of shares that cancel leave a trace.
    if denominator <= 1e-9 { Err(otherwise) } else { Ok((numerator / denominator).clamp(0.0, 1.0).into()) }
}
