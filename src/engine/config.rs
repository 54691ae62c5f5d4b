//! What the engine is told: windows, statistics, performance, limits.

use super::Companion;
use crate::aggregate::intervals;
use crate::derive::Wanted;
use crate::event::Task;
use crate::evidence::budget::Budget;
use crate::statistics::segments;
use crate::time::{Length, Season};
use std::collections::BTreeMap;

/// Settings of the whole engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Window lengths, in the order they are shown in.
    pub windows: Vec<Length>,
    /// How long closed panes are kept ready for late events.
    pub lateness: Length,
    /// How long a stream may be silent before its windows move on with the clock.
    pub idle_timeout: Length,
    /// How far ahead of the clock an event may be before it counts as one from the future.
    pub future_tolerance: Length,
    /// How many of each thing may be held.
    pub limits: Limits,
    /// Evidence of drift.
    pub evidence: Evidence,
}

/// Settings of the evidence of drift, for all models together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// False alarms that one is ready to have, over all series.
    pub false_alarms: Budget,
    /// The length of its panes: at least this, in whole panes of the shortest window, and at least 50 events.
    pub pane: Length,
    /// How long an alarm is held.
    pub cool_down: Length,
}

impl Default for Evidence {
    fn default() -> Evidence {
        Evidence {
            // One in a month is read; one a week is muted.
            false_alarms: Budget::once_per(Length::from_seconds(30 * 86_400)),
            pane: Length::from_seconds(60),
            // A day: the next one who looks still finds it.
            cool_down: Length::from_seconds(86_400),
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            windows: vec![Length::from_seconds(300), Length::from_seconds(3_600), Length::from_seconds(86_400)],
            lateness: Length::from_seconds(60),
            idle_timeout: Length::from_seconds(60),
            future_tolerance: Length::from_seconds(60),
            limits: Limits::default(),
            evidence: Evidence::default(),
        }
    }
}

/// How many of each thing may be held; what is beyond counts under `__other__` or is dropped and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Models and versions.
    pub streams: usize,
    /// Features of one stream.
    pub features: usize,
    /// Classes of one stream that the reference does not have, and failure types.
    pub label_values: usize,
    /// Predictions and actuals that wait for each other.
    pub waiting_ids: usize,
    /// How long a stream may be silent before it is dropped with all it holds.
    pub stream_ttl: Length,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            streams: 100,
            features: 1_000,
            label_values: 50,
            waiting_ids: 1_000_000,
            // As long as its predictions wait for their actuals.
            stream_ttl: Length::from_seconds(7 * 86_400),
        }
    }
}

/// Settings of one model, as its `[[model]]` table and the tables of defaults say.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Exact name, or a glob with `*` and `?`.
    pub name: String,
    /// What it does.
    pub task: Task,
    /// Path or https URL of its profile; may hold `{model}` and `{version}`.
    pub profile: Option<String>,
    /// How long to learn a profile when there is none.
    pub warmup: Length,
    /// Drift.
    pub drift: Drift,
    /// Performance.
    pub performance: Performance,
    /// Causes.
    pub causes: Causes,
    /// The user's own thresholds.
    pub thresholds: Thresholds,
    /// What a profile of it is to be fitted for, besides its columns.
    pub multivariate: Wanted,
    /// Segments.
    pub segments: Segments,
    /// Counts for pooling replicas.
    pub fleet: Fleet,
}

/// Which counts are exposed so that the windows of replicas can be pooled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// Patterns of the names of columns whose coarse cells are exposed.
    pub features: Vec<String>,
    /// Patterns of the names of numeric columns whose fine cells are exposed.
    pub fine: Vec<String>,
    /// Whether counts of classes, sums of losses and of errors are exposed.
    pub performance: bool,
    /// Whether the cells of the scores of pairs are exposed.
    pub scores: bool,
}

impl Model {
    /// Whether windows that were filled under these settings mean the same under others.
    pub fn counts_alike(&self, other: &Model) -> bool {
        let counted = |model: &Model| {
            // What only evaluation looks at is taken out.
            let (drift, performance, causes) = (&model.drift, &model.performance, model.causes);
            let drift = Drift { statistics: None, significance: 0.0, companions: Vec::new(), ..drift.clone() };
            let performance = Performance { level: 0.0, coverage_min: 0.0, ..performance.clone() };
            (model.task, drift, performance, causes.losses, model.segments.features.clone(), model.segments.most)
        };
        counted(self) == counted(other)
    }
}

/// Settings of the segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segments {
    /// The features whose values make segments.
    pub features: Vec<String>,
    /// Rows below which a segment has no ratio and is in no gap.
    pub least: u64,
    /// Segments of one feature, at most: `limits.label_values`.
    pub most: usize,
}

impl Default for Segments {
    fn default() -> Segments {
        Segments { features: Vec::new(), least: segments::LEAST, most: Limits::default().label_values }
    }
}

/// Settings of the statistics that name causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Causes {
    /// How many features are shown of each ranking.
    pub top: usize,
    /// Whether a waiting prediction keeps the cells of its features, so that the loss is known by cell.
    pub losses: bool,
}

impl Default for Causes {
    fn default() -> Causes {
        // The first ten: more are not read, and each is a series.
        Causes { top: 10, losses: false }
    }
}

/// Thresholds that the user chose, by key of the statistic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// For every column, or for performance.
    pub general: BTreeMap<String, Choice>,
    /// For one feature, by its name.
    pub features: BTreeMap<String, BTreeMap<String, Choice>>,
}

/// How a threshold is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice {
    /// The value itself; of a statistic that is worse both ways the largest distance from its ideal value.
    Value(f64),
    /// What this share of the reference's chunks keep.
    Quantile(f64),
    /// The mean of the reference's chunks and this many standard deviations, for the worse.
    Deviations(f64),
    /// The reference's own value times the first and plus the second.
    Reference(f64, f64),
}

/// Settings of the drift statistics.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// Keys of the statistics of input columns; none means the default ones.
    pub statistics: Option<Vec<String>>,
    /// Whether missing and invalid values are cells of the divergences.
    pub missing_as_category: bool,
    /// A true PSI that does not matter.
    pub tolerance: f64,
    /// How often chance may exceed a computed threshold.
    pub significance: f64,
    /// A move of a mean loss, or of a missing ratio, that does not matter.
    pub margin: f64,
    /// Detectors of the field on the errors of pairs.
    pub companions: Vec<Companion>,
    /// The cycle that inputs follow, each slot of which has a reference of its own.
    pub season: Option<Season>,
}

impl Default for Drift {
    fn default() -> Drift {
        Drift {
            statistics: None,
            missing_as_category: true,
            tolerance: 0.02,
            significance: 0.001,
            margin: 0.01,
            companions: Vec::new(),
            season: None,
        }
    }
}

/// Settings of performance.
#[derive(Clone, Debug, PartialEq)]
pub struct Performance {
    /// The positive class of a binary task; told by the classes when unset.
    pub positive_class: Option<String>,
    /// Scores above it are the positive class; used only when no prediction is logged.
    pub decision_threshold: f64,
    /// How long a prediction waits for its actual.
    pub max_delay: Length,
    /// Whether a waiting prediction of a multiclass task keeps its class scores (8 bytes a class).
    pub class_scores: bool,
    /// The share of actuals that logged intervals are made to cover.
    pub interval_level: f64,
    /// How many of a ranking's items shown first count.
    pub k: usize,
    /// How often a confidence interval is to cover the true value.
    pub level: f64,
    /// Which time of a pair decides its window.
    pub axis: Axis,
    /// How far the windows of pairs stay behind the newest prediction: for slow actuals to come.
    pub maturity: Length,
    /// The share of a window's predictions whose actual must be known; below it performance is undefined.
    pub coverage_min: f64,
}

/// Which time of a pair decides its window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Axis {
    /// That of the prediction.
    #[default]
    Prediction,
    /// That at which the actual became known.
    Arrival,
}

impl Axis {
    /// Each with its name.
    pub const ALL: &'static [(&'static str, Axis)] = &[("prediction", Axis::Prediction), ("arrival", Axis::Arrival)];
}

impl Default for Performance {
    fn default() -> Performance {
        Performance {
            positive_class: None,
            decision_threshold: 0.5,
            max_delay: Length::from_seconds(7 * 86_400),
            class_scores: false,
            interval_level: intervals::LEVEL,
            k: 10,
            level: 0.95,
            axis: Axis::Prediction,
            maturity: Length::ZERO,
            coverage_min: 0.0,
        }
    }
}

/// Whether a name is matched by an exact name or a glob of `*` (any text) and `?` (one character).
pub fn name_matches(pattern: &str, name: &str) -> bool {
    fn matches(pattern: &[char], name: &[char]) -> bool {
        match (pattern.split_first(), name.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
            (Some(('?', rest)), Some((_, tail))) => matches(rest, tail),
            (Some((c, rest)), Some((d, tail))) => c == d && matches(rest, tail),
            _ => false,
        }
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // Runs of stars are one star; more would take time that grows with their number.
    let pattern: Vec<char> = pattern
        .iter()
        .enumerate()
        .filter(|(i, c)| **c != '*' || *i == 0 || pattern[i - 1] != '*')
        .map(|(_, c)| *c)
        .collect();
    matches(&pattern, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, expected) in [
            ("credit", "credit", true),
            ("credit", "credit-2", false),
            ("credit-*", "credit-2", true),
            ("*", "", true),
            ("c?t", "cat", true),
            ("c?t", "ct", false),
            ("**a**", "bab", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxbyy", false),
        ] {
            assert_eq!(expected, name_matches(pattern, name), "{pattern} {name}");
        }
    }
}
