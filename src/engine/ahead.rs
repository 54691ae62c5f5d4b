//! Features that are counted before the rest of their predictions: many at a time cost less than one by one.
//!
//! Predictions that follow each other in a batch mostly are of one stream and of the pane that is open. What their
//! features add to it are sums, so it does not matter that it is added before the events between them are looked at; and
//! nobody reads the open pane in the meantime.

use super::Engine;
use super::stream::Watch;
use crate::profile::frame_scores;
use crate::event::{Batch, Event, Happening, Served};
use crate::time::Timestamp;

/// Predictions below which a pane that holds little is left to list where they are added.
const FEWEST: usize = 8;

impl Engine {
    /// Adds the features of the first of these predictions of a stream, and says of how many; 0 when the first cannot be
    /// added in this way.
    pub(super) fn count_ahead(
        &mut self,
        stream: usize,
        events: &[Event],
        batch: &Batch,
        clock: Option<Timestamp>,
    ) -> usize {
        // What is ahead of the clock is dated back.
        let latest = clock.map(|clock| self.today(clock).plus(self.config.future_tolerance));
        let Some(Event { happening: Happening::Prediction(first), .. }) = events.first() else { return 0 };
        let Some((_, columns)) = batch.streams.get(first.stream as usize) else { return 0 };
        let Some((watch, places, _)) = self.streams.get_mut(stream).and_then(|stream| stream.watch(columns)) else {
            return 0;
        };
        let observer = &watch.reference.observer;
        if !observer.takes_many() || watch.needs_cells() {
            return 0;
        }
        let Some((open, pane)) = watch.inputs.open_pane() else { return 0 };
        self.many.clear();
        for event in events {
            let is_open = event.at.is_some_and(|at| open.contains(&at) && latest.is_none_or(|latest| at <= latest));
            match &event.happening {
                Happening::Prediction(prediction)
                    if is_open
                        && prediction.stream == first.stream
                        && prediction.features.len() == columns.features.len()
                        && let Served::Answered { score, scores, .. } = &prediction.served
                        && self.many.push(prediction.features.start) =>
                {
                    if observer.takes_scores() {
                        frame_scores(observer, columns, *score, batch.scores(scores), &mut self.scores);
                        self.many.push_score(self.scores.first().copied().unwrap_or(f64::NAN));
                    }
                }
                _ => break,
            }
        }
        if self.many.len() < FEWEST && pane.is_few() {
            return 0;
        }
        observer.features(batch, places, &mut self.many, pane.any_place());
        self.many.len()
    }
}

impl Watch {
    /// Whether anything is counted by the cells of the features of a prediction.
    fn needs_cells(&self) -> bool {
        self.losses || !self.segments.is_empty() || !self.counted.is_empty()
    }
}
