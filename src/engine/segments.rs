//! The declared segments of a stream: which coarse cells they are, what they are called, and what the reference says of
//! them.

use super::cells;
use super::config::Segments;
use super::names::OTHER;
use crate::aggregate::segments::{self, Declared, Kind, SegmentCounts, SegmentPairs};
use crate::aggregate::{Delta, Layout, PerformanceShape, Totals};
use crate::event::Task;
use crate::observe::Label;
use crate::profile::Reference;
use std::cmp::Reverse;
use std::sync::Arc;

/// Segments against one reference.
#[derive(Clone, Debug)]
pub(super) struct Segmented {
    counted: segments::Segments,
    /// In the order of the config, those that the reference does not have left out.
    pub(super) features: Vec<SegmentedFeature>,
}

/// The segments of one feature.
#[derive(Clone, Debug)]
pub(super) struct SegmentedFeature {
    pub(super) name: Arc<str>,
    /// Names of the segments, each once.
    pub(super) segments: Vec<Arc<str>>,
    /// What the reference says of each.
    pub(super) reference: Vec<SegmentCounts>,
}

/// A number of counts and of sums.
type Size = (usize, usize);

impl Segmented {
    /// Lays the segments out behind `inputs` and `pairs`, and returns the sizes with them.
    pub(super) fn new(reference: &Reference, config: &Segments, inputs: Size, pairs: Size) -> (Segmented, Size, Size) {
        let behind = |(counts, sums): Size| {
            let mut layout = Layout::default();
            layout.reserve(counts, sums);
            layout
        };
        let (mut inputs, mut pairs) = (behind(inputs), behind(pairs));
        let found = config.features.iter().filter_map(|name| SegmentedFeature::new(name, reference, config.most));
        let (declared, features) = found.unzip();
        let counted = segments::Segments::new(kind(reference), declared, &mut inputs, &mut pairs);
        let size = |layout: &Layout| (layout.counts(), layout.sums());
        (Segmented { counted, features }, size(&inputs), size(&pairs))
    }

    /// Whether nothing is counted.
    pub(super) fn is_empty(&self) -> bool {
        self.counted.is_empty()
    }

    /// Adds a prediction whose features fell into these coarse cells, and of a binary task its class.
    pub(super) fn prediction(&self, cells: &[u16], class: Option<usize>, delta: &mut Delta) {
        self.counted.prediction(cells, class, delta);
    }

    /// Adds a pair.
    pub(super) fn pair(&self, cells: &[u16], actual: Label, predicted: Label, delta: &mut Delta) {
        match (actual, predicted) {
            (Label::Class(actual), Label::Class(predicted)) => self.counted.classes(cells, actual, predicted, delta),
            (Label::Number(actual), Label::Number(predicted)) => self.counted.numbers(cells, actual, predicted, delta),
            _ => {}
        }
    }

    /// The features with what their segments hold in a window.
    pub(super) fn read<'a>(
        &'a self,
        inputs: &'a Totals,
        pairs: &'a Totals,
    ) -> impl Iterator<Item = (&'a SegmentedFeature, Vec<SegmentCounts>)> + 'a {
        let counts = move |place| self.counted.read(place, inputs, pairs);
        self.features.iter().enumerate().filter_map(move |(place, feature)| Some((feature, counts(place)?)))
    }
}

fn kind(reference: &Reference) -> Kind {
    let frame = &reference.observer.frame;
    match (frame.task, frame.positive, &reference.observer.pairs.performance) {
        (Task::Binary, Some(positive), _) => Kind::Binary(positive),
        (Task::Binary | Task::Multiclass, _, _) => Kind::Multiclass,
        (Task::Regression, _, Some(PerformanceShape::Regression(residuals))) => Kind::Regression(residuals.errors()),
        (Task::Regression | Task::Ranking, _, _) => Kind::Nothing,
    }
}

impl SegmentedFeature {
    /// At most `most` segments and one for the rest; `None` when the reference does not have the feature.
    fn new(name: &str, reference: &Reference, most: usize) -> Option<(Declared, SegmentedFeature)> {
        let observer = &reference.observer;
        let feature = observer.frame.features.iter().position(|(known, _)| &**known == name)?;
        let column = observer.inputs.columns.get(feature)?;
        let rows = observer.coarse.counts(feature, &reference.inputs)?;
        let missing = rows.len().checked_sub(2)?;
        let names = cells::names(column);
        // Cells of one name are one segment. MISSING has one of its own before all others, then the largest have.
        let mut distinct: Vec<Arc<str>> = Vec::new();
        names.iter().for_each(|name| {
            if !distinct.contains(name) {
                distinct.push(name.clone())
            }
        });
        let size = |name: &Arc<str>| -> (bool, u64) {
            let own = || names.iter().zip(&rows).enumerate().filter(|(_, (known, _))| *known == name);
            (own().any(|(cell, _)| cell == missing), own().map(|(_, (_, rows))| *rows).sum())
        };
        let mut by_size = distinct.clone();
        by_size.sort_by_cached_key(|name| Reverse(size(name)));
        let kept = by_size.get(..most).unwrap_or(&by_size);
        let other: Arc<str> = OTHER.into();
        let shown = |name: &Arc<str>| if kept.contains(name) { name.clone() } else { other.clone() };
        let mut segments: Vec<Arc<str>> = distinct.into_iter().filter(|name| kept.contains(name)).collect();
        if names.iter().any(|name| !kept.contains(name)) && !segments.contains(&other) {
            segments.push(other.clone());
        }
        let place = |name: &Arc<str>| segments.iter().take_while(|known| **known != shown(name)).count() as u16;
        let segment_of: Vec<u16> = names.iter().map(place).collect();
        let declared = Declared { feature, segment_of, segments: segments.len() };
        let reference = of_reference(reference, &declared, &rows);
        Some((declared, SegmentedFeature { name: column.name.clone(), segments, reference }))
    }
}

/// What the reference knows of segments: its rows, and what their losses tell.
fn of_reference(reference: &Reference, declared: &Declared, rows: &[u64]) -> Vec<SegmentCounts> {
    let observer = &reference.observer;
    let mut all = vec![(0, 0, 0.0); declared.segments];
    let losses = observer.losses.read(declared.feature, &reference.pairs);
    for (cell, (segment, rows)) in declared.segment_of.iter().zip(rows).enumerate() {
        let Some((predictions, labelled, loss)) = all.get_mut(usize::from(*segment)) else { continue };
        let of_cell = losses.and_then(|losses| losses.cell(cell)).unwrap_or_default();
        *predictions += rows;
        *labelled += of_cell.0;
        *loss += of_cell.1;
    }
    let counts = |(predictions, rows, loss): (u64, u64, f64)| {
        let pairs = match observer.frame.task {
            Task::Binary | Task::Multiclass => {
                let wrong = (loss.round() as u64).min(rows);
                SegmentPairs::Multiclass { right: rows - wrong, wrong }
            }
            // The sign of an error is not in its loss.
            Task::Regression => SegmentPairs::Regression { rows, error: f64::NAN, absolute_error: loss },
            Task::Ranking => SegmentPairs::Nothing,
        };
        SegmentCounts { predictions, predicted: None, pairs }
    };
    all.into_iter().map(counts).collect()
}
