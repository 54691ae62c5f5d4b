//! Who knows the references: asked by the engine, answered by whoever reads profiles.

use super::Reference;
use crate::engine::config::Model;
use crate::event::StreamKey;
use std::sync::Arc;

/// What is known of a stream.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The settings of its model.
    pub model: Arc<Model>,
    /// Its reference.
    pub standing: Standing,
}

/// The reference of a stream.
#[derive(Clone, Debug)]
pub enum Standing {
    /// In use.
    Loaded {
        /// The reference, the last good one when `stale`.
        reference: Arc<Reference>,
        /// The profile could not be loaded the last time it was looked for.
        stale: bool,
    },
    /// There should be one, and it could not be loaded yet.
    Unavailable,
    /// None is configured: it is to be learned.
    Learn,
}

/// Tells the references of streams.
pub trait ReferenceSource: Send + Sync {
    /// What is known of a stream; `None` when its model is not configured.
    fn resolve(&self, key: &StreamKey) -> Option<Resolved>;

    /// Goes up whenever an answer may have changed.
    fn generation(&self) -> u64;
}
