//! What the second pass over a reference finds out for derived columns, and their frozen form.
//!
//! How a feature becomes a number follows from the survey, so the correlations of all rows are summed exactly. Where the
//! edges of derived columns go is chosen on a sample of the rows; the third pass counts all of them.

use super::edges::grid_of;
use super::sample::{Sample, random};
use super::survey::{CATEGORIES, ColumnSurvey, Survey};
use crate::aggregate::{FixedPoint, Row, Seen, Shape, Totals};
use crate::derive::embedding::{COLUMNS, Embedding};
use crate::derive::encode::{Encoded, Encoding, FURTHEST};
use crate::derive::mmd::Mmd;
use crate::derive::outlier::{Outlier, Parts, score};
use crate::derive::pca::{Moments, Pca};
use crate::derive::{Derive, Fitted, OUTLIER_SCORE, PCA_ERROR, Wanted};
use crate::observe::Observer;
use std::sync::Arc;

/// Rows kept.
const ROWS: usize = 100_000;
/// Values kept of all features together: 64 MiB.
const VALUES: usize = 4 << 20;
/// Embeddings kept.
const EMBEDDINGS: usize = 10_000;
/// Rows that random features are fitted to.
const VECTORS: usize = 10_000;

/// The rows of a reference on their way to derived columns.
#[derive(Clone, Debug)]
pub(super) struct Fitting {
    wanted: Wanted,
    encoding: Option<Encoding>,
    moments: Moments,
    rows: Vec<Vec<Seen>>,
    limit: usize,
    seen: u64,
    state: u64,
    embeddings: Vec<Vec<f64>>,
    embedded: u64,
}

impl Fitting {
    /// Of rows with the columns of this survey.
    pub(super) fn new(wanted: Wanted, survey: &Survey, observer: &Observer) -> Fitting {
        let features = &observer.frame.features;
        let encoded = survey.features.iter().zip(features).map(|(seen, (_, shape))| encoded(seen, shape, survey.rows));
        let encoding = (wanted.pca || wanted.mmd).then(|| Encoding(encoded.collect()));
        Fitting {
            wanted,
            moments: Moments::new(if wanted.pca { features.len() } else { 0 }),
            encoding,
            rows: Vec::new(),
            limit: (VALUES / features.len().max(1)).clamp(1, ROWS),
            seen: 0,
            state: 0x2545_f491_4f6c_dd1d,
            embeddings: Vec::new(),
            embedded: 0,
        }
    }

    /// Takes a row.
    pub(super) fn add(&mut self, row: &mut Row) {
        self.seen += 1;
        if self.rows.len() < self.limit {
            self.rows.push(row.seen.clone());
        } else {
            // Algorithm R (Vitter 1985).
            let place = random(&mut self.state) % self.seen;
            if let Some(kept) = self.rows.get_mut(place as usize) {
                kept.clone_from(&row.seen);
            }
        }
        if let (Some(encoding), true) = (&self.encoding, self.wanted.pca) {
            encoding.encode(row);
            if row.encoded.iter().all(|value| value.abs() < FURTHEST) {
                self.moments.add(&row.encoded);
            }
        }
    }

    /// Takes the embedding of a row, empty when it has none. The first says how long they are.
    pub(super) fn embed(&mut self, vector: &[f64]) {
        let length = self.embeddings.first().map_or(vector.len(), Vec::len);
        if !self.wanted.embedding || vector.is_empty() || vector.len() != length {
            return;
        }
        self.embedded += 1;
        if self.embeddings.len() < (VALUES / length).clamp(1, EMBEDDINGS) {
            self.embeddings.push(vector.to_vec());
        } else {
            let place = random(&mut self.state) % self.embedded;
            if let Some(kept) = self.embeddings.get_mut(place as usize) {
                kept.copy_from_slice(vector);
            }
        }
    }

    /// What was fitted, with the cells of the derived columns. `inputs` are the counts of all rows.
    pub(super) fn finish(self, observer: &Observer, inputs: &Totals) -> Derive {
        let mut fitted = Fitted::default();
        let mut columns = Vec::new();
        let features = || {
            let placed = observer.inputs.columns.iter().take(observer.frame.features.len());
            placed.map(|column| {
                let counts = inputs.counts.get(column.counts..column.counts + column.shape.counts());
                (&column.shape, counts.unwrap_or_default())
            })
        };
        if self.wanted.outlier {
            let parts = Parts::new(features());
            let surprise = |row: &Vec<Seen>| -> u64 {
                row.iter().enumerate().map(|(feature, seen)| parts.part(feature, seen.cell)).sum()
            };
            let scores = sample(self.rows.iter().map(|row| score(surprise(row))));
            fitted.outlier = Outlier::new(&scores.sorted());
            let levels = fitted.outlier.iter().flat_map(|outlier| outlier.levels).collect::<Vec<f64>>();
            columns.push((Arc::from(OUTLIER_SCORE), shape(&scores, &levels)));
        }
        if let Some(encoding) = self.encoding {
            let encoded = |row: &Vec<Seen>| {
                let mut row = Row { seen: row.clone(), encoded: Vec::new() };
                encoding.encode(&mut row);
                row.encoded
            };
            if let Some(pca) = Pca::new(&self.moments).filter(|_| self.wanted.pca) {
                columns.push((PCA_ERROR.into(), shape(&sample(self.rows.iter().map(|r| pca.error(&encoded(r)))), &[])));
                fitted.pca = Some(pca);
            }
            if self.wanted.mmd {
                // At even distances: rows are in the order of their time.
                let step = self.rows.len().div_ceil(VECTORS).max(1);
                let vectors: Vec<Vec<f64>> = self.rows.iter().step_by(step).map(encoded).collect();
                fitted.mmd = Mmd::new(&vectors, self.wanted.mmd_features);
            }
            if fitted.pca.is_some() || fitted.mmd.is_some() {
                fitted.encoding = Some(encoding);
            }
        }
        if let Some(embedding) = Embedding::new(&self.embeddings) {
            let places: Vec<_> = self.embeddings.iter().filter_map(|vector| embedding.place(vector)).collect();
            let [cluster, distance, norm, cosine] = COLUMNS;
            columns.push((cluster.into(), embedding.clusters()));
            columns.push((distance.into(), shape(&sample(places.iter().map(|place| place.distance)), &[])));
            columns.push((norm.into(), shape(&sample(places.iter().map(|place| place.norm)), &[])));
            columns.push((cosine.into(), shape(&sample(places.iter().map(|place| place.cosine)), &[])));
            fitted.embedding = Some(embedding);
        }
        Derive::new(fitted, columns, features())
    }
}

/// How a feature becomes a number, from what was seen of it.
fn encoded(seen: &ColumnSurvey, shape: &Shape, rows: u64) -> Encoded {
    if matches!(shape, Shape::Numeric { .. }) {
        let (mean, deviation) = seen.numbers.moments();
        return Encoded::number(mean, deviation, seen.numbers.seen(), rows);
    }
    let categories: Vec<u64> = seen.categories().into_iter().map(|(_, rows)| rows).collect();
    let (own, other) = categories.split_at(categories.len().min(CATEGORIES));
    Encoded::categories(own, (other.iter().sum(), other.len()), rows)
}

fn sample(values: impl Iterator<Item = f64>) -> Sample {
    let mut sample = Sample::new(ROWS);
    values.for_each(|value| sample.push(value));
    sample
}

fn shape(values: &Sample, extra: &[f64]) -> Shape {
    let (mean, deviation) = values.moments();
    let grid = Arc::new(grid_of(&values.sorted(), values.range(), extra));
    Shape::Numeric { grid, fixed: FixedPoint::new(mean, deviation) }
}
