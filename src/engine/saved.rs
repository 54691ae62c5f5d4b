//! The engine as a state file keeps it.
//!
//! There are two parts. The [`Head`] is written whole at every commit: counters, positions, open panes, detectors. The
//! [`Record`]s are appended to a log: closed panes and the ids that wait for each other, each when it changed. A record
//! stands for all before it of the same pane or id, so that the log may be read from its beginning at any time.

mod stream;

pub(super) use stream::Pending;

use super::names::{Names, SavedNames};
use super::sources::Source;
use super::{Engine, config};
use crate::event::StreamKey;
use crate::pairing::{Pairing, SavedId, SavedPairing, Unmatched};
use crate::profile::ReferenceSource;
use crate::schema::LineCounts;
use crate::schema::Position;
use crate::schema::RejectReason;
use crate::time::Timestamp;
use crate::window::SavedPane;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use stream::SavedStream;

/// Everything but closed panes and waiting ids.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    now: Option<Timestamp>,
    actuals: u64,
    unmatched: Vec<(String, u64)>,
    streams_overflowed: u64,
    overflow: Option<u32>,
    classes: SavedNames,
    models: SavedNames,
    errors: SavedNames,
    pairing: SavedPairing,
    sources: Vec<SavedSource>,
    streams: Vec<SavedStream>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedSource {
    name: Arc<str>,
    lines: u64,
    bytes: u64,
    rejected: Vec<(String, u64)>,
    lost: Vec<(String, u64)>,
    positions: Vec<Position>,
}

/// One entry of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Record {
    /// A closed pane of a stream's ring.
    Pane(PaneRecord),
    /// Ids that waited since before this time were dropped.
    Dropped(Timestamp),
    /// All that is held of an id.
    Id(SavedId),
}

/// A closed pane, and whose it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaneRecord {
    stream: u32,
    /// Of which of the stream's references.
    epoch: u32,
    /// Of the ring of pairs, not of that of predictions.
    pairs: bool,
    pane: SavedPane,
}

/// The panes of a ring by their place.
type Panes = BTreeMap<(u8, i64), SavedPane>;

impl Engine {
    /// The same engine, which remembers what changes until [`Engine::save`] is asked.
    pub fn logged(mut self) -> Engine {
        let waiting = std::mem::replace(&mut self.pairing, Pairing::new(1, self.config.lateness));
        self.pairing = waiting.logged();
        self
    }

    /// How much waits to be saved, in ids: when it is much, it is better saved now than later.
    pub fn unsaved(&self) -> usize {
        self.pairing.changes()
    }

    /// Whether the next [`Engine::save`] has to be of everything.
    pub fn forgot_changes(&self) -> bool {
        self.pairing.forgot_changes()
    }

    /// The head, and by `record` what changed since the last call or, when it is to be `all`, everything there is. A
    /// log of everything takes the place of the one before.
    pub fn save(&mut self, all: bool, record: &mut dyn FnMut(Record)) -> Head {
        self.save_records(all, record);
        self.head()
    }

    /// What [`Engine::save`] gives besides the head.
    pub fn save_records(&mut self, all: bool, record: &mut dyn FnMut(Record)) {
        for (index, stream) in self.streams.iter_mut().enumerate() {
            let epoch = stream.epoch;
            stream.save_panes(all, &mut |pairs, pane| {
                record(Record::Pane(PaneRecord { stream: index as u32, epoch, pairs, pane }));
            });
        }
        let all = all || self.pairing.forgot_changes();
        if let Some(border) = self.pairing.dropped().filter(|_| !all) {
            record(Record::Dropped(border));
        }
        self.pairing.save_changes(all, |id| record(Record::Id(id)));
    }

    /// The head as of now.
    pub fn head(&self) -> Head {
        Head {
            now: self.now,
            actuals: self.actuals,
            unmatched: self.unmatched.iter().map(|(reason, count)| (reason.as_str().to_owned(), *count)).collect(),
            streams_overflowed: self.streams_overflowed,
            overflow: self.overflow.map(|index| index as u32),
            classes: self.classes.save(),
            models: self.models.save(),
            errors: self.errors.save(),
            pairing: self.pairing.save(),
            sources: self.sources.iter().map(SavedSource::of).collect(),
            streams: self.streams.iter().map(|stream| stream.save()).collect(),
        }
    }

    /// This engine, which has seen nothing, with what was saved. What no longer fits (windows of another reference or
    /// other settings) begins anew; counters go on. Sources are known by their names.
    pub fn restore(
        mut self,
        head: Head,
        records: impl IntoIterator<Item = Record>,
        references: &dyn ReferenceSource,
    ) -> Engine {
        let mut panes: Vec<[Panes; 2]> = head.streams.iter().map(|_| Default::default()).collect();
        let config::Limits { label_values, .. } = self.config.limits;
        let max_delay = self.pairing.max_delay();
        let mut pairing = Pairing::new(self.config.limits.waiting_ids, max_delay).restore(&head.pairing);
        for record in records {
            match record {
                Record::Pane(PaneRecord { stream, epoch, pairs, pane }) => {
                    let saved = head.streams.get(stream as usize).filter(|saved| saved.epoch() == epoch);
                    if let Some([inputs, of_pairs]) = saved.and_then(|_| panes.get_mut(stream as usize)) {
                        let ring = if pairs { of_pairs } else { inputs };
                        ring.insert(pane.place(), pane);
                    }
                }
                Record::Dropped(border) => pairing.put_back_drop(border),
                Record::Id(id) => pairing.put_back(id),
            }
        }
        self.pairing = pairing;
        (self.now, self.latest) = (head.now, head.now);
        self.actuals = head.actuals;
        self.unmatched = known(head.unmatched, Unmatched::ALL.iter().copied(), Unmatched::as_str);
        self.streams_overflowed = head.streams_overflowed;
        self.overflow = head.overflow.map(|index| index as usize).filter(|index| *index < head.streams.len());
        self.classes = Names::restore(super::TEXTS, head.classes);
        self.models = Names::restore(super::TEXTS, head.models);
        self.errors = Names::restore(label_values, head.errors);
        for saved in head.sources {
            if let Some(source) = self.sources.iter_mut().find(|source| source.name == saved.name) {
                source.counts = saved.counts();
            }
        }
        self.generation = references.generation();
        for (index, (saved, [inputs, pairs])) in head.streams.into_iter().zip(panes).enumerate() {
            let key = saved.key();
            let resolved = references.resolve(&key).unwrap_or_else(super::sources::unconfigured);
            let saved = saved.canonical(&self.errors, &self.classes);
            let panes = [inputs, pairs].map(|panes| panes.into_values().collect());
            self.streams.push(saved.restore(panes, &resolved, &self.plan, &self.config));
            if self.overflow != Some(index) && !self.streams[index].is_vacant {
                self.by_key.insert(key, index);
            }
        }
        self.drop_unconfigured(references);
        self.admit_classes();
        self.share_budget();
        self
    }

    /// Counts everything from zero again: windows, detectors, positions and what waits stay as they are.
    pub fn reset_counters(&mut self) {
        self.streams.iter_mut().for_each(super::stream::Stream::reset_counts);
        self.sources.iter_mut().for_each(Source::reset_counts);
        self.pairing.reset_counts();
        [&mut self.classes, &mut self.models, &mut self.errors].into_iter().for_each(Names::reset_count);
        (self.actuals, self.streams_overflowed) = (0, 0);
        self.unmatched.clear();
    }

    /// The numbers of the files that the positions of a source are of now, in the order of [`Engine::positions`]; one
    /// without a number is forgotten.
    pub fn resumed(&mut self, source: usize, files: &[Option<u64>]) {
        if let Some(source) = self.sources.get_mut(source) {
            let positions = std::mem::take(&mut source.counts.positions).into_values();
            let numbered = files.iter().zip(positions).filter_map(|(file, position)| Some(((*file)?, position)));
            source.counts.positions = numbered.collect();
        }
    }

    /// The streams there are.
    pub fn stream_keys(&self) -> impl Iterator<Item = &StreamKey> {
        self.streams.iter().filter(|stream| !stream.is_vacant).map(|stream| &stream.key)
    }
}

/// Counts by reasons that are still known.
fn known<R: Ord + Copy>(
    saved: Vec<(String, u64)>,
    all: impl Iterator<Item = R> + Clone,
    text: impl Fn(R) -> &'static str,
) -> BTreeMap<R, u64> {
    let find = |name: &str| all.clone().find(|reason| text(*reason) == name);
    saved.into_iter().filter_map(|(name, count)| Some((find(&name)?, count))).collect()
}

impl SavedSource {
    fn of(source: &Source) -> SavedSource {
        let LineCounts { lines, bytes, rejected, lost, positions } = &source.counts;
        SavedSource {
            name: source.name.clone(),
            lines: *lines,
            bytes: *bytes,
            rejected: rejected.iter().map(|(reason, count)| (reason.as_str().to_owned(), *count)).collect(),
            lost: lost.iter().map(|(reason, count)| (reason.clone().into_owned(), *count)).collect(),
            positions: positions.values().flatten().cloned().collect(),
        }
    }

    /// The counts; positions are numbered in their order until [`Engine::resumed`] says which files they are of.
    fn counts(self) -> LineCounts {
        let positions = self.positions.into_iter().enumerate();
        LineCounts {
            lines: self.lines,
            bytes: self.bytes,
            rejected: known(self.rejected, RejectReason::all().collect::<Vec<_>>().into_iter(), RejectReason::as_str),
            lost: self.lost.into_iter().map(|(reason, count)| (reason.into(), count)).collect(),
            positions: positions.map(|(index, position)| (index as u64, Some(position))).collect(),
        }
    }
}
