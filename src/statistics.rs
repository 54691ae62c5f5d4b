//! Numbers computed from the counts and sums of a reference and of a window.
//!
//! A statistic is one file and one line in its family's list; the file holds its [`Spec`] (the name on the wire
//! included) and a pure function. Statistics know neither time nor files. A family is a list:
//!
//! | family | is computed from | list |
//! |---|---|---|
//! | [`drift`] | two sides of a column: reference and current | [`drift::ENTRIES`] |
//! | [`quality`], [`moments`] | one side of a column | [`quality::ENTRIES`], [`moments::ENTRIES`] |
//! | [`causes`] | a feature on two sides, with the losses of its rows | [`causes::ENTRIES`] |
//! | [`segments`] | the rows of parts of the traffic | [`segments::ENTRIES`] |
//! | [`performance`] | pairs of prediction and actual | [`performance::ENTRIES`] |
//! | [`estimates`] | predictions alone, and what the reference's pairs teach ([`basis`]) | [`estimates::ENTRIES`] |

pub mod basis;
pub mod causes;
pub mod cohort;
pub mod drift;
pub mod estimates;
pub mod interval;
pub mod moments;
pub mod null;
pub mod performance;
pub mod quality;
pub mod segments;
mod threshold;

pub use threshold::dispersion_at;

use std::fmt;

/// What a statistic is, apart from how it is computed.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// Its name in the config and in messages.
    pub key: &'static str,
    /// The metric family it is exposed as.
    pub name: &'static str,
    /// The help text of the family.
    pub help: &'static str,
    /// The smallest and the largest possible value.
    pub range: (f64, f64),
    /// Which way is worse.
    pub worse: Worse,
    /// The value that means "no drift" or "perfect"; `None` when there is none.
    pub ideal: Option<f64>,
    /// Observations (of a drift statistic: on each side) below which it is undefined.
    pub least: u64,
    /// Families exposed beside it, by the suffix they add to its name.
    pub companions: &'static [Companion],
    /// Where the definition is taken from.
    pub references: &'static [&'static str],
}

/// Which way a statistic gets worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Worse {
    /// A higher value is worse.
    Higher,
    /// A lower value is worse.
    Lower,
    /// Both ways: a signed difference.
    Away,
    /// Neither: it describes.
    Neither,
}

/// A family beside a statistic's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Companion {
    /// How far the exact value may be from the value on the grid.
    ErrorBound,
    /// The same statistic of the reference.
    Reference,
    /// The value from which it is worse than chance and tolerance explain, or than the user allows.
    Threshold,
    /// How many standard deviations it is above what chance alone would give.
    Sigma,
    /// The lower limit of its confidence interval.
    Lower,
    /// The upper limit of its confidence interval.
    Upper,
}

impl Companion {
    /// What the companion's name adds to the statistic's.
    pub fn suffix(self) -> &'static str {
        match self {
            Companion::ErrorBound => "_error_bound",
            Companion::Reference => "_reference",
            Companion::Threshold => "_threshold",
            Companion::Sigma => "_sigma",
            Companion::Lower => "_lower",
            Companion::Upper => "_upper",
        }
    }

    /// What the companion's help text adds to the statistic's.
    pub fn help(self) -> &'static str {
        match self {
            Companion::ErrorBound => "how far the exact value may be from the value computed on the grid",
            Companion::Reference => "the same of the reference",
            Companion::Threshold => {
                "the value from which it is worse than chance and tolerance explain, or than was set"
            }
            Companion::Sigma => "how many standard deviations it is above what chance alone would give",
            Companion::Lower => "the lower limit of its confidence interval",
            Companion::Upper => "the upper limit of its confidence interval",
        }
    }
}

/// A computed number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The number, finite.
    pub value: f64,
    /// How far the exact value may be from it, where the grid limits exactness.
    pub error_bound: Option<f64>,
}

impl From<f64> for Outcome {
    fn from(value: f64) -> Outcome {
        Outcome { value, error_bound: None }
    }
}

/// Why there is no number: a closed set, the `reason` of `driftgauge_undefined_info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Undefined {
    /// Nothing was observed in the window.
    NoObservations,
    /// Less than the statistic needs.
    TooFew,
    /// The statistic does not fit the column's kind or the task; no series says so.
    NotApplicable,
    /// The reference has one value only, so that its deviation is zero.
    ConstantReference,
    /// There is no reference yet.
    NoReference,
    /// No pair of prediction and actual in the window.
    NoActuals,
    /// Actuals come later than the window is long.
    ActualsTooLate,
    /// Less of the predictions in the window have an actual than the configured minimum.
    CoverageBelowMinimum,
    /// Pairs are counted when their actual arrives: they are not a part of the window's predictions.
    ArrivalAxis,
    /// A class was predicted in the window, and none of these predictions has an actual.
    ClassWithoutActuals,
    /// The class was not predicted (precision) or did not occur (recall) in the window.
    ClassNotSeen,
    /// All actuals are of one class, or all are equal.
    ConstantActual,
    /// No scores were logged in the window; of performance: with its actuals.
    NoScores,
    /// The reference has no actuals, so that nothing is known of how right the model is.
    NoReferenceActuals,
    /// The model mixes up the classes so much in the reference that their shares cannot be told apart.
    IllConditioned,
    /// No intervals were logged with the actuals in the window.
    NoIntervals,
    /// No request in the window has a relevant item.
    NoRelevantItems,
    /// A division by zero that has no limit.
    ZeroDenominator,
}

impl Undefined {
    /// Every reason.
    pub const ALL: &'static [Undefined] = &[
        Undefined::NoObservations,
        Undefined::TooFew,
        Undefined::NotApplicable,
        Undefined::ConstantReference,
        Undefined::NoReference,
        Undefined::NoActuals,
        Undefined::ActualsTooLate,
        Undefined::CoverageBelowMinimum,
        Undefined::ArrivalAxis,
        Undefined::ClassWithoutActuals,
        Undefined::ClassNotSeen,
        Undefined::ConstantActual,
        Undefined::NoScores,
        Undefined::NoReferenceActuals,
        Undefined::IllConditioned,
        Undefined::NoIntervals,
        Undefined::NoRelevantItems,
        Undefined::ZeroDenominator,
    ];

    /// As the value of the label `reason`.
    pub fn as_str(self) -> &'static str {
        match self {
            Undefined::NoObservations => "no_observations",
            Undefined::TooFew => "too_few",
            Undefined::NotApplicable => "not_applicable",
            Undefined::ConstantReference => "constant_reference",
            Undefined::NoReference => "no_reference",
            Undefined::NoActuals => "no_actuals",
            Undefined::ActualsTooLate => "actuals_too_late",
            Undefined::CoverageBelowMinimum => "coverage_below_minimum",
            Undefined::ArrivalAxis => "arrival_axis",
            Undefined::ClassWithoutActuals => "class_without_actuals",
            Undefined::ClassNotSeen => "class_not_seen",
            Undefined::ConstantActual => "constant_actual",
            Undefined::NoScores => "no_scores",
            Undefined::NoReferenceActuals => "no_reference_actuals",
            Undefined::IllConditioned => "ill_conditioned",
            Undefined::NoIntervals => "no_intervals",
            Undefined::NoRelevantItems => "no_relevant_items",
            Undefined::ZeroDenominator => "zero_denominator",
        }
    }

    /// What it means, as a sentence for the documentation.
    pub fn meaning(self) -> &'static str {
        match self {
            Undefined::NoObservations => "Nothing was observed in the window.",
            Undefined::TooFew => "There is less than the statistic needs, on one side or in pairs.",
            Undefined::NotApplicable => {
                "The statistic does not fit the column's kind or the task; no series says so, it is listed for \
                 completeness."
            }
            Undefined::ConstantReference => "The reference has one value only, so that its deviation is zero.",
            Undefined::NoReference => "There is no reference yet.",
            Undefined::NoActuals => "No prediction in the window has an actual.",
            Undefined::ActualsTooLate => {
                "Actuals come later than the window reaches back; a longer window or `performance.maturity` would see them."
            }
            Undefined::CoverageBelowMinimum => {
                "A smaller share of the predictions in the window has an actual than `performance.coverage_min`."
            }
            Undefined::ArrivalAxis => {
                "Pairs are counted when their actual arrives (`performance.axis`): they are not a part of the window's \
                 predictions."
            }
            Undefined::ClassWithoutActuals => {
                "A class was predicted in the window, and none of these predictions has an actual."
            }
            Undefined::ClassNotSeen => {
                "The class was not predicted (precision) or did not occur (recall) in the window."
            }
            Undefined::ConstantActual => "All actuals are of one class, or all are equal.",
            Undefined::NoScores => "No scores were logged in the window; of performance: with its actuals.",
            Undefined::NoReferenceActuals => {
                "The reference has no actuals, so that nothing is known of how right the model is; of a regression also: \
                 its columns have too many cells."
            }
            Undefined::IllConditioned => {
                "The model mixes up the classes so much in the reference that their shares cannot be told apart."
            }
            Undefined::NoIntervals => "No intervals were logged with the actuals in the window.",
            Undefined::NoRelevantItems => "No request in the window has a relevant item.",
            Undefined::ZeroDenominator => "The definition divides by zero here, and has no limit.",
        }
    }
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A number, or why there is none.
pub type Evaluated = Result<Outcome, Undefined>;

/// A ratio, undefined with `otherwise` when the denominator is zero.
pub(crate) fn ratio(numerator: f64, denominator: f64, otherwise: Undefined) -> Evaluated {
    if denominator == 0.0 { Err(otherwise) } else { Ok((numerator / denominator).into()) }
}

/// An outcome, unless numbers at the end of what a float can hold have made it infinite.
pub(crate) fn finite(outcome: Outcome) -> Evaluated {
    let bounded = outcome.error_bound.is_none_or(f64::is_finite);
    if outcome.value.is_finite() && bounded { Ok(outcome) } else { Err(Undefined::NotApplicable) }
}

/// The specs of every statistic of every family, in the order of the lists.
pub fn specs() -> impl Iterator<Item = &'static Spec> {
    drift::ENTRIES
        .iter()
        .map(|e| &e.spec)
        .chain(quality::ENTRIES.iter().map(|e| &e.spec))
        .chain(moments::ENTRIES.iter().map(|e| &e.spec))
        .chain(performance::ENTRIES.iter().map(|e| &e.spec))
        .chain(causes::ENTRIES.iter().map(|e| &e.spec))
        .chain(estimates::ENTRIES.iter().map(|e| &e.spec))
        .chain(segments::ENTRIES.iter().map(|e| &e.spec))
}
