//! The thresholds of a stream's statistics: what is needed for them is made ready when its reference is loaded.

use super::config::{Choice, Model};
use crate::aggregate::{Column, Layout};
use crate::profile::{Reference, Spread};
use crate::statistics::drift::{self, Chance, Comparison, cells_of};
use crate::statistics::null::Tables;
use crate::statistics::performance;
use crate::statistics::{Companion, Spec, Worse};
use std::sync::Arc;

/// Thresholds of one reference under one model's settings.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Of the columns of the inputs, and of the pairs.
    pub(super) columns: [Vec<ColumnLimits>; 2],
    /// The user's choices for performance, by place in the list and by class (or one for all).
    performance: Vec<Option<Chosen>>,
}

/// Thresholds of one column.
#[derive(Clone, Debug)]
pub(super) struct ColumnLimits {
    chance: Chance,
    /// By place in the list of drift statistics.
    of: Vec<Threshold>,
}

/// Where the threshold of a statistic of a column comes from.
#[derive(Clone, Copy, Debug)]
enum Threshold {
    /// Chance and tolerance.
    Computed,
    /// The user.
    Chosen(f64),
    /// The user, but the reference cannot answer: no other limit is shown for it.
    Unanswered,
}

/// What was chosen for a performance statistic.
#[derive(Clone, Debug)]
struct Chosen {
    choice: Choice,
    /// Of the reference's chunks, by class.
    spreads: Vec<Option<Spread>>,
}

impl Limits {
    pub(super) fn new(reference: &Reference, model: &Model) -> Limits {
        let observer = &reference.observer;
        let sides = [(&observer.inputs, &reference.inputs), (&observer.pairs, &reference.pairs)];
        let counts = sides.iter().flat_map(|(layout, totals)| {
            layout.columns.iter().flat_map(|column| {
                let cells = cells_of(column, totals);
                // Of many empty cells few are filled at a time.
                let (least, most) = (*cells.start(), *cells.end());
                least..=most.min(least + MORE_CELLS)
            })
        });
        let tables = Arc::new(Tables::new(model.drift.significance, counts));
        let mut place = 0;
        let mut columns = |layout: &Layout| -> Vec<ColumnLimits> {
            let made = layout.columns.iter().map(|column| {
                let limits = ColumnLimits::new(column, place, &tables, reference, model);
                place += 1;
                limits
            });
            made.collect()
        };
        let columns = sides.map(|(layout, _)| columns(layout));
        let chosen = |spec: &Spec| {
            let choice = *model.thresholds.general.get(spec.key)?;
            let chunks = reference.findings.chunks.as_ref();
            let spreads = chunks.and_then(|chunks| chunks.performance.get(spec.key)).cloned().unwrap_or_default();
            Some(Chosen { choice, spreads })
        };
        let performance = performance::ENTRIES.iter().map(|entry| chosen(&entry.spec)).collect();
        Limits { columns, performance }
    }

    /// The threshold of a performance statistic (by its place in the list) of this class, whose value in the
    /// reference is `reference`.
    pub(super) fn performance(&self, place: usize, class: Option<usize>, reference: Option<f64>) -> Option<f64> {
        let chosen = self.performance.get(place)?.as_ref()?;
        let spec = &performance::ENTRIES.get(place)?.spec;
        let spread = chosen.spreads.get(class.unwrap_or(0)).copied().flatten();
        resolve(spec, chosen.choice, spread.as_ref(), reference)
    }
}

/// Tables for at most this many cells beyond those of the reference: windows fill few of its empty ones.
const MORE_CELLS: usize = 8;

impl ColumnLimits {
    fn new(column: &Column, place: usize, tables: &Arc<Tables>, reference: &Reference, model: &Model) -> ColumnLimits {
        let mut chance = Chance::new(tables.clone(), model.drift.tolerance);
        if let Some(noise) = reference.findings.noise.get(place) {
            chance = chance.with_constants(&noise.constants);
            chance.dispersion = noise.dispersion.iter().map(|(rows, value)| (*rows as f64, *value)).collect();
            chance.kurtosis = noise.kurtosis;
        }
        let thresholds = &model.thresholds;
        let own = thresholds.features.get(&*column.name);
        let spreads = reference.findings.chunks.as_ref().and_then(|chunks| chunks.drift.get(place));
        let of = drift::ENTRIES.iter().map(|entry| {
            let key = entry.spec.key;
            match own.and_then(|own| own.get(key)).or_else(|| thresholds.general.get(key)) {
                None => Threshold::Computed,
                Some(choice) => resolve(&entry.spec, *choice, spreads.and_then(|spreads| spreads.get(key)), None)
                    .map_or(Threshold::Unanswered, Threshold::Chosen),
            }
        });
        let of = of.collect();
        ColumnLimits { chance, of }
    }

    /// The threshold of a drift statistic, by its place in the list.
    pub(super) fn drift(&self, place: usize, comparison: &Comparison<'_>) -> Option<f64> {
        match self.of.get(place)? {
            Threshold::Chosen(chosen) => Some(*chosen),
            Threshold::Unanswered => None,
            Threshold::Computed => drift::ENTRIES.get(place)?.threshold(comparison, &self.chance),
        }
    }

    /// How many standard deviations a PSI is above what chance alone would give.
    pub(super) fn sigma(&self, comparison: &Comparison<'_>, psi: f64) -> Option<f64> {
        drift::sigma(&comparison.cells, psi, self.chance.dispersion(comparison.cells.n))
    }
}

/// The value of a choice; `None` when the reference cannot answer it.
fn resolve(spec: &Spec, choice: Choice, spread: Option<&Spread>, reference: Option<f64>) -> Option<f64> {
    let lower = spec.worse == Worse::Lower;
    let limit = match choice {
        Choice::Value(value) => value,
        Choice::Quantile(level) => spread?.quantile(if lower { 1.0 - level } else { level })?,
        Choice::Deviations(deviations) => {
            let Spread { mean, deviation, .. } = spread?;
            mean + if lower { -deviations } else { deviations } * deviation
        }
        Choice::Reference(factor, more) => {
            let value = reference? * factor + more;
            if spec.worse == Worse::Away { (value - spec.ideal?).abs() } else { value }
        }
    };
    limit.is_finite().then_some(limit)
}

/// The choices of a model that this reference cannot answer, as the keys of the config: those that need chunks it does
/// not have, and features it does not have.
pub fn unanswered(reference: &Reference, model: &Model) -> Vec<String> {
    let chunks = reference.findings.chunks.as_ref();
    let spread_of = |place: usize, key: &str| {
        chunks.and_then(|chunks| chunks.drift.get(place)).is_some_and(|spreads| spreads.contains_key(key))
    };
    let general = model.thresholds.general.iter().map(|(key, choice)| (None, key, choice));
    let features = model.thresholds.features.iter();
    let features =
        features.flat_map(|(feature, own)| own.iter().map(move |(key, choice)| (Some(feature), key, choice)));
    let observer = &reference.observer;
    let columns = observer.inputs.columns.iter().chain(&observer.pairs.columns);
    let mut found = Vec::new();
    for (feature, key, choice) in general.chain(features) {
        let place = feature.map(|feature| columns.clone().position(|column| *column.name == **feature));
        let answered = match (place, choice) {
            (Some(None), _) => false,
            (_, Choice::Value(_)) => true,
            (_, Choice::Reference(..)) => reference.has_pairs(),
            (Some(Some(place)), _) => spread_of(place, key),
            (None, _) => {
                chunks.is_some_and(|chunks| chunks.performance.contains_key(key))
                    || columns.clone().enumerate().any(|(place, _)| spread_of(place, key))
            }
        };
        if !answered {
            let place = feature.map_or_else(String::new, |feature| format!("features.{feature}."));
            found.push(format!("thresholds.{place}{key}"));
        }
    }
    found
}

/// Whether a statistic's threshold is shown.
pub(super) fn has_threshold(spec: &Spec) -> bool {
    spec.companions.contains(&Companion::Threshold)
}
