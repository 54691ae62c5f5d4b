//! What a profile says besides its counts. Each part is empty when it was not found out.

use super::pane_values::MOST;
use super::seasons::Seasons;
use crate::aggregate::{CoarseCells, Layout};
use crate::statistics::basis::{Losses, places};
use crate::statistics::null::{Constant, Quantiles, shortened};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Found out when the profile was built.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// How much each feature matters to the model, in the order of the features; the sum is 1.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub importance: Vec<f64>,
    /// The mean score or prediction (of a prediction less the center of the residuals) by feature and coarse cell; none
    /// where there are no rows. Empty for models that say classes only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub responses: Vec<Vec<Option<f64>>>,
    /// What chance does to each column: those of the inputs, then those of the pairs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub noise: Vec<ColumnNoise>,
    /// The statistics of the reference's own chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<ChunkFindings>,
    /// What errors of a regression to expect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub losses: Option<Losses>,
    /// The means of the reference's own chunks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panes: Option<PaneFindings>,
    /// The inputs by slot of a season.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seasons: Option<Seasons>,
}

/// The means of chunks of 64 neighbouring rows, at most 2,000 evenly spaced ones, in standard errors from the mean of
/// the whole reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaneFindings {
    /// Index of a column of the inputs, ascending, and its values in the order of the rows.
    pub means: Vec<(usize, Vec<f64>)>,
    /// The maximum mean discrepancy of each chunk, in standard deviations above chance; empty when it is not fitted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub discrepancy: Vec<f64>,
}

/// What chance does to the counts of one column.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ColumnNoise {
    /// Null constants of the statistics that have no formula.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub constants: BTreeMap<Constant, Quantiles>,
    /// The variance of counts over that of independent rows, by rows of a chunk, which increase.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dispersion: Vec<(u64, f64)>,
    /// For each coarse cell (then MISSING, INVALID) the variance between chunks of its share that independent rows do
    /// not explain, of chunks of 64 rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub between: Vec<f64>,
    /// The fourth moment of a numeric column over the square of its variance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kurtosis: Option<f64>,
}

/// The statistics of equal chunks of neighbouring rows, each against the whole reference. Of a statistic that is worse
/// both ways it is the distance from its ideal value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChunkFindings {
    /// Rows of a chunk.
    pub rows: u64,
    /// Chunks.
    pub chunks: u64,
    /// By column (of the inputs, then of the pairs) and key.
    pub drift: Vec<BTreeMap<String, Spread>>,
    /// By key and class; of a statistic that has no classes, one.
    pub performance: BTreeMap<String, Vec<Option<Spread>>>,
    /// The standard deviation of means of three neighbouring chunks, by key, of the statistics that are means of a loss:
    /// against that of single chunks it tells how long the loss remembers. None with fewer than thirty such means.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub threes: BTreeMap<String, f64>,
}

/// How the values of a statistic spread over the chunks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 8]", into = "[f64; 8]")]
pub struct Spread {
    /// Their mean.
    pub mean: f64,
    /// Their standard deviation, dividing by their number less one.
    pub deviation: f64,
    /// Their quantiles at [`Spread::LEVELS`].
    pub quantiles: [f64; 6],
}

impl Spread {
    /// The levels of the quantiles that are kept.
    pub const LEVELS: [f64; 6] = [0.01, 0.05, 0.1, 0.9, 0.95, 0.99];

    /// Of at least two values; quantiles between two of them are linear.
    pub(super) fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let quantile = |level: f64| {
            let place = level * (n - 1.0);
            let below = place.floor() as usize;
            let low = values.get(below).copied().unwrap_or(mean);
            let high = values.get(below + 1).copied().unwrap_or(low);
            low + place.fract() * (high - low)
        };
        let short = |value: f64| shortened(value, 6);
        Spread {
            mean: short(mean),
            deviation: short(variance.sqrt()),
            quantiles: Spread::LEVELS.map(|level| short(quantile(level))),
        }
    }

    /// The quantile at a level that is kept.
    pub fn quantile(&self, level: f64) -> Option<f64> {
        let place = Spread::LEVELS.iter().position(|known| (known - level).abs() < 1e-9)?;
        self.quantiles.get(place).copied()
    }
}

impl From<[f64; 8]> for Spread {
    fn from([mean, deviation, a, b, c, d, e, f]: [f64; 8]) -> Spread {
        Spread { mean, deviation, quantiles: [a, b, c, d, e, f] }
    }
}

impl From<Spread> for [f64; 8] {
    fn from(Spread { mean, deviation, quantiles: [a, b, c, d, e, f] }: Spread) -> [f64; 8] {
        [mean, deviation, a, b, c, d, e, f]
    }
}

impl Findings {
    /// What does not fit a profile of features with these coarse cells, of columns with this many coarse cells, and of
    /// these inputs, in words.
    pub(super) fn contradiction(
        &self,
        features: &CoarseCells,
        cells: &[usize],
        inputs: &Layout,
    ) -> Option<&'static str> {
        let shares = self.importance.iter().all(|share| (0.0..=1.0).contains(share));
        let fits = self.importance.is_empty() || self.importance.len() == features.cells().count();
        if !(shares && fits) {
            return Some("the importance of the features");
        }
        let lengths = self.responses.iter().map(Vec::len).eq(features.cells());
        if !(self.responses.is_empty() || lengths) {
            return Some("the responses by cell");
        }
        let noise = self.noise.is_empty() || self.noise.len() == cells.len();
        if !(noise && self.noise.iter().zip(cells).all(|(noise, cells)| noise.is_sound(*cells))) {
            return Some("the noise of the columns");
        }
        let chunks = self.chunks.as_ref().is_none_or(|chunks| chunks.drift.len() == cells.len());
        if !chunks {
            return Some("the chunks of the reference");
        }
        let panes = self.panes.as_ref().is_none_or(|panes| panes.is_sound(inputs));
        if !panes {
            return Some("the means of the reference's chunks");
        }
        let mut threes = self.chunks.iter().flat_map(|chunks| chunks.threes.values());
        if !threes.all(|deviation| deviation.is_finite() && *deviation >= 0.0) {
            return Some("the means of three chunks of the reference");
        }
        let columns = cells.get(..inputs.columns.len()).unwrap_or_default();
        if !self.seasons.as_ref().is_none_or(|seasons| seasons.is_sound(columns)) {
            return Some("the seasons of the inputs");
        }
        let fits = self.losses.as_ref().is_none_or(|losses| {
            let finite = losses.mean.iter().chain(losses.terms.iter().flatten()).all(|value| value.is_finite());
            finite && losses.terms.len() == places(inputs).1
        });
        (!fits).then_some("the table of losses")
    }
}

impl PaneFindings {
    /// The values of a column of the inputs.
    pub fn of(&self, column: usize) -> Option<&[f64]> {
        self.means.iter().find(|(place, _)| *place == column).map(|(_, values)| values.as_slice())
    }

    fn is_sound(&self, inputs: &Layout) -> bool {
        let numeric = |place: &usize| matches!(inputs.columns.get(*place), Some(column) if column.shape.sums() > 0);
        let sound = |values: &Vec<f64>| values.len() as u64 <= MOST && values.iter().all(|value| value.is_finite());
        let ascending = self.means.windows(2).all(|two| two[0].0 < two[1].0);
        let means = self.means.iter().all(|(place, values)| numeric(place) && sound(values));
        ascending && means && sound(&self.discrepancy)
    }
}

impl ColumnNoise {
    pub(super) fn is_sound(&self, cells: usize) -> bool {
        let increases = self.dispersion.windows(2).all(|two| two[0].0 < two[1].0);
        let dispersion = self.dispersion.iter().all(|(rows, value)| *rows > 0 && value.is_finite() && *value >= 1.0);
        let between = self.between.is_empty() || self.between.len() == cells;
        let variances = self.between.iter().all(|variance| variance.is_finite() && *variance >= 0.0);
        let kurtosis = self.kurtosis.is_none_or(|value| value.is_finite() && value >= 0.0);
        increases && dispersion && between && variances && kurtosis && self.constants.values().all(Quantiles::is_sound)
    }
}
