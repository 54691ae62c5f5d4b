//! What is held: the profiles by their place, and the references that were learned. No I/O is done here.

use super::Problem;
use super::look::{Look, Stamp, takes_the_same};
use super::place::Place;
use crate::engine::config::Model;
use crate::event::StreamKey;
use crate::profile::{Reference, Standing};
use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Profiles of places that depend on the stream, and learned references, each. A log that makes up versions cannot
/// make them more.
pub(super) const MOST: usize = 1_000;

/// A profile: the index of its model, and where it is.
pub(super) type Id = (usize, Place);

/// One profile.
#[derive(Clone, Debug)]
pub(super) struct Profile {
    pub(super) model: Arc<Model>,
    /// Its place does not depend on the stream.
    pub(super) fixed: bool,
    /// The last good one.
    reference: Option<Arc<Reference>>,
    /// Of the last content that was seen, good or bad.
    stamp: Option<Stamp>,
    /// What is wrong with that content.
    bad: Option<String>,
    /// Why nothing was found the last time.
    nothing: Option<String>,
    looked: bool,
    /// An answer was given, so a change of it must be told.
    answered: bool,
    /// When it was remembered, in the order of all.
    since: u64,
}

impl Profile {
    pub(super) fn new(model: Arc<Model>, fixed: bool) -> Profile {
        Profile {
            model,
            fixed,
            reference: None,
            stamp: None,
            bad: None,
            nothing: None,
            looked: false,
            answered: false,
            since: 0,
        }
    }

    fn standing(&self) -> Standing {
        match &self.reference {
            Some(reference) => Standing::Loaded { reference: reference.clone(), stale: self.message().is_some() },
            None => Standing::Unavailable,
        }
    }

    fn message(&self) -> Option<&String> {
        self.nothing.as_ref().or(self.bad.as_ref())
    }

    /// Takes in what was found; whether that changes an answer that was given.
    fn take(&mut self, look: Look) -> bool {
        let before = (self.reference.clone(), self.message().is_some());
        self.looked = true;
        self.nothing = None;
        match look {
            Look::Unchanged => {}
            Look::Nothing(message) => self.nothing = Some(message),
            Look::Content(stamp, content) => {
                self.stamp = Some(stamp);
                self.bad = content.map(|reference| self.replace(reference)).err();
            }
        }
        let same = match (&before.0, &self.reference) {
            (Some(before), Some(now)) => Arc::ptr_eq(before, now),
            (None, None) => return false,
            _ => false,
        };
        self.answered && !(same && before.1 == self.message().is_some())
    }

    /// The same content again is the same reference: windows go on.
    fn replace(&mut self, reference: Arc<Reference>) {
        if self.reference.as_ref().is_none_or(|held| held.sha != reference.sha) {
            self.reference = Some(reference);
        }
    }
}

/// Everything held.
#[derive(Debug, Default)]
pub(super) struct Shelf {
    profiles: BTreeMap<Id, Profile>,
    learned: HashMap<StreamKey, Arc<Reference>>,
    /// The last problem of a model that is no profile's.
    refused: BTreeMap<usize, Problem>,
    remembered: u64,
}

impl Shelf {
    /// The answer for a place that is known; `None` when it is to be remembered or looked at first.
    pub(super) fn standing(&mut self, id: &Id) -> Option<Standing> {
        let waits = matches!(id.1, Place::Url(_));
        let profile = self.profiles.get_mut(id).filter(|profile| profile.looked || waits)?;
        profile.answered = true;
        Some(profile.standing())
    }

    /// Remembers a profile and takes in what was found of it, unless another thread was faster. The answer, or `None`
    /// when there are too many.
    pub(super) fn remember(&mut self, id: &Id, profile: Profile, look: Option<Look>) -> Option<Standing> {
        if !self.profiles.contains_key(id) {
            if !profile.fixed && !self.has_room() {
                return None;
            }
            self.remembered += 1;
            self.profiles.insert(id.clone(), Profile { since: self.remembered, ..profile });
        }
        let profile = self.profiles.get_mut(id)?;
        profile.answered = true;
        if let Some(look) = look.filter(|_| !profile.looked) {
            profile.take(look);
        }
        Some(profile.standing())
    }

    /// Whether one more profile can be remembered; the oldest that was never good makes room.
    fn has_room(&mut self) -> bool {
        let varying = self.profiles.iter().filter(|(_, profile)| !profile.fixed);
        if varying.clone().count() < MOST {
            return true;
        }
        let oldest =
            varying.filter(|(_, profile)| profile.reference.is_none()).min_by_key(|(_, profile)| profile.since);
        let oldest = oldest.map(|(id, _)| id.clone());
        oldest.and_then(|id| self.profiles.remove(&id)).is_some()
    }

    /// Holds a profile that was not asked for yet.
    pub(super) fn expect(&mut self, id: Id, profile: Profile) {
        self.profiles.insert(id, profile);
    }

    /// Takes over the profiles of the models that are here `again`, by their number there, and the references whose
    /// streams may keep what was `learned`.
    pub(super) fn inherit(
        &mut self,
        other: &Shelf,
        again: impl Fn(usize) -> Option<(usize, Arc<Model>)>,
        learned: impl Fn(&StreamKey) -> bool,
    ) {
        for ((index, place), profile) in &other.profiles {
            let Some((index, model)) = again(*index) else { continue };
            let same = takes_the_same(&profile.model, &model);
            // What may not fit any more is read again.
            let stamp = profile.stamp.clone().filter(|_| same);
            self.profiles.insert((index, place.clone()), Profile { model, stamp, ..profile.clone() });
        }
        let kept = other.learned.iter().filter(|(key, _)| learned(key));
        self.learned = kept.map(|(key, reference)| (key.clone(), reference.clone())).collect();
        self.remembered = other.remembered;
    }

    /// Takes in what was found; whether that changes an answer that was given.
    pub(super) fn take(&mut self, id: &Id, look: Look) -> bool {
        self.profiles.get_mut(id).is_some_and(|profile| profile.take(look))
    }

    /// What there is to look at.
    pub(super) fn profiles(&self) -> impl Iterator<Item = (&Id, &Profile, Option<&Stamp>)> {
        self.profiles.iter().map(|(id, profile)| (id, profile, profile.stamp.as_ref()))
    }

    /// The learned reference of a stream.
    pub(super) fn learned(&self, key: &StreamKey) -> Option<Arc<Reference>> {
        self.learned.get(key).cloned()
    }

    /// Holds a learned reference; `false` when there are too many.
    pub(super) fn learn(&mut self, key: &StreamKey, reference: Arc<Reference>) -> bool {
        let room = self.learned.len() < MOST || self.learned.contains_key(key);
        if room {
            self.learned.insert(key.clone(), reference);
        }
        room
    }

    /// Lets the learned reference of a stream go; whether there was one.
    pub(super) fn forget(&mut self, key: &StreamKey) -> bool {
        self.learned.remove(key).is_some()
    }

    /// Reports what is no profile's problem; a model has one of them.
    pub(super) fn refuse(&mut self, model: usize, problem: Problem) {
        self.refused.insert(model, problem);
    }

    /// Every problem there is now.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let of_profile = |((_, place), profile): (&Id, &Profile)| {
            let message = profile.message()?.clone();
            Some(Problem { model: profile.model.name.clone(), location: place.to_string(), message })
        };
        self.profiles.iter().filter_map(of_profile).chain(self.refused.values().cloned()).collect()
    }
}
