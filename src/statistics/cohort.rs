//! All answered predictions of a window, and what can be said of those whose actual is missing.

use super::Undefined;
use crate::aggregate::cohort::{CohortTotals, Stratum};

/// All answered predictions of a binary or multiclass window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cohort<'a> {
    /// Their counts.
    pub totals: CohortTotals<'a>,
    /// Index of the positive class of a binary task.
    pub positive: Option<usize>,
    /// Pairs are counted when their actual arrives, and so not in the windows of their predictions.
    pub by_arrival: bool,
}

/// What is expected of a whole window, when actuals are missing at random inside each stratum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expected {
    /// Predictions.
    pub all: f64,
    /// Right ones.
    pub right: f64,
    /// Actual positives.
    pub positive: f64,
    /// Predictions of the positive class.
    pub predicted: f64,
    /// Predictions of the positive class whose actual is positive.
    pub both: f64,
    /// Predictions in strata that have an actual of their own.
    pub own: f64,
}

impl Cohort<'_> {
    /// The counts of all strata together; undefined without a pair.
    pub(super) fn whole(&self) -> Result<Stratum, Undefined> {
        let whole = self.totals.whole();
        match whole.pairs {
            _ if self.by_arrival => Err(Undefined::ArrivalAxis),
            0 => Err(Undefined::NoActuals),
            _ => Ok(whole),
        }
    }

    /// Each stratum's pairs stand for all of its predictions. A stratum without a pair is taken as its nearest
    /// neighbour along the score, of equal distance the lower one, that has pairs of the same predicted class;
    /// predictions without a score are taken as those of their class together.
    pub fn expected(&self) -> Result<Expected, Undefined> {
        self.whole()?;
        let mut expected = Expected::default();
        for row in 0..self.totals.rows {
            let class = self.totals.of_class(row);
            if class.all == 0 {
                continue;
            }
            if class.pairs == 0 {
                return Err(Undefined::ClassWithoutActuals);
            }
            for cell in 0..self.totals.cells {
                let own = self.totals.stratum(row, cell);
                let model = if own.pairs > 0 { own } else { self.nearest(row, cell).unwrap_or(class) };
                let (all, pairs) = (own.all as f64, model.pairs as f64);
                let positive = all * model.positive as f64 / pairs;
                expected.all += all;
                expected.right += all * model.right as f64 / pairs;
                expected.positive += positive;
                if self.positive == Some(row) {
                    expected.predicted += all;
                    expected.both += positive;
                }
                expected.own += if own.pairs > 0 { all } else { 0.0 };
            }
        }
        Ok(expected)
    }

    fn nearest(&self, row: usize, cell: usize) -> Option<Stratum> {
        let scored = self.totals.cells - 1;
        if cell >= scored {
            return None;
        }
        let cells = (0..scored).map(|other| (other.abs_diff(cell), self.totals.stratum(row, other)));
        cells.filter(|(_, stratum)| stratum.pairs > 0).min_by_key(|(distance, _)| *distance).map(|(_, stratum)| stratum)
    }
}
