//! What a run begins with: a state read back, or none.

use super::{longest_delay, now};
use crate::config::Config;
use crate::engine::Engine;
use crate::event::StreamKey;
use crate::profile::Reference;
use crate::references::References;
use crate::snapshot::{Frame, Outcome, Restored, Snapshot, SnapshotError};
use crate::window::PaneError;
use std::error::Error;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Why nothing can begin.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The state directory cannot be used.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A window has no pane.
    #[error("plan the windows")]
    Windows(#[from] PaneError),
}

/// What a run begins with.
pub(super) struct Start {
    pub(super) snapshot: Option<Snapshot>,
    pub(super) outcome: Outcome,
    pub(super) engine: Engine,
    pub(super) frame: Frame,
}

/// Reads the state, if there is a directory for it.
pub(super) fn start(config: &Config, references: &References, sources: &[Arc<str>]) -> Result<Start, StartError> {
    let engine = Engine::new(config.engine.clone(), longest_delay(&config.models), sources)?;
    let fresh = || Frame { seed: seed(), started: now(), failures: 0, learned: Vec::new() };
    let Some(place) = &config.state else {
        return Ok(Start { snapshot: None, outcome: Outcome::Memory, engine, frame: fresh() });
    };
    let (snapshot, outcome, restored) = match Snapshot::open(place) {
        Ok(opened) => opened,
        Err(error) if error.is_unwritable() => {
            let cause = error.source().map(ToString::to_string);
            tracing::error!(%error, cause, "no state is read and none is kept: counters begin at zero with each start");
            return Ok(Start { snapshot: None, outcome: Outcome::Unwritable, engine, frame: fresh() });
        }
        Err(error) => return Err(error.into()),
    };
    let path = snapshot.path().display().to_string();
    let Some(Restored { mut frame, head, records, same_instance }) = restored else {
        if outcome == Outcome::Lost {
            tracing::error!(path, "the state cannot be read: counters begin at zero");
        } else {
            tracing::info!(path, "no state yet");
        }
        return Ok(Start { snapshot: Some(snapshot), outcome, engine: engine.logged(), frame: fresh() });
    };
    frame.learned.retain(|(model, version, sha)| {
        let key = StreamKey { model: model.as_str().into(), version: version.as_str().into() };
        let read = snapshot.reference(sha).map_err(|error| error.to_string());
        let reference = read.and_then(|json| Reference::from_json(&json).map_err(|error| error.to_string()));
        match reference {
            Ok(reference) => references.restore_learned(&key, Arc::new(reference)),
            Err(error) => {
                tracing::error!(model, version, error, "the learned reference cannot be read: it is learned again");
                false
            }
        }
    });
    let mut engine = engine.restore(head, records, references).logged();
    match outcome {
        Outcome::Previous => tracing::warn!(path, "the last commit is damaged: going on from the one before"),
        _ => tracing::info!(path, "going on from the last commit"),
    }
    if !same_instance {
        tracing::info!("the state is of another instance: counters begin at zero, positions and windows stay");
        engine.reset_counters();
        (frame.started, frame.failures) = (now(), 0);
    }
    Ok(Start { snapshot: Some(snapshot), outcome, engine, frame })
}

/// A number that nobody can guess.
fn seed() -> u64 {
    std::hash::RandomState::new().hash_one(0u8)
}
