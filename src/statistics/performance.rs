//! Statistics of pairs of prediction and actual.

mod absolute_error_p90;
mod accuracy;
mod accuracy_best_case;
mod accuracy_poststratified;
mod accuracy_worst_case;
mod actual_class;
mod actual_class_poststratified;
mod average_precision;
mod average_precision_class;
mod average_precision_macro;
mod balanced_accuracy;
mod brier_score;
mod brier_score_class;
mod calibration_error;
mod calibration_error_debiased;
mod calibration_error_squared_debiased;
mod click_through_ratio;
mod cohen_kappa;
mod correlation;
mod error_variance;
mod explained_variance;
mod f1;
mod f1_macro;
mod f1_micro;
mod f1_weighted;
mod gini;
mod hit_ratio;
mod interval_coverage_ratio;
mod interval_width;
mod log_loss;
mod matthews_correlation;
mod mean_absolute_error;
mod mean_absolute_percentage_error;
mod mean_error;
mod mean_reciprocal_rank;
mod median_absolute_error;
mod negative_predictive_value;
mod normalized_discounted_cumulative_gain;
mod observed_expected;
mod pinball_loss;
mod precision;
mod precision_macro;
mod precision_micro;
mod precision_poststratified;
mod precision_weighted;
mod predicted_class;
mod r_squared;
mod recall;
mod recall_at_fpr;
mod recall_macro;
mod recall_micro;
mod recall_poststratified;
mod recall_weighted;
mod relevant_request_ratio;
mod roc_auc;
mod roc_auc_class;
mod roc_auc_macro;
mod root_mean_squared_error;
mod score_kolmogorov_smirnov;
mod specificity;
mod spiegelhalter_z;
mod symmetric_mean_absolute_percentage_error;
mod weighted_absolute_percentage_error;

use super::cohort::Cohort;
use super::interval::{Closed, Interval, Jackknife, Level, Moments};
use super::{Companion, Evaluated, Outcome, Spec, Undefined, ratio};
use crate::aggregate::confusion::ConfusionMatrix;
use crate::aggregate::numeric::Numbers;
use crate::aggregate::ranked::RankedSums;
use crate::aggregate::residuals::ResidualSums;
use crate::aggregate::scored::{ScoreCells, ScoredTotals};
use crate::aggregate::{Layout, PerformanceShape, Totals};

/// Every performance statistic, in the order they are shown in.
pub static ENTRIES: &[Entry] = &[
    accuracy::ENTRY,
    balanced_accuracy::ENTRY,
    precision::ENTRY,
    precision_macro::ENTRY,
    precision_micro::ENTRY,
    precision_weighted::ENTRY,
    recall::ENTRY,
    recall_macro::ENTRY,
    recall_micro::ENTRY,
    recall_weighted::ENTRY,
    f1::ENTRY,
    f1_macro::ENTRY,
    f1_micro::ENTRY,
    f1_weighted::ENTRY,
    negative_predictive_value::ENTRY,
    specificity::ENTRY,
    matthews_correlation::ENTRY,
    cohen_kappa::ENTRY,
    actual_class::ENTRY,
    predicted_class::ENTRY,
    accuracy_worst_case::ENTRY,
    accuracy_best_case::ENTRY,
    accuracy_poststratified::ENTRY,
    precision_poststratified::ENTRY,
    recall_poststratified::ENTRY,
    actual_class_poststratified::ENTRY,
    roc_auc::ENTRY,
    average_precision::ENTRY,
    roc_auc_class::ENTRY,
    roc_auc_macro::ENTRY,
    average_precision_class::ENTRY,
    average_precision_macro::ENTRY,
    gini::ENTRY,
    score_kolmogorov_smirnov::ENTRY,
    recall_at_fpr::ENTRY,
    log_loss::ENTRY,
    brier_score::ENTRY,
    brier_score_class::ENTRY,
    observed_expected::ENTRY,
    spiegelhalter_z::ENTRY,
    calibration_error::ENTRY,
    calibration_error_debiased::ENTRY,
    calibration_error_squared_debiased::ENTRY,
    root_mean_squared_error::ENTRY,
    mean_absolute_error::ENTRY,
    mean_error::ENTRY,
    error_variance::ENTRY,
    mean_absolute_percentage_error::ENTRY,
    symmetric_mean_absolute_percentage_error::ENTRY,
    weighted_absolute_percentage_error::ENTRY,
    r_squared::ENTRY,
    explained_variance::ENTRY,
    correlation::ENTRY,
    median_absolute_error::ENTRY,
    absolute_error_p90::ENTRY,
    interval_coverage_ratio::ENTRY,
    interval_width::ENTRY,
    pinball_loss::ENTRY,
    normalized_discounted_cumulative_gain::ENTRY,
    mean_reciprocal_rank::ENTRY,
    hit_ratio::ENTRY,
    relevant_request_ratio::ENTRY,
    click_through_ratio::ENTRY,
];

/// One performance statistic.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it is.
    pub spec: Spec,
    /// Computes it.
    pub evaluate: Evaluate,
    /// The closed form of its confidence interval; of use only when the limits are among its companions.
    pub closed: Closed,
}

/// How a statistic is computed: what it needs decides the tasks it is shown for.
#[derive(Clone, Copy, Debug)]
pub enum Evaluate {
    /// From the classes of a binary or multiclass task.
    Classification(fn(&Classification<'_>) -> Evaluated),
    /// The same of a binary task only.
    Binary(fn(&Classification<'_>) -> Evaluated),
    /// The same of a multiclass task only.
    Multiclass(fn(&Classification<'_>) -> Evaluated),
    /// From the classes of a binary or multiclass task, once for each (by index); exposed with the label `class`.
    PerClass(fn(&Classification<'_>, usize) -> Evaluated),
    /// The same of a multiclass task only: one class against the rest.
    OneVersusRest(fn(&Classification<'_>, usize) -> Evaluated),
    /// From numbers.
    Regression(fn(&Regression<'_>) -> Evaluated),
    /// From lists of items.
    Ranking(fn(&Ranking) -> Evaluated),
    /// From all answered predictions of a binary or multiclass task, with and without actuals.
    Cohort(fn(&Cohort<'_>) -> Evaluated),
    /// The same of a binary task only.
    BinaryCohort(fn(&Cohort<'_>) -> Evaluated),
}

impl Entry {
    /// Whether it has a value for each class, exposed with the label `class`.
    pub fn is_per_class(&self) -> bool {
        matches!(self.evaluate, Evaluate::PerClass(_) | Evaluate::OneVersusRest(_))
    }

    /// Its values in a window: one, or one for each class by index. Empty when it is of another task.
    pub fn values(&self, window: &Performance<'_>) -> Vec<(Option<usize>, Evaluated)> {
        match (self.evaluate, window) {
            // Where the reference has no classes every one is unknown, and which are equal is not known.
            (Evaluate::Classification(_) | Evaluate::Multiclass(_), Performance::Classification(window))
                if window.matrix.classes.is_empty() =>
            {
                vec![(None, Err(Undefined::NoReference))]
            }
            (Evaluate::Classification(evaluate), Performance::Classification(window)) => vec![(None, evaluate(window))],
            (Evaluate::Binary(evaluate), Performance::Classification(window)) if window.is_binary() => {
                vec![(None, evaluate(window))]
            }
            (Evaluate::Multiclass(evaluate), Performance::Classification(window)) if !window.is_binary() => {
                vec![(None, evaluate(window))]
            }
            (Evaluate::PerClass(evaluate), Performance::Classification(window)) => window.by_class(evaluate),
            (Evaluate::OneVersusRest(evaluate), Performance::Classification(window)) if !window.is_binary() => {
                window.by_class(evaluate)
            }
            (Evaluate::Regression(evaluate), Performance::Regression(window)) => vec![(None, evaluate(window))],
            (Evaluate::Ranking(evaluate), Performance::Ranking(window)) => vec![(None, evaluate(window))],
            (Evaluate::Cohort(evaluate), Performance::Cohort(window)) => vec![(None, evaluate(window))],
            (Evaluate::BinaryCohort(evaluate), Performance::Cohort(window)) if window.positive.is_some() => {
                vec![(None, evaluate(window))]
            }
            _ => Vec::new(),
        }
    }

    /// The confidence interval around its value in a window: by the jackknife, when that has a standard error of it,
    /// else by its closed form; `None` when neither is possible, or the statistic estimates nothing.
    pub fn interval(
        &self,
        window: &Performance<'_>,
        class: Option<usize>,
        value: f64,
        jackknife: Option<&Jackknife>,
        level: Level,
    ) -> Option<Interval> {
        if !self.spec.companions.contains(&Companion::Lower) {
            return None;
        }
        let by_panes = jackknife.and_then(|jackknife| jackknife.interval(&self.spec, class, value, level));
        by_panes.or_else(|| self.closed.interval(window, class, value, self.spec.range, level))
    }
}

/// The entry with this key.
pub fn entry(key: &str) -> Option<&'static Entry> {
    ENTRIES.iter().find(|entry| entry.spec.key == key)
}

/// A binary or multiclass window.
#[derive(Clone, Debug)]
pub struct Classification<'a> {
    /// Counts of (actual, predicted).
    pub matrix: ConfusionMatrix<'a>,
    /// Scores by class; none when no row had any.
    pub scored: Option<ScoredTotals<'a>>,
}

/// A numerator and a denominator of one class.
type Share = fn(&ConfusionMatrix<'_>, usize) -> (u64, u64);

impl<'a> Classification<'a> {
    /// Whether the task has a positive class.
    pub fn is_binary(&self) -> bool {
        self.matrix.positive.is_some()
    }

    fn by_class(&self, evaluate: fn(&Classification<'_>, usize) -> Evaluated) -> Vec<(Option<usize>, Evaluated)> {
        (0..self.matrix.classes.len()).map(|class| (Some(class), evaluate(self, class))).collect()
    }

    fn require_pairs(&self) -> Result<f64, Undefined> {
        match self.matrix.total() {
            0 => Err(Undefined::NoActuals),
            total => Ok(total as f64),
        }
    }

    fn share(&self, share: Share, class: usize) -> Evaluated {
        self.require_pairs()?;
        let (numerator, denominator) = share(&self.matrix, class);
        ratio(numerator as f64, denominator as f64, Undefined::ClassNotSeen)
    }

    /// The mean over the classes seen in actuals or predictions, 0/0 as 0.
    fn macro_average(&self, share: Share) -> Evaluated {
        self.require_pairs()?;
        let shares: Vec<f64> = self.matrix.seen().map(|k| or_zero(share(&self.matrix, k))).collect();
        ratio(shares.iter().sum(), shares.len() as f64, Undefined::NoActuals)
    }

    /// The sums of numerators and denominators over all classes.
    fn micro_average(&self, share: Share) -> Evaluated {
        self.require_pairs()?;
        let (numerator, denominator) = self
            .matrix
            .seen()
            .map(|k| share(&self.matrix, k))
            .fold((0, 0), |(numerator, denominator), (n, d)| (numerator + n, denominator + d));
        ratio(numerator as f64, denominator as f64, Undefined::NoActuals)
    }

    /// The mean over the pairs of the share of their actual class, 0/0 as 0.
    fn weighted_average(&self, share: Share) -> Evaluated {
        let total = self.require_pairs()?;
        let matrix = &self.matrix;
        let sum: f64 = matrix.seen().map(|k| matrix.actual(k) as f64 * or_zero(share(matrix, k))).sum();
        Ok((sum / total).into())
    }

    /// The sum over classes of actual times predicted pairs. The classes that the reference never had are taken as
    /// one when any pair carries the same of them on both sides, and as different ones otherwise.
    fn marginal_product(&self) -> i128 {
        let matrix = &self.matrix;
        let others = usize::from(matrix.hits(matrix.classes.len()) > 0);
        let classes = 0..matrix.classes.len() + others;
        classes.map(|k| i128::from(matrix.actual(k)) * i128::from(matrix.predicted(k))).sum()
    }

    fn scores(&self) -> Result<&ScoredTotals<'a>, Undefined> {
        self.require_pairs()?;
        self.scored.as_ref().ok_or(Undefined::NoScores)
    }

    /// The scores of the positive class of a binary task.
    fn positive_scores(&self) -> Result<&ScoreCells<'a>, Undefined> {
        self.scores()?.sections.first().ok_or(Undefined::NoScores)
    }

    /// The scores of one class.
    fn class_scores(&self, class: usize) -> Result<&ScoreCells<'a>, Undefined> {
        self.scores()?.sections.iter().find(|section| section.class == class).ok_or(Undefined::NoScores)
    }

    /// What calibration is about: the score of the positive class and whether it occurred, or of several classes the
    /// largest score and whether the prediction was right.
    fn confidence(&self) -> Result<&ScoreCells<'a>, Undefined> {
        let scores = self.scores()?;
        if self.is_binary() { self.positive_scores() } else { scores.confidence.as_ref().ok_or(Undefined::NoScores) }
    }

    /// The mean over the classes for which the statistic is defined; its bound is the mean of theirs.
    fn mean_of_defined(&self, evaluate: fn(&Classification<'_>, usize) -> Evaluated) -> Evaluated {
        self.scores()?;
        let defined: Vec<Outcome> =
            (0..self.matrix.classes.len()).filter_map(|class| evaluate(self, class).ok()).collect();
        if defined.is_empty() {
            return Err(Undefined::ConstantActual);
        }
        let n = defined.len() as f64;
        let value = defined.iter().map(|outcome| outcome.value).sum::<f64>() / n;
        let bound = defined.iter().map(|outcome| outcome.error_bound.unwrap_or(0.0)).sum::<f64>() / n;
        Ok(Outcome { value, error_bound: Some(bound) })
    }
}

fn or_zero((numerator, denominator): (u64, u64)) -> f64 {
    if denominator == 0 { 0.0 } else { numerator as f64 / denominator as f64 }
}

/// A value whose exact one is known to lie in `[low, high]`.
fn between(value: f64, low: f64, high: f64) -> Outcome {
    Outcome { value, error_bound: Some((high - value).max(value - low).max(0.0)) }
}

/// How many equally wide bins calibration is measured in.
const CALIBRATION_BINS: usize = 10;

/// Rows whose score falls into one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct CalibrationBin {
    rows: f64,
    hits: f64,
    scores: f64,
}

impl CalibrationBin {
    fn hit_ratio(&self) -> f64 {
        self.hits / self.rows
    }

    fn score_mean(&self) -> f64 {
        self.scores / self.rows
    }
}

/// The bins `[0, 1/10], (1/10, 2/10], ..., (9/10, 1]` that are not empty.
#[derive(Clone, Debug, PartialEq)]
struct Calibration {
    bins: Vec<CalibrationBin>,
    rows: f64,
    /// How far the calibration error may be from its value on the grid: 0 when every edge of a bin is one of the
    /// grid.
    bound: f64,
}

impl Calibration {
    fn of(cells: &ScoreCells<'_>) -> Calibration {
        let bin = |score: f64| (1..CALIBRATION_BINS).filter(|i| *i as f64 / (CALIBRATION_BINS as f64) < score).count();
        let mut bins = [CalibrationBin::default(); CALIBRATION_BINS];
        let mut astray = 0.0;
        for (k, (negatives, positives)) in cells.negatives.iter().zip(cells.positives).enumerate() {
            let (rows, hits, scores) = ((negatives + positives) as f64, *positives as f64, cells.score_sum(k));
            if rows == 0.0 {
                continue;
            }
            let (low, high) = cells.span(k);
            if bin(low) != bin(high) {
                // The sum of |y - p| over the cell is at most its rows, and at most its hits plus its scores; what is
                // counted in the wrong bin is in one bin too much and missing in another.
                astray += 2.0 * rows.min(hits + scores);
            }
            let place = &mut bins[bin((scores / rows).clamp(low, high)).min(CALIBRATION_BINS - 1)];
            place.rows += rows;
            place.hits += hits;
            place.scores += scores;
        }
        let rows: f64 = bins.iter().map(|bin| bin.rows).sum();
        let bins = bins.into_iter().filter(|bin| bin.rows > 0.0).collect();
        Calibration { bins, rows, bound: if rows > 0.0 { astray / rows } else { 0.0 } }
    }

    /// The sum of `value` over the bins, weighted by their rows.
    fn mean(&self, value: impl Fn(&CalibrationBin) -> f64) -> f64 {
        self.bins.iter().map(|bin| bin.rows / self.rows * value(bin)).sum()
    }

    /// The mean over the rows of the distance between hit ratio and mean score of their bin.
    fn error(&self) -> f64 {
        self.mean(|bin| (bin.hit_ratio() - bin.score_mean()).abs()).min(1.0)
    }
}

/// A regression window.
#[derive(Clone, Debug)]
pub struct Regression<'a> {
    /// Sums of errors.
    pub sums: ResidualSums,
    /// |prediction - actual| on its grid; none when the reference has no actuals.
    pub absolute_error: Option<Numbers<'a>>,
}

impl Regression<'_> {
    fn pairs(&self) -> Result<f64, Undefined> {
        if self.sums.n == 0 { Err(Undefined::NoActuals) } else { Ok(self.sums.n as f64) }
    }

    /// The mean of a sum over the pairs.
    fn mean(&self, sum: f64) -> Evaluated {
        Ok((sum / self.pairs()?).into())
    }

    /// The mean of a sum over the pairs with an interval.
    fn interval_mean(&self, sum: f64) -> Evaluated {
        self.pairs()?;
        ratio(sum, self.sums.intervals.n as f64, Undefined::NoIntervals)
    }

    /// The variance of the errors, dividing by `n`.
    fn error_variance(&self) -> Result<f64, Undefined> {
        let (n, sums) = (self.pairs()?, &self.sums);
        Ok((sums.squared_error / n - (sums.error / n).powi(2)).max(0.0))
    }

    /// The variance of the actuals, dividing by `n`; not zero.
    fn actual_variance(&self) -> Result<f64, Undefined> {
        let (n, sums) = (self.pairs()?, &self.sums);
        sums.variance(sums.actual / n, sums.actual_squared / n).ok_or(Undefined::ConstantActual)
    }

    /// The variance of the predictions, dividing by `n`; not zero.
    fn predicted_variance(&self) -> Result<f64, Undefined> {
        let (n, sums) = (self.pairs()?, &self.sums);
        sums.variance(sums.predicted / n, sums.predicted_squared / n).ok_or(Undefined::ZeroDenominator)
    }

    /// The quantile of |prediction - actual| between its order statistics (linear, as numpy's default), as far as
    /// the cells tell: the value is interpolated inside a cell, the bound covers the cell.
    fn absolute_error_quantile(&self, quantile: f64) -> Evaluated {
        self.pairs()?;
        let errors = self.absolute_error.as_ref().ok_or(Undefined::NoReference)?;
        let n = errors.finite();
        if errors.grid().edges().is_empty() {
            return Err(Undefined::NoReference);
        }
        if n == 0 {
            return Err(Undefined::NoActuals);
        }
        let position = quantile * (n - 1) as f64;
        let rank = position.floor();
        let weight = position - rank;
        let lower = order_statistic(errors, rank as u64);
        let upper = if weight > 0.0 { order_statistic(errors, rank as u64 + 1) } else { lower };
        let mix = |a: f64, b: f64| a + weight * (b - a);
        Ok(between(mix(lower.value, upper.value), mix(lower.low, upper.low), mix(lower.high, upper.high)))
    }
}

/// A ranking window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranking {
    /// Sums over the requests.
    pub sums: RankedSums,
}

impl Ranking {
    /// Requests whose relevant items are known.
    fn requests(&self) -> Result<f64, Undefined> {
        if self.sums.n == 0 { Err(Undefined::NoActuals) } else { Ok(self.sums.n as f64) }
    }

    /// The mean of a sum over the requests with a relevant item; no sum exceeds their number but by rounding.
    fn mean(&self, sum: f64) -> Evaluated {
        self.requests()?;
        ratio(sum.clamp(0.0, self.sums.judged as f64), self.sums.judged as f64, Undefined::NoRelevantItems)
    }
}

/// A value known to lie in an interval.
#[derive(Clone, Copy, Debug)]
struct Within {
    value: f64,
    low: f64,
    high: f64,
}

/// The finite value of this rank, counted from 0, of a column that has no negative values.
fn order_statistic(numbers: &Numbers<'_>, rank: u64) -> Within {
    let grid = numbers.grid();
    let mut before = 0;
    for (k, count) in numbers.cells().iter().enumerate() {
        // Infinities are in the last cell, behind everything finite.
        let count = if k + 1 == grid.cells() { count.saturating_sub(numbers.infinite()) } else { *count };
        if rank >= before + count {
            before += count;
            continue;
        }
        let low = grid.lower(k).unwrap_or(0.0).max(0.0);
        // Each of the values from this one up is at least as far from the left edge, so none is further than the sum
        // of the offsets over their number.
        let as_high = (before + count - rank) as f64;
        let slack = count as f64 * numbers.fixed().offset_error();
        let offsets = numbers.offset_mean(k) * numbers.finite() as f64;
        let reach = if k > 0 { low + (offsets + slack) / as_high } else { f64::INFINITY };
        let high = grid.upper(k).unwrap_or(f64::INFINITY).min(reach).max(low);
        let value = match grid.upper(k) {
            Some(upper) => low + (upper - low) * ((rank - before) as f64 + 0.5) / count as f64,
            None => low + offsets / count as f64,
        };
        return Within { value: value.clamp(low, high), low, high };
    }
    Within { value: 0.0, low: 0.0, high: 0.0 }
}

/// A window's pairs by task.
#[derive(Clone, Debug)]
pub enum Performance<'a> {
    /// Binary and multiclass.
    Classification(Classification<'a>),
    /// Numbers.
    Regression(Regression<'a>),
    /// Lists of items.
    Ranking(Ranking),
    /// All answered predictions of a binary or multiclass task.
    Cohort(Cohort<'a>),
}

/// The name of the derived column that holds a regression's |prediction - actual|.
pub const ABSOLUTE_ERROR: &str = "absolute_error";

impl<'a> Performance<'a> {
    /// Reads the pairs of a window; `None` when the layout keeps none.
    pub fn new(layout: &'a Layout, totals: &'a Totals) -> Option<Performance<'a>> {
        match layout.performance.as_ref()? {
            PerformanceShape::Classification { confusion, scored } => {
                let scored = scored.read(totals).filter(|scored| scored.rows > 0);
                Some(Performance::Classification(Classification { matrix: confusion.read(totals)?, scored }))
            }
            PerformanceShape::Ranking(ranked) => Some(Performance::Ranking(Ranking { sums: ranked.read(totals)? })),
            PerformanceShape::Regression(residuals) => {
                let column = layout.columns.iter().find(|c| &*c.name == ABSOLUTE_ERROR);
                let absolute_error = column.and_then(|c| Numbers::of(c, totals));
                Some(Performance::Regression(Regression { sums: residuals.read(totals)?, absolute_error }))
            }
        }
    }

    /// Reads all answered predictions of a window, with and without actuals; `None` when the task has no classes.
    pub fn cohort(layout: &'a Layout, totals: &'a Totals, by_arrival: bool) -> Option<Performance<'a>> {
        let Some(PerformanceShape::Classification { confusion, .. }) = &layout.performance else { return None };
        let totals = layout.cohort.as_ref()?.read(totals)?;
        Some(Performance::Cohort(Cohort { totals, positive: confusion.positive, by_arrival }))
    }

    /// Says which quantiles the ends of intervals are: `(1 - level) / 2` and `(1 + level) / 2`.
    pub fn with_interval_level(mut self, level: f64) -> Performance<'a> {
        if let Performance::Regression(window) = &mut self {
            window.sums.intervals.level = level;
        }
        self
    }

    /// The pairs of a binary or multiclass task.
    pub fn classification(&self) -> Option<&Classification<'a>> {
        if let Performance::Classification(window) = self { Some(window) } else { None }
    }

    /// The pairs of a regression.
    pub fn regression(&self) -> Option<&Regression<'a>> {
        if let Performance::Regression(window) = self { Some(window) } else { None }
    }

    /// The pairs of a ranking.
    pub fn ranking(&self) -> Option<&Ranking> {
        if let Performance::Ranking(window) = self { Some(window) } else { None }
    }

    /// Pairs.
    pub fn pairs(&self) -> u64 {
        match self {
            Performance::Classification(window) => window.matrix.total(),
            Performance::Regression(window) => window.sums.n,
            Performance::Ranking(window) => window.sums.n,
            Performance::Cohort(window) => window.totals.whole().pairs,
        }
    }
}
