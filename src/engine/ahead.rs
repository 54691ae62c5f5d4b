//! Predictions that are counted before they are looked at one by one: many at a time cost less.
//!
//! Predictions that follow each other in a batch mostly are of one stream and of the pane that is open. What they add to
//! it are sums, so it does not matter that it is added before the events between them are looked at; and nobody reads the
//! open pane in the meantime. Of most, everything is counted in this way, and what is left is to take note of their time
//! and to let them wait for their actuals; of the others it is the features.

use super::Engine;
use super::stream::{Against, Watch};
use crate::event::{Batch, Event, Happening, Served};
use crate::observe::Answered;
use crate::pairing::Waiting;
use crate::profile::frame_score;
use crate::time::Timestamp;
use crate::window::Landed;

/// Predictions below which a pane that holds little is left to list where they are added.
const FEWEST: usize = 8;

impl Engine {
    /// Counts the first of these predictions of a stream ahead, and says of how many; 0 when the first cannot be counted
    /// in this way. Those of which everything is counted are among `many` with their answers.
    pub(super) fn count_ahead(
        &mut self,
        stream: usize,
        events: &[Event],
        batch: &Batch,
        clock: Option<Timestamp>,
    ) -> usize {
        self.many.clear();
        // What is ahead of the clock is dated back.
        let latest = clock.map(|clock| self.today(clock).plus(self.config.future_tolerance));
        let Some(Event { happening: Happening::Prediction(first), .. }) = events.first() else { return 0 };
        let Some((_, columns)) = batch.streams.get(first.stream as usize) else { return 0 };
        let (index, rules) = (stream, self.rules());
        let Some((watch, places, _)) = self.streams.get_mut(stream).and_then(|stream| stream.watch(columns)) else {
            return 0;
        };
        let needs_cells = watch.needs_cells();
        let Watch { reference, inputs, pairs, evidence, .. } = watch;
        let observer = &reference.observer;
        if !observer.takes_many() || needs_cells {
            return 0;
        }
        // What closed before is given away as it would be after each event.
        evidence.follow(inputs, &self.plan, self.config.lateness, rules);
        let Some((open, pane)) = inputs.open_pane() else { return 0 };
        // The names of classes are taken down in the order in which they come, those of actuals, too.
        let takes_answers = observer.takes_answers()
            && first.actual.is_none()
            && pairs.open_pane().is_some_and(|(range, _)| range == open);
        let mut times: Option<(Timestamp, Timestamp)> = None;
        for event in events {
            let Some(at) = event.at.filter(|at| open.contains(at) && latest.is_none_or(|latest| *at <= latest)) else {
                break;
            };
            let Happening::Prediction(prediction) = &event.happening else { break };
            let Served::Answered { prediction: answer, score, scores, latency, .. } = &prediction.served else { break };
            if prediction.stream != first.stream || prediction.features.len() != columns.features.len() {
                break;
            }
            let mut answered = None;
            if takes_answers {
                if prediction.actual.is_some() {
                    break;
                }
                let known = self.said.look_up(index, *answer, batch, &mut self.classes, observer);
                let Some((name, Some(said))) = known.filter(|(name, _)| *name != 0) else { break };
                answered = Some(Answered { name, said, latency: *latency });
            }
            if !self.many.push(&prediction.features) {
                break;
            }
            if observer.takes_scores() {
                let score = frame_score(observer, columns, *score, batch.scores(scores), &mut self.scores);
                self.many.push_score(score);
            }
            if let Some(answered) = answered {
                self.many.push_answer(answered);
            }
            times = Some(times.map_or((at, at), |(first, last)| (first.min(at), last.max(at))));
        }
        if self.many.len() < FEWEST && pane.is_few() {
            self.many.clear();
            return 0;
        }
        observer.features(batch, places, &mut self.many, pane.any_place());
        if let Some((first, last)) = times.filter(|_| takes_answers) {
            pairs.apply_open(first, last, self.many.pairs());
        }
        self.many.len()
    }

    /// A prediction of which everything is counted: what it said, and its score.
    pub(super) fn counted(
        &mut self,
        stream: usize,
        event: &Event,
        clock: Option<Timestamp>,
        (score, answered): (f64, Answered),
    ) {
        let (at, late) = self.arrive(stream, event.at, clock);
        let of = &mut self.streams[stream];
        if let Against::Reference(watch) = &mut of.against {
            watch.inputs.saw(at);
        }
        if !answered.latency.is_nan() {
            of.counts.latency.observe(answered.latency);
        }
        of.counts.late(late, Landed::Open);
        *of.counts.classes.entry(answered.name).or_insert(0) += 1;
        let waiting = Waiting { stream: stream as u32, model: of.model_name, class: answered.name, value: score };
        if let Some(id) = event.id
            && !self.pairing.predict_new(id, at, waiting)
        {
            self.wait(Some(id), at, waiting, None, None);
        }
    }
}

impl Watch {
    /// Whether anything is counted by the cells of the features of a prediction.
    fn needs_cells(&self) -> bool {
        self.losses || !self.segments.is_empty() || !self.counted.is_empty()
    }
}
