//! What is doubtful about a reference, said when it is built.

use super::losses::MOST_TERMS;
use super::seasons::LEAST;
use super::survey::Survey;
use crate::aggregate::{PerformanceShape, Role, Shape, Totals};
use crate::observe::Observer;
use crate::statistics::drift::{Cells, Comparison, population_stability_index};
use crate::statistics::quality::Side;
use crate::time::Season;
use std::fmt;

/// Fewer rows than this make coarse thresholds.
const FEW_ROWS: u64 = 1_000;
/// Fewer actuals of a class than this make its precision and recall guesses.
const FEW_OF_A_CLASS: u64 = 50;
/// A PSI above this between two parts of the reference is worth a word.
const SELF_DRIFT: f64 = 0.2;
/// More distinct texts than this share of the rows, and than a thousand: rather an identifier than a category.
const IDENTIFIER_SHARE: f64 = 0.5;

/// A doubt about a reference.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// Few rows.
    FewRows(u64),
    /// A column of one value, and whether it is a number.
    Constant(String, bool),
    /// A column that is mostly missing: share.
    MostlyMissing(String, f64),
    /// A class with few actuals.
    RareClass(String, u64),
    /// A column whose last fifth differs from the rest: PSI.
    SelfDrift(String, f64),
    /// A column with nearly as many texts as rows.
    Identifier(String, usize),
    /// No actuals, so no reference performance.
    NoActuals,
    /// A regression whose columns have more cells than errors are estimated from.
    TooManyCells(usize),
    /// A column that holds nothing.
    Empty(String),
    /// Rows without a time, which are in no slot of the season.
    Untimed(u64),
    /// Slots of a season with too few rows, and all its slots.
    FewSlots(Season, usize),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::FewRows(n) => write!(f, "the reference has {n} rows, fewer than {FEW_ROWS}: expect noise"),
            Warning::Constant(name, true) => {
                write!(f, "{name} has one value only: statistics in units of its deviation are undefined")
            }
            Warning::Constant(name, false) => write!(f, "{name} has one value only: any other will be unseen"),
            Warning::MostlyMissing(name, share) => write!(f, "{name} is missing in {:.1} % of the rows", share * 100.0),
            Warning::RareClass(class, n) => {
                write!(f, "class {class} has {n} actuals, fewer than {FEW_OF_A_CLASS}: its reference is a guess")
            }
            Warning::SelfDrift(name, psi) => {
                write!(f, "{name} drifts within the reference: its last fifth has a PSI of {psi:.2} against the rest")
            }
            Warning::Identifier(name, n) => {
                write!(f, "{name} has {n} different texts: set schema.kinds.{name} = \"ignore\" if it is an identifier")
            }
            Warning::NoActuals => f.write_str("no actuals: performance will have no reference"),
            Warning::TooManyCells(n) => {
                write!(
                    f,
                    "the columns have {n} cells, more than {MOST_TERMS}: errors will not be estimated without actuals"
                )
            }
            Warning::Untimed(n) => write!(f, "{n} rows have no time: they are in no slot of the season"),
            Warning::FewSlots(season, n) => write!(
                f,
                "{n} of the {} slots of {} have fewer than {LEAST} rows: the whole reference stands in for them",
                season.slots(),
                season.as_str()
            ),
            Warning::Empty(name) => write!(f, "{name} is missing in every row"),
        }
    }
}

/// Every doubt about a counted reference.
pub(super) fn warnings(
    survey: &Survey,
    observer: &Observer,
    inputs: &Totals,
    pairs: &Totals,
    last: &Totals,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if survey.rows() < FEW_ROWS {
        warnings.push(Warning::FewRows(survey.rows()));
    }
    for (column, seen) in observer.inputs.columns.iter().zip(&survey.features) {
        let Some(side) = Side::new(column, inputs) else { continue };
        let share = side.missing() as f64 / side.records().max(1) as f64;
        let constant = match side {
            Side::Numeric(numbers) => numbers.cells().iter().filter(|c| **c > 0).count() == 1 && seen.is_constant(),
            Side::Categorical(categories) => categories.cells().iter().filter(|c| **c > 0).count() == 1,
        };
        if side.present() == 0 {
            warnings.push(Warning::Empty(column.name.to_string()));
        } else if constant {
            let is_number = matches!(column.shape, Shape::Numeric { .. });
            warnings.push(Warning::Constant(column.name.to_string(), is_number));
        }
        if share > 0.5 && side.present() > 0 {
            warnings.push(Warning::MostlyMissing(column.name.to_string(), share));
        }
        let distinct = seen.texts.len();
        let many = distinct > 1_000 && distinct as f64 > IDENTIFIER_SHARE * survey.rows() as f64;
        if matches!(column.shape, Shape::Categorical { .. }) && many {
            warnings.push(Warning::Identifier(column.name.to_string(), distinct));
        }
    }
    warnings.extend(self_drift(observer, inputs, last));
    match &observer.pairs.performance {
        Some(PerformanceShape::Classification { confusion, .. }) if survey.actual.present > 0 => {
            if let Some(matrix) = confusion.read(pairs) {
                let rare = matrix.classes.iter().enumerate().map(|(k, class)| (class, matrix.actual(k)));
                let rare = rare.filter(|(_, n)| *n < FEW_OF_A_CLASS);
                warnings.extend(rare.map(|(class, n)| Warning::RareClass(class.to_string(), n)));
            }
        }
        // The lists of a ranking are no values of a column.
        Some(PerformanceShape::Ranking(ranked)) if ranked.read(pairs).is_some_and(|sums| sums.n > 0) => {}
        _ if survey.actual.present == 0 => warnings.push(Warning::NoActuals),
        _ => {}
    }
    warnings
}

/// Columns whose last fifth differs from the rest by more than [`SELF_DRIFT`] and by more than chance.
fn self_drift(observer: &Observer, inputs: &Totals, last: &Totals) -> Vec<Warning> {
    let mut rest = inputs.clone();
    rest.counts.iter_mut().zip(&last.counts).for_each(|(all, last)| *all -= last);
    rest.sums.iter_mut().zip(&last.sums).for_each(|(all, last)| *all -= last);
    let columns = observer.inputs.columns.iter().filter(|column| column.role != Role::Derived);
    let drifted = columns.filter_map(|column| {
        let cells: Cells = Comparison::new(column, &rest, last, true)?.cells;
        let psi = population_stability_index(&cells);
        // Four standard deviations above what chance alone gives: mean B-1, variance 2(B-1), over n_eff.
        let freedom = cells.len().saturating_sub(1) as f64;
        let chance = (freedom + 4.0 * (2.0 * freedom).sqrt()) / cells.effective().max(1.0);
        (psi > SELF_DRIFT.max(chance)).then(|| Warning::SelfDrift(column.name.to_string(), psi))
    });
    drifted.collect()
}
