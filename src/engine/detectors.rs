//! The state of all detectors of drift, for a state file.

use super::Engine;
use super::companions::Companions;
use super::evidence::Saved;
use super::stream::{Against, Past};
use crate::event::StreamKey;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The state of the detectors of every stream, and what those before them counted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Detectors {
    streams: Vec<StreamDetectors>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct StreamDetectors {
    model: Arc<str>,
    version: Arc<str>,
    past: Past,
    companions: Companions,
    /// The checksum of the reference and the detectors against it; nothing of a stream that has none.
    against: Option<(String, Saved)>,
}

impl Engine {
    /// The state of all detectors.
    pub fn detectors(&self) -> Detectors {
        let streams = self.streams.iter().filter(|stream| !stream.is_vacant).map(|stream| StreamDetectors {
            model: stream.key.model.clone(),
            version: stream.key.version.clone(),
            past: stream.past.clone(),
            companions: stream.companions.clone(),
            against: match &stream.against {
                Against::Reference(watch) => Some((watch.reference.sha.to_string(), watch.evidence.save())),
                _ => None,
            },
        });
        Detectors { streams: streams.collect() }
    }

    /// Gives the streams there are the detectors of `saved`, instead of theirs. A state that is of no stream there is,
    /// of another reference, or that does not fit the reference is refused: the stream keeps the detectors it has.
    /// Returns the streams whose state was refused.
    pub fn restore_detectors(&mut self, saved: Detectors) -> Vec<StreamKey> {
        let mut refused = Vec::new();
        for saved in saved.streams {
            let key = StreamKey { model: saved.model, version: saved.version };
            let stream = self.streams.iter_mut().find(|stream| stream.key == key);
            let restored = stream.is_some_and(|stream| {
                match (&mut stream.against, saved.against) {
                    (_, None) => {}
                    (Against::Reference(watch), Some((sha, evidence))) if *watch.reference.sha == *sha => {
                        let Some(evidence) = watch.evidence.clone().restore(evidence) else { return false };
                        watch.evidence = evidence;
                    }
                    _ => return false,
                }
                stream.past = saved.past;
                let same = stream.companions.match_those(&saved.companions);
                if same {
                    stream.companions = saved.companions;
                }
                same
            });
            if !restored {
                refused.push(key);
            }
        }
        refused
    }
}
