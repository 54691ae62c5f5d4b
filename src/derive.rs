//! Row -> derived values: numbers computed for each answered prediction from its own features, counted as any other
//! column is.
//!
//! What is fitted ([`Fitted`]) is frozen in the profile. Each kind is one file: how surprising a row is
//! ([`outlier`]), how far it is from the reference's correlations ([`pca`]), random features of it whose means
//! are compared ([`mmd`]), and where its embedding stands ([`embedding`]).

mod dice;
mod eigen;
pub mod embedding;
pub mod encode;
pub mod mmd;
pub mod outlier;
pub mod pca;

use crate::aggregate::{Row, Shape};
use embedding::Embedding;
use encode::Encoding;
use mmd::{Directions, Mmd};
use outlier::{Outlier, Parts};
use pca::Pca;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The derived column of outlier scores.
pub const OUTLIER_SCORE: &str = "outlier_score";
/// The derived column of PCA reconstruction errors.
pub const PCA_ERROR: &str = "pca_error";

/// What is derived from rows besides their latency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The outlier score.
    pub outlier: bool,
    /// The PCA reconstruction error.
    pub pca: bool,
    /// The sums of random features.
    pub mmd: bool,
    /// How many pairs of random features.
    pub mmd_features: usize,
    /// The columns of the embedding, where rows have one.
    pub embedding: bool,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { outlier: true, pca: false, mmd: false, mmd_features: mmd::FEATURES, embedding: false }
    }
}

impl Wanted {
    /// Whether nothing is wanted.
    pub fn is_nothing(&self) -> bool {
        !(self.outlier || self.pca || self.mmd || self.embedding)
    }

    /// What of it `fitted` does not have, as the keys of the config.
    pub fn lacking(&self, fitted: &Fitted) -> Vec<&'static str> {
        let parts = [
            ("outlier", self.outlier, fitted.outlier.is_some()),
            ("pca", self.pca, fitted.pca.is_some()),
            ("mmd", self.mmd, fitted.mmd.is_some()),
            ("embedding", self.embedding, fitted.embedding.is_some()),
        ];
        parts.into_iter().filter(|(_, wanted, has)| *wanted && !has).map(|(key, _, _)| key).collect()
    }
}

/// What was fitted, as written in a profile.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fitted {
    /// Of the outlier score. Its table is computed from the reference's counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlier: Option<Outlier>,
    /// How rows become vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Of the reconstruction error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pca: Option<Pca>,
    /// Of the random features.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mmd: Option<Mmd>,
    /// Of the embedding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Embedding>,
}

impl Fitted {
    /// Whether nothing was fitted.
    pub fn is_empty(&self) -> bool {
        *self == Fitted::default()
    }

    /// The names of the derived columns, in their order.
    pub fn names(&self) -> Vec<&'static str> {
        let outlier = self.outlier.as_ref().map(|_| OUTLIER_SCORE);
        let embedding = self.embedding.iter().flat_map(|_| embedding::COLUMNS);
        outlier.into_iter().chain(self.pca.as_ref().map(|_| PCA_ERROR)).chain(embedding).collect()
    }

    /// What does not fit these features and derived columns, in words.
    pub fn contradiction(&self, features: &[Shape], columns: &[(Arc<str>, Shape)]) -> Option<&'static str> {
        if !self.names().into_iter().eq(columns.iter().map(|(name, _)| &**name)) {
            return Some("the derived columns");
        }
        let score = columns.iter().find(|(name, _)| **name == *OUTLIER_SCORE).map(|(_, shape)| shape);
        if let (Some(outlier), Some(shape)) = (&self.outlier, score)
            && !outlier.fits(shape)
        {
            return Some("the levels of the outlier score");
        }
        let encoded = self.encoding.is_some() == (self.pca.is_some() || self.mmd.is_some());
        if !encoded || self.encoding.as_ref().is_some_and(|encoding| !encoding.fits(features)) {
            return Some("the encoding of rows");
        }
        if self.pca.as_ref().is_some_and(|pca| !pca.fits(features.len())) {
            return Some("the principal components");
        }
        if self.mmd.as_ref().is_some_and(|mmd| !mmd.fits()) {
            return Some("the random features");
        }
        let cluster = columns.iter().find(|(name, _)| **name == *embedding::COLUMNS[0]).map(|(_, shape)| shape);
        if let Some(embedding) = &self.embedding
            && !(embedding.fits() && cluster == Some(&embedding.clusters()))
        {
            return Some("the embedding");
        }
        None
    }
}

/// What was fitted, ready to compute.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Derive {
    fitted: Fitted,
    columns: Vec<(Arc<str>, Shape)>,
    parts: Option<Parts>,
    directions: Option<Directions>,
    keeps_rows: bool,
}

impl Derive {
    /// Of what was fitted for these features with their counts in the reference, and of the derived columns in the
    /// order of [`Fitted::names`].
    pub fn new<'a>(
        fitted: Fitted,
        columns: Vec<(Arc<str>, Shape)>,
        features: impl ExactSizeIterator<Item = (&'a Shape, &'a [u64])>,
    ) -> Derive {
        let directions = fitted.mmd.as_ref().map(|mmd| mmd.directions(features.len()));
        let parts = fitted.outlier.as_ref().map(|_| Parts::new(features));
        let keeps_rows = fitted.encoding.is_some();
        Derive { fitted, columns, parts, directions, keeps_rows }
    }

    /// Computes nothing, but leaves the row of each event in its delta: for fitting.
    pub fn keeping_rows() -> Derive {
        Derive { keeps_rows: true, ..Derive::default() }
    }

    /// What was fitted.
    pub fn fitted(&self) -> &Fitted {
        &self.fitted
    }

    /// Names and cells of the derived columns.
    pub fn columns(&self) -> &[(Arc<str>, Shape)] {
        &self.columns
    }

    /// Whether the row is needed as a whole.
    pub fn keeps_rows(&self) -> bool {
        self.keeps_rows
    }

    /// What cell `cell` of feature `feature` adds to the outlier score, in its units.
    pub fn part(&self, feature: usize, cell: u32) -> u64 {
        self.parts.as_ref().map_or(0, |parts| parts.part(feature, cell))
    }

    /// What each cell of feature `feature` adds to it; nothing when there is no score.
    pub fn parts(&self, feature: usize) -> &[u32] {
        self.parts.as_ref().map_or(&[], |parts| parts.of(feature))
    }

    /// Whether nothing is derived of a row but its outlier score.
    pub fn is_plain(&self) -> bool {
        !self.keeps_rows && self.directions.is_none() && self.fitted.embedding.is_none()
    }

    /// How many sums the random features take.
    pub fn sums(&self) -> usize {
        self.fitted.mmd.as_ref().map_or(0, Mmd::sums)
    }

    /// The values of the derived columns of a row, in their order. `surprise` is the sum of the parts of its features.
    pub fn values(&self, surprise: u64, row: &mut Row, mut value: impl FnMut(usize, f64)) {
        if let Some(encoding) = &self.fitted.encoding {
            encoding.encode(row);
        }
        let mut index = 0;
        if self.fitted.outlier.is_some() {
            value(index, outlier::score(surprise));
            index += 1;
        }
        if let Some(pca) = &self.fitted.pca {
            value(index, pca.error(&row.encoded));
        }
    }

    /// Where the columns of the embedding begin among the derived ones; `None` when there is no embedding.
    pub fn embedding(&self) -> Option<(usize, &Embedding)> {
        self.fitted.embedding.as_ref().map(|fitted| (self.columns.len() - embedding::COLUMNS.len(), fitted))
    }

    /// The random features of a row whose values were computed, in the order of their sums.
    pub fn random_features(&self, row: &Row, feature: impl FnMut(usize, f64)) {
        if let Some(directions) = &self.directions {
            directions.features(&row.encoded, feature);
        }
    }
}
