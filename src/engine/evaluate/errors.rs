//! Standard errors of performance, kept from one evaluation to the next.
//!
//! The jackknife computes every statistic of a window as often as the window has panes, which is too much for every
//! evaluation. What is kept is the standard error of each statistic, from the closed panes. It is computed again when
//! a pane that held something has closed or left the window, and when late events in closed panes have come to more than
//! one in a hundred of the window's pairs since. The value itself, and so the middle of its interval, is always that of
//! all panes, the open one included: only the width can be older, by less than one pane and one late pair in a hundred.

use super::super::stream::{Against, Stream};
use super::performance::performance_of;
use crate::statistics::interval::Jackknife;
use crate::statistics::performance::Performance;
use crate::window::{Changes, Revision, WindowPlan};

/// The late events since the last computation that make another one necessary: one in this many pairs.
const LATE: u64 = 100;

/// Windows with more panes have neighbours left out together: a hundred tell a variance well enough, and the work grows
/// with their number.
const MOST_PANES: usize = 100;

/// The standard errors of one window.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Errors {
    /// What the panes held when they were computed.
    known: Option<(Revision, u64)>,
    /// All that the window has seen then.
    changes: Option<Changes>,
    jackknife: Jackknife,
    /// How often they were computed.
    computed: u64,
}

impl Errors {
    pub(super) fn jackknife(&self) -> Option<&Jackknife> {
        self.known.map(|_| &self.jackknife)
    }

    /// How often they were computed so far.
    pub(super) fn computed(&self) -> u64 {
        self.computed
    }

    fn is_current(&self, revision: Revision) -> bool {
        self.known.is_some_and(|(known, pairs)| {
            known.open == revision.open && (revision.late - known.late).saturating_mul(LATE) <= pairs
        })
    }
}

impl Stream {
    /// Computes again the standard errors of the windows whose closed panes have changed. When only empty panes have
    /// come and gone they would be the same again: then, with `keep`, they are kept.
    pub(super) fn refresh_errors(&mut self, plan: &WindowPlan, keep: bool) {
        let settings = &self.model.performance;
        let Against::Reference(watch) = &mut self.against else { return };
        let layout = &watch.reference.observer.pairs;
        for (index, errors) in watch.errors.iter_mut().enumerate() {
            let Some(revision) = watch.pairs.revision(index).filter(|revision| !errors.is_current(*revision)) else {
                continue;
            };
            let changes = watch.pairs.changes(index);
            // Neighbours that are left out together are not the same ones later.
            let apart = plan.windows.get(index).is_some_and(|window| window.panes <= MOST_PANES as i64);
            if let (true, Some((known, _))) = (keep && apart && errors.changes == changes, &mut errors.known) {
                *known = revision;
                continue;
            }
            let Some(totals) = watch.pairs.window(index) else { continue };
            let pairs = performance_of(layout, &totals, settings).first().map_or(0, Performance::pairs);
            let panes = if pairs > 0 { watch.pairs.closed(index, MOST_PANES) } else { Vec::new() };
            errors.jackknife =
                Jackknife::new(layout, &panes, |layout, totals| performance_of(layout, totals, settings));
            (errors.known, errors.changes) = (Some((revision, pairs)), changes);
            errors.computed += 1;
        }
    }
}
