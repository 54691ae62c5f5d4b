//! A warm-up as a state file keeps it.

use super::column::SavedLearned;
use super::{Learned, Warmup};
use crate::event::Task;
use crate::profile::Options;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Everything counted so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedWarmup {
    task: Task,
    features: Vec<(Arc<str>, SavedLearned)>,
    scores: Vec<(String, SavedLearned)>,
    prediction: SavedLearned,
    actual: SavedLearned,
    latency: SavedLearned,
    rows: u64,
}

impl Warmup {
    /// Everything counted so far. Of texts that are rare only hashes are in it; names of classes are.
    pub fn save(&self) -> SavedWarmup {
        SavedWarmup {
            task: self.options.task,
            features: self
                .sorted_features()
                .into_iter()
                .map(|(name, learned)| (name.clone(), learned.save(false)))
                .collect(),
            scores: self.scores.iter().map(|(class, learned)| (class.clone(), learned.save(true))).collect(),
            prediction: self.prediction.save(true),
            actual: self.actual.save(true),
            latency: self.latency.save(true),
            rows: self.rows,
        }
    }

    /// A warm-up that goes on; `None` when what was saved is of another task or cannot be.
    pub fn restore(options: Options, most_features: usize, saved: SavedWarmup) -> Option<Warmup> {
        if saved.task != options.task {
            return None;
        }
        let features = saved.features.into_iter().map(|(name, learned)| Some((name, Learned::restore(learned)?)));
        let scores = saved.scores.into_iter().map(|(class, learned)| Some((class, Learned::restore(learned)?)));
        Some(Warmup {
            options,
            most_features,
            features: features.collect::<Option<_>>()?,
            scores: scores.collect::<Option<_>>()?,
            prediction: Learned::restore(saved.prediction)?,
            actual: Learned::restore(saved.actual)?,
            latency: Learned::restore(saved.latency)?,
            rows: saved.rows,
        })
    }
}
