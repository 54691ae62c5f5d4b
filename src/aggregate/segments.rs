//! Predictions and pairs by segment: the rows of one coarse cell of a declared feature, or of several that share a name.
//!
//! Each row adds one count to each declared feature, and of a regression two sums. Which features are declared is a
//! matter of the config, so the places are behind everything that a profile knows of.

use super::{Delta, FixedPoint, Layout, Totals};

/// A feature whose segments are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its index among the features.
    pub feature: usize,
    /// By coarse cell (MISSING and INVALID included): the segment it belongs to.
    pub segment_of: Vec<u16>,
    /// How many segments there are.
    pub segments: usize,
}

/// What is counted of a pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Whether actual and prediction are the positive class, which has this index.
    Binary(usize),
    /// Whether the prediction is right.
    Multiclass,
    /// The error, on a scale.
    Regression(FixedPoint),
    /// Nothing.
    Nothing,
}

/// Of a prediction of a binary task: no class said, another class, the positive one.
const BINARY_INPUTS: usize = 3;
/// Of a pair of a binary task, as in [`SegmentPairs::Binary`].
const BINARY_PAIRS: usize = 5;

impl Kind {
    /// Counts of a prediction, counts of a pair, sums of a pair.
    fn sizes(self) -> (usize, usize, usize) {
        match self {
            Kind::Binary(_) => (BINARY_INPUTS, BINARY_PAIRS, 0),
            Kind::Multiclass => (1, 2, 0),
            Kind::Regression(_) => (1, 1, 2),
            Kind::Nothing => (1, 0, 0),
        }
    }
}

/// The place of the segments in the counts of predictions and of pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Segments {
    kind: Kind,
    /// With the first count of predictions, the first count of pairs and the first sum of pairs.
    features: Vec<(Declared, usize, usize, usize)>,
}

impl Segments {
    /// Reserves the places behind what the layouts have.
    pub fn new(kind: Kind, declared: Vec<Declared>, inputs: &mut Layout, pairs: &mut Layout) -> Segments {
        let (of_input, of_pair, sums) = kind.sizes();
        let place = |declared: Declared| {
            let n = declared.segments;
            let (input, _) = inputs.reserve(n * of_input, 0);
            let (pair, sum) = pairs.reserve(n * of_pair, n * sums);
            (declared, input, pair, sum)
        };
        Segments { kind, features: declared.into_iter().map(place).collect() }
    }

    /// Whether no feature is declared.
    pub fn is_empty(&self) -> bool {
        self.features.is_empty()
    }

    /// Adds a prediction whose features fell into these coarse cells; the class by its index, when it says one.
    pub fn prediction(&self, cells: &[u16], class: Option<usize>, delta: &mut Delta) {
        let (size, place) = match (self.kind, class) {
            (Kind::Binary(positive), Some(class)) => (BINARY_INPUTS, 1 + usize::from(class == positive)),
            (Kind::Binary(_), None) => (BINARY_INPUTS, 0),
            _ => (1, 0),
        };
        for (segment, first, _, _) in self.segments_of(cells) {
            delta.count(first + segment * size + place);
        }
    }

    /// Adds a pair of classes by their indices; equal classes have equal ones.
    pub fn classes(&self, cells: &[u16], actual: usize, predicted: usize, delta: &mut Delta) {
        let (size, place) = match self.kind {
            Kind::Binary(positive) => {
                let place = match (actual == positive, predicted == positive) {
                    (true, true) => 0,
                    (false, true) => 1,
                    (true, false) => 2,
                    (false, false) if actual == predicted => 3,
                    (false, false) => 4,
                };
                (BINARY_PAIRS, place)
            }
            Kind::Multiclass => (2, usize::from(actual != predicted)),
            Kind::Regression(_) | Kind::Nothing => return,
        };
        for (segment, _, first, _) in self.segments_of(cells) {
            delta.count(first + segment * size + place);
        }
    }

    /// Adds a pair of finite numbers; others are left out.
    pub fn numbers(&self, cells: &[u16], actual: f64, predicted: f64, delta: &mut Delta) {
        let Kind::Regression(fixed) = self.kind else { return };
        let error = predicted - actual;
        if !error.is_finite() {
            return;
        }
        let (error, absolute_error) = (fixed.difference(error), fixed.difference(error.abs()));
        for (segment, _, count, sum) in self.segments_of(cells) {
            delta.count(count + segment);
            delta.sum(sum + 2 * segment, error);
            delta.sum(sum + 2 * segment + 1, absolute_error);
        }
    }

    /// The segment of each declared feature and its places.
    fn segments_of<'a>(&'a self, cells: &'a [u16]) -> impl Iterator<Item = (usize, usize, usize, usize)> + 'a {
        self.features.iter().filter_map(|(declared, input, pair, sum)| {
            let cell = usize::from(*cells.get(declared.feature)?);
            let segment = usize::from(*declared.segment_of.get(cell)?);
            (segment < declared.segments).then_some((segment, *input, *pair, *sum))
        })
    }

    /// What is counted of the segments of the declared feature at `place`; `None` when the totals are of another layout.
    pub fn read(&self, place: usize, inputs: &Totals, pairs: &Totals) -> Option<Vec<SegmentCounts>> {
        let (declared, input, pair, sum) = self.features.get(place)?;
        let (of_input, of_pair, of_sum) = self.kind.sizes();
        let segment = |s: usize| {
            let said = inputs.counts.get(input + s * of_input..input + (s + 1) * of_input)?;
            let counts = pairs.counts.get(pair + s * of_pair..pair + (s + 1) * of_pair)?;
            let sums = pairs.sums.get(sum + s * of_sum..sum + (s + 1) * of_sum)?;
            let pairs = match (self.kind, counts, sums) {
                (Kind::Binary(_), [tp, fp, fn_, tn, mixed_up], _) => SegmentPairs::Binary {
                    true_positives: *tp,
                    false_positives: *fp,
                    false_negatives: *fn_,
                    true_negatives: *tn,
                    mixed_up: *mixed_up,
                },
                (Kind::Multiclass, [right, wrong], _) => SegmentPairs::Multiclass { right: *right, wrong: *wrong },
                (Kind::Regression(fixed), [rows], [error, absolute_error]) => SegmentPairs::Regression {
                    rows: *rows,
                    error: fixed.first(*error),
                    absolute_error: fixed.first(*absolute_error),
                },
                _ => SegmentPairs::Nothing,
            };
            let predicted = match (self.kind, said) {
                (Kind::Binary(_), [_, negative, positive]) => Some((*positive, positive + negative)),
                _ => None,
            };
            Some(SegmentCounts { predictions: said.iter().sum(), predicted, pairs })
        };
        (0..declared.segments).map(segment).collect()
    }
}

/// What is counted of one segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SegmentCounts {
    /// Answered predictions.
    pub predictions: u64,
    /// Of a binary task: those of the positive class, and those that say a class.
    pub predicted: Option<(u64, u64)>,
    /// Predictions whose actual is known.
    pub pairs: SegmentPairs,
}

/// What is counted of the pairs of one segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SegmentPairs {
    /// Of a binary task.
    Binary {
        /// Positive, said positive.
        true_positives: u64,
        /// Another class, said positive.
        false_positives: u64,
        /// Positive, said another class.
        false_negatives: u64,
        /// Another class, and said this one.
        true_negatives: u64,
        /// Neither is the positive class, and they differ: a class that the reference never had.
        mixed_up: u64,
    },
    /// Of several classes.
    Multiclass {
        /// Said the actual class.
        right: u64,
        /// Said another one.
        wrong: u64,
    },
    /// Of numbers; an error is prediction minus actual.
    Regression {
        /// Pairs.
        rows: u64,
        /// The sum of the errors.
        error: f64,
        /// The sum of their sizes.
        absolute_error: f64,
    },
    /// Nothing.
    Nothing,
}

impl SegmentPairs {
    /// How many pairs there are.
    pub fn rows(&self) -> u64 {
        match self {
            SegmentPairs::Binary { true_positives, false_positives, false_negatives, true_negatives, mixed_up } => {
                true_positives + false_positives + false_negatives + true_negatives + mixed_up
            }
            SegmentPairs::Multiclass { right, wrong } => right + wrong,
            SegmentPairs::Regression { rows, .. } => *rows,
            SegmentPairs::Nothing => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two declared features: of the first the cells 0 and 2 are one segment; the second has a cell that is in none.
    fn declared() -> Vec<Declared> {
        vec![
            Declared { feature: 0, segment_of: vec![0, 1, 0], segments: 2 },
            Declared { feature: 2, segment_of: vec![1, 0, 9], segments: 2 },
        ]
    }

    /// Segments behind 3 counts and 1 sum of something else, and totals of what `observe` adds.
    fn counted(kind: Kind, observe: impl Fn(&Segments, &mut Delta, &mut Delta)) -> [Vec<SegmentCounts>; 2] {
        let (mut inputs, mut pairs) = (Layout::default(), Layout::default());
        inputs.reserve(3, 1);
        pairs.reserve(3, 1);
        let segments = Segments::new(kind, declared(), &mut inputs, &mut pairs);
        let mut totals = [&inputs, &pairs].map(|layout| Totals::new(layout.counts(), layout.sums()));
        let (mut input, mut pair) = (Delta::default(), Delta::default());
        observe(&segments, &mut input, &mut pair);
        totals[0].apply(&input);
        totals[1].apply(&pair);
        assert_eq!((&[0, 0, 0][..], 0), (&totals[1].counts[..3], totals[1].sums[0]), "what is before is left alone");
        let foreign = Totals::new(3, 1);
        assert_eq!(None, segments.read(0, &foreign, &totals[1]));
        assert_eq!(None, segments.read(2, &totals[0], &totals[1]));
        [0, 1].map(|place| segments.read(place, &totals[0], &totals[1]).unwrap())
    }

    #[test]
    fn binary_rows_are_counted_in_the_segment_of_each_declared_feature() {
        let rows = [([0, 7, 0], 1, 1), ([2, 7, 0], 0, 1), ([1, 7, 1], 1, 0), ([0, 7, 2], 0, 0), ([0, 7, 1], 5, 0)];
        let [first, second] = counted(Kind::Binary(1), |segments, input, pair| {
            for (cells, actual, predicted) in rows {
                segments.prediction(&cells, Some(predicted), input);
                segments.classes(&cells, actual, predicted, pair);
            }
            segments.prediction(&[1, 0, 0], None, input);
        });
        let binary = |[tp, fp, fn_, tn, mixed_up]: [u64; 5]| SegmentPairs::Binary {
            true_positives: tp,
            false_positives: fp,
            false_negatives: fn_,
            true_negatives: tn,
            mixed_up,
        };
        let counts = |predictions, predicted, pairs| SegmentCounts { predictions, predicted: Some(predicted), pairs };
        assert_eq!(vec![counts(4, (2, 4), binary([1, 1, 0, 1, 1])), counts(2, (0, 1), binary([0, 0, 1, 0, 0]))], first);
        assert_eq!(
            vec![counts(2, (0, 2), binary([0, 0, 1, 0, 1])), counts(3, (2, 2), binary([1, 1, 0, 0, 0]))],
            second
        );
        assert_eq!(4, first[0].pairs.rows());
    }

    #[test]
    fn errors_and_hits_are_counted_by_segment() {
        let [first, _] = counted(Kind::Regression(FixedPoint::UNIT), |segments, input, pair| {
            for (cell, error) in [(0, 0.5), (2, -2.0), (1, 0.25), (0, f64::INFINITY)] {
                segments.prediction(&[cell, 0, 0], None, input);
                segments.numbers(&[cell, 0, 0], 3.0, 3.0 + error, pair);
            }
            segments.classes(&[0, 0, 0], 1, 1, pair);
        });
        let counts = |predictions, rows, error, absolute_error| SegmentCounts {
            predictions,
            predicted: None,
            pairs: SegmentPairs::Regression { rows, error, absolute_error },
        };
        assert_eq!(vec![counts(3, 2, -1.5, 2.5), counts(1, 1, 0.25, 0.25)], first);
        let [first, _] = counted(Kind::Multiclass, |segments, _, pair| {
            segments.classes(&[0, 0, 0], 1, 1, pair);
            segments.classes(&[0, 0, 0], 9, 8, pair);
            segments.numbers(&[0, 0, 0], 1.0, 1.0, pair);
        });
        assert_eq!(SegmentPairs::Multiclass { right: 1, wrong: 1 }, first[0].pairs);
        let [first, _] = counted(Kind::Nothing, |segments, input, pair| {
            segments.prediction(&[0, 0, 0], Some(1), input);
            segments.classes(&[0, 0, 0], 1, 1, pair);
        });
        assert_eq!((1, 0), (first[0].predictions, first[0].pairs.rows()));
    }
}
