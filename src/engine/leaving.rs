//! Streams that are dropped, and their places.
//!
//! Waiting ids and saved panes know a stream by its place. A place is given away again only with a higher epoch, by
//! which panes of the stream before are told from those of the next; its waiting ids go with it.

use super::stream::{Against, Stream};
use super::{Engine, sources};
use crate::event::StreamKey;
use crate::profile::ReferenceSource;
use std::sync::Arc;

impl Stream {
    /// What is left of a dropped stream.
    pub(super) fn vacant(epoch: u32) -> Stream {
        let nobody = StreamKey { model: Arc::from(""), version: Arc::from("") };
        let mut stream = Stream::bare(nobody, 0, &sources::unconfigured());
        (stream.is_vacant, stream.epoch) = (true, epoch);
        stream
    }
}

impl Engine {
    /// Streams that were dropped since the last call.
    pub fn take_left(&mut self) -> Vec<StreamKey> {
        std::mem::take(&mut self.left)
    }

    /// Drops the streams that `goes` names, with all that is held of them. The one of all others stays.
    pub(super) fn drop_streams(&mut self, goes: impl Fn(&Stream) -> bool) {
        let mut dropped = vec![false; self.streams.len()];
        for (index, stream) in self.streams.iter_mut().enumerate() {
            if stream.is_vacant || self.overflow == Some(index) || !goes(stream) {
                continue;
            }
            let vacant = Stream::vacant(stream.epoch.saturating_add(1));
            let Stream { key, .. } = std::mem::replace(stream, vacant);
            self.by_key.remove(&key);
            self.learned.retain(|(learned, _)| *learned != key);
            self.left.push(key);
            dropped[index] = true;
        }
        if dropped.contains(&true) {
            self.pairing.drop_streams(|stream| dropped.get(stream as usize).copied().unwrap_or(false));
            self.share_budget();
        }
    }

    /// Drops the streams whose model is not configured.
    pub(super) fn drop_unconfigured(&mut self, references: &dyn ReferenceSource) {
        self.drop_streams(|stream| references.resolve(&stream.key).is_none());
    }

    /// Puts a new stream where one was dropped, or at the end.
    pub(super) fn place(&mut self, mut stream: Stream) -> usize {
        match self.streams.iter().position(|stream| stream.is_vacant) {
            Some(index) => {
                stream.epoch = self.streams[index].epoch;
                self.streams[index] = stream;
                index
            }
            None => {
                self.streams.push(stream);
                self.streams.len() - 1
            }
        }
    }

    /// Classes of references have a name of their own, however many others came first.
    pub(super) fn admit_classes(&mut self) {
        (0..self.streams.len()).for_each(|index| self.admit_classes_of(index));
    }

    /// The same for one stream.
    pub(super) fn admit_classes_of(&mut self, index: usize) {
        if let Some(Against::Reference(watch)) = self.streams.get(index).map(|stream| &stream.against) {
            watch.reference.observer.frame.classes.iter().for_each(|class| {
                self.classes.admit(class);
            });
        }
    }
}
