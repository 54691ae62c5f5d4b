//! A reference as a value, and as the versioned file it is read from.

use super::builder::columns_of;
use super::findings::{ColumnNoise, Findings};
use super::importance::normalised;
use crate::aggregate::{FixedPoint, Role, Shape, Totals};
use crate::derive::{Derive, Fitted};
use crate::event::{Columns, MOST_ITEMS, Task};
use crate::observe::{Frame, LATENCY, Observer};
use crate::statistics::basis::CONFIDENCE;
use crate::statistics::null::simulate;
use crate::statistics::performance::Performance;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The version of the file's form that is written; it is the only one read.
pub const FORMAT: u32 = 1;

/// The largest profile that is read.
const LARGEST: usize = 256 << 20;

/// A profile that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Not JSON, or not of this form.
    #[error("not a profile: {0}")]
    Syntax(#[from] serde_json::Error),
    /// Written by another version.
    #[error("profile format {0} is not {FORMAT}: build the profile again with this version")]
    Format(u32),
    /// The content is not what was written.
    #[error("the hash of the profile is {found}, it says {written}: it was changed or cut off")]
    Hash {
        /// Computed.
        found: String,
        /// In the file.
        written: String,
    },
    /// The numbers do not fit each other.
    #[error("the profile contradicts itself: {0}")]
    Inconsistent(String),
    /// Too large.
    #[error("the profile is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
}

/// The reference of a model: frozen columns with their counts.
#[derive(Clone, Debug)]
pub struct Reference {
    /// SHA-256 of the content, hexadecimal.
    pub sha: String,
    /// When it was built.
    pub created: Timestamp,
    /// The model it was built for, when it was said.
    pub model: Option<String>,
    /// Answered predictions.
    pub rows: u64,
    /// The frozen columns and their places.
    pub observer: Arc<Observer>,
    /// Counts of predictions.
    pub inputs: Totals,
    /// Counts of pairs.
    pub pairs: Totals,
    /// What was found out besides.
    pub findings: Findings,
    columns: Arc<Columns>,
}

impl Reference {
    /// A reference of counted totals.
    pub fn new(
        model: Option<String>,
        created: Timestamp,
        rows: u64,
        observer: Arc<Observer>,
        inputs: Totals,
        pairs: Totals,
        findings: Findings,
    ) -> Reference {
        let columns = columns_of(&observer);
        let mut reference =
            Reference { sha: String::new(), created, model, rows, observer, inputs, pairs, findings, columns };
        reference.sha = reference.stored().content_sha();
        reference
    }

    /// The same reference with null constants of its columns from this many draws each, where it has none.
    pub fn with_constants(self, draws: usize) -> Reference {
        let Reference { created, model, rows, observer, inputs, pairs, mut findings, columns: known, .. } = self;
        let columns = observer.inputs.columns.iter().map(|column| (column, &inputs));
        let columns: Vec<_> = columns.chain(observer.pairs.columns.iter().map(|column| (column, &pairs))).collect();
        findings.noise.resize(columns.len(), ColumnNoise::default());
        for ((column, totals), noise) in columns.into_iter().zip(&mut findings.noise) {
            if column.role != Role::Derived && noise.constants.is_empty() {
                noise.constants = simulate(column, totals, draws);
            }
        }
        Reference { columns: known, ..Reference::new(model, created, rows, observer, inputs, pairs, findings) }
    }

    /// The columns that records are mapped to; the same value for as long as the reference lives.
    pub fn columns(&self) -> Arc<Columns> {
        self.columns.clone()
    }

    /// The same with these importances of the features, in their order; they are brought to a sum of 1.
    pub fn with_importance(mut self, importance: Vec<f64>) -> Reference {
        self.findings.importance = normalised(importance);
        self.sha = self.stored().content_sha();
        self
    }

    /// Whether the reference has pairs of prediction and actual.
    pub fn has_pairs(&self) -> bool {
        Performance::new(&self.observer.pairs, &self.pairs).is_some_and(|window| window.pairs() > 0)
    }

    /// The file.
    pub fn to_json(&self) -> String {
        let mut stored = self.stored();
        stored.sha256 = self.sha.clone();
        let mut text = serde_json::to_string(&stored).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads a file and checks it whole.
    pub fn from_json(bytes: &[u8]) -> Result<Reference, ProfileError> {
        if bytes.len() > LARGEST {
            return Err(ProfileError::TooLarge);
        }
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let Version { format } = serde_json::from_slice(bytes)?;
        if format != FORMAT {
            return Err(ProfileError::Format(format));
        }
        let stored: Stored = serde_json::from_slice(bytes)?;
        let found = stored.content_sha();
        if found != stored.sha256 {
            return Err(ProfileError::Hash { found, written: stored.sha256 });
        }
        stored.into_reference()
    }

    fn stored(&self) -> Stored {
        let frame = &self.observer.frame;
        let column = |column: &crate::aggregate::Column, totals: &Totals| StoredColumn {
            name: column.name.to_string(),
            role: column.role,
            shape: StoredShape::from(&column.shape),
            totals: Totals {
                counts: totals.counts[column.counts..column.counts + column.shape.counts()].to_vec(),
                sums: totals.sums[column.sums..column.sums + column.shape.sums()].to_vec(),
            },
        };
        let inputs = self.observer.inputs.columns.iter().map(|c| column(c, &self.inputs)).collect();
        let pairs: Vec<StoredColumn> = self.observer.pairs.columns.iter().map(|c| column(c, &self.pairs)).collect();
        let (counts, sums) = column_lengths(&pairs);
        Stored {
            format: FORMAT,
            model: self.model.clone(),
            created: self.created.to_string(),
            rows: self.rows,
            task: frame.task,
            classes: frame.classes.iter().map(ToString::to_string).collect(),
            positive: frame.positive,
            score_classes: frame.scores.iter().map(|(class, _)| *class).collect(),
            residuals: frame.residuals,
            depth: (frame.depth > 0).then_some(frame.depth),
            inputs,
            answers: match self.observer.inputs.answers.first() {
                Some(first) => self.inputs.counts[first..].to_vec(),
                None => Vec::new(),
            },
            pairs,
            derived: frame.derived.fitted().clone(),
            random_features: Totals {
                counts: Vec::new(),
                sums: self.inputs.sums[self.observer.inputs.sums() - frame.derived.sums()..].to_vec(),
            },
            performance: Totals {
                counts: self.pairs.counts[counts..].to_vec(),
                sums: self.pairs.sums[sums..].to_vec(),
            },
            findings: self.findings.clone(),
            sha256: String::new(),
        }
    }
}

/// Counts and sums that these columns take together.
fn column_lengths(columns: &[StoredColumn]) -> (usize, usize) {
    columns.iter().fold((0, 0), |(counts, sums), c| (counts + c.totals.counts.len(), sums + c.totals.sums.len()))
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Stored {
    format: u32,
    model: Option<String>,
    created: String,
    rows: u64,
    task: Task,
    classes: Vec<String>,
    positive: Option<usize>,
    score_classes: Vec<usize>,
    residuals: FixedPoint,
    /// Of a ranking only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    depth: Option<usize>,
    inputs: Vec<StoredColumn>,
    /// Predictions by score, of a classification with scores only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    answers: Vec<u64>,
    pairs: Vec<StoredColumn>,
    #[serde(default, skip_serializing_if = "Fitted::is_empty")]
    derived: Fitted,
    /// The sums of the random features, when there are any.
    #[serde(default, skip_serializing_if = "Totals::is_empty")]
    random_features: Totals,
    performance: Totals,
    #[serde(flatten)]
    findings: Findings,
    sha256: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct StoredColumn {
    name: String,
    role: Role,
    #[serde(flatten)]
    shape: StoredShape,
    #[serde(flatten)]
    totals: Totals,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StoredShape {
    Numeric { grid: Arc<crate::aggregate::Grid>, fixed: FixedPoint },
    Categorical { dictionary: Arc<crate::aggregate::Dictionary> },
}

impl From<&Shape> for StoredShape {
    fn from(shape: &Shape) -> StoredShape {
        match shape {
            Shape::Numeric { grid, fixed } => StoredShape::Numeric { grid: grid.clone(), fixed: *fixed },
            Shape::Categorical { dictionary } => StoredShape::Categorical { dictionary: dictionary.clone() },
        }
    }
}

impl From<StoredShape> for Shape {
    fn from(shape: StoredShape) -> Shape {
        match shape {
            StoredShape::Numeric { grid, fixed } => Shape::Numeric { grid, fixed },
            StoredShape::Categorical { dictionary } => Shape::Categorical { dictionary },
        }
    }
}

impl Stored {
    /// The hash of everything but the hash itself and the time of building, so that the same data has the same hash.
    fn content_sha(&self) -> String {
        let content = Stored { sha256: String::new(), created: String::new(), ..self.clone() };
        let text = serde_json::to_string(&content).unwrap_or_default();
        Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn into_reference(self) -> Result<Reference, ProfileError> {
        let wrong = |what: &str| ProfileError::Inconsistent(what.to_owned());
        let created =
            Timestamp::parse_rfc3339(self.created.as_bytes()).ok_or_else(|| wrong("created is not a time"))?;
        let of_role = |columns: &[StoredColumn], role: Role| -> Vec<(Arc<str>, Shape)> {
            let columns = columns.iter().filter(|column| column.role == role);
            columns.map(|column| (column.name.as_str().into(), column.shape.clone().into())).collect()
        };
        let first = |columns: Vec<(Arc<str>, Shape)>| columns.into_iter().next().map(|(_, shape)| shape);
        let score_shapes = of_role(&self.inputs, Role::Score);
        let known = |class: &usize| *class < self.classes.len();
        if score_shapes.len() != self.score_classes.len()
            || !self.score_classes.iter().all(known)
            || !self.positive.iter().all(known)
        {
            return Err(wrong("a class index"));
        }
        let names =
            |columns: &[StoredColumn]| distinct(columns.iter().map(|column| (column.role, column.name.clone())));
        if !(names(&self.inputs) && names(&self.pairs)) {
            return Err(wrong("two columns of one name"));
        }
        if !(distinct(self.classes.iter()) && distinct(self.score_classes.iter())) {
            return Err(wrong("a class that is there twice"));
        }
        if !self.residuals.is_sound() {
            return Err(wrong("the scale of the residuals"));
        }
        let columns = || self.inputs.iter().chain(&self.pairs);
        let is_unsound =
            |column: &StoredColumn| matches!(&column.shape, StoredShape::Numeric { fixed, .. } if !fixed.is_sound());
        if columns().any(is_unsound) {
            return Err(wrong("the scale of a column"));
        }
        let cells: Vec<usize> = columns().map(|column| Shape::from(column.shape.clone()).coarse_cells()).collect();
        let derived = self.derive().map_err(wrong)?;
        let depth = self.depth.unwrap_or(0);
        if self.task == Task::Ranking && !(1..=MOST_ITEMS).contains(&depth) {
            return Err(wrong("the number of items that count"));
        }
        let frame = Frame {
            task: self.task,
            classes: self.classes.iter().map(|class| class.as_str().into()).collect(),
            positive: self.positive,
            features: of_role(&self.inputs, Role::Input),
            scores: self.score_classes.iter().copied().zip(score_shapes.into_iter().map(|(_, shape)| shape)).collect(),
            prediction: first(of_role(&self.inputs, Role::Prediction)),
            actual: first(of_role(&self.pairs, Role::Actual)),
            absolute_error: first(of_role(&self.pairs, Role::Derived)),
            residuals: self.residuals,
            depth,
            derived,
        };
        let observer = Observer::new(frame);
        if let Some(what) = self.findings.contradiction(&observer.coarse, &cells, &observer.inputs) {
            return Err(wrong(what));
        }
        let mut inputs = Totals::new(observer.inputs.counts(), observer.inputs.sums());
        let mut pairs = Totals::new(observer.pairs.counts(), observer.pairs.sums());
        place(&observer.inputs.columns, &self.inputs, &mut inputs).ok_or_else(|| wrong("the columns of inputs"))?;
        place(&observer.pairs.columns, &self.pairs, &mut pairs).ok_or_else(|| wrong("the columns of pairs"))?;
        if let Some(answered) = inputs.counts.get_mut(observer.answered()) {
            *answered = self.rows;
        }
        if observer.inputs.answers.counts() != self.answers.len() {
            return Err(wrong("the predictions by score"));
        }
        if let Some(first) = observer.inputs.answers.first() {
            inputs.counts[first..].copy_from_slice(&self.answers);
        }
        let random_features = inputs.sums.len() - observer.frame.derived.sums();
        match inputs.sums.get_mut(random_features..) {
            Some(sums) if sums.len() == self.random_features.sums.len() => {
                sums.copy_from_slice(&self.random_features.sums);
            }
            _ => return Err(wrong("the sums of random features")),
        }
        let (counts, sums) = column_lengths(&self.pairs);
        let fits = pairs.counts.len() == counts + self.performance.counts.len()
            && pairs.sums.len() == sums + self.performance.sums.len();
        if !fits {
            return Err(wrong("the counts of performance"));
        }
        pairs.counts[counts..].copy_from_slice(&self.performance.counts);
        pairs.sums[sums..].copy_from_slice(&self.performance.sums);
        let reference =
            Reference::new(self.model, created, self.rows, Arc::new(observer), inputs, pairs, self.findings);
        // What nobody would write is not kept as it stands, such as a count that has no place or minus zero.
        if reference.sha != self.sha256 {
            return Err(wrong("something in it would be written otherwise"));
        }
        Ok(reference)
    }
}

impl Stored {
    /// What is computed from rows; otherwise what does not fit.
    fn derive(&self) -> Result<Derive, &'static str> {
        let of_features = self.inputs.iter().filter(|column| column.role == Role::Input);
        let features: Vec<(Shape, &[u64])> =
            of_features.map(|column| (column.shape.clone().into(), column.totals.counts.as_slice())).collect();
        let derived = self
            .inputs
            .iter()
            .filter(|column| column.role == Role::Derived && ![LATENCY, CONFIDENCE].contains(&&*column.name));
        let columns: Vec<(Arc<str>, Shape)> =
            derived.map(|column| (column.name.as_str().into(), column.shape.clone().into())).collect();
        let shapes: Vec<Shape> = features.iter().map(|(shape, _)| shape.clone()).collect();
        if let Some(what) = self.derived.contradiction(&shapes, &columns) {
            return Err(what);
        }
        Ok(Derive::new(self.derived.clone(), columns, features.iter().map(|(shape, counts)| (shape, *counts))))
    }
}

/// Whether none is there twice.
fn distinct<T: Ord>(mut items: impl Iterator<Item = T>) -> bool {
    let mut seen = BTreeSet::new();
    items.all(|item| seen.insert(item))
}

/// Copies the counts of stored columns to their places; `None` when they do not fit.
fn place(columns: &[crate::aggregate::Column], stored: &[StoredColumn], totals: &mut Totals) -> Option<()> {
    if columns.len() != stored.len() {
        return None;
    }
    for (column, stored) in columns.iter().zip(stored) {
        let (counts, sums) = (column.shape.counts(), column.shape.sums());
        if *column.name != *stored.name || stored.totals.counts.len() != counts || stored.totals.sums.len() != sums {
            return None;
        }
        totals.counts[column.counts..column.counts + counts].copy_from_slice(&stored.totals.counts);
        totals.sums[column.sums..column.sums + sums].copy_from_slice(&stored.totals.sums);
    }
    Some(())
}
