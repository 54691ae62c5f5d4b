//! Predictions that wait, actuals that come, and what is counted of the pairs they make.

use super::Engine;
use super::config::Axis;
use super::evidence::PairLosses;
use super::stream::Against;
use crate::event::{Actual, Batch, Datum, Task, number_text};
use crate::observe::Label;
use crate::pairing::{Content, Held, Joined, Kept, Known, Pair, Unmatched, Waiting};
use crate::time::Timestamp;
use std::sync::Arc;

impl Engine {
    /// A prediction that can be compared waits for its actual, or has it already.
    pub(super) fn wait(
        &mut self,
        id: Option<u64>,
        at: Timestamp,
        prediction: Waiting,
        kept: Option<Kept>,
        inline: Option<Option<Known<'_>>>,
    ) {
        match (id, inline) {
            (Some(id), inline) => {
                let joined = self.pairing.predict(id, at, prediction, kept);
                self.joined(prediction.stream as usize, joined);
                if let Some(actual) = inline {
                    self.know(id, at, actual, None);
                }
            }
            (None, Some(Some(actual))) => {
                self.actuals += 1;
                let items = actual.list();
                let actual = actual.held();
                self.pair(Pair { predicted_at: at, known_at: at, prediction, actual, kept, items });
            }
            (None, Some(None)) => {
                self.actuals += 1;
                *self.unmatched.entry(Unmatched::Invalid).or_insert(0) += 1;
            }
            (None, None) => {}
        }
    }

    pub(super) fn actual(
        &mut self,
        at: Option<Timestamp>,
        id: Option<u64>,
        actual: &Actual,
        batch: &Batch,
        clock: Option<Timestamp>,
    ) {
        let today = clock.map(|clock| self.today(clock));
        let at = at.or(today).or(self.now).unwrap_or(Timestamp::EPOCH);
        let held = self.held(actual.value, batch);
        let model = actual.model.as_ref().map(|model| self.models.index(model));
        if let Some(id) = id {
            self.know(id, at, held, model);
        }
    }

    fn know(&mut self, id: u64, at: Timestamp, actual: Option<Known<'_>>, model: Option<u32>) {
        self.actuals += 1;
        match actual {
            Some(actual) => {
                let joined = self.pairing.know(id, at, actual, model);
                self.joined(usize::MAX, joined);
            }
            None => *self.unmatched.entry(Unmatched::Invalid).or_insert(0) += 1,
        }
    }

    pub(super) fn joined(&mut self, stream: usize, joined: Joined) {
        if let Some(reason) = joined.unmatched {
            *self.unmatched.entry(reason).or_insert(0) += 1;
        }
        if let Some(stream) = self.streams.get_mut(stream).filter(|_| joined.repeated) {
            stream.counts.repeated += 1;
        }
        joined.pairs.into_iter().for_each(|pair| self.pair(pair));
    }

    fn pair(&mut self, pair: Pair) {
        let rules = self.rules();
        let Some(stream) = self.streams.get_mut(pair.prediction.stream as usize) else { return };
        if (stream.model.task == Task::Ranking) != matches!(pair.actual, Held::Items(_)) {
            *self.unmatched.entry(Unmatched::Invalid).or_insert(0) += 1;
            return;
        }
        let (actual, text) = match (stream.model.task, pair.actual) {
            (_, Held::Items(list)) => (Held::Items(list), Arc::from("")),
            (Task::Regression, Held::Number(value)) => (Held::Number(value), Arc::from("")),
            (Task::Regression, Held::Class(class)) => match self.classes.text(class).trim().parse() {
                Ok(value) => (Held::Number(value), Arc::from("")),
                Err(_) => {
                    *self.unmatched.entry(Unmatched::Invalid).or_insert(0) += 1;
                    return;
                }
            },
            (_, Held::Number(value)) => {
                let text = number_text(value);
                (Held::Class(self.classes.index(&text)), Arc::from(text))
            }
            (_, Held::Class(class)) => (Held::Class(class), self.classes.text(class)),
        };
        stream.counts.scored += 1;
        stream.counts.delay.observe(pair.known_at.seconds_since(pair.predicted_at).max(0.0));
        let is_correct = actual == Held::Class(pair.prediction.class) && pair.prediction.class != 0;
        stream.counts.correct += u64::from(is_correct);
        match actual {
            Held::Class(_) => stream.companions.class(!is_correct),
            Held::Number(actual) => stream.companions.error(pair.prediction.value - actual),
            Held::Items(_) => {}
        }
        let (head, epoch) = (stream.head(), stream.epoch);
        let Against::Reference(watch) = &mut stream.against else { return };
        if let Some(head) = head {
            watch.pairs.advance(head);
        }
        let at = match stream.model.performance.axis {
            Axis::Prediction => pair.predicted_at,
            // Actuals never move a window: one that is ahead counts at its end.
            Axis::Arrival => head.map_or(pair.known_at, |head| pair.known_at.min(head)),
        };
        let observer = watch.reference.observer.clone();
        self.delta.clear();
        let content = pair.kept.as_ref().map(|kept| &kept.content);
        if let Some(Content::Items(shown)) = content {
            observer.ranking(shown, pair.items.as_deref().unwrap_or_default(), &mut self.delta);
            watch.pairs.apply(at, &self.delta);
            return;
        }
        let label = |held: Held, text: &str| match held {
            Held::Number(value) => Label::Number(value),
            Held::Class(_) | Held::Items(_) => Label::Class(observer.class(text)),
        };
        let predicted = match stream.model.task {
            Task::Regression => Label::Number(pair.prediction.value),
            _ => label(Held::Class(pair.prediction.class), &self.classes.text(pair.prediction.class)),
        };
        let single = [pair.prediction.value];
        let kept: &[f64] = match (content, stream.model.task) {
            (_, Task::Binary) => &single,
            (Some(Content::Numbers(numbers)), _) => numbers,
            _ => &[],
        };
        observer.pair(label(actual, &text), &text, predicted, kept, &mut self.delta);
        if let (Task::Regression, [lower, upper]) = (stream.model.task, kept) {
            observer.interval(label(actual, &text), [*lower, *upper], &mut self.delta);
        }
        if let Some(kept) = pair.kept.as_ref().filter(|kept| kept.epoch == epoch) {
            let actual = label(actual, &text);
            if watch.losses {
                observer.loss(actual, predicted, &kept.cells, &mut self.delta);
            }
            watch.segments.pair(&kept.cells, actual, predicted, &mut self.delta);
        }
        watch.pairs.apply(at, &self.delta);
        let losses = PairLosses { actual: label(actual, &text), predicted, score: pair.prediction.value };
        watch.evidence.pair(pair.known_at, &self.delta, &losses, rules);
    }

    /// An actual as it is held; `None` when it is missing or no value.
    pub(super) fn held<'a>(&mut self, datum: Datum, batch: &'a Batch) -> Option<Known<'a>> {
        match datum {
            Datum::Missing | Datum::Invalid => None,
            Datum::Number(value) | Datum::Coerced(value) => Some(Held::Number(value).into()),
            Datum::Category(text) => Some(Held::Class(self.classes.index(batch.text(text))).into()),
            Datum::List(items) => Some(Known::items(batch.items(items))),
        }
    }
}
